"""Link tokens and codes that prove an address, and how they rest: hashed under a key, never as they are."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from enum import StrEnum
from itertools import islice

from security.keyring import DataKey, KeyRing

LINK_PREFIX = "slk_"
SERVICE_PREFIX = "ssv_"
_LINK_BYTES = 32
_CODE_DIGITS = 6
_PHRASE_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that is read or heard as another
_PHRASE_GROUPS, _PHRASE_GROUP = 5, 5
_RESTING = re.compile(r"t1\.([0-9a-f]{32})\.([0-9a-f]{64})")


class TokenUse(StrEnum):
    """What a token is good for; a hash made for one use never matches for another."""

    LINK = "link"
    DELIVERY = "delivery"
    INSTRUCTION = "instruction"
    ANSWER = "answer"
    CODE = "code"
    SESSION = "session"
    FORM = "form"
    SERVICE = "service"
    STAFF = "staff"
    SELF = "self"


def new_link_token() -> str:
    """Give 256 random bits for a link: URL-safe, with a prefix by which log redaction knows it."""
    return LINK_PREFIX + secrets.token_urlsafe(_LINK_BYTES)


def new_service_token() -> str:
    """Give 256 random bits for a program, with a prefix by which log redaction and secret scanners know it."""
    return SERVICE_PREFIX + secrets.token_urlsafe(_LINK_BYTES)


def new_code() -> str:
    """Give a code of six digits, leading zeros kept; only a bound on attempts makes it safe."""
    return f"{secrets.randbelow(10**_CODE_DIGITS):0{_CODE_DIGITS}}"


def new_passphrase() -> str:
    """Give some 123 random bits as five groups that can be read out over the telephone.

    What it opens can be tried at leisure by whoever finds it, so it must be long; it is never kept.
    """
    letters = (secrets.choice(_PHRASE_LETTERS) for _ in range(_PHRASE_GROUPS * _PHRASE_GROUP))
    return "-".join("".join(islice(letters, _PHRASE_GROUP)) for _ in range(_PHRASE_GROUPS))


def hash_token(key: DataKey, use: TokenUse, token: str, bound_to: str = "") -> str:
    """Give the resting form of a token, `t1.<key id>.<HMAC-SHA256 hex>`; the same each time.

    `bound_to` names what it belongs to (a challenge id), so that equal codes of two challenges
    differ; leave it empty where the hash itself is what a row is found by, as with links.
    """
    message = f"{use.value}\x00{bound_to}\x00{token}".encode()
    digest = hmac.new(key.derive(b"token/1"), message, hashlib.sha256).hexdigest()
    return f"t1.{key.key_id}.{digest}"


def next_token(key: DataKey, use: TokenUse, token: str, bound_to: str) -> str:
    """Give the token that follows this one: the same each time, and no one else can tell it without the key."""
    message = f"{use.value}\x00{bound_to}\x00{token}".encode()
    digest = hmac.new(key.derive(b"token-next/1"), message, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def token_matches(ring: KeyRing, resting: str, use: TokenUse, token: str, bound_to: str = "") -> bool:
    """Compare in constant time; raises what opening the key raises, and is False for no resting form."""
    found = _RESTING.fullmatch(resting)
    if found is None:
        return False
    return hmac.compare_digest(resting, hash_token(ring.get(found[1]), use, token, bound_to))
