"""Programs that are told what happens: with the change or not at all, again until they take it, and never whose case it is."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from activities.webhooks import SendWebhooks
from connectors import webhook_post
from connectors.webhook_post import HttpPost
from domain.errors import BadInput, NotFound, Refused, Unavailable
from domain.events import Event
from domain.outcomes import Ending
from domain.rights import Right
from domain.states import State
from domain.webhooks import AGAIN_AFTER, KEPT_FOR, Outgoing, Told, checked_url, events_of, told_of
from security.redaction import mask
from security.webhooks import signature
from tests.cases.conftest import EMAIL, House
from tests.support.told import Program, listening

DOCS = Path(__file__).parents[2] / "docs" / "api.md"


@pytest.fixture
def program() -> Iterator[Program]:
    with listening() as found:
        yield found


def sender(house: House, *, loopback: bool = True) -> SendWebhooks:
    return SendWebhooks(house.room.webhooks, HttpPost(house.clock, loopback=loopback))


def subscribed(house: House, program: Program, *events: Told) -> tuple[str, str]:
    return house.room.webhooks.add(program.url, events or tuple(Told), actor="S-1")


def bodies(program: Program) -> list[dict[str, Any]]:
    return [json.loads(body) for _, body in program.got]


def test_what_happens_to_a_case_is_told_in_codes(own_house: House, program: Program) -> None:
    _, secret = subscribed(own_house, program, Told.RECEIVED, Told.OPENED, Told.DUE_SOON, Told.CLOSED)
    case = own_house.case(State.RESOLVING, right=Right.ACCESS)
    own_house.room.register.note(case, Event.DEADLINE_NEAR, days=7)
    own_house.room.register.close(case, Ending.NO_DATA)
    assert sender(own_house).send() == 4
    reference = own_house.room.register.view(case).case.reference
    told = {one["type"]: one for one in bodies(program)}
    assert set(told) == {"request.received", "case.opened", "case.due-soon", "case.closed"}
    closed = told["case.closed"]["data"]
    assert (closed["reference"], closed["right"], closed["ending"]) == (reference, "access", "no-data")
    assert EMAIL not in str(bodies(program))
    for headers, body in program.got:
        message, at = headers["webhook-id"], int(headers["webhook-timestamp"])
        assert at == int(own_house.clock.at.timestamp())
        assert headers["webhook-signature"] == signature(secret, message, at, body)
        assert json.loads(body)["id"] == message
    assert len({headers["webhook-id"] for headers, _ in program.got}) == 4
    assert sender(own_house).send() == 0


def test_nothing_is_told_of_what_was_undone(own_house: House, program: Program) -> None:
    subscribed(own_house, program)
    case = own_house.case()
    sender(own_house).send()
    before = len(program.got)
    with pytest.raises(BadInput):
        own_house.room.register.note(case, Event.DEADLINE_NEAR, code=EMAIL)

    def undone() -> None:
        with own_house.room.webhooks._work.begin() as tx:
            tx.tell(Event.DEADLINE_NEAR, case)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        undone()
    assert sender(own_house).send() == 0
    assert len(program.got) == before


def test_a_decision_is_told_once_it_is_complete() -> None:
    assert told_of(Event.DECISION_PROPOSED, {}) is None
    assert told_of(Event.DECISION_PROPOSED, {"done": 1}) is Told.DECIDED
    assert told_of(Event.DECISION_CONFIRMED, {}) is Told.DECIDED
    assert told_of(Event.LETTER_SENT, {}) is None


def test_who_does_not_take_it_is_told_again_later_and_in_the_end_given_up(
    own_house: House, program: Program
) -> None:
    hook, _ = subscribed(own_house, program, Told.OPENED)
    own_house.case()
    program.answers = [500, 302, 404, *([503] * len(AGAIN_AFTER))]
    for number, wait in enumerate(AGAIN_AFTER, 1):
        assert sender(own_house).send() == 0
        assert sender(own_house).send() == 0  # nothing is due
        assert len(program.got) == number
        own_house.clock.at += wait
    sender(own_house).send()
    tries = len(AGAIN_AFTER) + 1
    [one] = own_house.room.webhooks.all()
    assert (one.waiting, one.given_up, one.last_code) == (0, 1, "webhook-answered-503")
    assert len({headers["webhook-id"] for headers, _ in program.got}) == 1
    assert len({body for _, body in program.got}) == 1
    assert (
        len({headers["webhook-signature"] for headers, _ in program.got}) == tries
    )  # each of its own moment
    own_house.clock.at += timedelta(days=9)
    assert sender(own_house).send() == 0
    assert len(program.got) == tries
    assert program.got[0][0].get("method") is None  # what redirects is not followed
    program.answers = []
    assert own_house.room.webhooks.retry(hook, actor="S-1") == 1
    assert sender(own_house).send() == 1
    [one] = own_house.room.webhooks.all()
    assert (one.waiting, one.given_up, one.last_code) == (0, 0, "taken")
    assert "webhook:given-up" in events(own_house)


def test_who_is_slow_or_away_holds_up_nobody_else(
    own_house: House, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_post, "LONGEST", 4.0)
    with listening() as slow, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound and never listening: nobody answers there
        slow.asleep.set()
        for url in (slow.url, f"http://127.0.0.1:{closed.getsockname()[1]}/told", program.url):
            own_house.room.webhooks.add(url, (Told.OPENED,), actor="S-1")
        own_house.case()
        assert sender(own_house).send() == 1
        codes = [one.last_code for one in own_house.room.webhooks.all()]
    assert sorted(codes) == ["taken", "webhook-away", "webhook-too-slow"]
    assert len(program.got) == 1


def test_a_death_between_sending_and_noting_sends_the_same_message_again(
    own_house: House, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribed(own_house, program, Told.OPENED)
    own_house.case()

    def dies(*_: object) -> None:
        raise Unavailable("database-unreachable")

    with monkeypatch.context() as patch:
        patch.setattr(own_house.room.webhooks, "taken", dies)
        with pytest.raises(Unavailable):
            sender(own_house).send()
    assert sender(own_house).send() == 0  # it is still the other's
    own_house.clock.at += timedelta(minutes=2)
    assert sender(own_house).send() == 1
    [first, second] = program.got
    assert first[0]["webhook-id"] == second[0]["webhook-id"]
    assert first[1] == second[1]
    own_house.clock.at += KEPT_FOR + timedelta(seconds=1)
    sender(own_house).send()
    assert own_house.room.webhooks.all()[0].last_code == ""  # forgotten


def test_two_senders_do_not_send_the_same(own_house: House, program: Program) -> None:
    subscribed(own_house, program, Told.OPENED)
    for _ in range(3):
        own_house.case()
    first, second = own_house.room.webhooks.claim(), own_house.room.webhooks.claim()
    assert (len(first), len(second)) == (3, 0)


def test_who_is_revoked_hears_nothing_more(own_house: House, program: Program) -> None:
    hook, secret = subscribed(own_house, program)
    own_house.case()
    own_house.room.webhooks.revoke(hook, actor="S-2")
    own_house.room.webhooks.revoke(hook, actor="S-2")
    own_house.case()
    assert sender(own_house).send() == 0
    assert program.got == []
    with pytest.raises(NotFound):
        own_house.room.webhooks.revoke("W-nobody", actor="S-2")
    with own_house.owner.connect() as connection:
        kept = str(connection.execute(text("SELECT * FROM webhooks")).all())
    assert secret.removeprefix("whsec_") not in kept
    assert secret not in mask(f"the secret is {secret}")


@pytest.mark.parametrize(
    "url",
    [
        "https://10.0.0.1/x",
        "https://169.254.169.254/latest",
        "https://[::ffff:192.168.0.1]/x",
        "https://[64:ff9b::a00:1]/x",
        "https://[2002:a00:1::]/x",
        "https://[fe80::1]/x",
        "https://0.0.0.0/x",
        "https://224.0.0.1/x",
        "https://127.0.0.1:1/x",
        "https://localhost:1/x",
    ],
)
def test_nobody_inside_the_company_s_network_is_told(own_house: House, url: str) -> None:
    message = Outgoing(id="m-1", webhook="W-a", url=url, secret="whsec_AAAA", body=b"{}")
    with pytest.raises(Refused, match="webhook address refused"):
        HttpPost(own_house.clock, loopback=False).send(message)


def test_a_name_that_leads_inside_is_refused_though_one_of_its_addresses_is_public(
    own_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 443)) for ip in ("93.184.215.14", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    message = Outgoing(id="m-1", webhook="W-a", url="https://a.example/x", secret="whsec_AAAA", body=b"{}")
    with pytest.raises(Refused, match="webhook address refused"):
        HttpPost(own_house.clock, loopback=False).send(message)


def test_plain_http_leads_to_this_machine_alone(own_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    message = Outgoing(id="m-1", webhook="W-a", url="http://localhost:80/x", secret="whsec_AAAA", body=b"{}")
    with pytest.raises(Refused, match="webhook not over tls"):
        HttpPost(own_house.clock, loopback=True).send(message)


def test_which_addresses_may_be_subscribed() -> None:
    for good in ("https://crm.example/told", "https://crm.example:8443/"):
        assert checked_url(good, loopback=False) == good
    assert checked_url("http://127.0.0.1:8080/told", loopback=True)
    for bad in (
        "http://crm.example/told",
        "http://127.0.0.1:8080/told",
        "https://u:p@crm.example/",
        "https://crm.example/?person=malee",
        "https://crm.example/#x",
        "ftp://crm.example/",
        "https:///x",
        "https://crm.example:99999/",
        "https://crm.example/ x",
        "",
    ):
        with pytest.raises(BadInput, match="url refused"):
            checked_url(bad, loopback=False)
    assert events_of([]) == tuple(Told)
    with pytest.raises(BadInput, match="unknown word"):
        events_of(["case.everything"])


def test_the_snippet_of_the_documentation_tells_our_word_from_anybody_s(
    own_house: House, program: Program
) -> None:
    _, secret = subscribed(own_house, program, Told.OPENED)
    own_house.case()
    sender(own_house).send()
    [(headers, body)] = program.got
    snippet = DOCS.read_text("utf-8").split("```python\n")[1].split("```")[0]
    space: dict[str, Any] = {}
    exec(snippet, space)
    now = own_house.clock.at.timestamp()
    verify = space["verify"]
    assert verify(secret, headers, body, now)
    assert not verify(secret, headers, body + b" ", now)
    assert not verify(secret, {**headers, "webhook-id": "m-other"}, body, now)
    assert not verify(secret, headers, body, now + 301)
    assert not verify("whsec_" + "A" * 44, headers, body, now)


def events(house: House) -> list[str]:
    with house.owner.connect() as connection:
        return [str(one) for one in connection.execute(text("SELECT event FROM events")).scalars()]
