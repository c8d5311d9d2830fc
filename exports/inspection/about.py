"""What the package says of the company and of itself: who, which rules, what is left out, and what words mean."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from domain.inspection import Scope
from exports import words
from exports.words import Words
from policy.model import Policy
from policy.ropa import record_of_processing

CATALOGUE = Path(__file__).parents[1] / "catalogue" / "inspection"
KINDS = ("appointment", "notice", "agreement")
"""Documents that the register does not hold and a company may enclose; what it does not is listed as not supplied."""

_ALWAYS = ("images", "locators", "copies")
_MINIMISED = ("names", "messages", "reasons", "recipients", "orders", "letters")


def about(
    policy: Policy, scope: Scope, spoken: Mapping[str, Words], enclosed: Collection[str]
) -> dict[str, Any]:
    """As JSON, in the form of `schema/about.schema.json`."""
    record = record_of_processing(policy)
    return {
        "format": "sitthi-audit-about",
        "version": 1,
        "controller": record["controller"],
        "supplied": {kind: sorted(each for each in enclosed if _kind(each) == kind) for kind in KINDS},
        "not_supplied": [kind for kind in KINDS if not any(_kind(each) == kind for each in enclosed)],
        "record_of_processing": record,
        "recipients": [
            {
                "code": code,
                "name": each.name,
                "purpose": {"th": each.purpose.th, "en": each.purpose.en},
                "countries": list(each.countries),
                "instructed": each.instructed,
            }
            for code, each in policy.recipients.items()
        ],
        "security": record["security"],
        "grounds": [
            {
                "code": code,
                "section": ground.section,
                "wording": {"th": ground.wording.th, "en": ground.wording.en},
            }
            for code, ground in policy.grounds.items()
        ],
        "redactions": [
            {"code": code, "what": both(spoken, f"redactions.{code}")} for code in redacted(full=scope.full)
        ],
        "glossary": [both(spoken, f"glossary.{term}") for term in GLOSSARY],
    }


def heads_mail() -> tuple[str, str]:
    """Subject and text of the e-mail that brings a head to the data protection officer, in both languages."""
    return _mail("subject", "text")


def alarm_mail() -> tuple[str, str]:
    """Subject and text of the e-mail that says that no head could be published, in both languages."""
    return _mail("unpublished_subject", "unpublished_text")


def _mail(subject: str, text: str) -> tuple[str, str]:
    thai, english = (words.load(CATALOGUE)[language] for language in words.LANGUAGES)
    return thai(f"heads.{subject}"), f"{thai(f'heads.{text}')}\n\n{english(f'heads.{text}')}"


def redacted(*, full: bool) -> tuple[str, ...]:
    """Codes of what is left out of an export."""
    return _ALWAYS if full else (*_MINIMISED, *_ALWAYS)


def both(spoken: Mapping[str, Words], key: str) -> dict[str, str]:
    """A text in both languages."""
    return {language: say(key) for language, say in spoken.items()}


def _kind(path: str) -> str:
    return path.removeprefix("enclosures/").partition("-")[0]


GLOSSARY = (
    *(
        "subject",
        "controller",
        "processor",
        "officer",
        "office",
        "record",
        "request",
        "case",
        "hold",
        "refusal",
    ),
    *(
        "unit",
        "ground",
        "system",
        "staff",
        "number",
        "command",
        "reason_code",
        "digest",
        "chain",
        "head",
        "tree",
        "proof",
        "strict",
        "target",
        "minimised",
    ),
)
