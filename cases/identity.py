"""Challenges and proofs of identity. Every address given is challenged alike; what counts is one on file."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from cases import acting as actings
from cases.findings import located_any
from cases.ids import new_id
from cases.proofs import ADDRESS, Proofs
from cases.sealing import Sealing
from cases.tables import cases, challenges, verifications
from cases.unit_of_work import Transaction, UnitOfWork
from cases.vault import SealedVault
from domain.acting import Acting, lacking
from domain.assurance import STAFF_RECORDED, Method, assurance_of
from domain.calendar import day_in_bangkok
from domain.case import Standing
from domain.errors import BadInput, NotAllowed, NotFound
from domain.events import Event
from domain.identifiers import Identifier
from domain.ports import PERSON, Challenge
from domain.rights import Right
from security.tokens import TokenUse, hash_token, new_code, new_link_token, token_matches


class IdentityProofs:
    """Implements `domain.ports.Identity`.

    `life` is how long a challenge is good for, `attempts` how many codes may be tried on it: with six digits
    and five attempts a guess succeeds once in 200,000 challenges.
    """

    def __init__(
        self, work: UnitOfWork, sealing: Sealing, vault: SealedVault, *, life: timedelta, attempts: int
    ) -> None:
        self._work = work
        self._sealing = sealing
        self._vault = vault
        self._proofs = Proofs(sealing, vault)
        self._life = life
        self._attempts = attempts

    def challenge(self, case: str, address: Identifier) -> Challenge | None:
        """A fresh link and code for an address; None when one went out and is still good, or was answered.

        One that was made but never noted as `sent` is made anew; should its message have left after all,
        both are good.
        """
        hashed = self._sealing.hash_of(address.kind.value, address.value)
        made, token, code = new_id("v"), new_link_token(), new_code()
        engine = self._sealing.engine_key()
        with self._work.begin() as tx:
            if self._is_out(tx, tx.lock_case(case), hashed):
                return None
            expires = tx.now + self._life
            place = f"challenges.address:{made}"
            tx.connection.execute(
                insert(challenges).values(
                    id=made,
                    case_id=case,
                    address_hash=hashed,
                    address=self._sealing.put(self._sealing.case_key(case), ADDRESS, address, place),
                    token_hash=hash_token(engine, TokenUse.LINK, token),
                    code_hash=hash_token(engine, TokenUse.CODE, code, made),
                    attempts=0,
                    made=tx.now,
                    expires=expires,
                )
            )
        return Challenge(id=made, address=address, token=token, code=code, expires=expires)

    def sent(self, challenge: str) -> None:
        """The message with the challenge of that id left; told once. Raises `NotFound`."""
        with self._work.begin() as tx:
            row = tx.connection.execute(
                select(challenges).where(challenges.c.id == challenge).with_for_update()
            ).one_or_none()
            if row is None:
                raise NotFound("challenge-unknown")
            if row.sent is None:
                _change(tx, row, sent=tx.now)
                tx.tell(Event.CHALLENGE_SENT, row.case_id, challenge=challenge)

    def answer(self, token: str, code: str) -> str:
        """The case whose challenge this answers; a challenge is answered once.

        Raises:
            NotAllowed: no such challenge, answered already, expired, tried too often, or the wrong code.
                Every wrong code is counted, whatever is raised.
        """
        hashed = hash_token(self._sealing.engine_key(), TokenUse.LINK, token)
        with self._work.begin() as tx:
            row = tx.connection.execute(
                select(challenges).where(challenges.c.token_hash == hashed).with_for_update()
            ).one_or_none()
            refusal = self._try(tx, row, code)
        # Raised only now: inside, it would undo the counting.
        if row is None or refusal:
            raise NotAllowed(refusal or "challenge-unknown", "ask for a new link and code")
        return str(row.case_id)

    def record(self, case: str, method: Method, *, actor: str, reason: str) -> None:
        """An officer's own verification, with its method.

        Raises:
            BadInput: the method is one that only the machine may count.
        """
        if method not in STAFF_RECORDED:
            raise BadInput("method-not-recordable", "a code counts only where it was answered", method=method)
        recorded = new_id("p")
        with self._work.begin() as tx:
            tx.lock_case(case)
            tx.connection.execute(
                insert(verifications).values(
                    id=recorded,
                    case_id=case,
                    method=method.value,
                    actor=actor,
                    reason=self._sealing.reason(case, reason, f"verifications.reason:{recorded}"),
                    at=tx.now,
                )
            )
            tx.tell(Event.IDENTITY_RECORDED, case, actor, method=method)

    def acting(self, case: str) -> Acting:
        """In which capacity the request of a case is made, and what was seen of it. Raises `NotFound`."""
        return self._work.once(
            ("acting", case), lambda connection: actings.read(connection, self._sealing, case)
        )

    def lacks(self, case: str, right: Right) -> tuple[str, ...]:
        """What is missing today before they may exercise that right, by code (`domain.acting`). Raises `NotFound`."""
        return lacking(self.acting(case), right, day_in_bangkok(self._work.now()))

    def authorise(self, case: str, acting: Acting, *, actor: str, reason: str) -> None:
        """Record in which capacity they ask; it stands for every case of the request.

        Raises:
            Conflict: that somebody else acts was said, and is not taken up yet: whom was this seen of?
            NotFound, KeyShredded: as for every case.
        """
        with self._work.begin() as tx:
            tx.lock_case(case)
            actings.must_be_heard(tx.connection, case)
            recorded = acting.model_copy(update={"by": actor, "seconded": ""})
            actings.write(tx, self._sealing, case, recorded, actor=actor, reason=reason)

    def second_authority(self, case: str, *, actor: str, reason: str) -> None:
        """Another member of staff looked too. Raises `BadInput` where nobody acts, or the same person looks."""
        with self._work.begin() as tx:
            tx.lock_case(case)
            actings.second(tx, self._sealing, case, actor=actor, reason=reason)

    def decided(self, case: str) -> datetime | None:
        """When an officer last verified who asks, in any case of the request; None while none did."""
        own = select(cases.c.request_id).where(cases.c.id == case).scalar_subquery()
        wanted = (
            select(func.max(verifications.c.at))
            .join(cases, cases.c.id == verifications.c.case_id)
            # A code that the machine checked is nobody's decision on a document.
            .where(cases.c.request_id == own, verifications.c.actor != PERSON)
        )
        with self._work.read() as connection:
            found: datetime | None = connection.scalar(wanted)
        return found

    def standing(self, case: str) -> Standing:
        """The level reached: machine proofs of addresses on file, and officers' records. Raises `NotFound`.

        Proofs of the request's other cases count as `cases.proofs` says.
        """
        answered, recorded = self._shown(case)
        methods = set(recorded)
        if self._on_file(case, answered):
            methods.add(Method.EMAIL_CODE)
        return Standing(level=assurance_of(methods), address_proved=bool(answered))

    def proved(self, case: str) -> tuple[Identifier, ...]:
        """The addresses whose challenge was answered, on file or not, in that order. Raises `NotFound`."""
        return self._shown(case)[0]

    def reply_addresses(self, case: str) -> tuple[Identifier, ...]:
        """Where answers with data in them may go: proved, and on file; where an amendment named others, only those.

        Until one of those is proved the old ones stand, or nobody would hear.
        """
        answered, named = self.proved(case), set(self._vault.replies(case))
        if instead := tuple(address for address in answered if address in named):
            return instead
        with self._work.read() as connection:
            session = Method.CRM_SESSION in self._proofs.methods(connection, {case: None})
        # Whoever is signed in to the account is answered at the account's own address.
        own = [one for one in self._vault.reachable(case) if one not in answered] if session else []
        return self._on_file(case, (*answered, *own))

    def _shown(self, case: str) -> tuple[tuple[Identifier, ...], frozenset[Method]]:
        """The addresses that were proved, and the methods that officers recorded."""
        # Not by somebody who acts no more, even where they still do in another case of the request.
        meant, silent = self._vault.chosen(case), self._vault.silent(case)

        def read(connection: Connection) -> tuple[tuple[Identifier, ...], frozenset[Method]]:
            since = self._proofs.counting(connection, case, meant)
            proved = (one for one in self._proofs.addresses(connection, since) if one not in silent)
            return tuple(proved), frozenset(self._proofs.methods(connection, since))

        return self._work.once(("shown", case), read)

    def _is_out(self, tx: Transaction, case: Row[Any], hashed: str) -> bool:
        found = tx.connection.execute(
            select(challenges).where(challenges.c.case_id == case.id, challenges.c.address_hash == hashed)
        )
        return any(
            row.answered is not None
            or (row.sent is not None and row.expires > tx.now and row.attempts < self._attempts)
            for row in found
            if not _outdated(row, case.proofs_since)
        )

    def _try(self, tx: Transaction, row: Row[Any] | None, code: str) -> str:
        """Why the answer is refused; empty if it is right. Marks or counts it."""
        if row is None:
            return "challenge-unknown"
        right = token_matches(self._sealing.ring, row.code_hash, TokenUse.CODE, code, row.id)
        if row.answered is not None:
            return "challenge-used"
        since = tx.connection.scalar(select(cases.c.proofs_since).where(cases.c.id == row.case_id))
        if row.expires <= tx.now or _outdated(row, since):
            return "challenge-expired"
        if row.attempts >= self._attempts:
            return "challenge-exhausted"
        if not right:
            _change(tx, row, attempts=row.attempts + 1)
            tx.tell(Event.CHALLENGE_FAILED, row.case_id, PERSON, challenge=row.id, attempts=row.attempts + 1)
            return "code-wrong"
        _change(tx, row, answered=tx.now)
        tx.tell(Event.IDENTITY_PROVED, row.case_id, PERSON, challenge=row.id, method=Method.EMAIL_CODE)
        return ""

    def _on_file(self, case: str, proved: tuple[Identifier, ...]) -> tuple[Identifier, ...]:
        on_file = {address for row in self._vault.chosen(case) for address in row.addresses}
        if not on_file and self._found_by_address(case):
            on_file = set(self._vault.own(case))
        return tuple(address for address in proved if address in on_file)

    def _found_by_address(self, case: str) -> bool:
        """Whether records stand under nobody but the addresses that were proved: nothing else was searched by."""
        with self._work.read() as connection:
            return not self._vault.chosen_in(connection, case) and located_any(connection, case)


def _outdated(row: Row[Any], since: datetime | None) -> bool:
    """Whether the challenge was made before that from which on proofs count."""
    return since is not None and row.made < since


def _change(tx: Transaction, row: Row[Any], **values: object) -> None:
    tx.connection.execute(update(challenges).where(challenges.c.id == row.id).values(**values))
