"""The audit chain: only grows, has no gaps, and names its first broken link."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from cases.audit import Head, verify
from cases.facts import FACTS, checked_actor, checked_facts
from domain.errors import BadInput, ChainBroken, Conflict
from domain.events import Event
from domain.states import State
from tests.cases.conftest import EMAIL, House


def test_a_leaf_and_a_link_are_what_the_docs_say(own_house: House) -> None:
    own_house.case()
    chain = bytes(32)
    with own_house.app.connect() as connection:
        for row in connection.execute(text("SELECT * FROM events ORDER BY seq")):
            told = json.loads(row.canonical)
            assert told["v"] == 1
            assert told["at"] == "2026-11-22T03:00:00.000000Z"
            assert (told["seq"], told["case"], told["case_seq"]) == (row.seq, row.case_id, row.case_seq)
            assert (
                row.canonical
                == json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
            )
            assert row.leaf == hashlib.sha256(b"\x00" + row.canonical).digest()
            chain = hashlib.sha256(chain + row.leaf).digest()
            assert row.chain == chain
    assert own_house.room.audit.verify() == Head(count=3, chain=chain.hex()) == own_house.room.audit.head()


def test_an_empty_chain_verifies(own_house: House) -> None:
    assert own_house.room.audit.verify() == Head(count=0, chain="00" * 32)


def test_the_chain_has_no_gap_when_many_write_and_some_fail(own_house: House) -> None:
    numbered = [own_house.case() for _ in range(4)]
    together = threading.Barrier(12)

    def move(number: int) -> int:
        together.wait()
        told = 0
        for step in (State.RESOLVING, State.PLANNING, State.VERIFYING):  # the second is refused
            try:
                own_house.room.register.enter(numbered[number % 4], step)
            except Conflict:
                told += 1
        return told

    with ThreadPoolExecutor(12) as pool:
        assert sum(pool.map(move, range(12))) >= 12
    head = own_house.room.audit.verify()
    assert head.count == 4 * 3 + 4 * 2
    with own_house.app.connect() as connection:
        assert connection.scalars(text("SELECT seq FROM events ORDER BY seq")).all() == list(range(1, 21))
        for case in numbered:
            own = text("SELECT case_seq FROM events WHERE case_id = :case ORDER BY seq")
            assert connection.scalars(own, {"case": case}).all() == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET actor = 'engine'",
        "UPDATE events SET actor = 'engine' WHERE false",
        "DELETE FROM events",
        "TRUNCATE events",
    ],
)
@pytest.mark.parametrize("role", ["app", "owner"])
def test_nobody_changes_the_past(house: House, role: str, statement: str) -> None:
    house.case()
    engine = house.app if role == "app" else house.owner
    with pytest.raises(DBAPIError) as refused, engine.begin() as connection:
        connection.execute(text(statement))
    words = "permission denied for table events" if role == "app" else "the audit chain only grows"
    assert words in str(refused.value.orig)


def test_the_application_cannot_take_the_guard_away(house: House) -> None:
    for statement in (
        "DROP TRIGGER events_only_grow ON events",
        "ALTER TABLE events DISABLE TRIGGER ALL",
        "DROP FUNCTION events_only_grow() CASCADE",
        "SET session_replication_role = replica",
        "CREATE TABLE aside (id int)",
    ):
        with pytest.raises(DBAPIError), house.app.begin() as connection:
            connection.execute(text(statement))


def test_the_application_deletes_by_what_refusals_are_found_when_their_years_end_and_nothing_else(
    house: House,
) -> None:
    house.case()
    with house.app.connect() as connection:
        rights = connection.execute(
            text("""
                SELECT relname, has_table_privilege(oid, 'SELECT') AS sees,
                       has_table_privilege(oid, 'INSERT') AS adds,
                       has_table_privilege(oid, 'UPDATE') AS changes_all,
                       has_table_privilege(oid, 'DELETE') OR has_table_privilege(oid, 'TRUNCATE') AS removes
                FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
            """)
        ).all()
    assert len(rights) > 20
    assert all(row.sees for row in rights)
    assert {row.relname for row in rights if row.removes} == {
        "refusal_hashes",
        # what is looked for, as hashes: replaced when it is looked up anew
        "corrected_records",
        "watched_places",
        # who has a case in hand, how they like to look, what was asked and is answered, what was told
        *("case_hands", "saved_views", "staff_resets", "webhook_messages"),
        # by what staff are known themselves, who handles what is confidential, ways back that nobody took
        *("staff_selves", "case_handlers", "staff_comebacks"),
    }
    assert {row.relname for row in rights if row.changes_all} == {"reference_counters"}
    assert {row.relname for row in rights if not row.adds} == {"alembic_version"}


@pytest.fixture(scope="module")
def six_events(make_house: Callable[[], House]) -> House:
    house = make_house()
    house.case(State.RESOLVING, State.VERIFYING, State.LOCATING)
    return house


def forge(connection: Connection, *statements: str) -> None:
    connection.execute(text("ALTER TABLE events DISABLE TRIGGER events_only_grow"))
    for statement in statements:
        connection.execute(text(statement))


_REHASH = """
    UPDATE events SET leaf = sha256('\\x00'::bytea || canonical) WHERE seq = 4;
    UPDATE events SET chain = sha256((SELECT chain FROM events WHERE seq = 3) || leaf) WHERE seq = 4
"""
_SWAP = """
    UPDATE events SET seq = 100, case_id = NULL, case_seq = NULL WHERE seq = 4;
    UPDATE events SET seq = 4 WHERE seq = 5;
    UPDATE events SET seq = 5 WHERE seq = 100
"""
_INSERT = """
    UPDATE events SET seq = seq + 1 WHERE seq = 6;
    INSERT INTO events SELECT 6, NULL, NULL, at, event, actor, facts, version, canonical, leaf, chain
        FROM events WHERE seq = 5
"""


@pytest.mark.parametrize(
    ("how", "seq", "why"),
    [
        ("UPDATE events SET actor = 'S-9' WHERE seq = 4", 4, "changed"),
        ('UPDATE events SET facts = \'{"to": "closed"}\' WHERE seq = 4', 4, "changed"),
        ("UPDATE events SET at = at + interval '1 day' WHERE seq = 4", 4, "changed"),
        ("UPDATE events SET case_id = NULL, case_seq = NULL WHERE seq = 4", 4, "changed"),
        ("UPDATE events SET canonical = canonical || ' ' WHERE seq = 4", 4, "changed"),
        ("UPDATE events SET canonical = canonical || ' ' WHERE seq = 4;" + _REHASH, 4, "changed"),
        ("DELETE FROM events WHERE seq = 4", 4, "missing"),
        ("DELETE FROM events WHERE seq = 1", 1, "missing"),
        ("DELETE FROM events WHERE seq = 4; UPDATE events SET seq = seq - 1 WHERE seq > 4", 4, "misplaced"),
        (_SWAP, 4, "misplaced"),
        (
            _INSERT,
            6,
            "misplaced",
        ),
        ("UPDATE events SET chain = sha256(chain) WHERE seq = 4", 4, "unlinked"),
    ],
)
def test_the_first_broken_link_is_named(six_events: House, how: str, seq: int, why: str) -> None:
    with six_events.owner.connect() as connection:  # never committed: the next forger finds it whole
        forge(connection, *how.split(";"))
        with pytest.raises(ChainBroken) as broken:
            verify(connection)
    assert broken.value.facts == {"seq": seq, "why": why}
    assert six_events.room.audit.verify().count == 6


def test_a_published_head_shows_what_the_chain_alone_cannot(own_house: House) -> None:
    own_house.case(State.RESOLVING)
    early = own_house.room.audit.head()
    own_house.case(State.RESOLVING, State.VERIFYING)
    late = own_house.room.audit.head()
    assert own_house.room.audit.verify(early) == own_house.room.audit.verify(late) == late
    with own_house.owner.begin() as connection:
        forge(connection, f"DELETE FROM events WHERE seq > {early.count}")
    assert own_house.room.audit.verify(early) == early
    with pytest.raises(ChainBroken) as broken:
        own_house.room.audit.verify(late)
    assert broken.value.facts == {"seq": early.count + 1, "why": "truncated"}
    # Written on from the cut, the chain holds in itself; the head that was given away does not lie on it.
    own_house.case(State.RESOLVING, State.VERIFYING)
    assert own_house.room.audit.verify().count == late.count
    with pytest.raises(ChainBroken) as broken:
        own_house.room.audit.verify(late)
    assert broken.value.facts == {"seq": late.count, "why": "rewritten"}


def test_a_note_from_elsewhere_is_told(house: House) -> None:
    case = house.case()
    keys: dict[str, str | int] = {
        "keys": "a" * 32 + " " + "0123456789" * 3 + "01",
        "opened": 2,
        "case": case,
        "actor": "S-7",
    }
    house.room.audit.note("history:decoded", keys)
    house.room.audit.note("policy:loaded", {"version": "2569-1"})
    with pytest.raises(BadInput, match="event unknown"):
        house.room.audit.note("made:up", {})
    with house.app.connect() as connection:
        last, other = connection.execute(text("SELECT * FROM events ORDER BY seq DESC LIMIT 2")).all()
    assert (last.event, last.case_id, last.facts) == ("policy:loaded", None, {"version": "2569-1"})
    assert (other.event, other.case_id, other.actor) == ("history:decoded", case, "S-7")
    assert other.facts["keys"] == keys["keys"]


PERSONAL = [
    EMAIL,
    "มาลี ใจดี",
    "Malee Jaidee",
    "0812345678",
    "081-234-5678",
    "+66812345678",
    "66812345678",
    "02-123-4567",
    "tel:0812345678",
    "1-1002-00345-67-8",
    "1100200345678",
    "4111111111111111",
    "crm:+66-81-234-5678",
    "x" * 300,
    "two\nlines",
]


@pytest.mark.parametrize("value", PERSONAL)
@pytest.mark.parametrize("key", ["system", "code", "keys"])
def test_what_looks_personal_is_refused_and_not_repeated(key: str, value: str) -> None:
    with pytest.raises(BadInput) as refused:
        checked_facts({key: value})
    assert refused.value.facts == {"fact": key}
    assert value not in f"{refused.value!r}{refused.value}"


@pytest.mark.parametrize("value", [812345678, -1, 2**60])
def test_a_number_that_may_be_a_telephone_s_is_refused(value: int) -> None:
    with pytest.raises(BadInput):
        checked_facts({"count": value})


def test_a_fact_of_an_unknown_name_is_refused() -> None:
    with pytest.raises(BadInput, match="fact unknown"):
        checked_facts({"email": "x"})


def test_codes_counts_digests_and_dates_pass() -> None:
    facts: dict[str, str | int] = {
        "reference": "DSR-2569-000123",
        "received": "2026-11-22",
        "due": "2026-12-22T16:59:59+00:00",
        "key": "c-0123456789abcdef01234567:fulfilling:crm:erase:v1-12",
        "digest": hashlib.sha256(b"x").hexdigest(),
        "key_id": "01234567890123456789012345678901",
        "size": 5_000_000_000,
        "count": 90_000,
        "rules": "accounting-7y,tax-5y",
    }
    assert checked_facts({**facts, "ground": ""}) == facts
    assert {*facts, "ground"} <= FACTS


@given(st.from_regex(r"0[689][0-9]{8}", fullmatch=True), st.sampled_from("-./, "), st.integers(1, 8))
def test_no_thai_mobile_number_passes_however_it_is_cut(number: str, cut: str, where: int) -> None:
    for value in (number, number[:where] + cut + number[where:], f"crm:{number}"):
        with pytest.raises(BadInput):
            checked_facts({"code": value})


@given(st.emails())
def test_no_email_passes(address: str) -> None:
    with pytest.raises(BadInput):
        checked_facts({"code": address})


@pytest.mark.parametrize("actor", ["", "admin", "S-", EMAIL, "S-สมชาย", "person\n", "S-1 2"])
def test_an_actor_is_an_opaque_id(actor: str) -> None:
    with pytest.raises(BadInput, match="actor malformed"):
        checked_actor(actor)


def test_every_event_has_a_name_that_is_its_own() -> None:
    assert len({event.value for event in Event}) == len(Event)


def test_a_member_of_staff_whose_id_is_all_digits_can_be_told() -> None:
    assert checked_facts({"staff": "S-846521113792"}) == {"staff": "S-846521113792"}
