"""How sure we are that the person is who they say (pdpa-rules 4.3, after ETDA's levels).

A proof counts by its kind. One e-mail code shows control of an address and no more: it never
releases or destroys data by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum, StrEnum


class Assurance(IntEnum):
    """Levels, each including those below it."""

    NONE = 0
    ADDRESS = 1
    CHANNELS = 2
    IDENTITY = 3


class Method(StrEnum):
    """Ways in which identity is shown."""

    EMAIL_CODE = "email-code"
    CALL_BACK = "call-back"
    SMS_CODE = "sms-code"
    POST_CODE = "post-code"
    CRM_SESSION = "crm-session"
    MASKED_DOCUMENT = "masked-document"
    IN_PERSON = "in-person"


_CHANNEL: dict[Method, str] = {
    Method.EMAIL_CODE: "email",
    Method.CALL_BACK: "phone",
    Method.SMS_CODE: "phone",
    Method.POST_CODE: "post",
}
_IDENTITY = frozenset({Method.CRM_SESSION, Method.MASKED_DOCUMENT, Method.IN_PERSON})

STAFF_RECORDED = frozenset(Method) - {Method.EMAIL_CODE}
"""What an officer may record; a code is counted only where the machine checked it."""


def assurance_of(methods: Iterable[Method]) -> Assurance:
    """The level that the proofs shown add up to: two different channels outweigh one twice."""
    shown = frozenset(methods)
    if shown & _IDENTITY:
        return Assurance.IDENTITY
    channels = {_CHANNEL[method] for method in shown}
    return Assurance(min(len(channels), Assurance.CHANNELS))
