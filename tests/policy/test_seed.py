"""The calendar of the repository against the package that it was seeded from: every day of it, none more, none less."""

from __future__ import annotations

from datetime import date

from policy.load import SHIPPED, load_policy
from policy.seed_calendar import lines

SINCE_SEEDED: dict[date, str] = {}
"""Days that the Cabinet added after the seed, with the resolution; they stand in the file and not in the package."""
TAKEN_BACK: dict[date, str] = {}
"""Days of the seed that are none after all."""


def test_the_calendar_is_its_seed_and_what_was_announced_since() -> None:
    seed = lines(2018, 2035, 2027)
    assert [line for line in seed if line.startswith("  2026-12-07")] == [
        line for line in (SHIPPED / "calendar.yaml").read_text("utf-8").splitlines() if "2026-12-07" in line
    ]
    seeded = {date.fromisoformat(line[2:12]) for line in seed if line.startswith("  2")}
    assert load_policy().calendar.holidays == (seeded | SINCE_SEEDED.keys()) - TAKEN_BACK.keys()


def test_in_lieu_and_special_days_are_among_them() -> None:
    days = load_policy().calendar.holidays
    assert date(2026, 12, 7) in days  # in lieu of Father's Day, a Saturday
    assert date(2026, 1, 2) in days  # a special day, declared for one year
