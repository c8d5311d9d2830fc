"""What a task for people means and how it is done: for officers, in words (catalogue section `todo`)."""

from __future__ import annotations

from exports import words
from exports.words import LANGUAGES

FAMILIES = ("hand-over", "post", "confirm", "recipient-silent", "death-told-in", "order-due")
"""Codes that end in what they are about: the letter to hand over or to post, a recipient, another case, an order."""

_UNKNOWN = "other"


def explain(code: str, language: str = LANGUAGES[0]) -> tuple[str, str]:
    """Meaning and way of a task; of a code that the catalogue does not know, what can be said all the same."""
    known = words.load()[language if language in LANGUAGES else LANGUAGES[0]]
    family = next((name for name in FAMILIES if code.startswith(f"{name}-")), "")
    about = code.removeprefix(f"{family}-") if family else code
    key = family or (code if known.get(f"todo.{code}.meaning") else _UNKNOWN)
    return known(f"todo.{key}.meaning", about=about), known(f"todo.{key}.mend")
