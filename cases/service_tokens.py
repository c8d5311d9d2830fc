"""Tokens of programs that ask the engine something: each for its scopes, shown once, kept only as a keyed hash."""

from __future__ import annotations

import re
import secrets
import string
from datetime import datetime

from sqlalchemy import insert, select, update

from cases.facts import checked_actor
from cases.sealing import Sealing
from cases.suppression_tables import service_tokens
from cases.unit_of_work import UnitOfWork
from domain.errors import BadInput, NotAllowed, NotFound
from domain.events import Event
from domain.programs import Program, Scope
from domain.value import Value
from security.tokens import TokenUse, hash_token, new_service_token

_PURPOSE = re.compile(r"[a-z][a-z0-9-]{0,31}")
_LETTERS = 10


class ServiceToken(Value):
    """A token as lists show it, without itself."""

    id: str
    scope: str
    purpose: str
    added: datetime
    revoked: bool


class ServiceTokens:
    """Which programs may ask what."""

    def __init__(self, work: UnitOfWork, sealing: Sealing) -> None:
        self._work = work
        self._sealing = sealing

    def add(self, scope: str, purpose: str, *, actor: str) -> tuple[str, str]:
        """A new token: its id ("T-...") and itself, which is shown this once.

        `scope` names what it opens, with blanks between; `purpose` is a word: crm-import.

        Raises:
            BadInput: no such scope, or none, or the purpose is no word.
        """
        scopes = tuple(dict.fromkeys(scope.split()))
        if not scopes or not set(scopes) <= set(Scope):
            raise BadInput("unknown-word", f"use of {', '.join(Scope)}", field="scope")
        if not _PURPOSE.fullmatch(purpose):
            raise BadInput("purpose-malformed", "use a lower-case word, as crm-import", field="purpose")
        # Letters alone: digits in a row could look like somebody's number to the audit chain.
        token = f"T-{''.join(secrets.choice(string.ascii_lowercase) for _ in range(_LETTERS))}"
        secret = new_service_token()
        with self._work.begin() as tx:
            row = {
                "id": token,
                "scope": " ".join(scopes),
                "purpose": purpose,
                "token_hash": self._hash(secret),
                "added_by": checked_actor(actor),
                "added": tx.now,
            }
            tx.connection.execute(insert(service_tokens).values(row))
            tx.tell(Event.PROGRAM_ADMITTED, actor=actor, token=token, scope=",".join(scopes), purpose=purpose)
        return token, secret

    def known(self, secret: str) -> Program:
        """Whose token that is. 256 random bits are compared by their hash, so that asking costs one look-up.

        Raises:
            NotAllowed: it is none, or was revoked; which of these is not told.
        """
        mine = service_tokens
        wanted = select(mine.c.id, mine.c.scope).where(
            mine.c.token_hash == self._hash(secret), mine.c.revoked.is_(None)
        )
        with self._work.read() as connection:
            row = connection.execute(wanted).one_or_none()
        if row is None:
            raise NotAllowed("token-refused", "use a token that was not revoked")
        return Program(token=row.id, scopes=frozenset(row.scope.split()))

    def revoke(self, token: str, *, actor: str) -> None:
        """From now on it opens nothing; again changes nothing. Raises `NotFound`."""
        checked_actor(actor)
        with self._work.begin() as tx:
            mine = service_tokens.c.id == token
            row = tx.connection.execute(select(service_tokens).where(mine).with_for_update()).one_or_none()
            if row is None:
                raise NotFound("token-unknown", "look it up in the list of tokens")
            if row.revoked is None:
                over = update(service_tokens).where(mine).values(revoked=tx.now, revoked_by=actor)
                tx.connection.execute(over)
                tx.tell(Event.PROGRAM_REVOKED, actor=actor, token=token)

    def all(self) -> tuple[ServiceToken, ...]:
        """Every token, the oldest first."""
        with self._work.read() as connection:
            rows = connection.execute(
                select(service_tokens).order_by(service_tokens.c.added, service_tokens.c.id)
            )
            return tuple(
                ServiceToken(
                    id=row.id,
                    scope=row.scope,
                    purpose=row.purpose,
                    added=row.added,
                    revoked=row.revoked is not None,
                )
                for row in rows
            )

    def _hash(self, secret: str) -> str:
        return hash_token(self._sealing.engine_key(), TokenUse.SERVICE, secret)
