"""What a delivery link follows: the case, the address that it went to, and which letters went there."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, bindparam, func, select

from cases.proofs import ADDRESS
from cases.sealing import Sealing
from cases.tables import cases, deliveries, delivery_codes
from cases.unit_of_work import UnitOfWork
from domain.delivery import Document
from domain.errors import KeyShredded, NotAllowed
from domain.following import Followed
from security.tokens import TokenUse, hash_token

_DOCUMENTS: TypeAdapter[tuple[Document, ...]] = TypeAdapter(tuple[Document, ...])
_MEND = "open the link of the newest e-mail"

# Built once: to build them anew costs more than the database takes to answer them.
_OTHER = deliveries.alias("other")
_TOLD = (
    select(_OTHER.c.documents)
    .where(_OTHER.c.case_id == deliveries.c.case_id, _OTHER.c.address_hash == deliveries.c.address_hash)
    .where(_OTHER.c.revoked.is_(None))
    .order_by(_OTHER.c.made, _OTHER.c.id)
    .correlate(deliveries)
    .scalar_subquery()
)
_FOLLOWED = select(
    *deliveries.c["id", "case_id", "address", "expires"], func.array(_TOLD).label("told")
).where(deliveries.c.revoked.is_(None))
_BY_LINK = (
    _FOLLOWED.add_columns(cases.c.closed)
    .join(cases, cases.c.id == deliveries.c.case_id)
    .where(deliveries.c.token_hash == bindparam("hashed"))
)
_BY_SESSION = (
    _FOLLOWED.add_columns(delivery_codes.c.session_ends)
    .join(delivery_codes, delivery_codes.c.delivery_id == deliveries.c.id)
    .where(delivery_codes.c.session_hash == bindparam("hashed"))
)


class FollowRegister:
    """Implements `domain.following.Following`."""

    def __init__(self, work: UnitOfWork, sealing: Sealing) -> None:
        self._work = work
        self._sealing = sealing

    def by_link(self, token: str) -> Followed:
        """What a link follows; looking changes nothing. Raises `NotAllowed`."""
        hashed = hash_token(self._sealing.engine_key(), TokenUse.DELIVERY, token)
        with self._work.read() as connection:
            row = connection.execute(_BY_LINK, {"hashed": hashed}).one_or_none()
        # A letter can be fetched for some days; where the case is can be seen until it is over.
        if row is None or (row.closed is not None and row.expires <= self._work.now()):
            raise NotAllowed("link-not-good", _MEND)
        return self._followed(row)

    def by_session(self, session: str) -> Followed:
        """What a session follows. Raises `NotAllowed`."""
        hashed = hash_token(self._sealing.engine_key(), TokenUse.SESSION, session)
        with self._work.read() as connection:
            row = connection.execute(_BY_SESSION, {"hashed": hashed}).one_or_none()
        if row is None or row.session_ends <= self._work.now():
            raise NotAllowed("session-not-good", _MEND)
        return self._followed(row)

    def _followed(self, row: Row[Any]) -> Followed:
        try:
            address = self._sealing.take(row.address, ADDRESS, f"deliveries.address:{row.id}")
        except KeyShredded:
            raise NotAllowed("link-not-good", "ask the company for a new link") from None
        told = [document.kind for documents in row.told for document in _DOCUMENTS.validate_python(documents)]
        return Followed(case=row.case_id, address=address, told=tuple(dict.fromkeys(told)))
