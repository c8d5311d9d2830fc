"""The short token that says who of the staff is signed in, and the secret of their forms.

A JSON Web Token (RFC 7519) under HMAC-SHA256, its key derived from the engine's: nobody else can make one, and it says
for ten minutes at most which session was looked at last. That the session still stands the register says each time.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

import jwt

from security.keyring import ENGINE_OWNER, KeyRing
from security.ports import KeyPurpose

LIFE = timedelta(minutes=10)
_ALGORITHM = "HS256"
_ISSUER = "sitthi"
_CLAIMS = ("iss", "aud", "sub", "sid", "exp")


@dataclass(frozen=True)
class Bearer:
    """Whose token it is, and of which session (or, for another use, which word it carries)."""

    member: str
    session: str


class StaffTokens:
    """Makes and reads tokens; one made for a use is none for another."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    def make(self, use: str, bearer: Bearer, now: datetime, life: timedelta = LIFE) -> str:
        """A token that is good from now on for so long."""
        claims = {
            "iss": _ISSUER,
            "aud": use,
            "sub": bearer.member,
            "sid": bearer.session,
            "exp": int((now + life).timestamp()),
        }
        return jwt.encode(claims, self._key(b"staff-token/1"), _ALGORITHM)

    def read(self, use: str, token: str, now: datetime) -> Bearer | None:
        """Whose it is; None for what is forged, over, or made for another use."""
        try:
            claims = jwt.decode(
                token,
                self._key(b"staff-token/1"),
                [_ALGORITHM],
                audience=use,
                issuer=_ISSUER,
                # By the engine's clock, below, and not by this machine's.
                options={"require": list(_CLAIMS), "verify_exp": False},
            )
        except jwt.InvalidTokenError:
            return None
        member, session, ends = claims["sub"], claims["sid"], claims["exp"]
        if not isinstance(session, str) or not isinstance(ends, int) or now.timestamp() >= ends:
            return None
        return Bearer(str(member), session)

    def form_secret(self, session: str) -> str:
        """What the forms of a session are proved by (`portal.safety.form_proof`): it never leaves the server."""
        return hmac.new(self._key(b"staff-form/1"), session.encode(), hashlib.sha256).hexdigest()

    def _key(self, use: bytes) -> bytes:
        return self._ring.ensure(KeyPurpose.ENGINE, ENGINE_OWNER).derive(use)
