"""Words beside codes: a code's name in Thai and English, and days in both eras."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache

from domain.calendar import BANGKOK, day_in_bangkok, in_thai
from exports import words
from exports.words import Words


@cache
def catalogues() -> Mapping[str, Words]:
    """The catalogue of each language."""
    return words.load()


def thai(key: str, code: str) -> str:
    """A code's name in Thai; empty where the catalogue has none."""
    return catalogues()["th"].get(f"{key}.{code}") or ""


def both(key: str, code: str) -> str:
    """A code, and its name in Thai from the catalogue where it has one: `erasure · สิทธิขอให้ลบ...`."""
    name = thai(key, code)
    return f"{code} · {name}" if name else code


def day(of: date | str | None) -> str:
    """A day in both eras: `2026-12-22 (22 ธันวาคม 2569)`."""
    if of is None:
        return ""
    of = date.fromisoformat(of) if isinstance(of, str) else of
    return f"{of.isoformat()} ({in_thai(of)})"


def moment(of: str | None) -> str:
    """The Bangkok day of an instant, in both eras."""
    return day(day_in_bangkok(datetime.fromisoformat(of))) if of else ""


def instant(of: str | None) -> str:
    """An instant with its Bangkok time: `2026-12-22 (22 ธันวาคม 2569), 14:05 (Thailand time)`."""
    if not of:
        return ""
    local = datetime.fromisoformat(of).astimezone(BANGKOK)
    return f"{day(local.date())}, {local:%H:%M} (Thailand time)"
