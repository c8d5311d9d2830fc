"""The e-mail that announces a letter. It carries a reference and a link; what the letter says stays behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.errors import BadInput

_CHALLENGE = "L2"


def announce(code: str, values: Mapping[str, Any]) -> tuple[str, str]:
    """Subject and text. Neither names the person or the right.

    Raises:
        BadInput: the challenge (L2) lacks its link, code or expiry.
    """
    words, reference = values["words"], values["reference"]
    title = words(f"letters.{code}")
    officer = values["officer"]
    body = _challenge(values) if code == _CHALLENGE else _notice(title, values)
    contact = words("mail.contact", email=officer["email"], phone=officer["phone"])
    parts = (words("mail.opening"), *body, f"{values['company']['name']}\n{contact}")
    return words("mail.subject", title=title, reference=reference), "\n\n".join(parts) + "\n"


def _notice(title: str, values: Mapping[str, Any]) -> tuple[str, ...]:
    words = values["words"]
    return words("mail.body", title=title, reference=values["reference"]), str(values["action_link"])


def _challenge(values: Mapping[str, Any]) -> tuple[str, ...]:
    words, facts = values["words"], values["facts"]
    for needed in ("link", "code", "expires"):
        if not facts.get(needed):
            raise BadInput("letter-value-missing", "give it as a fact", field=needed, letter=_CHALLENGE)
    expires = words.moment(str(facts["expires"]))
    return (
        words("mail.challenge", reference=values["reference"], expires=expires),
        str(facts["link"]),
        words("mail.code", code=facts["code"]),
        words("mail.unasked"),
    )
