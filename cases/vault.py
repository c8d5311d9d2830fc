"""The personal data of a case, sealed by column under the case's key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import JsonValue, TypeAdapter
from sqlalchemy import Connection, Row, update
from sqlalchemy.dialects.postgresql import insert as upsert

from cases import redactions
from cases.sealing import IDENTIFIERS, Sealing
from cases.seconding import NOBODY, Said, amended_since, last_word, say
from cases.tables import identifier_hashes, vault
from cases.told import claimed, opened, row_of
from cases.unit_of_work import Transaction, UnitOfWork
from domain.errors import BadInput, Conflict
from domain.events import Event
from domain.identifiers import Identifier
from domain.item import Candidate, Subject
from domain.ports import ENGINE

Persons = tuple[tuple[Candidate, ...], ...]
_PERSONS: TypeAdapter[Persons] = TypeAdapter(Persons)
_NOBODY = 0


class SealedVault:
    """Implements `domain.ports.Vault`. Every reading raises `NotFound` and `KeyShredded`."""

    def __init__(self, work: UnitOfWork, sealing: Sealing) -> None:
        self._work = work
        self._sealing = sealing

    def subject(self, case: str) -> Subject:
        """Whom the case is about, as far as is known by now."""
        row = self._row(case)
        anchors: defaultdict[str, list[Mapping[str, JsonValue]]] = defaultdict(list)
        for candidate in self._chosen(row):
            anchors[candidate.system].append(candidate.locator)
        return Subject(
            identifiers=self._identifiers(row),
            name=opened(self._sealing, row, "name"),
            language=row.language,
            tenant=row.tenant,
            anchors={system: tuple(locators) for system, locators in anchors.items()},
            case=case,
        )

    def given(self, case: str) -> tuple[Identifier, ...]:
        """The identifiers that the request came with, and addresses for answers.

        Without those found on the way.
        """
        row = self._row(case)
        return tuple(
            dict.fromkeys(opened(self._sealing, row, "given") + opened(self._sealing, row, "replies"))
        )

    def own(self, case: str) -> tuple[Identifier, ...]:
        """The identifiers that the request came with, in its order; without those that are for answers only."""
        return tuple(opened(self._sealing, self._row(case), "given"))

    def own_in(self, connection: Connection, case: str) -> tuple[Identifier, ...]:
        """The same, within a reading that has begun."""
        return tuple(opened(self._sealing, row_of(connection, case), "given"))

    def reachable(self, case: str) -> tuple[Identifier, ...]:
        """Those given that may be challenged and written to: not what somebody named who acts no more."""
        row = self._row(case)
        named = opened(self._sealing, row, "given") + opened(self._sealing, row, "replies")
        silent = opened(self._sealing, row, "silent")
        return tuple(dict.fromkeys(each for each in named if each not in silent))

    def silent(self, connection: Connection, case: str) -> tuple[Identifier, ...]:
        """Addresses that are never written to any more, within a reading that has begun."""
        return tuple(opened(self._sealing, row_of(connection, case), "silent"))

    def replies(self, case: str) -> tuple[Identifier, ...]:
        """The addresses that an amendment named for answers; nobody is searched for by them.

        Not what only came with the request, from who acts: anybody can name anybody, and themselves as an agent.
        """
        row = self._row(case)
        unheard = claimed(self._sealing, row)
        return tuple(one for one in opened(self._sealing, row, "replies") if one not in unheard)

    def message(self, case: str) -> str:
        """What the person wrote."""
        row = self._row(case)
        return str(opened(self._sealing, row, "message"))

    def changes(self, case: str) -> Mapping[str, JsonValue]:
        """What the person asked for beyond the right's name, by field."""
        row = self._row(case)
        return dict(opened(self._sealing, row, "changes"))

    def agent(self, case: str) -> tuple[str, str]:
        """Who acts for the person, and what shows that they may; empty where nobody does."""
        row = self._row(case)
        return opened(self._sealing, row, "agent"), opened(self._sealing, row, "authority")

    def redact(self, case: str, words: Sequence[str], *, actor: str, reason: str) -> None:
        """Mark words as a third person's. Raises `NotFound`, `KeyShredded`."""
        with self._work.begin() as tx:
            tx.lock_case(case)
            redactions.write(tx, self._sealing, case, words, actor=actor, reason=reason)

    def redacted(self, case: str) -> tuple[str, ...]:
        """The words that were marked. Raises `KeyShredded`."""
        with self._work.read() as connection:
            return redactions.read(connection, self._sealing, case)

    def add_identifiers(self, case: str, found: Sequence[Identifier]) -> int:
        """Remember identifiers found on the way; returns how many were new."""
        with self._work.begin() as tx:
            tx.lock_case(case)
            return remember(tx, self._sealing, case, found)

    def put_candidates(self, case: str, candidates: Sequence[Candidate]) -> int:
        """Keep who may be meant; returns how many persons that is. One alone stands chosen at once.

        The same candidates again change nothing, an officer's choice among them included.
        """
        persons = _persons(candidates)
        place = f"vault.candidates:{case}"
        with self._work.begin() as tx:
            tx.lock_case(case)
            row = row_of(tx.connection, case)
            if row.candidates is None or self._sealing.take(row.candidates, _PERSONS, place) != persons:
                sealed = self._sealing.put(self._sealing.case_key(case), _PERSONS, persons, place)
                alone = len(persons) == 1
                tx.connection.execute(
                    update(vault)
                    .where(vault.c.case_id == case)
                    .values(
                        candidates=sealed,
                        chosen=1 if alone else None,
                        chosen_by=ENGINE if alone else None,
                        chosen_why=None,
                    )
                )
                tx.tell(Event.PERSON_RESOLVED, case, candidates=len(persons))
        return len(persons)

    def candidates(self, case: str) -> Persons:
        """The persons that may be meant, each with their rows by system."""
        row = self._row(case)
        return self._persons(row)

    def mark_of(self, persons: Persons) -> str:
        """A keyed hash of candidates in their order: it says whether they are still those that somebody saw."""
        return self._sealing.hash_of(NOBODY, _PERSONS.dump_json(persons).decode())

    def choose(self, case: str, number: int | None, *, actor: str, reason: str, seen: str = "") -> bool:
        """An officer says which person is meant, counted from 1, or that none is; the same again is once.

        None ends in the letter that no data were found, though somebody's were: two members of staff say it (ADR 35).
        False while the second is due. `seen` is the mark of the candidates that were looked at.

        Raises:
            BadInput: there is no candidate of that number.
            Conflict: another choice stands already, or others were found since than those `seen`.
            SamePerson: the same officer said already that it is nobody.
        """
        chosen = _NOBODY if number is None else number
        with self._work.begin() as tx:
            at_case, row = tx.lock_case(case), row_of(tx.connection, case)
            persons = self._persons(row)
            reference, count = at_case.reference, len(persons)
            if seen and seen != self.mark_of(persons):
                raise Conflict("shown-is-older", "look at the candidates again", reference=reference)
            if number is not None and not 1 <= number <= count:
                raise BadInput("no-such-candidate", reference=reference, candidates=count)
            if row.chosen == chosen:
                return True
            if row.chosen is not None:
                raise Conflict("already-chosen", reference=reference)
            if number is None and not self._nobody(tx, at_case, persons, (actor, reason)):
                return False
            why = self._sealing.reason(case, reason, f"vault.chosen_why:{case}")
            choice = update(vault).where(vault.c.case_id == case)
            tx.connection.execute(choice.values(chosen=chosen, chosen_by=actor, chosen_why=why))
            tx.tell(Event.PERSON_CHOSEN, case, actor, chosen=chosen, candidates=count)
        return True

    def chosen(self, case: str) -> tuple[Candidate, ...]:
        """The rows of the person that is meant; empty while nobody is."""
        return self._chosen(self._row(case))

    def answered(self, case: str) -> bool:
        """Whether it stands who is meant, or that none of the candidates is."""
        return self._row(case).chosen is not None

    def chosen_in(self, connection: Connection, case: str) -> tuple[Candidate, ...]:
        """The same within a reading that has begun."""
        return self._chosen(row_of(connection, case))

    def identifiers_in(
        self, connection: Connection, case: str
    ) -> tuple[tuple[Identifier, ...], frozenset[Identifier]]:
        """All identifiers, and which of them were only given, within a reading that has begun."""
        row = row_of(connection, case)
        named = opened(self._sealing, row, "given") + opened(self._sealing, row, "replies")
        return self._identifiers(row), frozenset(named)

    def _row(self, case: str) -> Row[Any]:
        return self._work.once(("vault", case), lambda connection: row_of(connection, case))

    def _identifiers(self, row: Row[Any]) -> tuple[Identifier, ...]:
        given: tuple[Identifier, ...] = opened(self._sealing, row, "given")
        return given + _found(self._sealing, row)

    def _nobody(self, tx: Transaction, at_case: Row[Any], persons: Persons, said: Said) -> bool:
        """One officer's word that none of these people is meant; whether another said so of the same before."""
        about = f"{NOBODY}:{self.mark_of(persons)}"
        before = last_word(tx.connection, at_case.id, about)
        lapsed = before is not None and amended_since(tx.connection, before)
        told = (Event.NOBODY_PROPOSED, Event.NOBODY_CONFIRMED)
        word = say(tx, self._sealing, at_case, about=about, code=NOBODY, said=said, told=told, lapsed=lapsed)
        return word.complete

    def _persons(self, row: Row[Any]) -> Persons:
        if row.candidates is None:
            return ()
        return self._sealing.take(row.candidates, _PERSONS, f"vault.candidates:{row.case_id}")

    def _chosen(self, row: Row[Any]) -> tuple[Candidate, ...]:
        return self._persons(row)[row.chosen - 1] if row.chosen else ()


def remember(tx: Transaction, sealing: Sealing, case: str, found: Sequence[Identifier]) -> int:
    """Add what was found to a case whose row is locked; returns how many identifiers were new."""
    row = row_of(tx.connection, case)
    before = _found(sealing, row)
    known = (*opened(sealing, row, "given"), *before)
    new = tuple(dict.fromkeys(each for each in found if each not in known))
    if not new:
        return 0
    sealed = sealing.put(sealing.case_key(case), IDENTIFIERS, (*before, *new), f"vault.found:{case}")
    tx.connection.execute(update(vault).where(vault.c.case_id == case).values(found=sealed))
    rows = [{"case_id": case, **hashed.model_dump()} for hashed in sealing.hashes(new)]
    tx.connection.execute(upsert(identifier_hashes).on_conflict_do_nothing(), rows)
    return len(new)


def _found(sealing: Sealing, row: Row[Any]) -> tuple[Identifier, ...]:
    return sealing.take(row.found, IDENTIFIERS, f"vault.found:{row.case_id}")


def _persons(candidates: Iterable[Candidate]) -> Persons:
    """Candidates of several systems that are one person, together; in the order of their first row."""
    grouped: dict[str | int, list[Candidate]] = {}
    for index, candidate in enumerate(candidates):
        grouped.setdefault(candidate.same_as or index, []).append(candidate)
    return tuple(tuple(rows) for rows in grouped.values())
