"""The report to a tenant says of every system what became of its data there."""

from __future__ import annotations

from typing import Any

import pytest

from domain.outcomes import Outcome
from tests.exports.samples import ON_A_WORD, case_file, documents, group

LEFT_OUT = {"th": "ข้อมูลในบางระบบยังดำเนินการไม่แล้วเสร็จ", "en": "Data in some systems could not be dealt with"}
NOT_FOUND = {"th": "ไม่พบข้อมูลของบุคคลดังกล่าว", "en": "nothing of that person was found"}


@pytest.mark.parametrize("language", LEFT_OUT)
@pytest.mark.parametrize("erased", [True, False])
def test_a_system_that_was_left_out_is_told(language: str, *, erased: bool) -> None:
    groups = (group("U13", Outcome.ERASE, 2, "S40-1"),) if erased else ()
    more: dict[str, Any] = {"backups_gone_by": "2027-01-05"} if erased else {}

    def text(**facts: Any) -> str:
        file = case_file(groups=groups, language=language, **ON_A_WORD, **more, **facts)
        return " ".join(documents().letter("L-INSTRUCTED", file).text.split())

    told = text(left_out=["EX-CLAIM"])
    assert LEFT_OUT[language] in told
    assert NOT_FOUND[language] not in told
    assert LEFT_OUT[language] not in text()
