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
    DEVICE_COOKIE = "device-cookie"  # the browser brought the number under which its rows stand


_CHANNEL: dict[Method, str] = {
    Method.EMAIL_CODE: "email",
    Method.CALL_BACK: "phone",
    Method.SMS_CODE: "phone",
    Method.POST_CODE: "post",
}
_IDENTITY = frozenset({Method.CRM_SESSION, Method.MASKED_DOCUMENT, Method.IN_PERSON})

STAFF_RECORDED = frozenset(Method) - {Method.EMAIL_CODE, Method.DEVICE_COOKIE}
"""What an officer may record; a code or a cookie is counted only where the machine saw it."""

CHANNEL_SHOWN = STAFF_RECORDED | {Method.DEVICE_COOKIE}
"""What a channel of the company's own may have shown already as a request comes in."""


def assurance_of(methods: Iterable[Method]) -> Assurance:
    """The level that the proofs shown add up to: two different channels outweigh one twice."""
    shown = frozenset(methods)
    if shown & _IDENTITY:
        return Assurance.IDENTITY
    # Whoever holds a device controls what is known by its number, as an address is controlled; of a person it says
    # nothing, and so it makes no second channel.
    least = Assurance.ADDRESS if Method.DEVICE_COOKIE in shown else Assurance.NONE
    channels = {_CHANNEL[method] for method in shown - {Method.DEVICE_COOKIE}}
    return max(least, Assurance(min(len(channels), Assurance.CHANNELS)))
