from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

import httpx
import pytest
from google.protobuf.json_format import MessageToDict
from temporalio.api.common.v1 import Payload
from temporalio.converter import WorkflowSerializationContext

from domain.errors import BadInput, Unavailable
from security.codec import ENCODING, CaseCodec
from security.codec_server import create_codec_app
from security.keyring import KeyRing
from security.ports import KeyPurpose

TOKEN, ORIGIN = "t" * 43, "http://127.0.0.1:8233"
BEARER = {"authorization": f"Bearer {TOKEN}"}
PLAIN = Payload(metadata={"encoding": b"json/plain"}, data='{"name":"สมชาย"}'.encode())


@dataclass
class Notes:
    noted: list[tuple[str, Mapping[str, str | int]]] = field(default_factory=list)
    broken: bool = False

    def note(self, event: str, facts: Mapping[str, str | int]) -> None:
        if self.broken:
            raise Unavailable("register-unreachable")
        self.noted.append((event, facts))


@pytest.fixture
def audit() -> Notes:
    return Notes()


@pytest.fixture
async def http(ring: KeyRing, audit: Notes) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_codec_app(ring, audit, TOKEN, ORIGIN), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://codec.local") as client:
        yield client


async def sealed(ring: KeyRing, case_id: str) -> Payload:
    ring.ensure(KeyPurpose.CASE, case_id)
    codec = CaseCodec(ring).with_context(
        WorkflowSerializationContext(namespace="default", workflow_id=case_id)
    )
    return (await codec.encode([PLAIN]))[0]


async def ask(http: httpx.AsyncClient, *payloads: Payload, url: str = "/decode") -> list[dict[str, object]]:
    answer = await http.post(url, json={"payloads": [MessageToDict(it) for it in payloads]}, headers=BEARER)
    assert answer.status_code == 200
    return [
        {
            "encoding": base64.b64decode(it["metadata"]["encoding"]),
            "data": json.loads(base64.b64decode(it["data"])),
        }
        for it in answer.json()["payloads"]
    ]


async def test_it_opens_payloads_of_several_cases_and_tells_the_audit(
    http: httpx.AsyncClient, ring: KeyRing, audit: Notes
) -> None:
    given = [await sealed(ring, "case-1"), PLAIN, await sealed(ring, "case-2")]
    shown = await ask(http, *given, url="/decode?preserveStorageRefs=true")
    assert shown == [{"encoding": b"json/plain", "data": {"name": "สมชาย"}}] * 3
    keys = sorted(ring.for_owner(KeyPurpose.CASE, it).key_id for it in ("case-1", "case-2"))
    facts = {"opened": 2, "plain": 1, "shredded": 0, "broken": 0, "keys": " ".join(keys)}
    assert audit.noted == [("history:decoded", facts)]


async def test_shredded_and_broken_payloads_show_a_marker_beside_the_others(
    http: httpx.AsyncClient, ring: KeyRing, audit: Notes
) -> None:
    gone, there, bent = (
        await sealed(ring, "case-1"),
        await sealed(ring, "case-2"),
        await sealed(ring, "case-3"),
    )
    ring.shred(ring.for_owner(KeyPurpose.CASE, "case-1").key_id, "case-done")
    bent.data = bent.data[:-1] + bytes([bent.data[-1] ^ 1])
    unknown = Payload(metadata={"encoding": ENCODING}, data=b"\x01" + bytes(60))
    shown = await ask(http, gone, there, bent, unknown, Payload(metadata={"encoding": ENCODING}))
    assert [it["data"] for it in shown] == [
        {"sitthi": "shredded"},
        {"name": "สมชาย"},
        {"sitthi": "broken"},
        {"sitthi": "broken"},
        {"sitthi": "broken"},
    ]
    counted = {name: audit.noted[0][1][name] for name in ("opened", "plain", "shredded", "broken")}
    assert counted == {"opened": 1, "plain": 0, "shredded": 1, "broken": 3}


async def test_what_cannot_be_noted_is_not_shown(
    http: httpx.AsyncClient, ring: KeyRing, audit: Notes
) -> None:
    audit.broken = True
    body = {"payloads": [MessageToDict(await sealed(ring, "case-1"))]}
    answer = await http.post("/decode", json=body, headers=BEARER)
    assert answer.status_code == 500
    assert "สมชาย" not in answer.text


async def test_a_page_that_can_send_no_header_has_the_token_in_its_path(
    http: httpx.AsyncClient, ring: KeyRing, audit: Notes
) -> None:
    body = {"payloads": [MessageToDict(await sealed(ring, "case-1"))]}
    assert (await http.post(f"/{TOKEN}/decode", json=body)).status_code == 200
    assert (await http.post("/another-token/decode", json=body, headers=BEARER)).status_code == 401
    assert len(audit.noted) == 1


@pytest.mark.parametrize("given", [None, "", "Bearer", "Bearer wrong", f"bearer {TOKEN}", TOKEN, "Bearer ก"])
async def test_without_the_token_nothing_is_opened_or_noted(
    http: httpx.AsyncClient, ring: KeyRing, audit: Notes, given: str | None
) -> None:
    body = {"payloads": [MessageToDict(await sealed(ring, "case-1"))]}
    headers: dict[bytes, bytes] = {} if given is None else {b"authorization": given.encode()}
    answer = await http.post("/decode", json=body, headers=headers)
    assert (answer.status_code, answer.text) == (401, "")
    assert not audit.noted


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("POST", "/encode", 404), ("POST", "/", 404), ("GET", "/decode", 405), ("POST", "/decode/", 404)],
)
async def test_there_is_one_way_in(http: httpx.AsyncClient, method: str, path: str, status: int) -> None:
    answer = await http.request(method, path, headers=BEARER)
    assert answer.status_code in {status, 307}
    assert answer.status_code != 307 or answer.headers["location"].endswith("/decode")


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'{"payloads": 1}', b'{"payloads":[1]}', b"\xff\xfe"])
async def test_bad_bodies_are_refused(http: httpx.AsyncClient, audit: Notes, body: bytes) -> None:
    assert (await http.post("/decode", content=body, headers=BEARER)).status_code == 400
    assert not audit.noted


async def test_a_body_too_large_is_refused(http: httpx.AsyncClient) -> None:
    assert (await http.post("/decode", content=b" " * (8 << 20 | 1), headers=BEARER)).status_code == 413


@pytest.mark.parametrize(("origin", "status"), [(ORIGIN, 200), ("http://evil.example", 400), ("null", 400)])
async def test_only_the_ui_may_ask_from_a_browser(http: httpx.AsyncClient, origin: str, status: int) -> None:
    preflight = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type,x-namespace,authorization",
    }
    answer = await http.options("/decode?preserveStorageRefs=true", headers=preflight)
    assert answer.status_code == status
    allowed = origin if status == 200 else None
    assert answer.headers.get("access-control-allow-origin") == allowed
    decoded = await http.post("/decode", json={"payloads": []}, headers={**BEARER, "origin": origin})
    assert decoded.headers.get("access-control-allow-origin") == allowed


@pytest.mark.parametrize(
    ("token", "origin"), [("", ORIGIN), ("short", ORIGIN), (TOKEN, "*"), (TOKEN, ""), (TOKEN, "http://*")]
)
def test_it_does_not_start_open(ring: KeyRing, audit: Notes, token: str, origin: str) -> None:
    with pytest.raises(BadInput):
        create_codec_app(ring, audit, token, origin)
