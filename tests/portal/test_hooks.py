"""The mail provider's webhook over HTTP: signed or nothing, repeated without effect, and silent about everybody."""

from __future__ import annotations

import logging
from datetime import timedelta

import httpx
import pytest

from connectors.sendgrid_events import SendgridEvents
from domain.delivery import mark_of
from domain.errors import Unavailable
from portal.hooks import BODY_LIMIT, PATH
from tests.portal.world import HERS, LIFE, World, browsing
from tests.support.sendgrid_hook import Hooked, batch_of
from workflows.hooks import MailHook


@pytest.fixture(scope="module")
def sendgrid() -> Hooked:
    return Hooked()


def hook_of(world: World, sendgrid: Hooked) -> MailHook:
    return MailHook(SendgridEvents(sendgrid.public, world.clock), world.room.fates)


def sent(world: World) -> tuple[str, str]:
    """A case with an answer on its way, and the mark of its message."""
    case = world.case()
    letter = world.room.letters.queue(case, "L5", "letters/L5.pdf", "0" * 64)
    link = world.room.deliveries.link(letter.id, HERS, [], expires=world.clock.at + LIFE, proved=True)
    assert link is not None
    world.room.deliveries.sent(link.id)
    return case, mark_of(link.dedup)


async def posted(world: World, sendgrid: Hooked, body: bytes, **headers: str) -> httpx.Response:
    own = {**sendgrid.headers(body, world.clock.at), **headers}
    async with browsing(world, hook=hook_of(world, sendgrid)) as client:
        return await client.post(PATH, content=body, headers=own)


async def test_a_bounce_is_noted_once_and_sends_the_letter_by_post(world: World, sendgrid: Hooked) -> None:
    case, mark = sent(world)
    body = batch_of({"event": "delivered"}, {"event": "bounce", "sitthi_message": mark, "sg_event_id": mark})

    for _ in range(3):  # as SendGrid repeats itself, and as anybody may who recorded it
        answer = await posted(world, sendgrid, body)
        assert (answer.status_code, answer.content) == (204, b"")

    assert world.events(case).count("delivery:bounced") == 1
    assert [task.code for task in world.room.tasks.of(case)] == ["post-L5"]


async def test_what_is_not_signed_changes_nothing_and_is_told_nothing(
    world: World, sendgrid: Hooked, caplog: pytest.LogCaptureFixture
) -> None:
    case, mark = sent(world)
    body = batch_of({"event": "bounce", "sitthi_message": mark, "email": "hidden@example.com"})

    with caplog.at_level(logging.DEBUG):
        for headers in (
            Hooked().headers(body, world.clock.at),
            sendgrid.headers(body, world.clock.at - timedelta(days=3)),
            dict.fromkeys(sendgrid.headers(body, world.clock.at), ""),
        ):
            answer = await posted(world, sendgrid, body, **headers)
            assert (answer.status_code, answer.content) == (403, b"")

    assert "delivery:bounced" not in world.events(case)
    assert "hook-not-signed" in caplog.text
    assert "example.com" not in caplog.text
    assert mark not in caplog.text


async def test_a_large_batch_is_taken_and_one_too_large_is_not(world: World, sendgrid: Hooked) -> None:
    case, mark = sent(world)
    strangers = [{"event": "delivered", "sitthi_message": mark_of(str(n))} for n in range(3000)]
    body = batch_of(*strangers, {"event": "delivered", "sitthi_message": mark, "sg_event_id": f"l-{mark}"})
    assert 512 << 10 < len(body) < BODY_LIMIT

    assert (await posted(world, sendgrid, body)).status_code == 204
    assert "delivery:delivered" in world.events(case)
    assert (await posted(world, sendgrid, body + b" " * BODY_LIMIT)).status_code == 413


async def test_other_addresses_keep_their_small_limit(world: World, sendgrid: Hooked) -> None:
    async with browsing(world, hook=hook_of(world, sendgrid)) as client:
        kind = {"content-type": "application/x-www-form-urlencoded"}
        assert (await client.post("/verify", content=b"x" * 20_000, headers=kind)).status_code == 413


async def test_a_register_that_is_away_is_asked_again_later(world: World, sendgrid: Hooked) -> None:
    class Away:
        async def take(self, _body: bytes, _signature: str, _timestamp: str) -> int:
            raise Unavailable("database-unreachable")

    async with browsing(world, hook=Away()) as client:
        assert (await client.post(PATH, content=b"[]")).status_code == 503


async def test_signed_nonsense_is_malformed(world: World, sendgrid: Hooked) -> None:
    assert (await posted(world, sendgrid, b"{")).status_code == 400


async def test_it_takes_posts_only_and_without_a_key_there_is_no_such_address(
    world: World, sendgrid: Hooked
) -> None:
    async with browsing(world, hook=hook_of(world, sendgrid)) as client:
        assert (await client.get(PATH)).status_code == 405
    async with browsing(world) as client:
        assert (await client.post(PATH, content=b"[]")).status_code == 404
