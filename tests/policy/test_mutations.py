"""Change any number or switch of the policy, and what it computes changes, or it is refused: none is there for show."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest
import yaml
from pydantic import JsonValue

from domain.assess import Asked, Fate, assess
from domain.errors import PolicyInvalid
from domain.holds import holds_on
from domain.item import Basis, Found, Role
from domain.rights import Right
from domain.wishes import Use, Wish
from policy.load import SHIPPED, load_policy
from policy.model import Policy
from policy.rules import read_recipients, read_units
from policy.yaml_lines import Document, Place, read_yaml
from tests.policy.conftest import Edit

SHIPPED_POLICY = load_policy()
DATES = {
    "document_date": date(2022, 3, 14),
    "filed_on": date(2022, 4, 18),
    "entered_on": date(2026, 8, 24),
    "service_ended_on": date(2026, 6, 30),
}


def dates_of(policy: Policy) -> list[str]:
    """Every date that the policy computes for some receipts and records."""
    receipts = [datetime(2026, 11, day, 3, tzinfo=UTC) for day in (2, 7, 22)]
    terms = [policy.terms(right, receipt) for right in Right for receipt in receipts]
    holds = holds_on(policy.holds.values(), DATES, policy.books, policy.calendar)
    return [
        *(term.model_dump_json(exclude={"policy", "calendar"}) for term in terms),
        *(hold.model_dump_json() for hold in holds),
        f"{policy.challenge_hours} {policy.challenge_attempts} {policy.delivery_days}",
        f"{policy.backup_days} {policy.review_days} {policy.refusal_years}",
    ]


def objections_of(policy: Policy) -> dict[tuple[Use, str], Fate | None]:
    """What becomes of a record of each unit when a person objects to each use."""
    fates = {}
    for use, (code, unit) in product(Use, policy.units.items()):
        asked = Asked(
            right=Right.OBJECTION,
            wish=Wish(against=(use,)),
            marketing_units=policy.units_for(Use.MARKETING),
            research_units=policy.units_for(Use.RESEARCH),
        )
        basis = unit.bases[-1] if unit.bases else Basis.CONSENT
        found = Found(no=1, system="crm", table="rows", unit=code, role=unit.role, basis=basis)
        fates[use, code] = assess(asked, found, ())
    return fates


def numbers(value: JsonValue, place: Place = ()) -> Iterator[tuple[Place, int]]:
    """Every number in a file, and where it stands."""
    if isinstance(value, dict):
        for key, child in value.items():
            yield from numbers(child, (*place, key))
    elif isinstance(value, list):
        for no, child in enumerate(value):
            yield from numbers(child, (*place, no))
    elif isinstance(value, int) and not isinstance(value, bool):
        yield place, value


def changed(value: JsonValue, place: Place, number: int) -> JsonValue:
    """The file's data with another number at that place."""
    if not place:
        return number
    if isinstance(value, dict):
        return {k: changed(v, place[1:], number) if k == place[0] else v for k, v in value.items()}
    assert isinstance(value, list)
    return [changed(v, place[1:], number) if no == place[0] else v for no, v in enumerate(value)]


MUTANTS = [
    (file, place, number + step)
    for file in ("deadlines", "holds", "company")
    for place, number in numbers(read_yaml(SHIPPED / f"{file}.yaml").data)
    for step in (1, -1)
]


@pytest.fixture(scope="module")
def shipped() -> list[str]:
    return dates_of(SHIPPED_POLICY)


def test_there_are_numbers_to_change() -> None:
    assert len(MUTANTS) == 2 * (7 * 5 + 2 + 8 + 6)


@pytest.mark.parametrize(
    ("file", "place", "number"), MUTANTS, ids=[f"{'.'.join(map(str, p))}={n}" for _, p, n in MUTANTS]
)
def test_a_changed_number_is_noticed(
    shipped: list[str], tmp_path: Path, file: str, place: Place, number: int
) -> None:
    data = changed(read_yaml(SHIPPED / f"{file}.yaml").data, place, number)
    (tmp_path / f"{file}.yaml").write_text(yaml.safe_dump(data), encoding="utf-8")
    try:
        mutant = load_policy(SHIPPED, tmp_path)
    except PolicyInvalid:
        return
    assert dates_of(mutant) != shipped


def switched(folder: Path, file: str, code: str, field: str, value: JsonValue) -> Document:
    """A register of the shipped policy with another value in one field of one entry."""
    data = read_yaml(SHIPPED / f"{file}.yaml").data
    assert isinstance(data, dict)
    entries = data[file]
    assert isinstance(entries, dict)
    entry = entries[code]
    assert isinstance(entry, dict)
    entry[field] = value
    path = folder / f"{file}.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return read_yaml(path)


@pytest.mark.parametrize("code", SHIPPED_POLICY.recipients)
def test_whether_a_recipient_is_told_is_read_from_its_own_line(tmp_path: Path, code: str) -> None:
    shipped = SHIPPED_POLICY.recipients
    other = not shipped[code].instructed
    mutant = read_recipients(switched(tmp_path, "recipients", code, "instructed", other))
    assert mutant == {**shipped, code: shipped[code].model_copy(update={"instructed": other})}


USES: list[list[JsonValue]] = [[], ["marketing"], ["research"], ["marketing", "research"]]


OURS = [code for code, unit in SHIPPED_POLICY.units.items() if unit.role is Role.CONTROLLER]
"""Of a tenant's unit no use is ours to be objected to: whatever is asked is passed on."""


@pytest.mark.parametrize("code", OURS)
def test_every_other_use_of_a_unit_is_objected_to_otherwise(tmp_path: Path, code: str) -> None:
    """Of that unit alone, and for each of the four things that can be said of it."""
    fates = []
    for uses in USES:
        document = switched(tmp_path, "units", code, "uses", uses)
        units = read_units(document, dict(SHIPPED_POLICY.holds), dict(SHIPPED_POLICY.recipients))
        fates.append(objections_of(SHIPPED_POLICY.model_copy(update={"units": units})))
    of_unit = [tuple(each[use, code] for use in Use) for each in fates]
    assert len(set(of_unit)) == len(USES)
    others = [{place: fate for place, fate in each.items() if place[1] != code} for each in fates]
    assert all(each == others[0] for each in others)
    assert objections_of(SHIPPED_POLICY) in fates


@pytest.mark.parametrize("ends", ["11-30", "03-31", "12-30"])
def test_another_year_end_moves_the_books(shipped: list[str], edit: Edit, ends: str) -> None:
    assert dates_of(load_policy(edit("holds.yaml", '"12-31"', f'"{ends}"'))) != shipped


def test_a_real_period_moves_the_books(shipped: list[str], edit: Edit) -> None:
    folder = edit("holds.yaml", "periods: []", "periods: [{start: 2022-01-01, end: 2022-06-30}]")
    assert dates_of(load_policy(folder)) != shipped


def test_every_holiday_on_a_weekday_moves_a_date() -> None:
    known = load_policy().calendar
    weekdays = [day for day in known.holidays if day.weekday() < 5]
    assert len(weekdays) > 300
    for day in weekdays:
        without = known.model_copy(update={"holidays": known.holidays - {day}})
        assert known.rolled(day) > without.rolled(day) == day
        assert known.working_day_by(day) <= day - timedelta(days=1)
