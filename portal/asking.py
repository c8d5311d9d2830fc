"""What a person types to make a request: read, held against the rules field by field, and turned into an intake."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from pydantic import JsonValue
from starlette.datastructures import FormData

from domain.acting import Capacity
from domain.calendar import day_in_bangkok, parse_day
from domain.errors import BadInput
from domain.identifiers import Identifier, IdentifierKind, identifier
from domain.ports import Intake
from domain.rights import Right
from domain.wishes import AGAINST, BECAUSE, PURPOSE, Because, Use
from portal.forms import SPEAK

MARKETING = "marketing"
"""The door of s.32 ¶1(2), which asks for nothing but an address."""

DOORS: Mapping[str, Right] = {MARKETING: Right.OBJECTION, **{right.value: right for right in Right}}
"""What can be asked for, by the word in the address of its form."""

CAPACITIES = (
    Capacity.SELF,
    Capacity.MINOR,
    Capacity.PARENT,
    Capacity.CUSTODIAN,
    Capacity.CURATOR,
    Capacity.AGENT,
    Capacity.LAWYER,
    Capacity.HEIR,
)
"""Whom the form knows; an employer asks as an agent does."""

CORRECTIONS = 3
"""Corrections that one form takes; a further one is a further request."""

_WITH_BIRTH = frozenset({Capacity.MINOR, Capacity.PARENT})
_OWN = frozenset({Capacity.SELF, Capacity.MINOR})
_LENGTHS = {"message": 3000, "authority": 500, "name": 200, "agent": 200, "email": 254, "agent_email": 254}
_LENGTH = 200
"""Characters of any other field."""

_OURS = frozenset({"key", "proof", "save", SPEAK})
"""Fields that are not typed."""

FIELDS = 60
"""Fields of one form that are read."""


class Typed:
    """The fields of a form as they were typed, cut a little above what is taken of each."""

    def __init__(self, values: Mapping[str, Sequence[str]] | None = None) -> None:
        self._values = {name: tuple(each) for name, each in (values or {}).items()}

    @classmethod
    def of(cls, form: FormData) -> Typed:
        """What came; files are passed over."""
        found: dict[str, list[str]] = {}
        for name, value in form.multi_items():
            if isinstance(value, str) and name not in _OURS:
                found.setdefault(name, []).append(_plain(value)[: _most(name) + 1])
        return cls(found)

    def __call__(self, name: str) -> str:
        """The one value of a field, without blanks around."""
        return self._values.get(name, ("",))[0].strip()

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a field that may be given several times."""
        return self._values.get(name, ())

    def kept(self) -> dict[str, tuple[str, ...]]:
        """All of it, for a draft."""
        return dict(self._values)

    @property
    def digest(self) -> str:
        """SHA-256 over all of it, by which the same press again is known."""
        told = json.dumps(sorted(self._values.items()), ensure_ascii=False)
        return hashlib.sha256(told.encode()).hexdigest()


@dataclass(frozen=True)
class Choices:
    """What may be chosen: fields that some system keeps as their record, and purposes of consents, as codes."""

    fields: tuple[str, ...]
    purposes: tuple[str, ...]


@dataclass
class Judged:
    """A form held against the rules: `errors` are codes by field; without any, the rest makes an intake."""

    errors: dict[str, str] = field(default_factory=dict)
    identifiers: list[Identifier] = field(default_factory=list)
    replies: list[Identifier] = field(default_factory=list)
    """Where who acts is told what to show. Never among the identifiers: those are whom is searched for."""
    changes: dict[str, JsonValue] = field(default_factory=dict)
    notes: list[tuple[str, str, str]] = field(default_factory=list)
    """Corrections: field, what stands there now as the person knows it, what is right."""
    capacity: Capacity = Capacity.SELF
    born_on: date | None = None

    def wrong(self, name: str, code: str) -> None:
        """Note what is wrong with a field; the first word stands."""
        self.errors.setdefault(name, code)


def judge(door: str, typed: Typed, choices: Choices, known: Sequence[Identifier] = ()) -> Judged:
    """Hold a form against the rules. `known` is whom it is about, where a link says so: then nobody types it."""
    judged = Judged(identifiers=list(known))
    for name, values in typed.kept().items():
        if any(len(value) > _most(name) for value in values):
            judged.wrong(name, "long")
    _WISHES.get(door, _nothing_more)(typed, choices, judged)
    if not known:
        _addresses(door, typed, judged)
    if door != MARKETING:
        _acting(typed, judged, named=not known)
    return judged


def intake_of(door: str, typed: Typed, judged: Judged, language: str, label: Callable[[str], str]) -> Intake:
    """The request that a form without errors makes; `label` names a field to be corrected. `received` is the door's."""
    own = judged.capacity in _OWN
    corrected = [f"{label(name)}: {old or '—'} → {new}" for name, old, new in judged.notes]
    return Intake(
        rights=(DOORS[door],),
        channel="web",
        received=datetime.now(UTC),
        language=language,
        identifiers=tuple(dict.fromkeys(judged.identifiers)),
        name=typed("name"),
        message="\n".join(filter(None, (typed("message"), *corrected))),
        changes=judged.changes,
        agent="" if own else typed("agent"),
        authority="" if own else typed("authority"),
        replies=() if own else tuple(judged.replies),
        capacity=None if judged.capacity is Capacity.SELF else judged.capacity,
        born_on=judged.born_on,
    )


def _addresses(door: str, typed: Typed, judged: Judged) -> None:
    """By what the person may be known, and where they are answered."""
    given = [
        _identified(judged, judged.identifiers, typed, "email", IdentifierKind.EMAIL),
        _identified(judged, judged.identifiers, typed, "phone", IdentifierKind.PHONE),
    ]
    if not any(given) and not judged.errors.keys() & {"email", "phone"}:
        judged.wrong("email", "address")
    if door != MARKETING and not typed("name"):
        judged.wrong("name", "empty")


def _identified(
    judged: Judged, into: list[Identifier], typed: Typed, name: str, kind: IdentifierKind
) -> bool:
    if not typed(name):
        return False
    try:
        into.append(identifier(kind, typed(name), field=name))
    except BadInput:
        judged.wrong(name, "malformed")
    return True


def _acting(typed: Typed, judged: Judged, *, named: bool) -> None:
    """In which capacity they ask (s.20), and who they are where they ask for somebody else."""
    if not named:
        return  # a link is for the person whom it names
    said = typed("whom") or Capacity.SELF.value
    if said not in {each.value for each in CAPACITIES}:
        judged.wrong("whom", "choice")
        return
    judged.capacity = Capacity(said)
    if judged.capacity in _WITH_BIRTH:
        _born(typed, judged)
    if judged.capacity in _OWN:
        return
    for name in ("agent", "authority"):
        if not typed(name):
            judged.wrong(name, "empty")
    if not _identified(judged, judged.replies, typed, "agent_email", IdentifierKind.EMAIL):
        judged.wrong("agent_email", "empty")


def _born(typed: Typed, judged: Judged) -> None:
    if not typed("born"):
        judged.wrong("born", "empty")
        return
    try:
        born = parse_day(typed("born"), field="born")
    except BadInput:
        judged.wrong("born", "date")
        return
    if born > day_in_bangkok(datetime.now(UTC)):
        judged.wrong("born", "date")
    judged.born_on = born


def _nothing_more(_typed: Typed, _choices: Choices, _judged: Judged) -> None:
    """The name of the right says it all."""


def _no_marketing(_typed: Typed, _choices: Choices, judged: Judged) -> None:
    judged.changes[AGAINST] = Use.MARKETING.value


def _objection(typed: Typed, _choices: Choices, judged: Judged) -> None:
    against = [use.value for use in Use if use.value in typed.all("against")]
    if not against:
        judged.wrong("against", "choice")
    judged.changes[AGAINST] = ",".join(against)


def _restriction(typed: Typed, _choices: Choices, judged: Judged) -> None:
    if typed("because") not in {each.value for each in Because}:
        judged.wrong("because", "choice")
    judged.changes[BECAUSE] = typed("because")


def _withdrawal(typed: Typed, choices: Choices, judged: Judged) -> None:
    chosen = [purpose for purpose in choices.purposes if purpose in typed.all("purpose")]
    if not chosen and "all" not in typed.all("purpose"):
        judged.wrong("purpose", "choice")
    if chosen and "all" not in typed.all("purpose"):  # of consents, naming none means all
        judged.changes[PURPOSE] = ",".join(chosen)


def _rectification(typed: Typed, choices: Choices, judged: Judged) -> None:
    for number in range(1, CORRECTIONS + 1):
        name, old, new = (typed(f"{part}{number}") for part in ("field", "old", "new"))
        if not name and not new and not old:
            continue
        if name not in choices.fields:
            judged.wrong(f"field{number}", "choice")
        elif name in judged.changes:
            judged.wrong(f"field{number}", "twice")
        elif not new:
            judged.wrong(f"new{number}", "empty")
        else:
            judged.changes[name] = new
            judged.notes.append((name, old, new))
    if not judged.changes and not judged.errors:
        judged.wrong("field1", "choice")


_WISHES: Mapping[str, Callable[[Typed, Choices, Judged], None]] = {
    MARKETING: _no_marketing,
    Right.OBJECTION.value: _objection,
    Right.RESTRICTION.value: _restriction,
    Right.WITHDRAWAL.value: _withdrawal,
    Right.RECTIFICATION.value: _rectification,
}


def _most(name: str) -> int:
    return _LENGTHS.get(name, _LENGTH)


def _plain(text: str) -> str:
    """In composed letters and without control characters, save line breaks: what is kept is shown to officers."""
    folded = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    return "".join(char for char in folded if char == "\n" or unicodedata.category(char) != "Cc")
