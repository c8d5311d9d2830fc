"""What a person asks for beyond the name of a right: which use, which consent, which field, which data.

It comes as fields (`--set against=marketing`), is kept sealed, and is read here, once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping
from enum import StrEnum

from pydantic import JsonValue

from domain.assurance import Assurance
from domain.errors import BadInput, Conflict
from domain.rights import RULES, Right
from domain.value import Personal, Value

UNITS, AGAINST, BECAUSE, PURPOSE, TRANSFER_TO = "units", "against", "because", "purpose", "transfer-to"

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Use(StrEnum):
    """Uses that may be objected to (s.32 ¶1)."""

    MARKETING = "marketing"  # (2): always, at once
    INTEREST = "interest"  # (1): what stands on s.24(4) or s.24(5)
    RESEARCH = "research"  # (3): scientific, historical or statistical


class Because(StrEnum):
    """Why use is to be restricted (s.34 ¶1)."""

    ACCURACY = "accuracy"  # (1) while accuracy is checked
    UNLAWFUL = "unlawful"  # (2) instead of an erasure that is due
    CLAIMS = "claims"  # (3) the person needs the data kept for claims of their own
    OBJECTION = "objection"  # (4) while an objection is decided


class Wish(Personal):
    """What is asked for. `units` narrows a request to these data units; none means all.

    `purposes` of a withdrawal are codes of consents, none means every one. `corrections` are new values by field.
    """

    units: tuple[str, ...] = ()
    against: tuple[Use, ...] = ()
    because: Because | None = None
    purposes: tuple[str, ...] = ()
    transfer_to: str = ""
    corrections: Mapping[str, JsonValue] = {}

    @property
    def marketing_only(self) -> bool:
        """Whether nothing is objected to but direct marketing, which nobody may refuse (s.32 ¶1(2))."""
        return self.against == (Use.MARKETING,)


class Wanted(Value):
    """A wish in codes that the company knows and names of fields, for whoever may not read what a person wrote.

    What is no code of the company's is counted only: whoever filled the form may have written anything there.
    """

    units: tuple[str, ...] = ()
    against: tuple[Use, ...] = ()
    because: Because | None = None
    purposes: tuple[str, ...] = ()
    transfer_to: str = ""
    fields: tuple[str, ...] = ()
    unknown: int = 0


def in_codes(
    wish: Wish,
    *,
    units: Container[str],
    fields: Container[str],
    purpose: Callable[[str], bool],
    takes: Callable[[str], bool],
) -> Wanted:
    """What is asked for, as far as the company knows it: its units and fields, its purposes, who takes packages."""
    known = Wanted(
        units=tuple(unit for unit in wish.units if unit in units),
        against=wish.against,
        because=wish.because,
        purposes=tuple(one for one in wish.purposes if purpose(one)),
        transfer_to=wish.transfer_to if takes(wish.transfer_to) else "",
        fields=tuple(sorted(field for field in wish.corrections if field in fields)),
    )
    given = len(wish.units) + len(wish.purposes) + len(wish.corrections) + bool(wish.transfer_to)
    told = len(known.units) + len(known.purposes) + len(known.fields) + bool(known.transfer_to)
    return known.model_copy(update={"unknown": given - told})


_ALSO: dict[Right, tuple[str, ...]] = {
    Right.OBJECTION: (AGAINST,),
    Right.RESTRICTION: (BECAUSE,),
    Right.WITHDRAWAL: (PURPOSE,),
    Right.PORTABILITY: (TRANSFER_TO,),
}

_RESERVED = frozenset(word for words in _ALSO.values() for word in words)


def share_out(rights: Iterable[Right], given: Mapping[str, JsonValue]) -> dict[Right, dict[str, JsonValue]]:
    """Which fields of a request are meant for which of its rights.

    `units` narrows them all; a word that one right knows is that right's; what is left over are corrections.

    Raises:
        BadInput: a field that none of the rights knows.
    """
    shared: dict[Right, dict[str, JsonValue]] = {right: {} for right in rights}
    for name, value in given.items():
        takers = [right for right in shared if name == UNITS or name in _ALSO.get(right, ())] or [
            right for right in shared if right is Right.RECTIFICATION and name not in _RESERVED
        ]
        if not takers:
            known = ", ".join((UNITS, *(word for right in shared for word in _ALSO.get(right, ()))))
            raise BadInput("wish-unknown", f"these rights take {known}", field="--set")
        for right in takers:
            shared[right][name] = value
    return shared


def read_wish(right: Right, given: Mapping[str, JsonValue]) -> Wish:
    """What these fields ask of that right.

    Raises:
        BadInput: a field that the right does not know, one that is missing, or a value that is none of its words.
    """
    rest = dict(given)
    units = _codes(rest.pop(UNITS, ""), UNITS)
    if right is Right.RECTIFICATION:
        if not rest:
            raise BadInput("correction-missing", "name a field and its right value", field="--set")
        return Wish(units=units, corrections=rest)
    if unknown := rest.keys() - set(_ALSO.get(right, ())):
        known = ", ".join((UNITS, *_ALSO.get(right, ())))
        raise BadInput("wish-unknown", f"{right} takes {known}", field="--set", count=len(unknown))
    match right:
        case Right.OBJECTION:
            words = _codes(str(rest.get(AGAINST, "")).lower(), AGAINST)
            against = tuple(use for use in Use if use.value in words)
            if not words or len(against) != len(set(words)):
                raise BadInput("objection-unclear", f"say which of {', '.join(Use)}", field=AGAINST)
            return Wish(units=units, against=against)
        case Right.RESTRICTION:
            return Wish(units=units, because=_because(rest.get(BECAUSE, "")))
        case Right.WITHDRAWAL:
            return Wish(units=units, purposes=_codes(rest.get(PURPOSE, ""), PURPOSE))
        case Right.PORTABILITY:
            named = _codes(rest.get(TRANSFER_TO, ""), TRANSFER_TO)
            if len(named) > 1:
                raise BadInput("transfer-to-several", "name one controller a request", field=TRANSFER_TO)
            return Wish(units=units, transfer_to="".join(named))
        case _:
            return Wish(units=units)


def united(
    right: Right, one: Mapping[str, JsonValue], other: Mapping[str, JsonValue]
) -> dict[str, JsonValue]:
    """The fields that ask for what both ask: where two requests become one, neither may lose anything.

    Of units, and of consents to be withdrawn, naming none means all.

    Raises:
        Conflict: they cannot be asked for at once: another reason to restrict, another controller to send to, or
            two values for one field.
        BadInput: the right does not know one of them.
    """
    first, second = read_wish(right, one), read_wish(right, other)
    both = first.corrections.keys() & second.corrections.keys()
    clash = any(first.corrections[name] != second.corrections[name] for name in both)
    senders = {first.transfer_to, second.transfer_to} - {""}
    if clash or len(senders) > 1 or first.because is not second.because:
        raise Conflict("wishes-differ", "let each go on by itself, or amend one first", right=right)
    against = [use.value for use in Use if use in {*first.against, *second.against}]
    fields: dict[str, JsonValue] = {
        UNITS: _all_or_both(first.units, second.units),
        AGAINST: ",".join(against),
        BECAUSE: first.because.value if first.because else "",
        PURPOSE: _all_or_both(first.purposes, second.purposes),
        TRANSFER_TO: "".join(senders),
    }
    return {name: value for name, value in fields.items() if value} | {
        **first.corrections,
        **second.corrections,
    }


def _all_or_both(one: tuple[str, ...], other: tuple[str, ...]) -> str:
    return ",".join(dict.fromkeys((*one, *other))) if one and other else ""


def assurance_for(right: Right, wish: Wish, *, consent_only: bool = False) -> Assurance:
    """How sure one must be of the person before anything is disclosed, destroyed or kept from use.

    To stop marketing, control of the address is enough (pdpa-rules 4.3). An erasure that follows a withdrawal of
    consent is the company's own duty (s.37(3)) and asks no more than the withdrawal did.
    """
    if wish.marketing_only or consent_only:
        return Assurance.ADDRESS
    return RULES[right].assurance


def _because(word: JsonValue) -> Because:
    try:
        return Because(str(word).strip().lower())
    except ValueError:
        mend = f"say which of {', '.join(Because)}"
        raise BadInput("restriction-unclear", mend, field=BECAUSE) from None


def _codes(value: JsonValue, field: str) -> tuple[str, ...]:
    """Words between commas."""
    words = tuple(word.strip() for word in str(value).split(",") if word.strip())
    if any(not _CODE.fullmatch(word) for word in words):
        raise BadInput("malformed-code", "write codes with commas between them", field=field)
    return tuple(dict.fromkeys(words))
