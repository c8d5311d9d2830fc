"""Write a first calendar of Thai holidays: `python -m policy.seed_calendar 2018 2035 2027 > calendar.yaml`.

Only a seed. The file in the repository is the truth: when the Cabinet moves or adds a day, edit the file,
raise its version, and open cases are evaluated again. Seeding a longer one must not undo such edits.
"""

from __future__ import annotations

import sys
from importlib.metadata import version

import holidays


def lines(first: int, last: int, announced_to: int) -> list[str]:
    """The calendar of these years, of which those up to `announced_to` were announced, as YAML lines."""
    thai = holidays.country_holidays("TH", years=range(first, last + 1), language="th")
    english = holidays.country_holidays("TH", years=range(first, last + 1), language="en_US")
    head = [
        "# Thai public holidays with in-lieu and special days. Saturdays and Sundays are holidays by custom.",
        "# This file is the truth. Raise `version` with every change.",
        f"version: TH-{first}-{last}.1",
        f"source: {{reference: holidays {version('holidays')} (PyPI), evidence: found}}",
        f"announced_to: {announced_to}-12-31  # later days are projected",
        f"first_year: {first}",
        f"last_year: {last}",
        "holidays:",
    ]
    days = [f'  {day}: {{th: "{thai[day]}", en: "{english[day]}"}}' for day in sorted(thai)]
    announced = sum(day.year <= announced_to for day in thai)
    return [*head, *days[:announced], "  # Projected from here on: not yet announced.", *days[announced:]]


if __name__ == "__main__":
    sys.stdout.write("\n".join(lines(*(int(year) for year in sys.argv[1:4]))) + "\n")
