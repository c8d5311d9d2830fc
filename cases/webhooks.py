"""Subscriptions of programs, and the messages that are due to them. Secrets are sealed, everything else is codes."""

from __future__ import annotations

import secrets
import string
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update

from cases.facts import checked_actor
from cases.program_tables import webhook_messages as messages
from cases.program_tables import webhooks
from cases.sealing import TEXT, Sealing
from cases.tables import cases
from cases.unit_of_work import Transaction, UnitOfWork
from domain.errors import NotFound
from domain.events import Event
from domain.webhooks import AGAIN_AFTER, KEPT_FOR, Outgoing, Told, Webhook, body
from security.webhooks import new_webhook_secret

_AT_ONCE = 32
_LEASE = timedelta(minutes=2)
"""For how long a message is its claimer's; longer than sending what was claimed together can take."""
_LETTERS = 10


class WebhookRegister:
    """Implements `domain.webhooks.Webhooks`."""

    def __init__(self, work: UnitOfWork, sealing: Sealing) -> None:
        self._work = work
        self._sealing = sealing

    def add(self, url: str, events: tuple[Told, ...], *, actor: str) -> tuple[str, str]:
        """A new subscription: its id ("W-...") and the secret that signs its messages, which is shown this once."""
        hook = f"W-{''.join(secrets.choice(string.ascii_lowercase) for _ in range(_LETTERS))}"
        secret = new_webhook_secret()
        with self._work.begin() as tx:
            row = {
                "id": hook,
                "url": url,
                "events": [one.value for one in events],
                "secret": self._sealing.put(self._sealing.engine_key(), TEXT, secret, _place(hook)),
                "added_by": checked_actor(actor),
                "added": tx.now,
            }
            tx.connection.execute(insert(webhooks).values(row))
            tx.tell(Event.WEBHOOK_ADDED, actor=actor, webhook=hook, count=len(events))
        return hook, secret

    def revoke(self, hook: str, *, actor: str) -> None:
        """Tell it nothing more, nor what waited; again changes nothing. Raises `NotFound`."""
        with self._work.begin() as tx:
            if self._locked(tx, hook).revoked is None:
                over = {"revoked": tx.now, "revoked_by": checked_actor(actor)}
                tx.connection.execute(update(webhooks).where(webhooks.c.id == hook).values(over))
                waits = (messages.c.webhook_id == hook, messages.c.taken.is_(None))
                tx.connection.execute(delete(messages).where(*waits))
                tx.tell(Event.WEBHOOK_REVOKED, actor=actor, webhook=hook)

    def retry(self, hook: str, *, actor: str) -> int:
        """Try again, from the beginning, what was given up; how many messages that is. Raises `NotFound`."""
        with self._work.begin() as tx:
            self._locked(tx, hook)
            again = update(messages).where(messages.c.webhook_id == hook, *_GIVEN_UP)
            count = tx.connection.execute(again.values(due=tx.now, tries=0)).rowcount
            if count:
                tx.tell(Event.WEBHOOK_RETRIED, actor=checked_actor(actor), webhook=hook, count=count)
        return count

    def all(self) -> tuple[Webhook, ...]:
        """Every subscription, the oldest first, with how its messages fare."""
        newest = (
            select(messages.c.code)
            .where(messages.c.webhook_id == webhooks.c.id, messages.c.tried.is_not(None))
            .order_by(messages.c.tried.desc(), messages.c.id)
            .limit(1)
        )
        wanted = select(
            webhooks,
            _count(messages.c.due.is_not(None)).label("waiting"),
            _count(*_GIVEN_UP).label("given_up"),
            func.coalesce(newest.correlate(webhooks).scalar_subquery(), "").label("last_code"),
        )
        with self._work.read() as connection:
            rows = connection.execute(wanted.order_by(webhooks.c.added, webhooks.c.id))
            return tuple(_webhook(row) for row in rows)

    def claim(self) -> tuple[Outgoing, ...]:
        """Some of the messages that are due, the oldest first, now this caller's for two minutes."""
        with self._work.begin() as tx:
            due = (
                select(messages, webhooks.c.url, webhooks.c.secret, cases.c.reference, cases.c.right)
                .join(webhooks, webhooks.c.id == messages.c.webhook_id)
                .outerjoin(cases, cases.c.id == messages.c.case_id)
                .where(messages.c.due <= tx.now, webhooks.c.revoked.is_(None))
                .order_by(messages.c.due, messages.c.id)
                .limit(_AT_ONCE)
                .with_for_update(of=messages, skip_locked=True)
            )
            rows = tx.connection.execute(due).all()
            mine = update(messages).where(messages.c.id.in_([row.id for row in rows]))
            tx.connection.execute(mine.values(due=tx.now + _LEASE))
        return tuple(self._outgoing(row) for row in rows)

    def taken(self, message: str) -> None:
        """It arrived; the first time stands."""
        with self._work.begin() as tx:
            mine = update(messages).where(messages.c.id == message, messages.c.taken.is_(None))
            done = {"taken": tx.now, "tried": tx.now, "due": None, "code": "taken"}
            tx.connection.execute(mine.values({**done, "tries": messages.c.tries + 1}))

    def failed(self, message: str, code: str) -> bool:
        """It did not arrive, for that reason: it is due again later, or given up. Tells which."""
        with self._work.begin() as tx:
            wanted = select(messages).where(messages.c.id == message).with_for_update()
            row = tx.connection.execute(wanted).one_or_none()
            if row is None or row.due is None:  # revoked, or taken from another hand
                return False
            over = bool(row.tries >= len(AGAIN_AFTER))
            again = None if over else tx.now + AGAIN_AFTER[row.tries]
            now = {"tries": row.tries + 1, "tried": tx.now, "due": again, "code": code}
            tx.connection.execute(update(messages).where(messages.c.id == message).values(now))
            if over:
                tx.tell(Event.WEBHOOK_GIVEN_UP, row.case_id, webhook=row.webhook_id, code=code)
        return over

    def forget(self) -> int:
        """Drop what was taken more than 30 days ago; how many messages that is."""
        with self._work.begin() as tx:
            old = delete(messages).where(messages.c.taken < tx.now - KEPT_FOR)
            return tx.connection.execute(old).rowcount

    def _locked(self, tx: Transaction, hook: str) -> Row[Any]:
        wanted = select(webhooks).where(webhooks.c.id == hook).with_for_update()
        row = tx.connection.execute(wanted).one_or_none()
        if row is None:
            raise NotFound("webhook-unknown", "look it up in the list of webhooks")
        return row

    def _outgoing(self, row: Row[Any]) -> Outgoing:
        about = {"reference": row.reference, "right": row.right} if row.reference else {}
        return Outgoing(
            id=row.id,
            webhook=row.webhook_id,
            url=row.url,
            secret=self._sealing.take(row.secret, TEXT, _place(row.webhook_id)),
            body=body(row.id, row.told, row.at, {**about, **row.facts}),
        )


_GIVEN_UP = (messages.c.due.is_(None), messages.c.taken.is_(None))


def _count(*which: Any) -> Any:
    found = select(func.count()).select_from(messages).where(messages.c.webhook_id == webhooks.c.id, *which)
    return found.correlate(webhooks).scalar_subquery()


def _webhook(row: Row[Any]) -> Webhook:
    return Webhook(
        id=row.id,
        url=row.url,
        events=tuple(Told(one) for one in row.events),
        added=row.added,
        revoked=row.revoked is not None,
        waiting=row.waiting,
        given_up=row.given_up,
        last_code=row.last_code,
    )


def _place(hook: str) -> str:
    return f"webhooks.secret:{hook}"
