"""The signed event webhook: SendGrid's word, nobody else's, and of it no more than what became of our letters."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from connectors.sendgrid_events import SendgridEvents
from domain.delivery import Fate, mark_of
from domain.errors import BadInput, NotAllowed
from tests.support.sendgrid_hook import Hooked, batch_of

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
MARK = mark_of("d-1")


class Clock:
    def now(self) -> datetime:
        return NOW


@pytest.fixture(scope="module")
def sendgrid() -> Hooked:
    return Hooked()


@pytest.fixture
def events(sendgrid: Hooked) -> SendgridEvents:
    return SendgridEvents(sendgrid.public, Clock())


def test_of_a_batch_only_what_became_of_our_letters_is_read(sendgrid: Hooked, events: SendgridEvents) -> None:
    body = batch_of(
        {"event": "processed", "sitthi_message": MARK},
        {"event": "delivered", "sitthi_message": MARK, "timestamp": 1795402800, "sg_event_id": "a=="},
        {"event": "bounce", "type": "blocked", "sitthi_message": MARK, "reason": "550 somying@example.com"},
        {"event": "dropped", "sitthi_message": MARK},
        {"event": "delivered"},
        {"event": "bounce", "sitthi_message": 7},
        {"event": "open", "sitthi_message": MARK, "ip": "203.0.113.9"},
    )

    found = events.read(body, *sendgrid.sign(body, NOW))

    assert [each.fate for each in found] == [Fate.DELIVERED, Fate.BOUNCED, Fate.DROPPED]
    assert {each.mark for each in found} == {MARK}
    assert found[0].at == datetime.fromtimestamp(1795402800, UTC)
    assert found[0].event == hashlib.sha256(b"a==").hexdigest()
    assert "example.com" not in "".join(each.model_dump_json() for each in found)


def test_one_byte_of_body_or_time_makes_it_nobodys_word(sendgrid: Hooked, events: SendgridEvents) -> None:
    body = batch_of({"event": "delivered", "sitthi_message": MARK})
    signature, stamp = sendgrid.sign(body, NOW)

    for changed in (
        (body + b" ", signature, stamp),
        (body, signature, str(int(stamp) + 1)),
        (body, Hooked().sign(body, NOW)[0], stamp),
        (body, "", stamp),
        (body, "é", stamp),
        (body, base64.b64encode(b"0" * 64).decode(), stamp),
    ):
        with pytest.raises(NotAllowed) as refused:
            events.read(*changed)
        assert refused.value.code == "hook-not-signed"


@pytest.mark.parametrize(("hours", "good"), [(-27, False), (-25, True), (0, True), (1, False)])
def test_what_was_signed_long_ago_or_is_to_come_is_refused(
    sendgrid: Hooked, events: SendgridEvents, hours: float, good: bool
) -> None:
    body = batch_of({"event": "delivered", "sitthi_message": MARK})
    said = body, *sendgrid.sign(body, NOW + timedelta(hours=hours))
    if good:
        assert len(events.read(*said)) == 1
        return
    with pytest.raises(NotAllowed, match="out of time"):
        events.read(*said)


@pytest.mark.parametrize("stamp", ["", "x", "-1", "1e9", "๑๗๙๕๔๐๒๘๐๐"])
def test_a_time_that_is_none_is_refused_though_signed(
    sendgrid: Hooked, events: SendgridEvents, stamp: str
) -> None:
    with pytest.raises(NotAllowed):
        events.read(b"[]", sendgrid.over(stamp.encode() + b"[]"), stamp)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"7", b"[7]", b"[[]]", b"null", b"[" * 100_000]
    + [
        json.dumps([{"event": "bounce", "sitthi_message": "m", **more}]).encode()
        for more in (
            {},
            {"sg_event_id": "e"},
            {"sg_event_id": "e", "timestamp": "soon"},
            {"sg_event_id": "e", "timestamp": 1e300},
        )
    ],
)
def test_what_is_signed_and_no_batch_is_malformed(
    sendgrid: Hooked, events: SendgridEvents, body: bytes
) -> None:
    with pytest.raises(BadInput) as refused:
        events.read(body, *sendgrid.sign(body, NOW))
    assert refused.value.facts == {}


def test_a_key_that_is_none_is_refused_at_start() -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    other = Ed25519PrivateKey.generate().public_key()
    der = other.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    for key in ("", "not base64", base64.b64encode(b"0" * 91).decode(), base64.b64encode(der).decode()):
        with pytest.raises(BadInput) as refused:
            SendgridEvents(key, Clock())
        assert refused.value.facts == {"variable": "SITTHI_SENDGRID_EVENTS_KEY"}


def test_it_is_the_scheme_that_the_vendors_own_library_checks(sendgrid: Hooked) -> None:
    from sendgrid.helpers.eventwebhook import EventWebhook

    body = batch_of({"event": "delivered"})
    signature, stamp = sendgrid.sign(body, NOW)

    checker: Any = EventWebhook(sendgrid.public)
    assert checker.verify_signature(body.decode(), signature, stamp)
    assert isinstance(sendgrid.key, ec.EllipticCurvePrivateKey)
    assert SHA256().digest_size == 32
