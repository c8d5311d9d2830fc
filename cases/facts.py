"""The last wall before the audit chain: facts are codes, counts, digests and dates, never what a person wrote.

The chain outlives every key, so nothing personal may ever enter it: it could not be shredded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from domain.errors import BadInput

FACTS = frozenset(
    {
        # which thing
        *("request", "reference", "right", "system", "verb", "step", "batch", "key", "key_id", "purpose"),
        *("challenge", "decision", "order", "obligation", "letter", "task", "bundle", "staff", "manifest"),
        *("edit", "incident", "note"),
        *(
            "delivery",
            "document",
            "disclosure",
            "sweep",
            "agreement",
            "unit",
            "export",
            "serial",
            "token",
            "link",
            "webhook",
        ),
        # what about it
        *("from", "to", "state", "ending", "code", "ground", "rule", "rules", "reason_code", "outcome"),
        *("method", "level", "role", "channel", "kind", "proof", "approved", "confirmed", "recovered"),
        *("policy", "calendar", "authority", "evidence", "format", "workflow", "scope", "mode", "command"),
        # how much, and when
        *(
            "count",
            "items",
            "cases",
            "rows",
            "candidates",
            "chosen",
            "identifiers",
            "attempts",
            "left",
            "leftover",
        ),
        *("expected", "done", "already", "drifted", "holds", "size", "version", "terms", "due", "strict"),
        *("target", "until", "days", "received", "not_before"),
        *("opened", "plain", "shredded", "broken"),
        # proof
        *("digest", "sha256", "head", "keys", "timestamp"),
    }
)
"""Every key that a fact may have; a new one is added here, with thought."""

_ACTOR = re.compile(r"person|engine|S-[A-Za-z0-9-]{1,40}")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+,-]{0,199}")
_KNOWN_NUMBERS = re.compile(r"S-[0-9a-f]{12}\b|DSR-\d{4}-\d{6,}|\b(?:19|20|21)\d\d-\d\d-\d\d\b")
_PERSONAL_NUMBERS = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?:0|\+?66|\+\d{1,3})(?:[.,/-]?\d){8,12}"  # a telephone number, however it is cut up
    r"|\d{9,19}"  # an account, a card, an identity number
    r"|\d-\d{4}-\d{5}-\d{2}-\d"  # a Thai identity number as it is printed
    r")(?![A-Za-z0-9])"
)
_KEY_IDS = re.compile(r"[0-9a-f]{32}(?: [0-9a-f]{32})*")
_LARGEST_COUNT = 10**8 - 1  # a telephone number without its zero has nine digits
_LARGEST_SIZE = 2**53 - 1  # bytes; what JSON carries exactly (RFC 8785)


def checked_facts(facts: Mapping[str, str | int]) -> dict[str, str | int]:
    """The facts as they may be told; empty ones are left out.

    Raises:
        BadInput: a key is not known, or a value looks like personal data. The value is not shown.
    """
    for key, value in facts.items():
        if key not in FACTS:
            raise BadInput("fact-unknown", "add it to cases/facts.py if it can never be personal", fact=key)
        if not (_number(key, value) if isinstance(value, int) else _word(key, value)):
            raise BadInput("fact-refused", "tell a code, a count, a digest or a date", fact=key)
    return {key: value for key, value in facts.items() if value != ""}


def tellable(key: str, value: str) -> bool:
    """Whether that may be told: what systems and people write need not be a code, and then is left out."""
    return key in FACTS and _word(key, value)


def checked_actor(actor: str) -> str:
    """The actor, if it is an opaque id.

    Raises:
        BadInput: it is no staff id, not `person` and not `engine`.
    """
    if not _ACTOR.fullmatch(actor):
        raise BadInput("actor-malformed", "an actor is S-..., person or engine")
    return actor


def _number(key: str, value: int) -> bool:
    return 0 <= value <= (_LARGEST_SIZE if key == "size" else _LARGEST_COUNT)


def _word(key: str, value: str) -> bool:
    if value == "":
        return True
    if key == "keys":
        return _KEY_IDS.fullmatch(value) is not None
    rest = _KNOWN_NUMBERS.sub("", value)
    return _CODE.fullmatch(value) is not None and _PERSONAL_NUMBERS.search(rest) is None
