"""Change any number or switch of the policy, and what it computes changes, or it is refused: none is there for show.

What it computes stands in tables that people can check (tests/law/expected_*.csv): the shipped policy must give them,
and no mutant may.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import product
from pathlib import Path

import pytest
import yaml
from pydantic import JsonValue

from domain.assess import Asked, Fate, assess
from domain.calendar import BANGKOK
from domain.errors import PolicyInvalid
from domain.holds import CountsFrom, hold_of, holds_on
from domain.item import Basis, Found, Role
from domain.retention import Floor
from domain.rights import Right
from domain.wishes import Use, Wish
from policy.law import read_law
from policy.load import SHIPPED, load_policy
from policy.model import Policy
from policy.rules import read_recipients, read_units
from policy.yaml_lines import Document, Place, read_yaml
from tests.policy.conftest import Edit

SHIPPED_POLICY = load_policy()
LAW = Path(__file__).parent.parent / "law"
DATES = {
    "document_date": date(2022, 3, 14),
    "filed_on": date(2022, 4, 18),
    "entered_on": date(2026, 8, 24),
    "service_ended_on": date(2026, 6, 30),
}
RECEIPTS = [date(2026, 11, 2), date(2026, 11, 7), date(2026, 11, 22)]
EVENT = date(2026, 6, 30)

Row = dict[str, str]


def terms_of(policy: Policy) -> list[Row]:
    """The dates of every right for some days of receipt."""
    found = []
    for right in Right:
        for day in RECEIPTS:
            terms = policy.terms(right, datetime.combine(day, time(12), BANGKOK))
            found.append(
                {
                    "right": right.value,
                    "received_on": day.isoformat(),
                    "strict": terms.strict.isoformat(),
                    "rolled": terms.rolled.isoformat(),
                    "target": terms.target.isoformat(),
                    "decide_by": terms.decide_by.isoformat(),
                    "verify_by": terms.verify_by.astimezone(BANGKOK).date().isoformat(),
                    "verify_days_least": f"{terms.verify_days_least:g}",
                    "reminders": " ".join(f"{each.astimezone(BANGKOK):%Y-%m-%d}" for each in terms.reminders),
                    "cooling_hours": f"{terms.cooling_hours:g}",
                    "sending_hours": f"{terms.sending_hours:g}",
                    "extension_days": str(policy.deadlines[right].extension_days),
                }
            )
    return found


def holds_of(policy: Policy) -> list[Row]:
    """What each rule makes of one record."""
    return [
        {
            "rule": hold.rule,
            "last_day": hold.last_day.isoformat(),
            "release_on": hold.release_on.isoformat(),
            "floor_last_day": hold.floor_last_day.isoformat() if hold.floor_last_day else "",
        }
        for hold in holds_on(policy.holds.values(), DATES, policy.books, policy.calendar)
    ]


def retention_of(policy: Policy) -> list[Row]:
    """Until when each unit is kept after each of its events, and what the law's own numbers come to."""
    found = [
        {
            "what": code,
            "since": limit.since.value,
            "last_day": limit.period.last_day(EVENT).isoformat(),
            "disputed": limit.disputed.last_day(EVENT).isoformat() if limit.disputed else "",
        }
        for code, unit in policy.units.items()
        for limit in unit.kept.limits
    ]
    law: dict[CountsFrom | Right, Floor] = {}
    law.update(policy.floors.items())
    law.update(policy.ceilings.items())
    return found + [
        {"what": "law", "since": each.value, "last_day": floor.last_day(EVENT).isoformat(), "disputed": ""}
        for each, floor in law.items()
    ]


def numbers_of(policy: Policy) -> list[Row]:
    """The company's own parameters."""
    named = {
        "challenge.hours": policy.challenge_hours,
        "challenge.attempts": policy.challenge_attempts,
        "delivery.days": policy.delivery_days,
        "backups.days": policy.backup_days,
        "restriction.review_days": policy.review_days,
        "restriction.lift_notice_days": policy.lift_notice_days,
        "refusals.keep_years": policy.refusal_years,
        "sweep.ceiling": policy.sweep_ceiling,
        "agreement.notice_days": policy.notice_days,
        "agreement.erase_days": policy.erase_days,
    }
    return [{"parameter": name, "value": f"{value:g}"} for name, value in named.items()]


TABLES = {"terms": terms_of, "holds": holds_of, "retention": retention_of, "numbers": numbers_of}


def expected(table: str) -> list[Row]:
    with (LAW / f"expected_{table}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


EXPECTED = {table: expected(table) for table in TABLES}


def computed(policy: Policy) -> dict[str, list[Row]]:
    """Everything that the numbers of a policy come to."""
    return {table: of(policy) for table, of in TABLES.items()}


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


def numbers(value: JsonValue, place: Place = ()) -> Iterator[tuple[Place, float]]:
    """Every number in a file, and where it stands."""
    if isinstance(value, dict):
        for key, child in value.items():
            yield from numbers(child, (*place, key))
    elif isinstance(value, list):
        for no, child in enumerate(value):
            yield from numbers(child, (*place, no))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield place, value


def changed(value: JsonValue, place: Place, number: float) -> JsonValue:
    """The file's data with another number at that place."""
    if not place:
        return number
    if isinstance(value, dict):
        return {k: changed(v, place[1:], number) if k == place[0] else v for k, v in value.items()}
    assert isinstance(value, list)
    return [changed(v, place[1:], number) if no == place[0] else v for no, v in enumerate(value)]


FILES_WITH_NUMBERS = ("company", "deadlines", "holds", "units", "calendar")
MUTANTS = [
    (file, place, number + step)
    for file in FILES_WITH_NUMBERS
    for place, number in numbers(read_yaml(SHIPPED / f"{file}.yaml").data)
    for step in (1, -1)
]
LAW_MUTANTS = [
    (place, number + step)
    for place, number in numbers(read_yaml(SHIPPED / "law.yaml").data)
    for step in (1, -1)
]


def named(mutant: tuple[Place, float]) -> str:
    return f"{'.'.join(map(str, mutant[0]))}={mutant[1]}"


def test_there_are_numbers_to_change() -> None:
    in_units, in_calendar, in_law = 23, 2, 6
    assert len(MUTANTS) == 2 * (7 * 5 + 3 + 10 + 10 + in_units + in_calendar)
    assert len(LAW_MUTANTS) == 2 * in_law


def test_no_number_stands_in_a_file_that_nobody_changes_here() -> None:
    files = {path.stem for path in SHIPPED.glob("*.yaml")}
    with_numbers = {file for file in files if [*numbers(read_yaml(SHIPPED / f"{file}.yaml").data)]}
    assert with_numbers == {*FILES_WITH_NUMBERS, "law"}


@pytest.mark.parametrize("table", TABLES)
def test_the_shipped_policy_comes_to_what_the_tables_say(table: str) -> None:
    assert TABLES[table](SHIPPED_POLICY) == EXPECTED[table]


@pytest.mark.parametrize(("file", "place", "number"), MUTANTS, ids=[named(m[1:]) for m in MUTANTS])
def test_a_changed_number_is_noticed(tmp_path: Path, file: str, place: Place, number: float) -> None:
    data = changed(read_yaml(SHIPPED / f"{file}.yaml").data, place, number)
    (tmp_path / f"{file}.yaml").write_text(yaml.safe_dump(data), encoding="utf-8")
    try:
        mutant = load_policy(SHIPPED, tmp_path)
    except PolicyInvalid:
        return
    assert computed(mutant) != EXPECTED


@pytest.mark.parametrize(("place", "number"), LAW_MUTANTS, ids=[named(m) for m in LAW_MUTANTS])
def test_a_changed_number_of_the_law_is_noticed(tmp_path: Path, place: Place, number: float) -> None:
    path = tmp_path / "law.yaml"
    path.write_text(yaml.safe_dump(changed(read_yaml(SHIPPED / "law.yaml").data, place, number)), "utf-8")
    law = read_law(read_yaml(path))
    mutant = SHIPPED_POLICY.model_copy(update={"floors": law.floors, "ceilings": law.ceilings})
    assert computed(mutant) != EXPECTED


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


def test_a_rule_that_counts_plainly_is_noticed_to_roll(edit: Edit) -> None:
    """H-DOC of the last day of 2019 ends on a holiday: what says that it stands there is read."""
    mutant = load_policy(edit("holds.yaml", "    rolled: false", "    rolled: true"))
    day, known = date(2019, 12, 31), SHIPPED_POLICY.calendar
    free = [hold_of(each.holds["H-DOC"], day, known).release_on for each in (SHIPPED_POLICY, mutant)]
    assert free == [date(2027, 1, 1), date(2027, 1, 5)]


@pytest.mark.parametrize("ends", ["11-30", "03-31", "12-30"])
def test_another_year_end_moves_the_books(edit: Edit, ends: str) -> None:
    assert computed(load_policy(edit("holds.yaml", '"12-31"', f'"{ends}"'))) != EXPECTED


def test_a_real_period_moves_the_books(edit: Edit) -> None:
    folder = edit("holds.yaml", "periods: []", "periods: [{start: 2022-01-01, end: 2022-06-30}]")
    assert computed(load_policy(folder)) != EXPECTED


def test_every_holiday_on_a_weekday_moves_a_date() -> None:
    known = load_policy().calendar
    weekdays = [day for day in known.holidays if day.weekday() < 5]
    assert len(weekdays) > 300
    for day in weekdays:
        without = known.model_copy(update={"holidays": known.holidays - {day}})
        assert known.rolled(day) > without.rolled(day) == day
        assert known.working_day_by(day) <= day - timedelta(days=1)
