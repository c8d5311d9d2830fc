"""The codec server: lets an officer's Temporal Web UI show sealed payloads, and tells the audit of it."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Iterable, Mapping

from google.protobuf.json_format import MessageToDict, Parse, ParseError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from temporalio.api.common.v1 import Payload, Payloads

from domain.errors import BadInput, KeyShredded, NotFound, SealBroken
from domain.events import Event
from security.codec import ENCODING, open_payload, payload_key_id
from security.keyring import KeyRing
from security.ports import AuditSink

_MOST_BYTES = 8 * 1024 * 1024
_SHORTEST_TOKEN = 32
_log = logging.getLogger(__name__)


def create_codec_app(ring: KeyRing, audit: AuditSink, token: str, origin: str) -> Starlette:
    """Make the app: `POST /decode` for who bears `token`, from pages of `origin` (the UI's) only.

    The embedded Web UI has no sign-in and sends no header; for it the token may stand in the path, as
    `POST /<token>/decode`. In production put the UI behind a sign-in that sends the header.

    Every decode is noted as `history:decoded` (counts and key ids) before anything is shown; if it
    can't be noted, nothing is shown. Raises `BadInput` for a token under 32 characters or an origin
    that is none or a wildcard.
    """
    if len(token) < _SHORTEST_TOKEN:
        raise BadInput("codec-token-too-short", "make one of 32 random characters or more")
    if not origin.startswith(("http://", "https://")) or "*" in origin:
        raise BadInput(
            "codec-origin-invalid", "give the origin of the Temporal UI, like http://127.0.0.1:8233"
        )

    async def decode(request: Request) -> Response:
        if not _bears(request, token):
            _log.warning("codec server: a decode without the right token was refused")
            return Response(status_code=401, headers={"www-authenticate": "Bearer"})
        body = await _body(request)
        if body is None:
            return Response(status_code=413)
        try:
            asked = Parse(body, Payloads(), ignore_unknown_fields=True)
        except (ParseError, UnicodeDecodeError):
            return Response(status_code=400)
        return JSONResponse(await run_in_threadpool(_decode, ring, audit, asked.payloads))

    cors = Middleware(
        CORSMiddleware,
        allow_origins=[origin],
        allow_methods=["POST"],
        allow_headers=["content-type", "x-namespace", "authorization"],
    )
    routes = [Route(path, decode, methods=["POST"]) for path in ("/decode", "/{token}/decode")]
    return Starlette(routes=routes, middleware=[cors])


def _bears(request: Request, token: str) -> bool:
    in_path = request.path_params.get("token")
    given = f"Bearer {in_path}" if in_path else request.headers.get("authorization", "")
    return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())


async def _body(request: Request) -> bytes | None:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _MOST_BYTES:
            return None
    return bytes(body)


def _decode(ring: KeyRing, audit: AuditSink, payloads: Iterable[Payload]) -> Mapping[str, object]:
    shown, states, key_ids = [], [], set()
    for payload in payloads:
        state, opened, key_id = _open(ring, payload)
        shown.append(opened)
        states.append(state)
        key_ids.add(key_id)
    counts = {state: states.count(state) for state in ("opened", "plain", "shredded", "broken")}
    audit.note(Event.HISTORY_DECODED, {**counts, "keys": " ".join(sorted(key_ids - {""}))})
    return {"payloads": [MessageToDict(it) for it in shown]}


def _open(ring: KeyRing, payload: Payload) -> tuple[str, Payload, str]:
    if payload.metadata.get("encoding") != ENCODING:
        return "plain", payload, ""
    key_id = ""
    try:
        key_id = payload_key_id(payload)
        key = ring.get(key_id)
        return "opened", open_payload(key, payload, key.owner), key_id
    except KeyShredded:
        return "shredded", _marker("shredded"), key_id
    except (SealBroken, NotFound):
        return "broken", _marker("broken"), key_id


def _marker(state: str) -> Payload:
    return Payload(metadata={"encoding": b"json/plain"}, data=f'{{"sitthi": "{state}"}}'.encode())
