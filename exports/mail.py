"""The e-mail that announces a letter. It carries a reference and a link; what the letter says stays behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.answer_links import ANSWER_MAIL
from domain.delivery import OPENING
from domain.errors import BadInput
from domain.instructions import INVITATION
from domain.messages import MESSAGE_MAIL
from exports.owed import THIRD_PARTIES

_CHALLENGE = "L2"


def announce(code: str, values: Mapping[str, Any]) -> tuple[str, str]:
    """Subject and text. Neither names the person or the right.

    Raises:
        BadInput: a code's e-mail lacks its code or expiry, the challenge (L2) its link.
    """
    words, reference = values["words"], values["reference"]
    titled = {
        OPENING: "mail.opening_title",
        INVITATION: "mail.invitation_title",
        ANSWER_MAIL: "mail.answer_title",
        MESSAGE_MAIL: "mail.message_title",
    }
    title = words(titled.get(code, f"letters.{code}"))
    officer = values["officer"]
    own = {
        _CHALLENGE: _challenge,
        OPENING: _opening,
        INVITATION: _invitation,
        ANSWER_MAIL: _answer,
        MESSAGE_MAIL: _message,
    }
    write = own.get(code, _notice)
    body = write(title, {**values, "unasked": "unasked_third" if code in THIRD_PARTIES else "unasked_letter"})
    contact = words("mail.contact", email=officer["email"], phone=officer["phone"])
    third = "mail.opening_third" if code in {*THIRD_PARTIES, INVITATION} else "mail.opening"
    opening = words("mail.opening_asked" if code == ANSWER_MAIL else third)
    parts = (opening, *body, f"{values['company']['name']}\n{contact}")
    return words("mail.subject", title=title, reference=reference), "\n\n".join(parts) + "\n"


def _notice(title: str, values: Mapping[str, Any]) -> tuple[str, ...]:
    words, told = values["words"], {"title": title, "reference": values["reference"]}
    if not values["facts"].get("link"):
        return (words("mail.ask", **told),)
    how = words("mail.how", until=values["until"])
    unasked = words(f"mail.{values['unasked']}")
    enclosed = (words("mail.enclosed"),) if values["facts"].get("enclosed") else ()
    return words("mail.body", **told), str(values["action_link"]), how, *enclosed, unasked


def _opening(_title: str, values: Mapping[str, Any]) -> tuple[str, ...]:
    words, facts = values["words"], values["facts"]
    _need(facts, OPENING, "code", "expires")
    expires = words.moment(str(facts["expires"]))
    return (
        words("mail.opening_code", reference=values["reference"], expires=expires),
        words("mail.code", code=facts["code"]),
        words("mail.unasked_code"),
    )


def _challenge(_title: str, values: Mapping[str, Any]) -> tuple[str, ...]:
    return _asked(_CHALLENGE, "challenge", "unasked", values)


def _invitation(_title: str, values: Mapping[str, Any]) -> tuple[str, ...]:
    return _asked(INVITATION, "invitation", "unasked_third", values)


def _asked(mail: str, opening: str, unasked: str, values: Mapping[str, Any]) -> tuple[str, ...]:
    """A link and the code that goes with it, for who is to press."""
    words, facts = values["words"], values["facts"]
    _need(facts, mail, "link", "code", "expires")
    expires = words.moment(str(facts["expires"]))
    return (
        words(f"mail.{opening}", reference=values["reference"], expires=expires),
        str(facts["link"]),
        words("mail.code", code=facts["code"]),
        words(f"mail.{unasked}"),
    )


def _answer(_title: str, values: Mapping[str, Any]) -> tuple[str, ...]:
    words, facts = values["words"], values["facts"]
    _need(facts, ANSWER_MAIL, "link", "due", "expires")
    told = {"reference": values["reference"], "due": words.day(str(facts["due"]))}
    return (
        words("mail.answer", **told),
        str(facts["link"]),
        words("mail.answer_until", expires=words.moment(str(facts["expires"]))),
        words("mail.unasked_third"),
    )


def _message(_title: str, values: Mapping[str, Any]) -> tuple[str, ...]:
    words, facts = values["words"], values["facts"]
    _need(facts, MESSAGE_MAIL, "link")
    return (
        words("mail.message", reference=values["reference"]),
        str(facts["link"]),
        words("mail.message_how"),
        words("mail.unasked_letter"),
    )


def sms(values: Mapping[str, Any]) -> str:
    """One text message; Thai letters leave room for seventy of them in a part. Raises `BadInput` without a code."""
    words, facts = values["words"], values["facts"]
    _need(facts, "SMS", "code")
    told: str = words("mail.sms", code=facts["code"], reference=values["reference"])
    return told


def _need(facts: Mapping[str, Any], mail: str, *needed: str) -> None:
    for field in needed:
        if not facts.get(field):
            raise BadInput("letter-value-missing", "give it as a fact", field=field, letter=mail)
