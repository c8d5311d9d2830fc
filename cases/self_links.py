"""Links handed to known customers: random, hashed, sealed under a key of their own that ends with them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, insert, or_, select, update

from cases.facts import checked_actor
from cases.ids import new_id
from cases.sealing import Sealing
from cases.self_link_tables import self_links
from cases.unit_of_work import Transaction, UnitOfWork
from domain.errors import BadInput, KeyShredded, NotAllowed, NotFound
from domain.events import Event
from domain.identifiers import ADDRESSES, IdentifierKind
from domain.ports import ENGINE, PERSON
from domain.rights import Right
from domain.self_links import (
    DRAFT_LIFE,
    FRESH_FOR,
    LONGEST,
    SHORTEST,
    SKEW,
    About,
    Draft,
    Minted,
    Offered,
    SelfLink,
    Wanted,
)
from security.keyring import DataKey
from security.ports import KeyPurpose
from security.tokens import TokenUse, hash_token, new_link_token

_ABOUT: TypeAdapter[About] = TypeAdapter(About)
_DRAFT: TypeAdapter[dict[str, tuple[str, ...]]] = TypeAdapter(dict[str, tuple[str, ...]])
_REACHES = ADDRESSES | {IdentifierKind.PHONE}
_MOST_DRAFTED = 64 * 1024
_AT_ONCE = 100


class SelfLinkRegister:
    """Implements `domain.self_links.SelfLinks`."""

    def __init__(self, work: UnitOfWork, sealing: Sealing) -> None:
        self._work = work
        self._sealing = sealing

    def mint(self, wanted: Wanted, *, actor: str, token: str = "") -> Minted:
        """A new link; what is over of others is destroyed on the way. Raises `BadInput`."""
        _check(wanted, self._work.now())
        self.forget()
        made, secret = new_id("k"), new_link_token()
        key = self._sealing.ring.create(KeyPurpose.LINK, made)
        with self._work.begin() as tx:
            expires = tx.now + wanted.life
            row = {
                "id": made,
                "token_hash": self._hash(secret),
                "rights": ",".join(wanted.rights),
                "language": wanted.language,
                "about": self._sealing.put(key, _ABOUT, wanted.about, f"self_links.about:{made}"),
                "vouched": wanted.vouched,
                "made_by": token or checked_actor(actor),
                "made": tx.now,
                "expires": expires,
            }
            tx.connection.execute(insert(self_links).values(row))
            level = "session" if wanted.vouched else "none"
            tx.tell(
                Event.LINK_MINTED,
                actor=actor,
                link=made,
                token=token,
                scope=",".join(wanted.rights),
                level=level,
            )
        return Minted(id=made, token=secret, expires=expires, fresh_until=_fresh_until(wanted.vouched))

    def offered(self, token: str) -> Offered:
        """What a link opens. Raises `NotAllowed`."""
        with self._work.begin() as tx:
            row = self._good(tx, token)
            draft = self._draft(row, tx.now)
            return Offered(
                id=row.id,
                rights=tuple(Right(right) for right in row.rights.split(",")),
                about=self._sealing.take(row.about, _ABOUT, f"self_links.about:{row.id}"),
                language=row.language,
                expires=row.expires,
                fresh_until=_fresh_until(row.vouched),
                draft=draft,
            )

    def keep(self, token: str, typed: Draft) -> None:
        """Keep what was typed. Raises `NotAllowed`, and `BadInput` for more than a form holds."""
        if len(_DRAFT.dump_json(dict(typed))) > _MOST_DRAFTED:
            raise BadInput("draft-too-large", "type less")
        with self._work.begin() as tx:
            row = self._good(tx, token, locked=True)
            sealed = self._sealing.put(self._key(row.id), _DRAFT, dict(typed), f"self_links.draft:{row.id}")
            _change(tx, row.id, draft=sealed, drafted=tx.now)

    def use(self, token: str, case: str) -> None:
        """The link opened the request of that case. Once used it says so to nobody: again changes nothing."""
        hashed = self_links.c.token_hash == self._hash(token)
        with self._work.begin() as tx:
            row = tx.connection.execute(select(self_links).where(hashed).with_for_update()).one_or_none()
            if row is None:
                raise NotAllowed("link-not-good", _MEND)
            if row.used is None:
                _change(tx, row.id, used=tx.now, case_id=case, about=None, draft=None)
                tx.tell(Event.LINK_USED, case, PERSON, link=row.id)
        self._shred(row.id)

    def revoke(self, link: str, *, actor: str, token: str = "") -> None:
        """From now on it opens nothing. Raises `NotFound`, also to a program that did not make it."""
        with self._work.begin() as tx:
            row = tx.connection.execute(
                select(self_links).where(self_links.c.id == link).with_for_update()
            ).one_or_none()
            if row is None or (token and row.made_by != token):
                raise NotFound("link-unknown", "look it up in the list of links")
            if row.revoked is None and row.used is None:
                _change(
                    tx,
                    row.id,
                    revoked=tx.now,
                    revoked_by=token or checked_actor(actor),
                    about=None,
                    draft=None,
                )
                tx.tell(Event.LINK_REVOKED, actor=actor if not token else ENGINE, link=row.id, token=token)
        self._shred(link)

    def all(self, limit: int = 200) -> Sequence[SelfLink]:
        """Links, the newest first."""
        self.forget()
        newest = select(self_links).order_by(self_links.c.made.desc(), self_links.c.id).limit(limit)
        with self._work.read() as connection:
            return tuple(_listed(row) for row in connection.execute(newest))

    def forget(self) -> int:
        """Destroy whom links that are over were about, and drafts that are; returns how many links."""
        link = self_links.c
        with self._work.begin() as tx:
            over = or_(link.expires <= tx.now, link.used.is_not(None), link.revoked.is_not(None))
            wanted = select(link.id).where(link.about.is_not(None), over).limit(_AT_ONCE)
            ids = tx.connection.scalars(wanted.with_for_update(skip_locked=True)).all()
            for each in ids:
                _change(tx, each, about=None, draft=None)
            old = update(self_links).where(link.draft.is_not(None), link.drafted <= tx.now - DRAFT_LIFE)
            tx.connection.execute(old.values(draft=None))
        for each in ids:
            self._shred(each)
        return len(ids)

    def _good(self, tx: Transaction, token: str, *, locked: bool = False) -> Row[Any]:
        wanted = select(self_links).where(self_links.c.token_hash == self._hash(token))
        row = tx.connection.execute(wanted.with_for_update() if locked else wanted).one_or_none()
        over = row is None or row.used is not None or row.revoked is not None or row.expires <= tx.now
        if row is None or over or row.about is None:
            raise NotAllowed("link-not-good", _MEND)
        return row

    def _draft(self, row: Row[Any], now: datetime) -> Draft:
        if row.draft is None or row.drafted + DRAFT_LIFE <= now:
            return {}
        return self._sealing.take(row.draft, _DRAFT, f"self_links.draft:{row.id}")

    def _key(self, link: str) -> DataKey:
        try:
            return self._sealing.ring.for_owner(KeyPurpose.LINK, link)
        except KeyShredded:
            raise NotAllowed("link-not-good", _MEND) from None

    def _shred(self, link: str) -> None:
        try:
            key = self._sealing.ring.for_owner(KeyPurpose.LINK, link)
        except KeyShredded:
            return
        self._sealing.ring.shred(key.key_id, "link-over")

    def _hash(self, token: str) -> str:
        return hash_token(self._sealing.engine_key(), TokenUse.SELF, token)


_MEND = "ask the company for a new link"


def _check(wanted: Wanted, now: datetime) -> None:
    if not wanted.rights or len(set(wanted.rights)) != len(wanted.rights):
        raise BadInput("rights-malformed", "name at least one right, each once", field="right")
    if not any(one.kind in _REACHES for one in wanted.about.identifiers):
        raise BadInput("identifier-missing", "give an e-mail address or a telephone number", field="email")
    if not SHORTEST <= wanted.life <= LONGEST:
        raise BadInput("life-out-of-bounds", "between 5 minutes and 30 days", field="life")
    if wanted.vouched is None:
        return
    if wanted.vouched.tzinfo is None:
        raise BadInput("time-without-zone", "write it with its zone", field="second_factor_at")
    if not now - FRESH_FOR <= wanted.vouched <= now + SKEW:
        mend = "a second factor not longer than 15 minutes ago; ask the customer for it again"
        raise BadInput("second-factor-not-fresh", mend, field="second_factor_at")


def _fresh_until(vouched: datetime | None) -> datetime | None:
    return vouched + FRESH_FOR if vouched else None


def _change(tx: Transaction, link: str, **values: object) -> None:
    tx.connection.execute(update(self_links).where(self_links.c.id == link).values(**values))


def _listed(row: Row[Any]) -> SelfLink:
    return SelfLink(
        id=row.id,
        rights=tuple(Right(right) for right in row.rights.split(",")),
        made_by=row.made_by,
        made=row.made,
        expires=row.expires,
        vouched=row.vouched is not None,
        drafted=row.draft is not None,
        used=row.used,
        revoked=row.revoked,
    )
