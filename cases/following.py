"""What a delivery link follows: the case, the address that it went to, and which letters went there."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, select

from cases.proofs import ADDRESS
from cases.sealing import Sealing
from cases.tables import cases, deliveries, delivery_codes
from cases.unit_of_work import Transaction, UnitOfWork
from domain.delivery import Document
from domain.errors import KeyShredded, NotAllowed
from domain.following import Followed
from security.tokens import TokenUse, hash_token

_DOCUMENTS: TypeAdapter[tuple[Document, ...]] = TypeAdapter(tuple[Document, ...])
_MEND = "open the link of the newest e-mail"


class FollowRegister:
    """Implements `domain.following.Following`."""

    def __init__(self, work: UnitOfWork, sealing: Sealing) -> None:
        self._work = work
        self._sealing = sealing

    def by_link(self, token: str) -> Followed:
        """What a link follows; looking changes nothing. Raises `NotAllowed`."""
        hashed = hash_token(self._sealing.engine_key(), TokenUse.DELIVERY, token)
        wanted = (
            select(deliveries, cases.c.closed)
            .join(cases, cases.c.id == deliveries.c.case_id)
            .where(deliveries.c.token_hash == hashed, deliveries.c.revoked.is_(None))
        )
        with self._work.begin() as tx:
            row = tx.connection.execute(wanted).one_or_none()
            # A letter can be fetched for some days; where the case is can be seen until it is over.
            if row is None or (row.closed is not None and row.expires <= tx.now):
                raise NotAllowed("link-not-good", _MEND)
            return self._followed(tx, row)

    def by_session(self, session: str) -> Followed:
        """What a session follows. Raises `NotAllowed`."""
        hashed = hash_token(self._sealing.engine_key(), TokenUse.SESSION, session)
        wanted = (
            select(deliveries, delivery_codes.c.session_ends)
            .join(delivery_codes, delivery_codes.c.delivery_id == deliveries.c.id)
            .where(delivery_codes.c.session_hash == hashed, deliveries.c.revoked.is_(None))
        )
        with self._work.begin() as tx:
            row = tx.connection.execute(wanted).one_or_none()
            if row is None or row.session_ends <= tx.now:
                raise NotAllowed("session-not-good", _MEND)
            return self._followed(tx, row)

    def _followed(self, tx: Transaction, row: Row[Any]) -> Followed:
        try:
            address = self._sealing.take(row.address, ADDRESS, f"deliveries.address:{row.id}")
        except KeyShredded:
            raise NotAllowed("link-not-good", "ask the company for a new link") from None
        mine = deliveries.c.case_id == row.case_id, deliveries.c.address_hash == row.address_hash
        sent = select(deliveries.c.documents).where(*mine, deliveries.c.revoked.is_(None))
        told = [
            document.kind
            for documents in tx.connection.scalars(sent)
            for document in _DOCUMENTS.validate_python(documents)
        ]
        return Followed(case=row.case_id, address=address, told=tuple(dict.fromkeys(told)))
