"""The codes that a reader of the report meets: each in words where it stands, or in the table of codes at its end.

Which column holds which codes is said here once; a test holds every column of the report against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from domain.item import Label
from exports import parked
from exports.words import Words
from policy.model import Policy

SPELT: Mapping[str, str] = {
    **{name: name for name in ("channel", "language", "method", "result", "scope", "kind", "step", "verb")},
    **{name: name for name in ("proof", "fate", "mode", "timestamp", "event", "mistake", "shown", "told")},
    **{name: name for name in ("source", "asks", "said", "why", "purposes")},
    "right": "short",
    "ending": "endings",
    "planned": "outcomes",
    "achieved": "outcomes",
    **dict.fromkeys(
        ("entered_by", "set_by", "by", "proposer", "confirmer", "decided_by", "merged_by", "given_by"), "who"
    ),
    **dict.fromkeys(("answered_by", "lifted_by", "asked_by", "approved_by", "who"), "who"),
}
"""Columns whose codes are replaced by words, with the key of the catalogue that they stand under."""

CITED = frozenset({"law", "section"})
"""Columns with citations of the policy, which letters spell out too."""

EXPLAINED: Mapping[str, str] = {
    "system": "system",
    "command": "command",
    "reason_code": "reason_code",
    "text_sha256": "digest",
    **dict.fromkeys(("reference", "into", "carried_out_by"), "case"),
    **dict.fromkeys(("request", "letter", "order", "disclosure", "refusal", "delivery"), "number"),
}
"""Columns of names and numbers that say nothing by themselves: the glossary tells what they are."""

LISTED = frozenset({"code", "ground", "holds", "unit", "units", "recipient"})
"""Columns whose codes stay, for their words are long: the table of codes has them."""


class Met(NamedTuple):
    """A code that the report shows, or shows in words, and both languages for it."""

    column: str
    code: str
    th: str
    en: str


class Codes:
    """Puts words to codes, and remembers those that the report met."""

    def __init__(self, policy: Policy, shared: Mapping[str, Words], own: Mapping[str, Words]) -> None:
        self._policy, self._shared, self._own = policy, shared, own
        self._met: dict[tuple[str, str], Met] = {}

    def shown(self, section: str, column: str, code: str) -> str:
        """What stands in a cell: the Thai words of a code, or the code itself, whose words are then in the table."""
        if column in CITED:
            return self._shared["th"].cite(code)
        if column in SPELT:
            label = self._named(self._own, f"{SPELT[column]}.{code}")
        elif column in LISTED:
            label = self._listed(section, column, code)
        else:
            return code
        if label is None:
            return code
        self._met.setdefault((column, code), Met(column, code, label.th, label.en))
        return label.th if column in SPELT else code

    def met(self) -> list[Met]:
        """Every code that was shown, column by column."""
        return [self._met[place] for place in sorted(self._met)]

    def _listed(self, section: str, column: str, code: str) -> Label | None:
        policy = self._policy
        match column:
            case "ground":
                ground = policy.grounds.get(code)
                return self._of_law(ground.section, ground.wording) if ground else None
            case "holds":
                rule = policy.holds.get(code)
                return rule.law if rule else None
            case "unit" | "units":
                unit = policy.units.get(code)
                return unit.name if unit else None
            case "recipient":
                one = policy.recipients.get(code)
                return Label(th=one.name, en=one.name) if one else None
        if section == "left_out":
            return Label(th=parked.explain(code, "th")[0], en=parked.explain(code, "en")[0])
        return self._named(self._shared, f"letters.{code}")

    def _of_law(self, section: str, wording: Label) -> Label:
        thai, english = (self._shared[language].cite(section) for language in ("th", "en"))
        return Label(th=f"{thai}: {wording.th}", en=f"{english}: {wording.en}")

    @staticmethod
    def _named(words: Mapping[str, Words], key: str) -> Label | None:
        thai, english = (words[language].get(key) for language in ("th", "en"))
        return Label(th=thai, en=english) if thai and english else None
