"""Codes by text message, to numbers on file; whoever has none is asked for a code that no answer is."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, Select, func, insert, select, update

from cases.identity import IdentityProofs
from cases.ids import new_id
from cases.phone_tables import phone_codes
from cases.sealing import Sealing
from cases.tables import verifications
from cases.unit_of_work import Transaction, UnitOfWork
from cases.vault import SealedVault
from domain.assurance import Method
from domain.errors import NotAllowed, NotFound, RateLimited
from domain.events import Event
from domain.identifiers import Identifier, IdentifierKind
from domain.ports import PERSON
from domain.texting import PhoneCode
from security.tokens import TokenUse, hash_token, new_code, token_matches

LIFE = timedelta(minutes=10)
AN_HOUR, IN_ALL = 3, 10
"""Codes for one case: text messages cost money, and nobody's telephone is to ring all night."""

A_DAY = 12
"""Codes to one number, from whichever case. Beyond it none is sent, and the page says what it says to everybody."""

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_MOBILE = re.compile(r"\+(?:66[689]\d{8}|(?!66)[1-9]\d{7,14})")
"""What a text message reaches: a Thai mobile number, or any abroad, where nobody can tell them apart."""


class PhoneCodeRegister:
    """Implements `domain.texting.PhoneCodes`; `attempts` is how many codes may be tried on one."""

    def __init__(
        self,
        work: UnitOfWork,
        sealing: Sealing,
        vault: SealedVault,
        identity: IdentityProofs,
        *,
        attempts: int,
    ) -> None:
        self._work = work
        self._sealing = sealing
        self._vault = vault
        self._identity = identity
        self._attempts = attempts

    def ask(self, case: str, address: Identifier) -> PhoneCode:
        """A fresh code, with a number to go to where there is one on file. Raises `RateLimited`, `NotAllowed`."""
        made, code = new_id("n"), new_code()
        # Looked up for everybody alike, and before the lock: what follows takes as long whoever asks.
        numbers = self._numbers(case, address)
        to = numbers[0] if numbers else None
        with self._work.begin() as tx:
            if tx.lock_case(case).closed is not None:
                raise NotAllowed("case-is-closed", "nothing needs to be shown any more")
            asked_before = _bounded(tx, case)
            expires = tx.now + LIFE
            if self._rung(tx, to) >= A_DAY:
                to = None
            row = {
                "id": made,
                "no": asked_before + 1,
                "case_id": case,
                "address_hash": self._hash(address),
                "phone_hash": self._hash(to) if to else None,
                "code_hash": hash_token(self._sealing.engine_key(), TokenUse.CODE, code, made),
                "attempts": 0,
                "made": tx.now,
                "expires": expires,
            }
            tx.connection.execute(insert(phone_codes).values(row))
        return PhoneCode(id=made, case=case, to=to, code=code, expires=expires)

    def sent(self, code: str) -> None:
        """The message with the code of that id left; told once. Raises `NotFound`."""
        with self._work.begin() as tx:
            wanted = select(phone_codes).where(phone_codes.c.id == code).with_for_update()
            row = tx.connection.execute(wanted).one_or_none()
            if row is None:
                raise NotFound("code-unknown")
            if row.sent is None:
                _change(tx, row, sent=tx.now)
                tx.tell(Event.CHALLENGE_SENT, row.case_id, challenge=code, method=Method.SMS_CODE)

    def answer(self, case: str, address: Identifier, code: str) -> None:
        """The newest code, which then counts. Raises `NotAllowed`; every wrong code is counted."""
        numbers = {self._hash(one) for one in self._numbers(case, address)}
        with self._work.begin() as tx:
            at_case = tx.lock_case(case)
            row = tx.connection.execute(_newest(case, self._hash(address))).one_or_none()
            refusal = self._try(tx, at_case, row, code, numbers)
        # Raised only now: inside, it would undo the counting.
        if refusal:
            raise NotAllowed(refusal, "ask for a new code")

    def _try(
        self, tx: Transaction, at_case: Row[Any], row: Row[Any] | None, code: str, numbers: set[str]
    ) -> str:
        """Why the code is refused; empty if it is right. Marks or counts it."""
        if row is None or at_case.closed is not None or row.answered is not None or row.expires <= tx.now:
            return "code-void"
        outdated = at_case.proofs_since is not None and row.made < at_case.proofs_since
        if outdated or row.attempts >= self._attempts:
            return "code-void"
        right = token_matches(self._sealing.ring, row.code_hash, TokenUse.CODE, code, row.id)
        # Also where the number went off file, or another person was chosen, since it was sent.
        if not right or row.phone_hash not in numbers:
            tried = row.attempts + 1
            _change(tx, row, attempts=tried)
            tx.tell(
                Event.CHALLENGE_FAILED,
                row.case_id,
                PERSON,
                challenge=row.id,
                attempts=tried,
                method=Method.SMS_CODE,
            )
            return "code-wrong" if tried < self._attempts else "code-void"
        _change(tx, row, answered=tx.now)
        recorded = new_id("p")
        reason = self._sealing.reason(row.case_id, Method.SMS_CODE, f"verifications.reason:{recorded}")
        tx.connection.execute(
            insert(verifications).values(
                id=recorded,
                case_id=row.case_id,
                method=Method.SMS_CODE.value,
                actor=PERSON,
                reason=reason,
                at=tx.now,
            )
        )
        tx.tell(Event.IDENTITY_PROVED, row.case_id, PERSON, challenge=row.id, method=Method.SMS_CODE)
        return ""

    def _rung(self, tx: Transaction, to: Identifier | None) -> int:
        """How many codes went to a number within the day; asked where there is none too, which takes as long."""
        theirs = phone_codes.c.phone_hash == (self._hash(to) if to else "")
        recent = select(func.count()).where(theirs, phone_codes.c.made > tx.now - _DAY)
        return int(tx.connection.scalar(recent) or 0)

    def _numbers(self, case: str, address: Identifier) -> tuple[Identifier, ...]:
        """Mobile numbers on file for the person who was chosen, one that was also given first.

        None unless the asker's own address was proved and is on file: nobody has codes sent to a stranger by naming
        them. A number that was only given is never among them.
        """
        proved = address in self._identity.reply_addresses(case)
        on_file = {one for row in self._vault.chosen(case) for one in row.addresses}
        mobiles = [
            one for one in on_file if one.kind is IdentifierKind.PHONE and _MOBILE.fullmatch(one.value)
        ]
        given = set(self._vault.own(case))
        ordered = sorted(mobiles, key=lambda one: (one not in given, one.value))
        return tuple(ordered) if proved else ()

    def _hash(self, one: Identifier) -> str:
        return self._sealing.hash_of(one.kind.value, one.value)


def _newest(case: str, address: str) -> Select[Any]:
    mine = phone_codes.c.case_id == case, phone_codes.c.address_hash == address
    return select(phone_codes).where(*mine).order_by(phone_codes.c.no.desc()).limit(1).with_for_update()


def _bounded(tx: Transaction, case: str) -> int:
    """How many were asked for, no more than are good for anybody. The case is locked, so that two at once are counted."""
    asked = select(phone_codes.c.made).where(phone_codes.c.case_id == case).order_by(phone_codes.c.made)
    made = tx.connection.scalars(asked).all()
    if len(made) >= IN_ALL:
        raise NotAllowed("codes-used-up", "show who you are in another way")
    recent = [at for at in made if at > tx.now - _HOUR]
    if len(recent) >= AN_HOUR:
        free = recent[-AN_HOUR] + _HOUR - tx.now
        raise RateLimited("codes-too-many", "use the newest, or wait", retry_after=free.total_seconds())
    return len(made)


def _change(tx: Transaction, row: Row[Any], **values: object) -> None:
    tx.connection.execute(update(phone_codes).where(phone_codes.c.id == row.id).values(**values))
