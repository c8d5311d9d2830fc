"""S31: what is only hashed is pseudonymised, and stays personal data (Notification B.E. 2567)."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import pytest

from connectors.datamap_read import load_map
from domain.errors import DataMapInvalid
from domain.outcomes import Outcome
from tests.scenarios.newcomers import Life
from tests.scenarios.office import Office
from tests.support.house import ROOT

pytestmark = pytest.mark.slow

SURROGATE = 'anonymise: {unique: "erased-{token}@erased.invalid"}'


def test_s31_a_data_map_that_anonymises_an_address_by_a_hash_is_refused(tmp_path: Path) -> None:
    told = (ROOT / "demo" / "siamcrm.map.yaml").read_text("utf-8")
    assert told.count(SURROGATE) == 1
    file = tmp_path / "hashed.map.yaml"
    file.write_text(told.replace(SURROGATE, "anonymise: hash"), "utf-8")
    with pytest.raises(DataMapInvalid, match="hash is no anonymisation"):
        load_map(file)


async def test_s31_what_stands_in_place_of_an_address_says_nothing_of_it(office: Office) -> None:
    who = office.newcomers.customer(Life(ended=date(2026, 6, 30), tickets=(date(2026, 6, 10),)))
    view = await office.erased(who)
    assert office.outcomes(view)["users"] == {(Outcome.ANONYMISE, "S33-1")}
    left = str(office.cast.value("select users::text from users where id = :id", id=who.id))
    for known in (who.email, who.email.partition("@")[2]):
        assert known not in left
    for name in ("md5", "sha1", "sha256"):
        assert hashlib.new(name, who.email.encode()).hexdigest()[:16] not in left
