"""The disclosure register: what was given to courts, authorities or others (policy 3.2; s.39 ¶1(6)).

An entry outlives the cases of its person, so it is sealed under the engine's key; keyed hashes of the person's
identifiers stand beside it, so that it is found for any later case of theirs. Two people who share an address are
then both shown it by `concerning`, and an officer tells them apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select

from cases.database import insert_once
from cases.ids import new_id
from cases.sealing import TEXT, Sealing
from cases.tables import cases, disclosure_hashes, disclosures, identifier_hashes
from cases.unit_of_work import UnitOfWork
from domain.aftermath import Disclosure
from domain.errors import BadInput, NotFound
from domain.events import Event
from domain.identifiers import Identifier
from security.lookup import Lookup
from security.seal import seal_model, unseal_model


class DisclosureRegister:
    """Implements `domain.aftermath.Disclosures`, and enters what it lists."""

    def __init__(self, work: UnitOfWork, sealing: Sealing) -> None:
        self._work = work
        self._sealing = sealing

    def enter(
        self,
        disclosure: Disclosure,
        identifiers: Sequence[Identifier],
        case: str | None = None,
        *,
        actor: str,
        reason: str,
    ) -> Disclosure:
        """Enter one, whose `id` is given here; gives it as it stands. The very same again is one.

        The person is whoever has these identifiers, and the person of the case. Told to the chain of the whole
        house and never to the case's: where the power forbids telling, the case's own history must not.

        Raises:
            BadInput: neither an identifier nor a case: nobody would ever find it.
            NotFound: no such case.
        """
        if not identifiers and not case:
            raise BadInput(
                "person-missing", "name the person by an identifier or a case", field="identifiers"
            )
        entry, key = new_id("d"), self._sealing.engine_key()
        known = disclosure.model_copy(update={"id": entry})
        hashed = list({each.digest: each for each in self._sealing.hashes(identifiers)}.values())
        row: dict[str, Any] = {
            "id": entry,
            "case_id": case or None,
            "dedup": self._same(disclosure, hashed, case),
            "given_on": disclosure.given_on,
            "secret_until": disclosure.secret_until,
            "disclosure": seal_model(key, known, _place(entry)),
            "reason": self._sealing.put(key, TEXT, reason, f"disclosures.reason:{entry}"),
            "entered_by": actor,
        }
        with self._work.begin() as tx:
            if case:
                tx.lock_case(case)
            if not insert_once(tx.connection, disclosures, {**row, "entered": tx.now}):
                same = select(disclosures).where(disclosures.c.dedup == row["dedup"])
                return self._opened(tx.connection.execute(same).one())
            _hash(tx.connection, entry, hashed)
            tx.tell(Event.DISCLOSURE_ENTERED, actor=actor, disclosure=entry, identifiers=len(hashed))
        return known

    def all(self) -> tuple[Disclosure, ...]:
        """Every disclosure, what is secret today too, the oldest first."""
        with self._work.read() as connection:
            return self._listed(connection.execute(select(disclosures).order_by(*_OLDEST_FIRST)))

    def concerning(self, case: str) -> tuple[Disclosure, ...]:
        """Disclosures of the person of a case, what is secret today too, the oldest first.

        Found by the case, by another that shares an identifier with it, or by an identifier of the entry's own.

        Raises:
            NotFound: no such case.
        """
        own, theirs = identifier_hashes.alias("own"), identifier_hashes.alias("theirs")
        persons = (
            select(theirs.c.case_id).join(own, own.c.digest == theirs.c.digest).where(own.c.case_id == case)
        )
        entries = (
            select(disclosure_hashes.c.disclosure_id)
            .join(own, own.c.digest == disclosure_hashes.c.digest)
            .where(own.c.case_id == case)
        )
        theirs_or_named = or_(
            disclosures.c.case_id == case, disclosures.c.case_id.in_(persons), disclosures.c.id.in_(entries)
        )
        with self._work.read() as connection:
            if connection.scalar(select(cases.c.id).where(cases.c.id == case)) is None:
                raise NotFound("case-unknown", "look it up in the list of cases")
            wanted = select(disclosures).where(theirs_or_named).order_by(*_OLDEST_FIRST)
            return self._listed(connection.execute(wanted))

    def _listed(self, rows: Iterable[Row[Any]]) -> tuple[Disclosure, ...]:
        return tuple(self._opened(row) for row in rows)

    def _opened(self, row: Row[Any]) -> Disclosure:
        return unseal_model(self._sealing.ring, row.disclosure, _place(row.id), Disclosure)

    def _same(self, disclosure: Disclosure, hashed: Sequence[Lookup], case: str | None) -> str:
        """The keyed hash of an entry and of whom it is about."""
        said = disclosure.model_dump_json(exclude={"id"})
        return self._sealing.hash_of(
            "disclosure", "\x1f".join((said, case or "", *sorted(each.digest for each in hashed)))
        )


_OLDEST_FIRST = (disclosures.c.given_on, disclosures.c.entered, disclosures.c.id)


def _hash(connection: Connection, entry: str, hashed: Sequence[Lookup]) -> None:
    if hashed:
        rows = [{"disclosure_id": entry, **each.model_dump()} for each in hashed]
        connection.execute(insert(disclosure_hashes), rows)


def _place(entry: str) -> str:
    return f"disclosures.disclosure:{entry}"
