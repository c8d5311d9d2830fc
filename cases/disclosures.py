"""The disclosure register: what was given to courts, authorities or others (policy 3.2; s.39 ¶1(6)).

An entry outlives the cases of its person, so it is sealed under the engine's key; keyed hashes of the person's
identifiers stand beside it, so that it is found for any later case of theirs. What only a request names finds it for
an officer (`perhaps`), who tells apart who shares an address, and never for a letter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, exists, insert, or_, select

from cases.database import insert_once
from cases.ids import new_id
from cases.proofs import Proofs, same_person
from cases.sealing import TEXT, Sealing
from cases.tables import cases, disclosure_hashes, disclosures, identifier_hashes
from cases.unit_of_work import UnitOfWork
from cases.vault import SealedVault
from domain.aftermath import Disclosure
from domain.errors import BadInput, KeyShredded, NotFound
from domain.events import Event
from domain.identifiers import Identifier
from domain.item import Candidate
from security.lookup import Lookup
from security.seal import seal_model, unseal_model


class DisclosureRegister:
    """Implements `domain.aftermath.Disclosures`, and enters what it lists."""

    def __init__(self, work: UnitOfWork, sealing: Sealing, vault: SealedVault) -> None:
        self._work = work
        self._sealing = sealing
        self._vault = vault
        self._proofs = Proofs(sealing, vault)

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
        """Disclosures that are surely of the person of a case, what is secret today too, the oldest first.

        Found by the case, by another of the same person, or by an identifier that is surely theirs: one that they
        proved, that is on file for them, or that was found on their way. What a request merely names counts for
        nothing, for anybody can name anybody's address.

        Raises:
            NotFound: no such case.
        """
        with self._work.read() as connection:
            _must_stand(connection, case)
            if not connection.scalar(_ANY):
                return ()  # nothing was given to anybody: whose it would be need not be gathered
            hers = [each.digest for each in self._sealing.hashes(self._sure(connection, case))]
            named = select(disclosure_hashes.c.disclosure_id).where(disclosure_hashes.c.digest.in_(hers))
            same = or_(
                disclosures.c.case_id.in_(self._same_person(connection, case)), disclosures.c.id.in_(named)
            )
            return self._listed(connection.execute(select(disclosures).where(same).order_by(*_OLDEST_FIRST)))

    def perhaps(self, case: str) -> tuple[Disclosure, ...]:
        """Disclosures that may be of the person of a case, beyond those that surely are: for an officer to look at.

        Found by another case that shares an identifier with it, or by any that the request names. Raises `NotFound`.
        """
        own = identifier_hashes.alias("own")
        entries = (
            select(disclosure_hashes.c.disclosure_id)
            .join(own, own.c.digest == disclosure_hashes.c.digest)
            .where(own.c.case_id == case)
        )
        alike = or_(disclosures.c.case_id.in_(_sharing(case)), disclosures.c.id.in_(entries))
        sure = {each.id for each in self.concerning(case)}
        with self._work.read() as connection:
            found = self._listed(
                connection.execute(select(disclosures).where(alike).order_by(*_OLDEST_FIRST))
            )
        return tuple(each for each in found if each.id not in sure)

    def _sure(self, connection: Connection, case: str) -> tuple[Identifier, ...]:
        """The identifiers that are surely the person's; none once the case's key is gone."""
        try:
            known, given = self._vault.identifiers_in(connection, case)
            sure = {address for row in self._vault.chosen_in(connection, case) for address in row.addresses}
            # Not a proved address that is for answers only: a lawyer's own records are nobody else's.
            proved = self._proofs.addresses(connection, self._proofs.counting(connection, case))
            sure |= set(proved) & set(known)
        except KeyShredded:
            return ()
        return tuple(dict.fromkeys((*sure, *(one for one in known if one not in given))))

    def _same_person(self, connection: Connection, case: str) -> list[str]:
        """The case itself, and others with a disclosure in which the same person stands chosen."""
        others = select(disclosures.c.case_id).where(disclosures.c.case_id.in_(_sharing(case))).distinct()
        try:
            meant = self._vault.chosen_in(connection, case)
        except KeyShredded:
            return [case]
        return [
            case,
            *(each for each in connection.scalars(others) if each and self._is(connection, each, meant)),
        ]

    def _is(self, connection: Connection, other: str, meant: tuple[Candidate, ...]) -> bool:
        try:
            return same_person(meant, self._vault.chosen_in(connection, other))
        except KeyShredded:  # long over: nobody can say any more who that was
            return False

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


def _sharing(case: str) -> Select[tuple[str]]:
    """Cases that share an identifier with this one, whoever named it."""
    own, theirs = identifier_hashes.alias("own"), identifier_hashes.alias("theirs")
    return select(theirs.c.case_id).join(own, own.c.digest == theirs.c.digest).where(own.c.case_id == case)


_STANDS = select(cases.c.id).where(cases.c.id == bindparam("case"))


def _must_stand(connection: Connection, case: str) -> None:
    if connection.scalar(_STANDS, {"case": case}) is None:
        raise NotFound("case-unknown", "look it up in the list of cases")


_ANY = select(exists().select_from(disclosures))
_OLDEST_FIRST = (disclosures.c.given_on, disclosures.c.entered, disclosures.c.id)


def _hash(connection: Connection, entry: str, hashed: Sequence[Lookup]) -> None:
    if hashed:
        rows = [{"disclosure_id": entry, **each.model_dump()} for each in hashed]
        connection.execute(insert(disclosure_hashes), rows)


def _place(entry: str) -> str:
    return f"disclosures.disclosure:{entry}"
