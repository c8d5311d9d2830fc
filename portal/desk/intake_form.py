"""The form of a request that came otherwise than by the web: what was typed into it, and the request that it makes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from starlette.datastructures import FormData

from domain.acting import Capacity
from domain.answer_links import Upload
from domain.assurance import STAFF_RECORDED, Method
from domain.calendar import parse_day
from domain.entering import CHANNELS, controllers, received
from domain.errors import BadInput
from domain.identifiers import Identifier, IdentifierKind, identifier
from domain.ports import Intake
from domain.rights import Right
from domain.wishes import AGAINST, BECAUSE, PURPOSE, TRANSFER_TO, UNITS, Because, Use, read_wish, share_out

BY_STAFF = tuple(channel for channel in CHANNELS if channel != "web")
"""What reaches the company without its form."""

CORRECTIONS = 3
"""Fields that may be corrected in one form; more by another request or an amendment."""

_T = TypeVar("_T")
_LINE, _TEXT = 200, 8000
_ONE = (
    *("channel", "received", "capacity", "agent", "authority", "born", "name", "email", "email2", "phone"),
    *("message", "language", "because", "transfer", "tenant", "method", "checked"),
    *(f"{part}{n}" for part in ("field", "value") for n in range(1, CORRECTIONS + 1)),
)
_MANY = ("rights", "against", "purposes", "units")


@dataclass(frozen=True)
class Entry:
    """What was typed, as it was, and what is wrong with it by field, as codes of the words."""

    one: Mapping[str, str] = field(default_factory=dict)
    many: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)
    scans: tuple[Upload, ...] = ()

    @property
    def said(self) -> str:
        """All that was typed, in one way of writing: by it the same press again is known, and another refused."""
        return json.dumps([self.one, self.many], ensure_ascii=False, sort_keys=True)

    def has(self, name: str, value: str) -> bool:
        """Whether that was chosen."""
        return value in self.many.get(name, ()) or self.one.get(name) == value


def fresh() -> Entry:
    """An empty form."""
    return Entry(one={"language": "th", "capacity": Capacity.SELF.value, "channel": "letter"})


def read(sent: FormData) -> Entry:
    """What was typed; judged by `intake_of`."""
    one = {name: _text(sent, name, _TEXT if name == "message" else _LINE) for name in _ONE}
    many = {name: tuple(str(value) for value in sent.getlist(name))[:60] for name in _MANY}
    return Entry(one, many)


class _Judge:
    """Collects what is wrong with a form by field, so that all of it is told at once."""

    def __init__(self) -> None:
        self.wrong: dict[str, str] = {}

    def of(self, name: str, ask: Callable[[], _T]) -> _T | None:
        """What a field says; None where it is wrong, which is noted."""
        try:
            return ask()
        except BadInput as error:
            self.wrong[name] = error.code
            return None


def intake_of(entry: Entry, *, now: datetime, actor: str, dedup: str) -> tuple[Intake | None, dict[str, str]]:
    """The request, or what is wrong with the form by field: all of it at once, each with its code."""
    one, judge = entry.one, _Judge()
    rights = judge.of("rights", lambda: _rights(entry))
    changes = _wishes(entry, rights or (), judge)
    when = judge.of("received", lambda: _received(one["received"], now))
    named = judge.of("tenant", lambda: controllers([one["tenant"]] if one["tenant"] else [], field="tenant"))
    born = judge.of("born", lambda: parse_day(one["born"], field="born") if one["born"] else None)
    known = _identifiers(entry, judge)
    _words(entry, judge)
    _agent(entry, judge)
    if judge.wrong or rights is None or when is None or named is None:
        return None, judge.wrong
    intake = Intake(
        rights=rights,
        channel=one["channel"],
        received=when,
        language=one["language"],
        identifiers=known,
        name=one["name"],
        message=one["message"],
        controllers=named,
        changes=changes,
        agent=one["agent"],
        authority=one["authority"],
        capacity=Capacity(one["capacity"]),
        born_on=born,
        actor=actor,
        dedup=dedup,
        said=entry.said,
    )
    return intake, {}


_WHERE = {
    Right.OBJECTION: "against",
    Right.RESTRICTION: "because",
    Right.RECTIFICATION: "field1",
    Right.WITHDRAWAL: "purposes",
    Right.PORTABILITY: "transfer",
}


def _wishes(entry: Entry, rights: Sequence[Right], judge: _Judge) -> dict[str, str]:
    """What is asked beyond the names of the rights, each wish judged where it was typed."""
    if not rights:
        return {}
    changes = dict(_changes(entry, rights))
    shared = judge.of("rights", lambda: share_out(rights, changes)) or {}
    for right, asked in shared.items():
        judge.of(_WHERE.get(right, "rights"), lambda right=right, asked=asked: read_wish(right, asked))  # type: ignore[misc]
    return changes


def _words(entry: Entry, judge: _Judge) -> None:
    for name, allowed in (
        ("channel", BY_STAFF),
        ("language", ("th", "en")),
        ("capacity", tuple(Capacity)),
        ("method", ("", *STAFF_RECORDED)),
    ):
        judge.of(name, lambda name=name, allowed=allowed: _word(entry.one[name], allowed))  # type: ignore[misc]
    if entry.one["method"] and not entry.one["checked"]:
        judge.wrong["checked"] = "missing"


def _agent(entry: Entry, judge: _Judge) -> None:
    one = entry.one
    if bool(one["agent"]) != bool(one["authority"]):
        judge.wrong["authority" if one["agent"] else "agent"] = "authority-missing"
    elif one["capacity"] not in {Capacity.SELF, Capacity.MINOR} and not one["agent"]:
        judge.wrong["agent"] = "agent-missing"


def method_of(entry: Entry) -> Method | None:
    """How the officer saw who asks, where they did."""
    return Method(entry.one["method"]) if entry.one.get("method") else None


def _rights(entry: Entry) -> tuple[Right, ...]:
    rights = tuple(right for right in Right if right.value in entry.many["rights"])
    if not rights:
        raise BadInput("rights-missing", field="rights")
    return rights


def _changes(entry: Entry, rights: Sequence[Right]) -> Iterator[tuple[str, str]]:
    """The wishes of those rights that were chosen: what another right's part was filled with is nobody's."""
    one, many = entry.one, entry.many
    if many["units"]:
        yield UNITS, ",".join(many["units"])
    if Right.OBJECTION in rights:
        yield AGAINST, ",".join(use for use in Use if use.value in many["against"])
    if Right.RESTRICTION in rights:
        yield BECAUSE, one["because"] if one["because"] in set(Because) else ""
    if Right.WITHDRAWAL in rights and many["purposes"]:
        yield PURPOSE, ",".join(many["purposes"])
    if Right.PORTABILITY in rights and one["transfer"]:
        yield TRANSFER_TO, one["transfer"]
    if Right.RECTIFICATION in rights:
        for n in range(1, CORRECTIONS + 1):
            if name := one[f"field{n}"]:
                yield name, one[f"value{n}"]


def _received(text: str, now: datetime) -> datetime:
    if not text:
        raise BadInput("missing", field="received")
    parse_day(text, field="received")  # a day, in either era: a form has no use for instants
    return received(text, now, field="received")


def _identifiers(entry: Entry, judge: _Judge) -> tuple[Identifier, ...]:
    found: list[Identifier] = []
    for name, kind in (
        ("email", IdentifierKind.EMAIL),
        ("email2", IdentifierKind.EMAIL),
        ("phone", IdentifierKind.PHONE),
    ):
        if not entry.one[name]:
            continue
        read_as = judge.of(name, lambda name=name, kind=kind: identifier(kind, entry.one[name], field=name))  # type: ignore[misc]
        if read_as is not None:
            found.append(read_as)
    if not found and not judge.wrong.keys() & {"email", "email2", "phone"}:
        judge.wrong["email"] = "identifier-missing"
    return tuple(dict.fromkeys(found))


def _word(value: str, allowed: Sequence[str]) -> str:
    if value not in allowed:
        raise BadInput("unknown")
    return value


def _text(sent: FormData, name: str, most: int) -> str:
    value = sent.get(name, "")
    return value.replace("\r\n", "\n").strip()[:most] if isinstance(value, str) else ""
