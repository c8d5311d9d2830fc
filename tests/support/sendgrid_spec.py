"""What is said to the stand-in, and what it answers, held against SendGrid's own OpenAPI where that is there."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

from openapi_core import Config, OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse
from openapi_core.validation.response.exceptions import InvalidData
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PLACE = Path(
    os.environ.get("SENDGRID_OPENAPI") or Path(__file__).parents[3] / "shared" / "openapi" / "sendgrid"
)
UNSPECIFIED = frozenset({"/v3/scopes"})
"""Asked of the real service too, and in none of the documents that are there."""
FILES = "/exports/"
"""Where exported files lie: in no document, as it is another service's address."""
BAD = 400
SAYS_OTHERWISE: dict[tuple[str, str], Callable[[Any], bool]] = {
    # "An empty JSON object will be returned" where an address is not in the list; the schema asks for the address.
    ("GET", "/v3/asm/suppressions/global/{email}"): lambda told: told == {},
    # "An empty `results` array" where there are none; the schema tells of one segment alone.
    ("GET", "/v3/marketing/segments/2.0"): lambda told: all(
        {"id", "name", "contacts_count", "created_at", "status"} <= one.keys() for one in told["results"]
    ),
    # Its id goes into the path of `imports/{id}` as text; the schema calls it an object.
    ("DELETE", "/v3/marketing/contacts"): lambda told: isinstance(told["job_id"], str),
}
"""Where a document's words and examples contradict its own schema, what the words say."""
_BASE = "https://api.sendgrid.com"


@dataclass(frozen=True)
class Exchange:
    """One request and its whole answer."""

    method: str
    path: str
    query: str
    body: bytes
    kind: str
    status: int
    answer: bytes
    answered: str


@dataclass
class Listener:
    """Hears what passes between the SDK and a stand-in; an answer that broke off is none."""

    heard: list[Exchange] = field(default_factory=list)

    def around(self, app: ASGIApp) -> ASGIApp:
        async def listening(scope: Scope, receive: Receive, send: Send) -> None:
            said, answer, status, kind, whole = b"", b"", 0, "", False

            async def hear() -> Message:
                nonlocal said
                message = await receive()
                said += message.get("body", b"")
                return message

            async def tell(message: Message) -> None:
                nonlocal answer, status, kind, whole
                if message["type"] == "http.response.start":
                    status, kind = (
                        message["status"],
                        dict(message["headers"]).get(b"content-type", b"").decode(),
                    )
                else:
                    answer += message.get("body", b"")
                    whole = not message.get("more_body")
                await send(message)

            await app(scope, hear, tell)
            if whole:
                headers = dict(scope["headers"])
                path = (scope.get("raw_path") or b"").decode().partition("?")[0]
                told = headers.get(b"content-type", b"").decode() if said else ""
                query = scope["query_string"].decode()
                self.heard.append(Exchange(scope["method"], path, query, said, told, status, answer, kind))

        return listening

    def wrong(self) -> list[str]:
        """What does not fit the vendor's documents; empty where they are not there."""
        if not PLACE.is_dir():
            return []
        return [told for one in dict.fromkeys(self.heard) for told in _wrong(one)]


def _wrong(one: Exchange) -> Iterator[str]:
    if one.path in UNSPECIFIED or one.path.startswith(FILES):
        return
    about = f"{one.method} {one.path} {one.status}"
    found = _operation(one.method, unquote(one.path))
    if found is None:
        yield f"{about}: in no document"
        return
    spec, pattern, named, responses = found
    request = MockRequest(
        _BASE,
        one.method,
        unquote(one.path),
        path_pattern=pattern,
        args=dict(parse_qsl(one.query)),
        view_args=named,
        headers={"Authorization": "Bearer x"},
        data=one.body or None,
        content_type=one.kind,
    )
    if one.status >= BAD:  # by intent; that `field` may be null stands in the documents' examples only
        if not all(isinstance(each["message"], str) for each in json.loads(one.answer)["errors"]):
            yield f"{about}: no such error"
        return
    if str(one.status) not in responses:
        yield f"{about}: an answer that is in no document"
        return
    try:
        spec.validate_request(request)
        if one.answer:
            spec.validate_response(request, MockResponse(one.answer, one.status, content_type=one.answered))
    except OpenAPIError as error:
        in_words = SAYS_OTHERWISE.get((one.method, pattern))
        if in_words is not None and isinstance(error, InvalidData) and in_words(json.loads(one.answer)):
            return
        yield f"{about}: {error!r} {error.__cause__!r}"


@cache
def _documents() -> tuple[tuple[OpenAPI, dict[str, Any]], ...]:
    told = (json.loads(file.read_text("utf-8")) for file in sorted(PLACE.glob("*_v3.json")))
    # The vendor's documents break some rules of the specification themselves (examples that are no list).
    as_they_are = Config(spec_validator_cls=None)  # type: ignore[arg-type]
    return tuple((OpenAPI.from_dict(one, config=as_they_are), one["paths"]) for one in told)


@cache
def _operation(method: str, path: str) -> tuple[OpenAPI, str, dict[str, str], frozenset[str]] | None:
    """The document that tells of it, its template of the path, what stands in that, and the statuses it knows."""
    best: tuple[int, tuple[OpenAPI, str, dict[str, str], frozenset[str]]] | None = None
    for spec, paths in _documents():
        for template, operations in paths.items():
            operation = operations.get(method.lower())
            match = re.fullmatch(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(template)), path)
            names = template.count("{")
            if operation and match and (best is None or names < best[0]):
                responses = frozenset(operation["responses"])
                best = names, (spec, template, match.groupdict(), responses)
    return best[1] if best else None
