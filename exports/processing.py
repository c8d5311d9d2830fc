"""What a dossier tells beside the data: the holds that bind them today, and the record of processing (s.23(3), s.39 ¶1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import JsonValue

from exports import lines
from exports.context import in_language
from exports.words import Words
from policy.model import Policy


def holds(groups: Iterable[Mapping[str, JsonValue]]) -> list[dict[str, Any]]:
    """For machines: each rule that binds data of a unit, the latest day first; once a unit, rule and day."""
    found = {
        (str(group["unit"]), str(hold["rule"]), str(hold["release_on"])): str(hold["reference"])
        for group, hold in _held(groups)
    }
    return [
        {"unit": unit, "rule": rule, "law": reference, "until": until}
        for (unit, rule, until), reference in sorted(found.items(), key=lambda one: (one[0][0], one[0][2]))
    ]


def told(
    groups: Iterable[Mapping[str, JsonValue]], policy: Policy, words: Words
) -> dict[str, list[tuple[str, ...]]]:
    """For people: data, law and day of each hold; and what the record of processing says once for all data."""
    record = policy.record
    return {
        "active_holds": [
            (lines.unit_name(one["unit"], policy, words), _law(one, policy, words), words.day(one["until"]))
            for one in holds(groups)
        ],
        "processing": [
            (words(f"dossier.record.{part}"), in_language(getattr(record, part), words))
            for part in ("access", "disclosure", "security")
        ],
    }


def _held(
    groups: Iterable[Mapping[str, JsonValue]],
) -> Iterator[tuple[Mapping[str, JsonValue], Mapping[str, Any]]]:
    for group in groups:
        listed = group.get("holds")
        for hold in listed if isinstance(listed, list) else ():
            if isinstance(hold, dict):
                yield group, hold


def _law(one: Mapping[str, Any], policy: Policy, words: Words) -> str:
    rule = policy.holds.get(one["rule"])
    return in_language(rule.law, words) if rule and rule.law else str(one["law"])
