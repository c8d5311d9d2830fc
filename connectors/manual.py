"""People as a system (`docs/people.md`): paper files, a telephone system, a processor without an API.

Every operation is a question to people: a task with instructions, an owner and a day. Until somebody answered, the
system is parked and the others go on; what was answered is all that is known of it, and nothing counts as destroyed
without evidence (ADR 31).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice

from pydantic import JsonValue

from connectors.base import intended, read_cursor, require, write_cursor
from connectors.manual_ledger import Ledger, Standing
from connectors.manual_map import NOTE, REF, ManualMap
from domain.connector import (
    ABSENT,
    Batch,
    Capability,
    Effect,
    EffectKind,
    Ended,
    FieldRole,
    Foreseen,
    Order,
    Page,
)
from domain.errands import ASKED, Answer, Asks, Errands, Papers, Question, Result, Wanted, blocks
from domain.errors import CapabilityMissing, NotFound, Refused
from domain.identifiers import Identifier, IdentifierKind
from domain.item import Attached, Candidate, Found, Item, Label, Record, Subject, Table, packed_name
from domain.outcomes import Outcome
from domain.rights import Verb

CASE = "$case"
"""In a locator: for which case people found the record; no part of where it stands."""

_CAN = frozenset({Capability.LOCATE, Capability.COPY, Capability.CORRECT, Capability.ERASE})
_OUTCOMES = {
    Verb.ERASE: frozenset({Outcome.ERASE, Outcome.DESTROY}),
    Verb.CORRECT: frozenset({Outcome.CORRECT}),
}
_ASKS = {Verb.ERASE: Asks.DESTROY, Verb.CORRECT: Asks.CORRECT}
_LONGEST = 500
"""Signs of a value that people are to write into a record."""
_PAGE = 500


@dataclass(frozen=True)
class Desk:
    """Where questions are put and answers read; `papers` are the sealed files that came with them."""

    errands: Errands
    papers: Papers


class ManualConnector:
    """One system that people keep (`domain.connector.Connector`). `owner` is the member of staff who sees to it.

    `secret` keys the digests under which questions are known; the same for ever, so that none is put twice.
    """

    def __init__(
        self,
        name: str,
        kept: ManualMap,
        desk: Desk | None,
        *,
        owner: str = "",
        secret: bytes = b"",
        page: int = _PAGE,
    ) -> None:
        self._name = name
        self._map = kept
        self._desk = desk
        self._owner = owner
        self._secret = secret
        self._page = page

    @property
    def name(self) -> str:
        """The system's name."""
        return self._name

    @property
    def map(self) -> ManualMap:
        """What is kept there, where, and by whom."""
        return self._map

    @property
    def keeper(self) -> Label:
        """Who keeps it, in words."""
        return self._map.keeper

    @property
    def mail(self) -> Identifier | None:
        """Where its people are asked by a link; None where officers see to it."""
        return self._map.mail

    @property
    def capabilities(self) -> frozenset[Capability]:
        """To find, to copy, to correct and to destroy; what may not be used is kept from use by the register."""
        return _CAN

    @property
    def settles_within(self) -> timedelta:
        """What somebody showed to be destroyed is gone."""
        return timedelta(0)

    def check(self) -> None:
        """See that whoever is to be asked may be asked.

        Raises:
            Refused: the owner may act no more, or is nobody.
        """
        self._somebody()

    def describe(self) -> tuple[Table, ...]:
        """The kinds of records, in the map's order."""
        return tuple(kind.table for kind in self._map.kinds.values())

    def fields(self) -> Mapping[str, FieldRole]:
        """What may be corrected in some record. Paper holds copies: the company's own system says what is true."""
        return {name: FieldRole.COPY for kind in self._map.kinds.values() for name in kind.fields}

    def suppresses(self) -> frozenset[IdentifierKind]:
        """Nothing: there is no list here."""
        return frozenset()

    def marketing(self) -> frozenset[str]:
        """Nothing."""
        return frozenset()

    def stop(self, identifiers: Sequence[Identifier], at: datetime) -> int:  # noqa: ARG002 - the contract's
        """Refuse: there is no list of those who get no marketing."""
        raise self._missing(Capability.STOP)

    def resolve(self, identifiers: Sequence[Identifier], tenant: str) -> tuple[Candidate, ...]:  # noqa: ARG002 - the contract's
        """Refuse: people are asked once it stands who is meant."""
        raise self._missing(Capability.RESOLVE)

    def expired(self, ended: Ended, as_of: date, cursor: str = "") -> Page:  # noqa: ARG002 - the contract's
        """Refuse: nobody looks through an archive every night."""
        raise self._missing(Capability.EXPIRE)

    def scan(self, subject: Subject) -> tuple[Identifier, ...]:  # noqa: ARG002 - the contract's
        """Refuse: nobody copies addresses out of files."""
        raise self._missing(Capability.SCAN)

    def locate(self, subject: Subject, cursor: str = "") -> Page:
        """What people found of the person. Asks them, unless they looked for all that the person is known by.

        Raises:
            Refused: they have not answered yet.
        """
        (begin,) = read_cursor(cursor, 1) if cursor else (0,)
        if subject.tenant or not subject.identifiers:
            return Page(items=())
        ledger = self._ledger(subject.case)
        if not ledger.covered(subject.identifiers):
            question = Question(asks=Asks.FIND, identifiers=subject.identifiers, name=subject.name)
            self._answered(subject.case, question, *sorted(map(_said, subject.identifiers)))
            ledger = self._ledger(subject.case)
        found = ledger.found(subject.identifiers)
        items = [self._item(subject.case, no, one) for no, one in enumerate(found, 1)]
        end = begin + self._page
        return Page(items=tuple(items[begin:end]), cursor=write_cursor([end]) if end < len(items) else "")

    def copy(self, items: Iterator[Item]) -> Iterator[Record]:
        """The records, with the copies that people made. Asks for those that are missing.

        Raises:
            Refused: they have not answered yet.
        """
        while some := list(islice(items, self._page)):
            case = _case(some[0].locator)
            ledger = self._ledger(case)
            missing = [one for one in some if self._copied(one) and not ledger.copies(_ref(one.locator))]
            if missing:
                wanted = tuple(Wanted(kind=one.found.table, ref=_ref(one.locator)) for one in missing)
                question = Question(asks=Asks.COPY, records=wanted)
                self._answered(case, question, *(one.ref for one in wanted))
                ledger = self._ledger(case)
            yield from (self._record(ledger, one) for one in some)

    def open(self, file: Attached) -> Iterator[bytes]:
        """A copy that people made, in pieces."""
        return blocks(self._at_desk().papers, _case(file.ref), str(file.ref["file"]))

    def foresee(self, batch: Batch) -> tuple[Foreseen, ...]:
        """What will be gone, or have other values in it. Sees first that there is somebody to ask."""
        self._require(batch)
        self._somebody()
        return tuple(Foreseen(no=order.no, hash_after=self._after(batch, order)) for order in batch.orders)

    def observe(self, batch: Batch) -> tuple[Foreseen, ...]:
        """How each record is known to stand."""
        return tuple(Foreseen(no=order.no, hash_after=self._stands(order)) for order in batch.orders)

    def apply(self, batch: Batch, foreseen: Sequence[Foreseen]) -> tuple[Effect, ...]:
        """Have people destroy or correct the records, in one errand. One that they found changed was left.

        Raises:
            Refused: they have not answered yet.
        """
        self._require(batch)
        after = intended(batch, foreseen, self._name)
        stood = {order.no: self._stands(order) for order in batch.orders}
        done: Mapping[str, Result] = {}
        due = [one for one in batch.orders if stood[one.no] == one.hash_before != after[one.no]]
        if due:
            wanted = tuple(
                Wanted(kind=one.table, ref=_ref(one.locator), values=self._values(one)) for one in due
            )
            question = Question(asks=_ASKS[batch.verb], records=wanted)
            # Not by the batch: what comes due is tried anew every day, and is asked of people once.
            seen = (f"{_ref(one.locator)}\x1f{one.hash_before}\x1f{after[one.no]}" for one in due)
            answer = self._answered(_case(due[0].locator), question, *seen)
            done = answer.results
        return tuple(
            _effect(one, stood[one.no], after[one.no], done.get(_ref(one.locator))) for one in batch.orders
        )

    def close(self) -> None:
        """Nothing is held."""

    def _require(self, batch: Batch) -> None:
        require(Capability(batch.verb), _CAN, self._name)
        allowed = _OUTCOMES.get(batch.verb, frozenset())
        if batch.verb is Verb.COPY or any(one.outcome not in allowed for one in batch.orders):
            raise Refused("order-does-not-fit-verb", "plan again", system=self._name, verb=batch.verb)

    def _answered(self, case: str, question: Question, *about: str) -> Answer:
        """What people answered; put to them once for all that it is about."""
        errands = self._at_desk().errands
        told = "\x1e".join((question.asks, *about)).encode()
        # Keyed: it stands beside the case in the clear, and what it is about may be an address.
        key = hmac.new(self._secret, told, hashlib.sha256).hexdigest()
        within = self._map.within_days
        try:
            errand = errands.ask(case, self._name, key, question, within_days=within, owner=self._owner)
        except NotFound:
            raise self._nobody() from None
        if errand.answer is None:
            raise Refused(ASKED, "answer the errand", system=self._name)
        return errand.answer

    def _ledger(self, case: str) -> Ledger:
        if not case:
            raise Refused("people-asked-for-a-case-only", "open a case", system=self._name)
        return Ledger(self._at_desk().errands.of(case, self._name))

    def _after(self, batch: Batch, order: Order) -> str:
        """The hash that an order leaves; of a record that is not as planned, what it would leave of what there is."""
        if batch.verb is Verb.ERASE:
            return ABSENT
        standing = self._ledger(_case(order.locator)).at(_ref(order.locator))
        return standing.with_values(self._values(order)) if standing else ABSENT

    def _values(self, order: Order) -> dict[str, str]:
        """Those of the values that stand in such a record. Raises `Refused` for one that nobody can write down."""
        known = self._map.kinds[order.table].fields
        values = {name: value for name, value in order.values.items() if name in known}
        for name, value in values.items():
            if not isinstance(value, str) or len(value) > _LONGEST:
                facts = {"system": self._name, "table": order.table, "column": name}
                raise Refused("value-does-not-fit", f"at most {_LONGEST} signs of text", **facts)
        return {name: str(value) for name, value in values.items()}

    def _stands(self, order: Order) -> str:
        standing = self._ledger(_case(order.locator)).at(_ref(order.locator))
        return standing.hash if standing else ABSENT

    def _somebody(self) -> None:
        if not self._at_desk().errands.may_be_asked(self._owner):
            raise self._nobody()

    def _nobody(self) -> Refused:
        return Refused("nobody-to-ask", "name an owner who may act in the systems file", system=self._name)

    def _at_desk(self) -> Desk:
        if self._desk is None:
            raise Refused("people-asked-for-a-case-only", "open a case", system=self._name)
        return self._desk

    def _missing(self, capability: Capability) -> CapabilityMissing:
        return CapabilityMissing(
            "capability-missing", "do it by hand", system=self._name, capability=capability
        )

    def _item(self, case: str, no: int, one: Standing) -> Item:
        kind = self._map.kinds[one.paper.kind]
        return Item(
            found=Found(
                no=no,
                system=self._name,
                table=one.paper.kind,
                unit=kind.table.unit,
                role=kind.table.role,
                basis=kind.table.basis,
                on_erase=kind.on_erase,
                dates={name: one.paper.dates.get(name) for name in kind.dates},
                holds=kind.holds,
                fields=kind.fields,
                issued=kind.issued,
                how="people",
            ),
            locator={REF: one.paper.ref, CASE: case},
            content_hash=one.hash,
        )

    def _copied(self, item: Item) -> bool:
        return self._map.kinds[item.found.table].copied

    def _record(self, ledger: Ledger, item: Item) -> Record:
        ref = _ref(item.locator)
        standing = ledger.at(ref)
        files = tuple(
            Attached(
                path=packed_name(self._name, item.found.no, one.title),
                ref={CASE: _case(item.locator), "file": one.file},
                size=one.size,
            )
            for one in ledger.copies(ref)
        )
        values: dict[str, JsonValue] = {REF: ref, NOTE: standing.paper.note if standing else ""}
        withheld = {} if files else {"file": "attachment"}
        if files:
            values["file"] = [one.path for one in files]
        return Record(
            system=self._name,
            table=item.found.table,
            unit=item.found.unit,
            no=item.found.no,
            values=values,
            withheld=withheld,
            files=files,
        )


def _effect(order: Order, stood: str, after: str, result: Result | None) -> Effect:
    if stood in {ABSENT, after}:
        return Effect(no=order.no, kind=EffectKind.ALREADY, achieved=order.outcome)
    if result is Result.DONE:
        return Effect(no=order.no, kind=EffectKind.DONE, achieved=order.outcome)
    return Effect(no=order.no, kind=EffectKind.DRIFTED)


def _ref(locator: Mapping[str, JsonValue]) -> str:
    return str(locator.get(REF, ""))


def _case(locator: Mapping[str, JsonValue]) -> str:
    return str(locator.get(CASE, ""))


def _said(one: Identifier) -> str:
    return f"{one.kind}\x1f{one.value}"
