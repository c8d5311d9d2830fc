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

_EMAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[^\s@<>,;:\"()\[\]\\]{1,253}")
_LABEL_LENGTH = 63
_TH_TRUNK, _TH_NATIONAL_DIGITS = "0", (9, 10)
_LOCAL_DIGITS = (6, 15)
_TH_NUMBER = re.compile(r"66(?:[2-57]\d{7}|[689]\d{8})")  # a landline has 8 digits, a mobile 9


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
    folded = _visible(unicodedata.normalize("NFKC", text)).strip()
    if not folded:
        raise BadInput("identifier-empty", "give a value", field=named)
    if any(unicodedata.category(char) == "Cc" and not char.isspace() for char in folded):
        raise BadInput("identifier-with-control-character", "write it in plain characters", field=named)
    match kind:
        case IdentifierKind.EMAIL:
            value = _email(folded, named)
        case IdentifierKind.PHONE:
            value = _phone(folded, named)
        case IdentifierKind.NAME:
            value = unicodedata.normalize("NFKC", " ".join(folded.split()).casefold())
        case _:
            value = folded
    return Identifier(kind=kind, value=value)


def on_file(kind: IdentifierKind, text: str, *, field: str = "") -> Identifier:
    """As `identifier`, but a telephone number may lack its country: then it is its digits, and equals only such a one.

    For looking up what some database holds; nobody can be reached by it, and nothing is proved by it.

    Raises:
        BadInput: as `identifier`.
    """
    try:
        return identifier(kind, text, field=field)
    except BadInput as error:
        if error.code != "malformed-phone":
            raise
        digits = "".join(str(unicodedata.digit(char)) for char in text if char.isdigit())
        rest = "".join(char for char in text if not char.isdigit())
        if rest.strip(" -().+/") or not _LOCAL_DIGITS[0] <= len(digits) <= _LOCAL_DIGITS[1]:
            raise
        return Identifier(kind=kind, value=digits)


def _visible(text: str) -> str:
    """The text without format characters: zero-width ones, and the direction marks that copying brings."""
    return "".join(char for char in text if unicodedata.category(char) != "Cf")


def _email(text: str, field: str) -> str:
    # The whole text must be one address: "Name <x@y>" or a list of two is not, and a guess may be wrong.
    # Lower case only: casefold would make one address of straße@ and strasse@, which may be two.
    address = unicodedata.normalize("NFKC", text.lower())
    local, _, host = address.rpartition("@")
    labels = host.split(".")
    well_formed = (
        _EMAIL.fullmatch(address) is not None
        and len(labels) > 1
        and all(_is_label(label) for label in labels)
        and not local.startswith(".")
        and not local.endswith(".")
        and ".." not in local
    )
    if not well_formed:
        raise BadInput("malformed-email", "write one address as name@example.com", field=field)
    return address


def _is_label(label: str) -> bool:
    """Whether it can be a part of a domain name; Thai ones carry vowel and tone marks."""
    within = all(char.isalnum() or char in "-_" or unicodedata.category(char)[0] == "M" for char in label)
    return within and 0 < len(label) <= _LABEL_LENGTH and label[0].isalnum() and label[-1] not in "-_"


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
    reachable = shortest <= len(digits) <= longest
    if digits.startswith("66"):  # a range such as 02-123-4567-9 is no number, though it has ten digits
        reachable = _TH_NUMBER.fullmatch(digits) is not None
    if not international or not reachable:
        raise BadInput("malformed-phone", "write it with its country, as +66 81 234 5678", field=field)
    return "+" + digits
