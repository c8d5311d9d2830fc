"""Links, codes and sessions: what they open, and everything that must not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text

from cases.deliveries import CODE_LIFE, CODES_A_LINK, CODES_AN_HOUR, SESSION_LIFE
from domain.delivery import Document, Link
from domain.errors import NotAllowed, NotFound, RateLimited
from domain.outcomes import Ending
from tests.cases.conftest import EMAIL, House
from tests.cases.test_register import events_of, names_of
from tests.cases.test_vault import email

OTHER = "other@example.com"
LIFE = timedelta(days=14)
SHA = "ab" * 32


def document(name: str, kind: str = "L1") -> Document:
    return Document(name=name, kind=kind, ref=f"letters/{name}", sha256=SHA, size=1200)


def linked(
    house: House,
    case: str,
    code: str = "L1",
    *names: str,
    address: str = EMAIL,
    proved: bool = False,
    sent: bool = True,
) -> Link:
    letter = house.room.letters.queue(case, code, f"letters/{code}.pdf", SHA)
    link = house.room.deliveries.link(
        letter.id,
        email(address),
        [document(name) for name in names or (f"{code}.pdf",)],
        expires=house.clock.at + LIFE,
        proved=proved,
    )
    assert link is not None
    if sent:
        house.room.deliveries.sent(link.id)
    return link


def session_of(house: House, link: Link) -> str:
    return house.room.deliveries.open(link.token, house.room.deliveries.code(link.token).code)


def names(house: House, session: str) -> set[str]:
    return {sent.document.name for sent in house.room.deliveries.opened(session).documents}


def refused(house: House, token: str, code: str = "000000") -> str:
    with pytest.raises(NotAllowed) as why:
        house.room.deliveries.open(token, code)
    assert why.value.mend
    return why.value.code


def test_link_code_session_document(house: House) -> None:
    case = house.case()
    link = linked(house, case)
    assert house.room.deliveries.case(link.token) == case
    code = house.room.deliveries.code(link.token)
    assert (code.case, code.address) == (case, email(EMAIL))
    for _ in range(2):
        house.room.deliveries.code_sent(code.id)
    session = house.room.deliveries.open(link.token, code.code)
    assert names(house, session) == {"L1.pdf"}
    assert house.room.deliveries.fetch(session, "L1.pdf") == (case, document("L1.pdf"))
    told = [(event, actor, facts) for event, actor, facts in events_of(house, case) if "delivery" in event]
    assert told == [
        ("delivery:link-sent", "engine", {"delivery": link.id, "letter": told[0][2]["letter"]}),
        ("delivery:code-sent", "engine", {"delivery": link.id}),
        ("delivery:opened", "person", {"delivery": link.id}),
        (
            "delivery:fetched",
            "person",
            {"delivery": link.id, "document": "L1", "sha256": SHA, "size": 1200},
        ),
    ]
    with house.app.connect() as connection:
        row = connection.execute(text("SELECT * FROM deliveries WHERE id = :id"), {"id": link.id}).one()
    assert (row.opened, row.fetched) == (1, 1)


def test_one_that_went_out_stands_and_one_that_did_not_is_made_anew(house: House) -> None:
    case = house.case()
    lost = linked(house, case, sent=False)
    again = linked(house, case)
    assert again.token != lost.token
    assert again.dedup == lost.dedup
    letter = house.room.letters.find(case, "L1")
    assert letter is not None
    once_more = house.room.deliveries.link(
        letter.id, email(EMAIL), [], expires=house.clock.at + LIFE, proved=False
    )
    assert once_more is None
    # Its message may have been the one that left.
    assert names(house, session_of(house, lost)) == {"L1.pdf"}
    assert names_of(house, case).count("delivery:link-sent") == 1
    elsewhere = linked(house, case, address=OTHER)
    assert elsewhere.dedup != lost.dedup


def test_secrets_rest_as_hashes(house: House) -> None:
    link = linked(house, house.case())
    code = house.room.deliveries.code(link.token)
    session = house.room.deliveries.open(link.token, code.code)
    with house.app.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT d.*, c.* FROM deliveries d JOIN delivery_codes c ON c.delivery_id = d.id"
                " WHERE d.id = :id"
            ),
            {"id": link.id},
        ).all()
    stored = " ".join(str(value) for row in rows for value in row)
    for secret in (link.token, session, EMAIL):
        assert secret not in stored
    assert f" {code.code} " not in f" {stored} "
    assert rows[0].token_hash.startswith("t1.")


def test_a_link_opens_its_case_and_its_address_alone(house: House) -> None:
    case, foreign = house.case(), house.case()
    mine = linked(house, case)
    linked(house, case, "L12", address=OTHER)
    linked(house, foreign, "L12")
    session = session_of(house, mine)
    assert names(house, session) == {"L1.pdf"}
    with pytest.raises(NotFound):
        house.room.deliveries.fetch(session, "L12.pdf")
    assert "delivery:fetched" not in names_of(house, foreign)


def test_a_link_from_before_identity_never_opens_the_package(house: House) -> None:
    case = house.case()
    early = linked(house, case)
    late = linked(house, case, "L4", "L4.pdf", "bundle.zip", proved=True)
    session = session_of(house, early)
    assert names(house, session) == {"L1.pdf"}
    with pytest.raises(NotFound):
        house.room.deliveries.fetch(session, "bundle.zip")
    assert names(house, session_of(house, late)) == {"L1.pdf", "L4.pdf", "bundle.zip"}


def test_what_has_not_gone_out_is_not_shown(house: House) -> None:
    case = house.case()
    linked(house, case, "L4", "L4.pdf", "bundle.zip", proved=True, sent=False)
    decision = linked(house, case, "DECISION", proved=True)
    assert names(house, session_of(house, decision)) == {"DECISION.pdf"}


def test_a_code_opens_once(house: House) -> None:
    link = linked(house, house.case())
    code = house.room.deliveries.code(link.token).code
    house.room.deliveries.open(link.token, code)
    assert refused(house, link.token, code) == "code-void"


def test_two_presses_at_once_open_one_session(house: House) -> None:
    link = linked(house, house.case())
    code = house.room.deliveries.code(link.token).code

    def press(_: int) -> bool:
        try:
            house.room.deliveries.open(link.token, code)
        except NotAllowed:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(press, range(8))) == [False] * 7 + [True]


def test_a_code_runs_out(house: House) -> None:
    link = linked(house, house.case())
    code = house.room.deliveries.code(link.token).code
    house.clock.pass_by(seconds=CODE_LIFE.total_seconds())
    assert refused(house, link.token, code) == "code-void"


def test_a_newer_code_voids_the_older(house: House) -> None:
    link = linked(house, house.case())
    older, newer = (house.room.deliveries.code(link.token).code for _ in range(2))
    if older != newer:
        assert refused(house, link.token, older) == "code-wrong"
    house.room.deliveries.open(link.token, newer)


def test_a_code_of_another_link_opens_nothing(house: House) -> None:
    mine, theirs = linked(house, house.case()), linked(house, house.case(), address=OTHER)
    own, other = house.room.deliveries.code(mine.token).code, house.room.deliveries.code(theirs.token).code
    if own != other:
        assert refused(house, mine.token, other) == "code-wrong"


def test_wrong_codes_are_counted_one_by_one(house: House) -> None:
    case = house.case()
    link = linked(house, case)
    code = house.room.deliveries.code(link.token).code
    guesses = [f"{(int(code) + shift) % 10**6:06d}" for shift in range(1, 11)]
    with ThreadPoolExecutor(10) as pool:
        told = sorted(pool.map(lambda guess: refused(house, link.token, guess), guesses))
    assert told == ["code-void"] * 8 + ["code-wrong"] * 2
    assert refused(house, link.token, code) == "code-void"
    assert names_of(house, case).count("delivery:code-failed") == 3
    session_of(house, link)  # another code starts anew


def test_codes_to_one_address_are_bounded_over_all_its_links(house: House) -> None:
    case = house.case()
    links = [linked(house, case, code) for code in ("L1", "L12")]
    for number in range(CODES_AN_HOUR):
        house.room.deliveries.code(links[number % 2].token)
    for link in links:
        with pytest.raises(RateLimited) as limited:
            house.room.deliveries.code(link.token)
        assert 0 < limited.value.retry_after <= 3600
    house.room.deliveries.code(linked(house, case, address=OTHER).token)
    house.clock.pass_by(hours=1)
    house.room.deliveries.code(links[0].token)


def test_codes_asked_for_at_once_are_counted(house: House) -> None:
    link = linked(house, house.case())

    def ask(_: int) -> bool:
        try:
            house.room.deliveries.code(link.token)
        except RateLimited:
            return False
        return True

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(ask, range(10))) == CODES_AN_HOUR


def test_a_link_has_so_many_codes_and_no_more(house: House) -> None:
    link = linked(house, house.case())
    for _ in range(CODES_A_LINK):
        house.clock.pass_by(minutes=20)
        house.room.deliveries.code(link.token)
    house.clock.pass_by(hours=2)
    with pytest.raises(NotAllowed):
        house.room.deliveries.code(link.token)


@pytest.mark.parametrize("how", ["unknown", "expired", "revoked"])
def test_a_link_that_is_not_good_says_no_more(house: House, how: str) -> None:
    case = house.case()
    link = linked(house, case)
    token = "slk_unknown" if how == "unknown" else link.token
    code = house.room.deliveries.code(link.token).code
    if how == "expired":
        house.room.register.close(case, Ending.WITHDRAWN)
        house.clock.pass_by(days=14)
    if how == "revoked":
        assert house.room.deliveries.revoke(case, actor="S-1", reason="ส่งผิดคน") == 1
    for ask in (house.room.deliveries.case, house.room.deliveries.code):
        with pytest.raises(NotAllowed, match="link not good"):
            ask(token)
    assert refused(house, token, code) == "link-not-good"


def test_a_link_of_an_open_case_outlives_what_it_brought_and_reads_nothing_of_it(house: House) -> None:
    case = house.case()
    link = linked(house, case)
    house.clock.pass_by(days=14)
    assert house.room.deliveries.case(link.token) == case
    session = session_of(house, link)
    assert names(house, session) == set()
    with pytest.raises(NotFound):
        house.room.deliveries.fetch(session, "L1.pdf")
    linked(house, case, "L3")
    assert names(house, session) == {"L3.pdf"}  # to the same address, and not over
    house.clock.pass_by(seconds=SESSION_LIFE.total_seconds())
    with pytest.raises(NotAllowed):
        house.room.deliveries.opened(session)
    assert house.room.deliveries.revoke(case, actor="S-1", reason="ส่งผิดคน") == 2
    with pytest.raises(NotAllowed):
        house.room.deliveries.case(link.token)


def test_revoking_ends_what_is_open(house: House) -> None:
    case, other = house.case(), house.case()
    session, spared = session_of(house, linked(house, case)), session_of(house, linked(house, other))
    linked(house, case, "L12", address=OTHER)
    assert house.room.deliveries.revoke(case, actor="S-1", reason="ส่งผิดคน") == 2
    assert house.room.deliveries.revoke(case, actor="S-1", reason="ส่งผิดคน") == 0
    with pytest.raises(NotAllowed):
        house.room.deliveries.opened(session)
    with pytest.raises(NotAllowed):
        house.room.deliveries.fetch(session, "L1.pdf")
    assert names(house, spared) == {"L1.pdf"}
    assert [actor for event, actor, _ in events_of(house, case) if event == "delivery:revoked"] == ["S-1"] * 2


def test_a_session_ends_by_itself_and_by_its_owner(house: House) -> None:
    link = linked(house, house.case())
    session = session_of(house, link)
    house.clock.pass_by(seconds=SESSION_LIFE.total_seconds() - 1)
    assert names(house, session) == {"L1.pdf"}
    house.clock.pass_by(seconds=1)
    with pytest.raises(NotAllowed):
        house.room.deliveries.opened(session)
    left = session_of(house, link)
    for _ in range(2):
        house.room.deliveries.leave(left)
    house.room.deliveries.leave("slk_nobody")
    with pytest.raises(NotAllowed):
        house.room.deliveries.opened(left)


def test_no_session_but_one_that_was_opened_counts(house: House) -> None:
    link = linked(house, house.case())
    house.room.deliveries.code(link.token)
    for planted in ("slk_planted", link.token, ""):
        with pytest.raises(NotAllowed):
            house.room.deliveries.opened(planted)


def test_a_challenge_opens_no_documents(house: House) -> None:
    challenge = house.room.identity.challenge(house.case(), email(EMAIL))
    assert challenge is not None
    assert refused(house, challenge.token, challenge.code) == "link-not-good"


def test_what_is_not_there_is_said(house: House) -> None:
    with pytest.raises(NotFound):
        house.room.deliveries.sent("d-none")
    with pytest.raises(NotFound):
        house.room.deliveries.code_sent(10**9)
    with pytest.raises(NotFound):
        house.room.deliveries.link("l-none", email(EMAIL), [], expires=house.clock.at, proved=False)
