"""What real databases do, on a club's: people known by a list of addresses, named in texts, merged by a note, shared."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from connectors.datamap_read import load_map
from connectors.mentions import Redactor, names_of, pattern
from connectors.sql import SqlConnector
from connectors.sql_select import APPEND_ONLY, SEVERAL
from domain.errors import DataMapInvalid
from domain.identifiers import IdentifierKind, identifier, on_file
from domain.item import Item, Subject
from domain.outcomes import Outcome
from tests.connectors.shop import batch, order

MAP = Path(__file__).with_name("club.map.yaml")
Int, Text = sa.Integer, sa.Text
metadata = sa.MetaData()


def table(name: str, *columns: sa.Column[Any]) -> sa.Table:
    return sa.Table(name, metadata, sa.Column("id", Int, primary_key=True, autoincrement=False), *columns)


def link(name: str, target: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, Int, sa.ForeignKey(f"{target}.id"), nullable=nullable)


def text(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, Text, nullable=False) for name in names]


table("people", *text("first_name", "last_name"), sa.Column("extra", sa.JSON, nullable=False))
table("mails", link("person_id", "people"), *text("email"))
table("prospects", *text("name", "email"))
table("subscribers", *text("email"))
table("merges", link("from_id", "people"), link("into_id", "people"))
table("tickets", *text("title"))
table("ticket_people", link("ticket_id", "tickets"), link("person_id", "people"))
table("events", *text("entity", "told"), sa.Column("entity_id", Int, nullable=False))
table(
    "notes",
    link("about_id", "people", nullable=True),
    link("author_id", "people", nullable=True),
    *text("body"),
)
table("invoices", *text("no", "status", "name"), link("person_id", "people"), sa.Column("issued_on", sa.Date))
table("seen_by", link("invoice_id", "invoices"))
table("files", *text("place"))
table("journal", link("person_id", "people"), *text("told"))

ROWS: dict[str, list[dict[str, Any]]] = {
    "people": [
        {"id": 1, "first_name": "Kira", "last_name": "Foster", "extra": {"likes": "tea"}},
        {"id": 2, "first_name": "Tom", "last_name": "Foster",
         "extra": {"hobby": "chess", "wife": {"email": "KIRA@example.com", "name": "any"}, "kids": 2}},
        {"id": 3, "first_name": "Kyra", "last_name": "Forster", "extra": {"friend": "xkira@example.com"}},
        {"id": 4, "first_name": "Merged", "last_name": "Twin", "extra": {}},
        {"id": 5, "first_name": "Nina", "last_name": "Song", "extra": {}},
        {"id": 6, "first_name": "Nina", "last_name": "Song", "extra": {}},
    ],
    "mails": [
        {"id": 1, "person_id": 1, "email": "kira@example.com"},
        {"id": 2, "person_id": 1, "email": " Kira.Work@example.com"},
        {"id": 3, "person_id": 2, "email": "tom@example.com"},
        {"id": 4, "person_id": 5, "email": "nina@example.com"},
    ],
    "prospects": [{"id": 1, "name": "K", "email": "one@example.com"}],
    "subscribers": [{"id": 1, "email": "ONE@example.com "}],
    "merges": [{"id": 1, "from_id": 4, "into_id": 1}],
    "tickets": [{"id": 1, "title": "Kira Foster's own"}, {"id": 2, "title": "of Kira Foster and Tom"}],
    "ticket_people": [
        {"id": 1, "ticket_id": 1, "person_id": 1},
        {"id": 2, "ticket_id": 2, "person_id": 1},
        {"id": 3, "ticket_id": 2, "person_id": 2},
    ],
    "events": [
        {"id": 1, "entity": "person", "entity_id": 1, "told": "a"},
        {"id": 2, "entity": "ticket", "entity_id": 1, "told": "b"},
        {"id": 3, "entity": "ticket", "entity_id": 2, "told": "c"},
        {"id": 4, "entity": "invoice", "entity_id": 1, "told": "d"},
    ],
    "notes": [
        {"id": 1, "about_id": 1, "author_id": 2, "body": "about Kira, by Tom"},
        {"id": 2, "about_id": 2, "author_id": 1, "body": "about Tom, by Kira"},
        {"id": 3, "about_id": 2, "author_id": 2, "body": "Foster, Kira <kira@example.com> and tom@example.com"},
        {"id": 4, "about_id": 2, "author_id": 2, "body": "xkira@example.com, kira@example.com.th: others"},
        {"id": 5, "about_id": 2, "author_id": 2, "body": "Nina Song called"},
    ],
    "invoices": [
        {"id": 1, "no": "A1", "status": "paid", "name": "Kira", "person_id": 1, "issued_on": date(2025, 1, 1)},
        {"id": 2, "no": "A2", "status": "draft", "name": "Kira", "person_id": 1, "issued_on": date(2025, 1, 1)},
    ],
    "seen_by": [{"id": 1, "invoice_id": 1}, {"id": 2, "invoice_id": 2}],
    "files": [{"id": 1, "place": "invoices/A1"}, {"id": 2, "place": "invoices/A11"}],
    "journal": [{"id": 1, "person_id": 1, "told": "joined"}],
}  # fmt: skip


@pytest.fixture(params=["postgresql", "sqlite"])
def club(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[SqlConnector, sa.Engine]]:
    make: Callable[[], str] = (
        request.getfixturevalue("database")
        if request.param == "postgresql"
        else lambda: f"sqlite:///{tmp_path / 'club.db'}"
    )
    url = make()
    engine = sa.create_engine(url)
    metadata.create_all(engine)
    with engine.begin() as connection:
        for name, rows in ROWS.items():
            connection.execute(sa.insert(metadata.tables[name]), rows)
    connector = SqlConnector("club", url, load_map(MAP), secret=b"club")
    yield connector, engine
    connector.close()
    engine.dispose()


def located(connector: SqlConnector, person: int) -> dict[str, Item]:
    subject = Subject(identifiers=(), anchors={"club": ({"$table": "people", "id": person},)})
    return {f"{item.found.table}:{item.locator['id']}": item for item in connector.locate(subject).items}


def erase(connector: SqlConnector, *items: Item) -> None:
    told = batch(*(order(item) for item in items))
    connector.apply(told, connector.foresee(told))


def row(engine: sa.Engine, name: str, number: int) -> dict[str, Any]:
    known = metadata.tables[name]
    with engine.connect() as connection:
        return dict(connection.execute(sa.select(known).where(known.c.id == number)).mappings().one())


def test_a_person_is_known_by_a_list_of_addresses_beside_them(club: tuple[SqlConnector, sa.Engine]) -> None:
    connector, _ = club
    for given in ("KIRA@example.com", "kira.work@example.com"):
        (candidate,) = connector.resolve((identifier(IdentifierKind.EMAIL, given),), "")
        assert candidate.locator["id"] == 1
        assert {one.value for one in candidate.addresses} == {"kira@example.com", "kira.work@example.com"}


def test_rows_of_several_tables_that_the_map_calls_one_person_are_one(
    club: tuple[SqlConnector, sa.Engine],
) -> None:
    connector, _ = club
    given = (identifier(IdentifierKind.EMAIL, "one@example.com"),)
    (candidate,) = connector.resolve(given, "")
    found = connector.locate(Subject(identifiers=given, anchors={"club": (candidate.locator,)})).items
    assert {item.found.table for item in found} == {"prospects", "subscribers"}


def test_a_merge_that_was_only_noted_is_followed(club: tuple[SqlConnector, sa.Engine]) -> None:
    assert "people:4" in located(club[0], 1)


def test_the_same_id_of_another_kind_is_another_thing(club: tuple[SqlConnector, sa.Engine]) -> None:
    found = located(club[0], 1)
    assert {key for key in found if key.startswith("events")} == {"events:1", "events:2"}
    assert found["events:2"].found.on_erase is Outcome.ANONYMISE  # by its own path; the table says erase
    assert found["events:2"].found.how == "entity_id -> tickets.id, entity = ticket"


def test_a_draft_is_no_document_and_is_under_no_hold(club: tuple[SqlConnector, sa.Engine]) -> None:
    found = located(club[0], 1)
    issued, draft = found["invoices:1"].found, found["invoices:2"].found
    assert (issued.unit, issued.holds, issued.on_erase) == ("U05", ("H-DOC",), Outcome.ANONYMISE)
    assert (draft.unit, draft.holds, draft.on_erase) == ("U06", (), Outcome.ERASE)
    assert {key for key in found if key.startswith("seen_by")} == {"seen_by:2"}


def test_a_file_is_found_by_its_path(club: tuple[SqlConnector, sa.Engine]) -> None:
    assert {key for key in located(club[0], 1) if key.startswith("files")} == {"files:1"}


def test_an_append_only_table_is_told_and_left(club: tuple[SqlConnector, sa.Engine]) -> None:
    assert located(club[0], 1)["journal:1"].found.obstacle == APPEND_ONLY


def test_a_ticket_of_two_stays_and_only_the_person_s_name_and_link_go(
    club: tuple[SqlConnector, sa.Engine],
) -> None:
    connector, engine = club
    found = located(connector, 1)
    assert not found[
        "ticket_people:2"
    ].found.shared  # the link itself is the person's, whoever else is linked
    erase(
        connector, *(found[key] for key in ("tickets:1", "tickets:2", "ticket_people:1", "ticket_people:2"))
    )
    assert row(engine, "tickets", 1)["title"] == "erased"
    assert row(engine, "tickets", 2)["title"] == "of *** and Tom"
    assert row(engine, "ticket_people", 3)["person_id"] == 2


def test_what_others_say_of_the_person_loses_only_the_person(club: tuple[SqlConnector, sa.Engine]) -> None:
    connector, engine = club
    found = located(connector, 1)
    assert {key for key in found if key.startswith("notes")} == {"notes:1", "notes:2", "notes:3"}
    assert not found["notes:1"].found.shared  # its author makes it nobody else's
    erase(connector, found["notes:2"], found["notes:3"], found["people:2"])
    assert row(engine, "notes", 2)["about_id"] == 2
    assert row(engine, "notes", 2)["author_id"] is None
    assert row(engine, "notes", 3)["body"] == "*** <***> and tom@example.com"
    tom = row(engine, "people", 2)
    assert tom == {**ROWS["people"][1], "extra": {"hobby": "chess", "wife": {}, "kids": 2}}


def test_a_name_that_two_people_have_is_asked_about(club: tuple[SqlConnector, sa.Engine]) -> None:
    note = located(club[0], 5)["notes:5"].found
    assert (note.unsure, note.obstacle) == (True, SEVERAL)


def test_rows_that_a_policy_hides_are_no_empty_answer(club: tuple[SqlConnector, sa.Engine]) -> None:
    connector, engine = club
    if engine.dialect.name != "postgresql":
        pytest.skip("PostgreSQL has policies on rows")
    with engine.begin() as connection:
        connection.execute(sa.text("alter table notes enable row level security"))
        connection.execute(sa.text("alter table notes force row level security"))
    with pytest.raises(DataMapInvalid) as refused:
        connector.check()
    assert (refused.value.code, refused.value.facts["table"]) == ("rows-hidden", "notes")


def test_a_path_without_an_index_is_named_with_what_would_mend_it(
    club: tuple[SqlConnector, sa.Engine],
) -> None:
    connector, engine = club
    if engine.dialect.name != "postgresql":
        pytest.skip("spelt for PostgreSQL")
    missing = {one.create for one in connector.advise()}
    wanted = {
        "CREATE INDEX ON mails (person_id)",
        "CREATE INDEX ON mails (lower(trim(email)))",
        "CREATE INDEX ON notes (about_id)",
        "CREATE INDEX ON events (entity_id)",
    }
    assert wanted <= missing
    with engine.begin() as connection:
        for create in wanted:
            connection.execute(sa.text(create))
    again = SqlConnector("club", engine.url.render_as_string(hide_password=False), load_map(MAP), secret=b"c")
    assert not wanted & {one.create for one in again.advise()}
    again.close()


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("Kira  Foster rang", "*** rang"),
        ("KIRA FOSTER, kira@example.com.", "***, ***."),
        ("xkira@example.com", "xkira@example.com"),
        ("kira@example.com.th", "kira@example.com.th"),
        ("mailto:kira%40example.com", "mailto:***"),
        ("Shakira Fosters", "Shakira Fosters"),
        ("081-234-5678 / 0812345678 / +66 81 234 5678", "*** / *** / +***"),
        ("081-234-56789", "081-234-56789"),
    ],
)
def test_a_person_is_taken_out_whole_and_nobody_else(said: str, left: str) -> None:
    terms = {
        IdentifierKind.EMAIL: ["kira@example.com"],
        IdentifierKind.PHONE: ["+66812345678"],
        IdentifierKind.NAME: ["Kira Foster"],
    }
    assert Redactor(terms).of(said) == left
    assert Redactor(terms).of(json.loads(json.dumps({"n": 1, "s": said})))["n"] == 1


def test_what_nobody_is_called_stands_in_no_text() -> None:
    assert pattern({}, (IdentifierKind.NAME,)) not in {"", ".*"}
    assert list(names_of(["{a} {b}"], {"a": "Kira", "b": None})) == []
    assert list(names_of(["{a:1}. {b}", "{c:reversed}", "{d.e}"], {"a": "Kira", "b": "Foster", "c": "Dupont Alain", "d": {"e": "คีรา ฟอสเตอร์"}})) == [
        "K. Foster", "Alain Dupont", "คีรา ฟอสเตอร์",
    ]  # fmt: skip


def test_a_number_on_file_may_lack_its_country() -> None:
    assert on_file(IdentifierKind.PHONE, "7675-3425").value == "76753425"
    assert on_file(IdentifierKind.PHONE, "081 234 5678").value == "+66812345678"
