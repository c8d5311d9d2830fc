"""A map that can't be satisfied is refused, naming file, line, table and column."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from connectors.datamap_read import load_map
from domain.errors import DataMapInvalid
from tests.connectors.shop import MAP, fill, open_shop

Edit = Callable[[str], str]


def swap(old: str, new: str) -> Edit:
    def edit(text: str) -> str:
        assert text.count(old) >= 1, old
        return text.replace(old, new, 1)

    return edit


def both(one: Edit, other: Edit) -> Edit:
    return lambda text: other(one(text))


def edited(tmp_path: Path, edit: Edit) -> Path:
    file = tmp_path / "edited.map.yaml"
    file.write_text(edit(MAP.read_text(encoding="utf-8")), encoding="utf-8")
    return file


ITSELF = {
    "unknown-key": (swap("    unit: U01\n", "    unit: U01\n    colour: red\n"), "customers", None),
    "key-missing": (swap("    basis: contract\n", ""), "customers", None),
    "malformed-unit": (swap("unit: U01", "unit: account"), "customers", None),
    "unknown-word": (swap("basis: contract", "basis: because"), "customers", None),
    "label-missing": (swap("{label: [ชื่อ, Name], anonymise:", "{anonymise:"), "customers", "name"),
    "label-twice": (swap("[ชื่อ, Name]", "[ชื่อ, Phone]"), "customers", "name"),
    "anonymise-missing": (swap("[ชื่อ, Name], anonymise: {fixed: erased}", "[ชื่อ, Name]"), "customers", "name"),
    "surrogate-without-token": (swap('"{token}@erased.invalid"', '"x@erased.invalid"'), "customers", "email"),
    "anonymise-unclear": (swap("{fixed: erased}", "{}"), "customers", "name"),
    "path-malformed": (swap("id -> customers.address_id", "id customers"), "addresses", None),
    "key-twice": (swap("      tenant: key\n", "      tenant: key\n      tenant: key\n"), "customers", None),
    "not-yaml": (swap("tables:", "tables: ]"), None, None),
    "person-table-not-mapped": (swap("customers: {shown: [name], same_as: email}", "clients: {shown: [x]}"), "clients", None),
    "unknown-column": (swap("shown: [name]", "shown: [nickname]"), "customers", "nickname"),
    "malformed-field": (swap("  street: {record", "  units: {record"), None, None),
    "field-stands-nowhere": (swap("{issued: orders.total}", "{}"), None, None),
    "field-place-malformed": (swap("{issued: orders.total}", "{issued: total}"), None, None),
    "table-not-mapped": (swap("{issued: orders.total}", "{issued: bills.total}"), "bills", None),
    "field-not-data": (swap("{issued: orders.total}", "{issued: orders.payer_no}"), "orders", "payer_no"),
    "field-column-twice": (swap("{copies: [customers.level]}", "{copies: [customers.name]}"), "customers", "name"),
    "issued-and-editable": (swap("{issued: orders.total}", "{issued: customers.phone}"), "customers", "phone"),
    "consent-not-data": (swap("withdrawn: left_on", "withdrawn: address"), "newsletter", "address"),
    "consent-column-twice": (swap("withdrawn: left_on,", "withdrawn: left_on, also: {left_on: 1},"), "newsletter", "left_on"),
    "suppression-column-twice": (swap("why: objected}, at: entered_at", "why: objected}, at: why"), "not_to_write_to", "why"),
    "path-unclear": (swap("{identifier: email, column: address}", "{identifier: email}"), "newsletter", None),
    "hash-is-no-anonymisation": (swap('{unique: "{token}@erased.invalid"}', "hash"), "customers", "email"),
}  # fmt: skip

LIVE = {
    "table-missing": (swap("  newsletter:\n", "  newsletters:\n"), "newsletters", None),
    "table-unclassified": (swap('["react*"]', '["nothing*"]'), "reactions", None),
    "column-missing": (swap("      since: [", "      until: ["), "newsletter", "until"),
    "column-unclassified": (swap("      since: [ตั้งแต่, Since]\n", ""), "newsletter", "since"),
    "not-null-refuses": (swap("anonymise: {fixed: erased}", "anonymise: clear"), "customers", "name"),
    "unique-refuses": (swap('{unique: "{token}@erased.invalid"}', '{fixed: "x@erased.invalid"}'), "customers", "email"),
    "value-too-long": (swap("{fixed: erased}", "{fixed: this person was erased}"), "customers", "name"),
    "value-does-not-fit": (swap("{fixed: erased}", "{fixed: 7}"), "customers", "name"),
    "key-cannot-change": (swap("no: {kind: key, label: [เลขที่, Number]}", "no: {kind: key, anonymise: {fixed: 0}}"), "customers", "no"),
    "hash-without-secret": (swap("anonymise: {fixed: erased}", "anonymise: hash"), "customers", "name"),
    "path-to-missing-table": (swap("id -> customers.address_id", "id -> clients.address_id"), "addresses", None),
    "suppression-not-unique": (swap("column: address, set: {channel: mail,", "column: by, set: {channel: mail,"), "not_to_write_to", "by"),
    "path-ends-nowhere": (swap("[id -> customers.address_id]", "[id -> reactions.id]"), "addresses", None),
    "path-reaches-no-person": (swap("[id -> customers.address_id]", "[id -> addresses.id]"), "addresses", None),
}  # fmt: skip


@pytest.mark.parametrize("code", sorted(ITSELF))
def test_a_map_that_breaks_its_own_rules(tmp_path: Path, code: str) -> None:
    edit, table, column = ITSELF[code]
    file = edited(tmp_path, edit)
    with pytest.raises(DataMapInvalid) as refused:
        load_map(file)
    told = refused.value
    assert told.code == code
    assert told.mend
    assert told.facts["file"] == str(file)
    assert isinstance(told.facts["line"], int)
    assert told.facts.get("table") == table
    assert told.facts.get("column") == column


@pytest.mark.parametrize("code", sorted(LIVE))
def test_a_map_that_does_not_fit_its_database(tmp_path: Path, code: str) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    fill(url).dispose()
    edit, table, column = LIVE[code]
    connector = open_shop(url, edited(tmp_path, edit))
    with pytest.raises(DataMapInvalid) as refused:
        connector.check()
    connector.close()
    assert refused.value.code == code
    assert refused.value.facts["table"] == table
    assert refused.value.facts.get("column") == column


HELD = [
    ("held-column-must-stay", swap("payer_no: key", "payer_no: {kind: key, held: erase}"), "orders", "payer_no"),
    ("held-change-unclear", swap("[ยอดรวม, Total]", "{label: [ยอดรวม, Total], held: erase, anonymise: keep}"), "orders", "total"),
    ("not-null-refuses", swap("[ยอดรวม, Total]", "{label: [ยอดรวม, Total], held: erase}"), "orders", "total"),
    ("value-does-not-fit", swap("[ยอดรวม, Total]", "{label: [ยอดรวม, Total], held: erase, anonymise: {fixed: none}}"), "orders", "total"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "edit", "table", "column"), HELD)
def test_what_is_to_go_of_a_held_row_must_be_able_to(
    tmp_path: Path, code: str, edit: Edit, table: str, column: str
) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    fill(url).dispose()
    with (
        closing(open_shop(url, edited(tmp_path, edit))) as connector,
        pytest.raises(DataMapInvalid) as refused,
    ):
        connector.check()
    assert (refused.value.code, refused.value.facts["table"]) == (code, table)
    assert refused.value.facts["column"] == column


RIGHTS = [
    ("column-missing", both(swap("orders.total}", "orders.sum}"), swap("      total: [", "      sum: [")), "orders", "sum"),
    ("unknown-column", swap("orders.total}", "orders.sum}"), "orders", "sum"),
    ("unknown-column", swap("withdrawn: left_on", "withdrawn: gone_on"), "newsletter", "gone_on"),
    ("unknown-column", swap("at: entered_at", "at: written_at"), "not_to_write_to", "written_at"),
    ("table-not-mapped", swap("  not_to_write_to:\n    {", "  nobody:\n    {"), "nobody", None),
    ("key-cannot-change", both(swap("orders.total}", "folders.title, copies: newsletter.address}"), swap("address: {kind: key, label: [ที่อยู่อีเมล, Address]}", "address: [ที่อยู่อีเมล, Address]")), "newsletter", "address"),
    ("not-null-refuses", swap("withdrawn: left_on", "withdrawn: since"), "newsletter", "since"),
    ("value-does-not-fit", swap("{identifier: email, column: address, set", "{identifier: email, column: id, set"), "not_to_write_to", "id"),
    ("value-does-not-fit", swap("at: entered_at", "at: by"), "not_to_write_to", "by"),
    ("value-does-not-fit", swap("channel: mail, why", "channel: 7, why"), "not_to_write_to", "channel"),
    ("not-null-refuses", swap(", why: objected", ""), "not_to_write_to", "why"),
    ("not-null-refuses", swap("why: objected", "why: null"), "not_to_write_to", "why"),
    ("restriction-no-flag", both(swap("level: {label: [ระดับ, Level], anonymise: {fixed: none}}", "level: restriction"), swap("  level: {copies: [customers.level]}\n", "")), "customers", "level"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "edit", "table", "column"), RIGHTS)
def test_fields_consents_and_suppressions_that_do_not_fit(
    tmp_path: Path, code: str, edit: Edit, table: str, column: str | None
) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    fill(url).dispose()
    file = edited(tmp_path, edit)
    with pytest.raises(DataMapInvalid) as refused, closing(open_shop(url, file)) as connector:
        connector.check()
    told = refused.value
    assert (told.code, told.facts["table"], told.facts.get("column")) == (code, table, column)
    assert told.facts["file"] == str(file)
    line = file.read_text(encoding="utf-8").splitlines()[int(told.facts["line"]) - 1]
    assert line.strip()


def test_the_line_is_the_line_of_the_mistake(tmp_path: Path) -> None:
    file = edited(tmp_path, swap("      name: {label: [ชื่อ, Name]", "      name: {label: [ชื่อ]"))
    with pytest.raises(DataMapInvalid) as refused:
        load_map(file)
    line = refused.value.facts["line"]
    assert isinstance(line, int)
    assert "name: {label: [ชื่อ]" in file.read_text(encoding="utf-8").splitlines()[line - 1]


def test_a_hash_is_keyed_and_fits(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    fill(url).dispose()
    file = edited(tmp_path, swap("backup_email: {label: [อีเมลสำรอง, Second e-mail], identifier: email, anonymise: clear}", "backup_email: {label: [อีเมลสำรอง, Second e-mail], anonymise: hash}"))  # fmt: skip
    connector = open_shop(url, file, secret=b"k" * 32)
    connector.check()
    connector.close()


@pytest.mark.parametrize(
    "event", ["filed_on", "account_expired_on", "ticket_closed_on", "consent_withdrawn_on"]
)
def test_a_table_may_name_every_event_that_the_law_counts_from(tmp_path: Path, event: str) -> None:
    held = load_map(
        edited(tmp_path, swap("dates: {document_date: placed_on}", f"dates: {{{event}: placed_on}}"))
    )
    assert [list(table.dates) for table in held.tables.values() if table.dates] == [[event]]


@pytest.mark.parametrize("event", ["closing_date", "paid_on"])
def test_no_other_event_is_known(tmp_path: Path, event: str) -> None:
    with pytest.raises(DataMapInvalid):
        load_map(
            edited(tmp_path, swap("dates: {document_date: placed_on}", f"dates: {{{event}: placed_on}}"))
        )
