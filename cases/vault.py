"""The personal data of a case, sealed by column under the case's key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import JsonValue, TypeAdapter
from sqlalchemy import Connection, Row, Select, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from cases.sealing import IDENTIFIERS, JSON_OBJECT, TEXT, Sealing
from cases.tables import cases, identifier_hashes, requests, vault
from cases.unit_of_work import UnitOfWork
from domain.errors import BadInput, Conflict, NotFound
from domain.events import Event
from domain.identifiers import Identifier
from domain.item import Candidate, Subject
from domain.ports import ENGINE

Persons = tuple[tuple[Candidate, ...], ...]
_PERSONS: TypeAdapter[Persons] = TypeAdapter(Persons)
_ROW: Select[Any] = select(vault)
_NOBODY = 0


class SealedVault:
    """Implements `domain.ports.Vault`. Every reading raises `NotFound` and `KeyShredded`."""

    def __init__(self, work: UnitOfWork, sealing: Sealing) -> None:
        self._work = work
        self._sealing = sealing

    def subject(self, case: str) -> Subject:
        """Whom the case is about, as far as is known by now."""
        wanted = (
            select(vault, requests.c.language, requests.c.tenant)
            .join(cases, cases.c.id == vault.c.case_id)
            .join(requests, requests.c.id == cases.c.request_id)
        )
        with self._work.read() as connection:
            row = self._row(connection, case, wanted)
        anchors: defaultdict[str, list[Mapping[str, JsonValue]]] = defaultdict(list)
        for candidate in self._chosen(row):
            anchors[candidate.system].append(candidate.locator)
        return Subject(
            identifiers=self._identifiers(row),
            name=self._sealing.take(row.name, TEXT, f"vault.name:{case}"),
            language=row.language,
            tenant=row.tenant,
            anchors={system: tuple(locators) for system, locators in anchors.items()},
        )

    def given(self, case: str) -> tuple[Identifier, ...]:
        """The identifiers that the request came with, without those found on the way."""
        with self._work.read() as connection:
            row = self._row(connection, case)
        return self._sealing.take(row.given, IDENTIFIERS, f"vault.given:{case}")

    def message(self, case: str) -> str:
        """What the person wrote."""
        with self._work.read() as connection:
            row = self._row(connection, case)
        return self._sealing.take(row.message, TEXT, f"vault.message:{case}")

    def changes(self, case: str) -> Mapping[str, JsonValue]:
        """What the person asked to correct, by field."""
        with self._work.read() as connection:
            row = self._row(connection, case)
        return self._sealing.take(row.changes, JSON_OBJECT, f"vault.changes:{case}")

    def add_identifiers(self, case: str, found: Sequence[Identifier]) -> int:
        """Remember identifiers found on the way; returns how many were new."""
        with self._work.begin() as tx:
            tx.lock_case(case)
            row = self._row(tx.connection, case)
            known = self._identifiers(row)
            new = tuple(dict.fromkeys(each for each in found if each not in known))
            if not new:
                return 0
            before = self._sealing.take(row.found, IDENTIFIERS, f"vault.found:{case}")
            key = self._sealing.case_key(case)
            sealed = self._sealing.put(key, IDENTIFIERS, (*before, *new), f"vault.found:{case}")
            tx.connection.execute(update(vault).where(vault.c.case_id == case).values(found=sealed))
            rows = [{"case_id": case, **hashed.model_dump()} for hashed in self._sealing.hashes(new)]
            tx.connection.execute(upsert(identifier_hashes).on_conflict_do_nothing(), rows)
        return len(new)

    def related(self, case: str) -> tuple[str, ...]:
        """Ids of other cases that share an identifier with this one, found by keyed hash alone."""
        own = identifier_hashes.alias("own")
        shared = (
            select(identifier_hashes.c.case_id)
            .distinct()
            .join(own, own.c.digest == identifier_hashes.c.digest)
            .where(own.c.case_id == case, identifier_hashes.c.case_id != case)
            .order_by(identifier_hashes.c.case_id)
        )
        with self._work.read() as connection:
            return tuple(connection.scalars(shared))

    def put_candidates(self, case: str, candidates: Sequence[Candidate]) -> int:
        """Keep who may be meant; returns how many persons that is. One alone stands chosen at once.

        The same candidates again change nothing, an officer's choice among them included.
        """
        persons = _persons(candidates)
        place = f"vault.candidates:{case}"
        with self._work.begin() as tx:
            tx.lock_case(case)
            row = self._row(tx.connection, case)
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
        with self._work.read() as connection:
            row = self._row(connection, case)
        return self._persons(row)

    def choose(self, case: str, number: int | None, *, actor: str, reason: str) -> None:
        """An officer says which person is meant, counted from 1, or that none is; the same again is once.

        Raises:
            BadInput: there is no candidate of that number.
            Conflict: another choice stands already.
        """
        chosen = _NOBODY if number is None else number
        with self._work.begin() as tx:
            reference = tx.lock_case(case).reference
            row = self._row(tx.connection, case)
            count = len(self._persons(row))
            if number is not None and not 1 <= number <= count:
                raise BadInput("no-such-candidate", reference=reference, candidates=count)
            if row.chosen == chosen:
                return
            if row.chosen is not None:
                raise Conflict("already-chosen", reference=reference)
            why = self._sealing.reason(case, reason, f"vault.chosen_why:{case}")
            choice = update(vault).where(vault.c.case_id == case)
            tx.connection.execute(choice.values(chosen=chosen, chosen_by=actor, chosen_why=why))
            tx.tell(Event.PERSON_CHOSEN, case, actor, chosen=chosen, candidates=count)

    def chosen(self, case: str) -> tuple[Candidate, ...]:
        """The rows of the person that is meant; empty while nobody is."""
        with self._work.read() as connection:
            row = self._row(connection, case)
        return self._chosen(row)

    def _row(self, connection: Connection, case: str, wanted: Select[Any] = _ROW) -> Row[Any]:
        row = connection.execute(wanted.where(vault.c.case_id == case)).one_or_none()
        if row is None:
            raise NotFound("case-unknown", "look it up in the list of cases")
        return row

    def _identifiers(self, row: Row[Any]) -> tuple[Identifier, ...]:
        given = self._sealing.take(row.given, IDENTIFIERS, f"vault.given:{row.case_id}")
        found = self._sealing.take(row.found, IDENTIFIERS, f"vault.found:{row.case_id}")
        return given + found

    def _persons(self, row: Row[Any]) -> Persons:
        if row.candidates is None:
            return ()
        return self._sealing.take(row.candidates, _PERSONS, f"vault.candidates:{row.case_id}")

    def _chosen(self, row: Row[Any]) -> tuple[Candidate, ...]:
        return self._persons(row)[row.chosen - 1] if row.chosen else ()


def _persons(candidates: Iterable[Candidate]) -> Persons:
    """Candidates of several systems that are one person, together; in the order of their first row."""
    grouped: dict[str | int, list[Candidate]] = {}
    for index, candidate in enumerate(candidates):
        grouped.setdefault(candidate.same_as or index, []).append(candidate)
    return tuple(tuple(rows) for rows in grouped.values())
