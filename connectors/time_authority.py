"""A time stamping authority over HTTP (RFC 3161, section 3.4): a digest goes out, a signed time comes back."""

from __future__ import annotations

import secrets
import time
from typing import Any, ClassVar
from urllib.parse import urlsplit

import httpx
from asn1crypto import cms, core, tsp  # type: ignore[import-untyped]

from domain.errors import Refused, Unavailable

_PATIENCE = httpx.Timeout(5.0)
"""Seconds for each step of the exchange. A letter waits for as long, so it is short."""
_LONGEST = 10.0
"""Seconds for all of the answer, however slowly it drips."""
_MOST = 1 << 18
_NONCE_BITS = 63


class _Answer(core.Sequence):  # type: ignore[misc]
    """TimeStampResp (section 2.4.2), which asn1crypto reads with a token alone; a refusal has none."""

    _fields: ClassVar = [
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", cms.ContentInfo, {"optional": True}),
    ]


class HttpTimeAuthority:
    """Implements `domain.timestamps.TimeAuthority`; `login` is a user's name and password, where it asks for them."""

    def __init__(self, url: str, login: tuple[str, str] | None = None) -> None:
        self._url, self._login = url, login

    @property
    def name(self) -> str:
        """The authority's host."""
        return urlsplit(self._url).hostname or ""

    def stamp(self, digest: bytes) -> bytes:
        """A TimeStampToken (DER) over this SHA-256 digest (32 bytes).

        The token is held against the request: its digest and its nonce. Its signature is not checked here: whoever
        relies on it does, with a certificate that they trust.

        Raises:
            Unavailable: the authority can't be reached, or can't answer now.
            Refused: it will not stamp, or its answer is none to this request.
        """
        nonce = secrets.randbits(_NONCE_BITS)
        imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": digest}
        request = tsp.TimeStampReq(
            {"version": "v1", "message_imprint": imprint, "nonce": nonce, "cert_req": True}
        )
        reply = self._asked(request.dump())
        try:
            answer = _Answer.load(reply, strict=True)
            granted = answer["status"]["status"].native in {"granted", "granted_with_mods"}
            token = answer["time_stamp_token"]
            fits = granted and _fits(token, digest, nonce)
        except (ValueError, TypeError, KeyError):
            raise Refused("tsa-answer-unreadable", "check SITTHI_TSA_URL", host=self.name) from None
        if not granted:
            raise Refused("tsa-refuses", "ask the authority", host=self.name)
        if not fits:
            raise Refused("tsa-answer-to-another", "check SITTHI_TSA_URL", host=self.name)
        return bytes(token.dump())

    def _asked(self, request: bytes) -> bytes:
        ends = time.monotonic() + _LONGEST
        headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
        try:
            with httpx.stream(
                "POST",
                self._url,
                content=request,
                headers=headers,
                auth=self._login,
                timeout=_PATIENCE,
                trust_env=False,
            ) as answer:
                reply = b""
                for part in answer.iter_bytes():
                    if time.monotonic() > ends:
                        raise Unavailable("tsa-away", "it is too slow", host=self.name)
                    reply += part
                    if len(reply) > _MOST:
                        raise Refused("tsa-answer-unreadable", "check SITTHI_TSA_URL", host=self.name)
        except httpx.HTTPError:
            raise Unavailable("tsa-away", "check SITTHI_TSA_URL", host=self.name) from None
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS or answer.is_server_error:
            raise Unavailable("tsa-away", "it may answer later", host=self.name, status=answer.status_code)
        if not answer.is_success:
            raise Refused("tsa-refuses", "ask the authority", host=self.name, status=answer.status_code)
        return reply


def _fits(token: Any, digest: bytes, nonce: int) -> bool:
    told = token["content"]["encap_content_info"]
    if token["content_type"].native != "signed_data" or told["content_type"].native != "tst_info":
        return False
    info = told["content"].parsed
    imprint = info["message_imprint"]
    return bool(
        imprint["hash_algorithm"]["algorithm"].native == "sha256"
        and imprint["hashed_message"].native == digest
        and info["nonce"].native == nonce
    )
