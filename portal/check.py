"""Checking a certificate of erasure by the address in its QR code: without an account, and without personal data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

from domain.certificates import Certified
from domain.errors import NotFound, Unavailable
from portal.pages import Pages
from portal.safety import Throttle, place_of

_PROOF = re.compile(r"[0-9a-f]{64}")
_RETRY_AFTER = 30.0


class PortalCertificates(Protocol):
    """What the page asks."""

    async def certified(self, proof: str) -> Certified:
        """What was issued under that proof id. Raises `NotFound`, `Unavailable`."""
        ...


@dataclass(frozen=True)
class Check:
    """The page under /check/."""

    certificates: PortalCertificates
    pages: Pages
    throttle: Throttle

    async def page(self, request: Request) -> Response:
        """GET /check/{proof}: that a certificate with this code was issued, when, and the digest of its file."""
        if wait := self.throttle.wait(place_of(request)):
            return self.pages.notice(request, "check_limited", 429, wait=wait, back=request.url.path)
        proof = request.path_params["proof"]
        if not _PROOF.fullmatch(proof):
            return self.pages.notice(request, "uncertified", 404)
        try:
            found = await self.certificates.certified(proof)
        except NotFound:
            return self.pages.notice(request, "uncertified", 404)
        except Unavailable:
            return self.pages.notice(request, "away", 503, wait=_RETRY_AFTER, back=request.url.path)
        return self.pages.page(request, "check.html", found=found)
