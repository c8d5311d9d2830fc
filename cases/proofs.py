"""Which proofs of identity count for a case: its own, and those of its siblings that are of the same person."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import Column, ColumnElement, Connection, and_, bindparam, or_, select

from cases.sealing import Sealing
from cases.tables import cases, challenges, verifications
from cases.vault import SealedVault
from domain.assurance import Method
from domain.devices import by_device
from domain.errors import KeyShredded, NotFound
from domain.identifiers import Identifier
from domain.item import Candidate

ADDRESS: TypeAdapter[Identifier] = TypeAdapter(Identifier)

Since = dict[str, datetime | None]
"""The cases whose proofs count, and from when on: a challenge by when it was made, a record by when it was."""

# Built once: to build them anew costs more than the database takes to answer them.
_OWN = select(cases.c.request_id, cases.c.proofs_since).where(cases.c.id == bindparam("case"))
_SIBLINGS = select(cases.c.id, cases.c.proofs_since).where(
    cases.c.request_id == bindparam("request"), cases.c.id != bindparam("case")
)


class Proofs:
    """Reads the proofs that count. Every reading raises `NotFound` and `KeyShredded`."""

    def __init__(self, sealing: Sealing, vault: SealedVault) -> None:
        self._sealing = sealing
        self._vault = vault

    def counting(self, connection: Connection, case: str) -> Since:
        """Whose proofs count for a case.

        Cases of one request share them where the same person is chosen in both, for it is one person who asks; or where
        both are about the same device and nobody is chosen, for then the device is all that was shown.
        What is too old for either case counts for neither: it was shown before a case was reopened, or before
        the person came of age.
        """
        own = connection.execute(_OWN, {"case": case}).one_or_none()
        if own is None:
            raise NotFound("case-unknown", "look it up in the list of cases")
        since: Since = {case: own.proofs_since}
        meant = self._vault.chosen_in(connection, case)
        device = () if meant else self._device(connection, case)
        siblings = {"request": own.request_id, "case": case}
        for sibling in connection.execute(_SIBLINGS, siblings).all() if meant or device else ():
            if (
                same_person(meant, self._chosen(connection, sibling.id))
                if meant
                else device == self._device(connection, sibling.id)
            ):
                bounds = [at for at in (own.proofs_since, sibling.proofs_since) if at is not None]
                since[sibling.id] = max(bounds, default=None)
        return since

    def addresses(self, connection: Connection, since: Since) -> tuple[Identifier, ...]:
        """The addresses whose challenge was answered, in that order."""
        rows = connection.execute(
            select(challenges.c.id, challenges.c.address)
            .where(
                challenges.c.answered.is_not(None), _within(since, challenges.c.case_id, challenges.c.made)
            )
            .order_by(challenges.c.answered, challenges.c.id)
        )
        take = self._sealing.take
        return tuple(
            dict.fromkeys(take(row.address, ADDRESS, f"challenges.address:{row.id}") for row in rows)
        )

    def methods(self, connection: Connection, since: Since) -> set[Method]:
        """The methods of the officers' own records."""
        counted = _within(since, verifications.c.case_id, verifications.c.at)
        return {Method(each) for each in connection.scalars(select(verifications.c.method).where(counted))}

    def _device(self, connection: Connection, case: str) -> tuple[Identifier, ...]:
        """The numbers by which a case is about a device and about nobody."""
        try:
            given = self._vault.own_in(connection, case)
        except KeyShredded:
            return ()
        return given if by_device(given) else ()

    def _chosen(self, connection: Connection, case: str) -> tuple[Candidate, ...]:
        try:
            return self._vault.chosen_in(connection, case)
        except KeyShredded:  # long over: nobody can say any more who that was
            return ()


def same_person(one: Iterable[Candidate], other: Iterable[Candidate]) -> bool:
    """Whether two choices are of one person: the systems that both name name the same rows, and there is one."""
    first, second = _rows(one), _rows(other)
    common = first.keys() & second.keys()
    return bool(common) and all(first[system] == second[system] for system in common)


def _rows(chosen: Iterable[Candidate]) -> dict[str, set[str]]:
    rows: defaultdict[str, set[str]] = defaultdict(set)
    for candidate in chosen:
        rows[candidate.system].add(json.dumps(dict(candidate.locator), sort_keys=True))
    return rows


def _within(since: Since, owner: Column[str], at: Column[datetime]) -> ColumnElement[bool]:
    return or_(
        *(
            owner == case if earliest is None else and_(owner == case, at >= earliest)
            for case, earliest in since.items()
        )
    )
