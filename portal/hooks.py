"""POST /hooks/sendgrid: the mail provider says what became of letters. No page, no cookie, nothing told back."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

from domain.errors import BadInput, NotAllowed, Unavailable

BODY_LIMIT = 1 << 20
"""Bytes of a batch; SendGrid posts at most 768 KiB at a time."""

PATH = "/hooks/sendgrid"
_SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
_TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"
_log = logging.getLogger("sitthi.portal")


class PortalHook(Protocol):
    """What takes the provider's word."""

    async def take(self, body: bytes, signature: str, timestamp: str) -> int:
        """How much was new. Raises `NotAllowed`, `BadInput`, `Unavailable`."""
        ...


@dataclass(frozen=True)
class Hook:
    """The one route. What it answers is a status and no more; what it logs is a code."""

    hook: PortalHook

    async def sendgrid(self, request: Request) -> Response:
        """204 when it was taken, new or not; 403 for who cannot sign; 503 where it is to be sent again."""
        signature, timestamp = request.headers.get(_SIGNATURE, ""), request.headers.get(_TIMESTAMP, "")
        try:
            await self.hook.take(await request.body(), signature, timestamp)
        except NotAllowed as refused:
            _log.warning("a batch of mail events was refused: %s", refused.code)
            return Response(status_code=403)
        except BadInput as malformed:
            _log.warning("a batch of mail events was refused: %s", malformed.code)
            return Response(status_code=400)
        except Unavailable as away:
            _log.warning("a batch of mail events could not be taken: %s", away.code)
            return Response(status_code=503)
        return Response(status_code=204)
