"""The report to a tenant says of every system what became of its data there."""

from __future__ import annotations

from typing import Any

import pytest

from domain.agreements import CERTIFIED, NOTICE, UNREACHED
from domain.errors import BadInput
from domain.outcomes import Outcome
from exports import words
from tests.exports.samples import ON_A_WORD, TO_ANSWER, TO_OTHERS, case_file, documents, group

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


@pytest.mark.parametrize(("language", "day"), [("th", "31 ธันวาคม 2569"), ("en", "31 December 2026")])
def test_a_recipient_is_given_the_link_by_which_it_answers(language: str, day: str) -> None:
    made_of = {**TO_OTHERS, "action": "erase", "language": language}

    def text(**facts: Any) -> str:
        return " ".join(documents().letter("L11", case_file(**made_of, **facts)).text.split())

    told = text(**TO_ANSWER)
    assert TO_ANSWER["answer_link"] in told
    assert day in told
    assert "/e/" not in text()  # a company without a portal promises none


def mailed(code: str, **facts: Any) -> tuple[str, str]:
    file = case_file(contract_ended_on="2026-11-01", recipient="ร้านบ้านไม้", **facts)
    subject, body = documents().mail(code, file)
    return subject, " ".join(body.split())


DAYS = {"returned_until": "2026-12-01", "erase_from": "2026-12-10", "erase_by": "2026-12-31"}


@pytest.mark.parametrize("language", ["th", "en"])
def test_a_tenant_that_left_hears_its_days_and_no_request(language: str) -> None:
    said = words.load()[language]
    subject, body = mailed(NOTICE, language=language, **DAYS)
    for day in ("2026-11-01", *DAYS.values()):
        assert " ".join(said.day(day).split()) in body
    assert "ร้านบ้านไม้" in body
    assert said("contract.notice_title") in subject
    assert said("mail.unasked_third") not in body  # there is no link
    with pytest.raises(BadInput, match="erase_by"):
        mailed(NOTICE, language=language, **{**DAYS, "erase_by": ""})
    _, desk = mailed(UNREACHED, language=language, tenant="baanmai", **DAYS)
    assert "tenant contact baanmai" in desk


@pytest.mark.parametrize("language", ["th", "en"])
def test_a_certificate_is_announced_with_where_it_is_checked(language: str) -> None:
    link, proof = "https://privacy.siamcrm.example/check/ab", "ab" * 32
    _, body = mailed(CERTIFIED, language=language, proof=proof, link=link)
    assert link in body
    assert proof in body
    assert (
        words.load()[language]("contract.check") not in mailed(CERTIFIED, language=language, proof=proof)[1]
    )
