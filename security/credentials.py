"""Staff credentials: made by us at random, kept as argon2id."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

CREDENTIAL_PREFIX = "sst_"
# RFC 9106, section 4, second recommended option: 64 MiB, 3 passes, 4 lanes.
_HASHER = PasswordHasher(
    time_cost=3, memory_cost=64 * 1024, parallelism=4, hash_len=32, salt_len=16, type=Type.ID
)


@dataclass(frozen=True)
class Checked:
    """Whether the credential is right, and whether its hash should be made anew with today's cost."""

    ok: bool
    rehash: bool = False


def new_credential() -> str:
    """Give 256 random bits, shown to the staff member once."""
    return CREDENTIAL_PREFIX + secrets.token_urlsafe(32)


def hash_credential(credential: str) -> str:
    """Give the argon2id hash to keep, its cost and salt inside."""
    return _HASHER.hash(credential)


def check_credential(resting: str | None, credential: str) -> Checked:
    """Check a credential against its hash; None, for staff unknown or disabled, takes as long and fails."""
    try:
        _HASHER.verify(resting or _nobody(), credential)
    except (VerificationError, InvalidHashError):
        return Checked(ok=False)
    if resting is None:
        return Checked(ok=False)
    return Checked(ok=True, rehash=_HASHER.check_needs_rehash(resting))


@cache
def _nobody() -> str:
    return _HASHER.hash(secrets.token_urlsafe(32))
