"""Forms of acts on a case: their fields, what was typed into them, and what is wrong with it, said beside the field."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from starlette.datastructures import FormData

from cases import Room
from domain.calendar import parse_day
from domain.errors import BadInput, SitthiError
from domain.staffing import Deed
from portal.desk.case_view import CasePage
from portal.desk.case_words import Sayings
from workflows.desk import Desk

_LINE, _TEXT = 200, 4000
_KEPT = 10_000
_WHOLE = ""
"""The place of what is wrong with the whole form."""


class Kind(StrEnum):
    """How a field is filled in."""

    TEXT = "text"
    LINE = "line"
    CHOICE = "choice"
    CHECKS = "checks"
    DAY = "day"
    NUMBER = "number"


@dataclass(frozen=True)
class Seen:
    """What the choices of a form depend on."""

    page: CasePage
    say: Sayings
    colleagues: Mapping[str, str] = field(default_factory=dict)


Options = Callable[[Seen], Iterable[tuple[str, str]]]
"""Values and their labels."""


@dataclass(frozen=True)
class Field:
    """One field of a form. `hint` says that the words have one for it."""

    name: str
    kind: Kind = Kind.TEXT
    options: Options | None = None
    required: bool = True
    hint: bool = False


@dataclass(frozen=True)
class Typed:
    """What was typed, as it was; `many` are the values of checks."""

    one: Mapping[str, str] = field(default_factory=dict)
    many: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def day(self, name: str) -> date | None:
        """A day in either era; none where nothing was typed. Raises `BadInput`."""
        return parse_day(self.one[name], field=name) if self.one.get(name) else None


@dataclass(frozen=True)
class Doing:
    """An act on its way: through which desk, on which case, by whom, with what."""

    desk: Desk
    room: Room
    page: CasePage
    actor: str
    given: Typed

    @property
    def reference(self) -> str:
        """The case."""
        return self.page.reference

    @property
    def reason(self) -> str:
        """Why, in words."""
        return self.given.one["reason"]

    def __getitem__(self, name: str) -> str:
        """A field."""
        return self.given.one.get(name, "")


def never(_page: CasePage) -> bool:
    """What is done may be taken back."""
    return False


def always(_page: CasePage) -> bool:
    """What is done may not."""
    return True


@dataclass(frozen=True)
class Act:
    """Something that may be done to a case.

    `deeds` are what it takes, all of them; `open` says whether the case lets it; `do` returns the case to go to where
    that is another. What is `final` can't be taken back, and is asked once more. `hidden` marks what a page showed
    that the act is about: it comes back with the form, and is done only while the page would show the same.
    """

    name: str
    deeds: tuple[Deed, ...]
    fields: tuple[Field, ...]
    open: Callable[[CasePage], bool]
    do: Callable[[Doing], Awaitable[str | None]]
    final: Callable[[CasePage], bool] = never
    hidden: Callable[[CasePage], Mapping[str, str]] = field(default=lambda _page: {})


def read(act: Act, sent: FormData, seen: Seen) -> tuple[Typed, dict[str, str]]:
    """What was typed into an act's form, and what is wrong by field, as codes of the words."""
    one: dict[str, str] = {name: _text(sent, name, _TEXT) for name in act.hidden(seen.page)}
    many: dict[str, tuple[str, ...]] = {}
    wrong: dict[str, str] = {}
    for each in act.fields:
        allowed = [value for value, _ in each.options(seen)] if each.options else []
        if each.kind is Kind.CHECKS:
            many[each.name] = tuple(value for value in map(str, sent.getlist(each.name)) if value in allowed)
            continue
        typed = one[each.name] = _text(sent, each.name, _TEXT + 1)
        if code := _wrong(each, typed, allowed):
            wrong[each.name] = code
    return Typed(one, many), wrong


def older(act: Act, given: Mapping[str, str], page: CasePage) -> str:
    """The code for what was read and is no more as it was; none where the page would show the same."""
    changed = [name for name, value in act.hidden(page).items() if given.get(name, value) != value]
    if not changed:
        return ""
    return "plan-is-older" if "digest" in changed else "shown-is-older"


def _wrong(each: Field, typed: str, allowed: Sequence[str]) -> str:
    if not typed:
        return "missing" if each.required else ""
    if len(typed) > (_TEXT if each.kind is Kind.TEXT else _LINE):
        return "too-long"
    if each.kind is Kind.CHOICE and typed not in allowed:
        return "unknown"
    if each.kind is Kind.NUMBER and not (typed.isascii() and typed.isdecimal()):
        return "not-a-number"
    if each.kind is Kind.DAY:
        try:
            parse_day(typed, field=each.name)
        except BadInput as error:
            return error.code
    return ""


_ALIASES = {"word": "words", "to": "to", "was": "line", "set": "reason", "address": "reason", "kind": "kind"}


def place_of(error: SitthiError, act: Act) -> str:
    """The field that an error is about; the whole form where it names none of it."""
    named = str(error.facts.get("field", "")).removeprefix("--")
    named = _ALIASES.get(named, named)
    return named if any(each.name == named for each in act.fields) else _WHOLE


def _text(sent: FormData, name: str, most: int) -> str:
    value = sent.get(name, "")
    return value.replace("\r\n", "\n").strip()[:most] if isinstance(value, str) else ""


class Once:
    """Each form takes effect once: a second press hears what came of the first. Of this process; the register has its own walls."""

    def __init__(self, most: int = _KEPT) -> None:
        self._begun: OrderedDict[tuple[str, str], asyncio.Future[str | None]] = OrderedDict()
        self._most = most

    def knows(self, member: str, token: str) -> bool:
        """Whether something was begun under that token."""
        return (member, token) in self._begun

    async def do(self, member: str, token: str, deed: Callable[[], Awaitable[str | None]]) -> str | None:
        """Do it, or wait for what was begun under that token; what failed may be tried again."""
        key = (member, token)
        if key not in self._begun:
            self._begun[key] = asyncio.ensure_future(deed())
            while len(self._begun) > self._most:
                self._begun.popitem(last=False)
        begun = self._begun[key]
        try:
            return await asyncio.shield(begun)
        finally:
            # Whoever asked may go away while it is still under way: then it is kept, and told to who presses again.
            if begun.done() and (begun.cancelled() or begun.exception() is not None):
                self._begun.pop(key, None)
