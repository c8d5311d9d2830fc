"""Challenges: alike for every address, counted, answered once; and what they add up to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from domain.assurance import Assurance, Method
from domain.case import Standing
from domain.errors import BadInput, NotAllowed, NotFound
from domain.ports import Challenge
from tests.cases.conftest import EMAIL, House
from tests.cases.test_register import events_of, names_of
from tests.cases.test_vault import candidate, email


def challenged(house: House, case: str, address: str = EMAIL) -> Challenge:
    challenge = house.room.identity.challenge(case, email(address))
    assert challenge is not None
    return challenge


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def refused(house: House, token: str, code: str) -> str:
    with pytest.raises(NotAllowed) as why:
        house.room.identity.answer(token, code)
    assert why.value.mend
    return why.value.code


def test_a_right_answer_gives_the_case_once(house: House) -> None:
    case = house.case()
    challenge = challenged(house, case)
    assert house.room.identity.standing(case) == Standing(level=Assurance.NONE)
    assert house.room.identity.answer(challenge.token, challenge.code) == case
    assert refused(house, challenge.token, challenge.code) == "challenge-used"
    assert house.room.identity.standing(case) == Standing(level=Assurance.NONE, address_proved=True)
    assert events_of(house, case)[-1] == (
        "identity:proved",
        "person",
        {"challenge": challenge.id, "method": "email-code"},
    )
    assert house.room.identity.challenge(case, email(EMAIL)) is None


def test_one_that_went_out_stands_and_one_that_did_not_is_made_anew(house: House) -> None:
    case = house.case()
    lost = challenged(house, case)
    again = challenged(house, case)
    assert again.token != lost.token
    for _ in range(2):
        house.room.identity.sent(again.id)
    assert house.room.identity.challenge(case, email(EMAIL)) is None
    assert house.room.identity.challenge(case, email("other@example.com")) is not None
    assert names_of(house, case).count("identity:challenge-sent") == 1
    with pytest.raises(NotFound):
        house.room.identity.sent("v-none")


def test_wrong_codes_are_counted_though_they_are_refused(house: House) -> None:
    case = house.case()
    challenge = challenged(house, case)
    house.room.identity.sent(challenge.id)
    for _ in range(3):
        assert refused(house, challenge.token, wrong(challenge.code)) == "code-wrong"
    assert refused(house, challenge.token, challenge.code) == "challenge-exhausted"
    failed = [facts for event, _, facts in events_of(house, case) if event == "identity:challenge-failed"]
    assert [facts["attempts"] for facts in failed] == [1, 2, 3]
    assert house.room.identity.challenge(case, email(EMAIL)) is not None


def test_guesses_at_once_are_counted_one_by_one(house: House) -> None:
    challenge = challenged(house, house.case())
    codes = [f"{(int(challenge.code) + shift) % 10**6:06d}" for shift in range(1, 21)]
    with ThreadPoolExecutor(10) as pool:
        told = list(pool.map(lambda code: refused(house, challenge.token, code), codes))
    assert sorted(told) == ["challenge-exhausted"] * 17 + ["code-wrong"] * 3


def test_a_challenge_runs_out(house: House) -> None:
    case = house.case()
    challenge = challenged(house, case)
    house.room.identity.sent(challenge.id)
    house.clock.pass_by(hours=72)
    assert refused(house, challenge.token, challenge.code) == "challenge-expired"
    assert house.room.identity.challenge(case, email(EMAIL)) is not None


def test_an_unknown_link_is_refused(house: House) -> None:
    assert refused(house, "slk_unknown", "000000") == "challenge-unknown"
    challenge, other = challenged(house, house.case()), challenged(house, house.case())
    if challenge.code != other.code:
        assert refused(house, challenge.token, other.code) == "code-wrong"


def test_links_and_codes_rest_as_hashes(house: House) -> None:
    challenge = challenged(house, house.case())
    with house.app.connect() as connection:
        row = connection.execute(text("SELECT * FROM challenges WHERE id = :id"), {"id": challenge.id}).one()
    stored = " ".join(str(value) for value in row)
    assert challenge.token not in stored
    assert f" {challenge.code} " not in f" {stored} "
    assert row.token_hash.startswith("t1.")
    assert row.code_hash.startswith("t1.")


def test_only_an_address_on_file_counts(house: House) -> None:
    identity, vault, case = house.room.identity, house.room.vault, house.case()
    given = challenged(house, case, "new@example.com")
    assert identity.proved(case) == ()
    identity.answer(given.token, given.code)
    assert identity.proved(case) == (email("new@example.com"),)
    vault.put_candidates(case, [candidate("crm", 1, EMAIL), candidate("crm", 2, "new@example.com")])
    assert identity.standing(case) == Standing(level=Assurance.NONE, address_proved=True)
    vault.choose(case, 1, actor="S-1", reason="x")
    assert identity.standing(case).level is Assurance.NONE
    assert identity.reply_addresses(case) == ()
    on_file = challenged(house, case, EMAIL)
    identity.answer(on_file.token, on_file.code)
    assert identity.standing(case) == Standing(level=Assurance.ADDRESS, address_proved=True)
    assert identity.reply_addresses(case) == (email(EMAIL),)
    assert set(identity.proved(case)) == {email("new@example.com"), email(EMAIL)}
    with pytest.raises(NotFound):
        identity.proved("c-none")


def test_an_officer_s_record_counts_by_its_method(house: House) -> None:
    identity, case = house.room.identity, house.case()
    house.room.vault.put_candidates(case, [candidate("crm", 1, EMAIL)])
    challenge = challenged(house, case)
    identity.answer(challenge.token, challenge.code)
    identity.record(case, Method.CALL_BACK, actor="S-1", reason="โทรกลับ 0891112222")
    assert identity.standing(case).level is Assurance.CHANNELS
    identity.record(case, Method.IN_PERSON, actor="S-2", reason="มาที่สำนักงาน")
    assert identity.standing(case).level is Assurance.IDENTITY
    with pytest.raises(BadInput, match="method not recordable"):
        identity.record(case, Method.EMAIL_CODE, actor="S-1", reason="x")
    with pytest.raises(NotFound):
        identity.standing("c-none")
    assert events_of(house, case)[-1] == ("identity:recorded", "S-2", {"method": "in-person"})
