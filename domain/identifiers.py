"""What a person may be known by, and the one way each kind is written.

Normalising only folds what cannot tell two people apart (case of an e-mail, blanks, forms of the same
letter, ways of writing one number). It never folds what might: a plus-address stays its own address
(one database's alias is another's desk) and a Cyrillic look-alike stays another person.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

from domain.errors import BadInput
from domain.value import Personal

NORMALISER_VERSION = 1
"""Raised whenever a rule below changes: a keyed hash made under another version does not match."""

_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_EMAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[^\s@<>,;:\"()\[\]\\]{1,253}")
_LABEL = re.compile(r"[^\W_](?:[\w-]{0,61}[^\W_])?")
_TH_TRUNK, _TH_NATIONAL_DIGITS = "0", (9, 10)


class IdentifierKind(StrEnum):
    """Kinds of identifiers; `ref` is an id that one system gives and another may hold."""

    EMAIL = "email"
    PHONE = "phone"
    NAME = "name"
    REF = "ref"
    DEVICE = "device"


ADDRESSES = frozenset({IdentifierKind.EMAIL})
"""Kinds to which a code can be sent now."""


class Identifier(Personal):
    """One identifier in its normal form; made by `identifier`, never by hand."""

    kind: IdentifierKind
    value: str


def identifier(kind: IdentifierKind, text: str, *, field: str = "") -> Identifier:
    """An identifier as it is stored and compared.

    Raises:
        BadInput: malformed; names `field` (an option, a form field), never the content.
    """
    named = field or kind.value
    folded = unicodedata.normalize("NFKC", text).translate(_INVISIBLE).strip()
    if not folded:
        raise BadInput("identifier-empty", "give a value", field=named)
    match kind:
        case IdentifierKind.EMAIL:
            value = _email(folded, named)
        case IdentifierKind.PHONE:
            value = _phone(folded, named)
        case IdentifierKind.NAME:
            value = " ".join(folded.split()).casefold()
        case _:
            value = folded
    return Identifier(kind=kind, value=value)


def _email(text: str, field: str) -> str:
    # The whole text must be one address: "Name <x@y>" or a list of two is not, and a guess may be wrong.
    address = text.casefold()
    local, _, host = address.rpartition("@")
    labels = host.split(".")
    well_formed = (
        _EMAIL.fullmatch(address) is not None
        and len(labels) > 1
        and all(_LABEL.fullmatch(label) for label in labels)
        and not local.startswith(".")
        and not local.endswith(".")
        and ".." not in local
    )
    if not well_formed:
        raise BadInput("malformed-email", "write one address as name@example.com", field=field)
    return address


def _phone(text: str, field: str) -> str:
    digits = "".join(str(unicodedata.digit(char)) for char in text if char.isdigit())
    rest = "".join(char for char in text if not char.isdigit())
    if rest.strip(" -().+/\u2010\u2011\u2012\u2013\u2014"):
        raise BadInput("malformed-phone", "write digits, as 081-234-5678 or +66 81 234 5678", field=field)
    international = text.lstrip(" (").startswith("+")
    if digits.startswith("00") and not international:
        digits, international = digits[2:], True
    if not international and digits.startswith(_TH_TRUNK) and len(digits) in _TH_NATIONAL_DIGITS:
        digits, international = "66" + digits[1:], True
    elif not international and digits.startswith("66") and len(digits) - 2 in {8, 9}:
        international = True
    if digits.startswith("660") and len(digits) - 3 in {8, 9}:  # +66 (0)81...
        digits = "66" + digits[3:]
    shortest, longest = 8, 15  # E.164
    if not international or not shortest <= len(digits) <= longest:
        raise BadInput("malformed-phone", "write it with its country, as +66 81 234 5678", field=field)
    return "+" + digits
