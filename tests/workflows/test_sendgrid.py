"""Cases over two systems, the company's database and SendGrid, with the engine's letters through SendGrid too."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest
import yaml
from pydantic import SecretStr

from bootstrap import House, build, connect
from demo.sendgrid_account import Account
from demo.sendgrid_post import post_to
from demo.sendgrid_standin import SCOPES, StandIn
from domain.case import Proof
from domain.outcomes import Ending, Outcome
from domain.ports import CaseView
from domain.rights import Right
from domain.states import State
from embedded.postgres import PostgresServer
from embedded.temporal import TemporalServer
from tests.contract.sendgrid_world import GROUPS, KEY, MARKETING, list_of, stanza
from tests.support.house import Installation, fresh_company, hurried, install
from tests.support.people import People
from tests.support.sendgrid_spec import Listener
from tests.workflows.company import PAYS, READS, WRITES, Cast, Somebody
from worker import workers

pytestmark = pytest.mark.slow

SENDS = "letters-only"


@pytest.fixture(scope="module")
def listener() -> Listener:
    return Listener()


@pytest.fixture(scope="module")
def standin(listener: Listener) -> Iterator[StandIn]:
    account = Account(keys={KEY: SCOPES, SENDS: frozenset({"mail"})}, delay=1.0, lag=1.0)
    for group in GROUPS:
        account.groups[group] = {"id": group, "name": f"Kind {group}", "description": "", "is_default": False}
        account.lists[list_of(group)] = f"List {group}"
    running = StandIn(account, around=listener.around).start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def temporal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TemporalServer]:
    """One of its own: the other workflows' workers must not take these cases."""
    server = TemporalServer(tmp_path_factory.mktemp("temporal"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def vendors(
    tmp_path_factory: pytest.TempPathFactory,
    postgres: PostgresServer,
    temporal: TemporalServer,
    standin: StandIn,
) -> Iterator[Installation]:
    made = install(
        "vendors", tmp_path_factory.mktemp("vendors"), postgres, temporal, policy=hurried(cooling_hours=24)
    )
    settings = made.settings
    assert settings.systems is not None
    told = yaml.safe_load(settings.systems.read_text("utf-8"))
    news = {"name": "sendgrid", "kind": "sendgrid", "key_env": "SENDGRID_KEY", "url": standin.url, **stanza()}
    told["systems"].append(news)
    settings.systems.write_text(yaml.safe_dump(told, allow_unicode=True), "utf-8")
    assert settings.mailbox is not None
    standin.account.deliver = post_to(settings.mailbox)
    through = {
        "mail": "sendgrid",
        "mail_from": "privacy@siamcrm.example",
        "sendgrid_key": SecretStr(SENDS),
        "sendgrid_url": standin.url,
    }
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SENDGRID_KEY", KEY)
        yield Installation(settings=settings.model_copy(update=through), crm=made.crm)


@pytest.fixture(scope="module")
def cast(vendors: Installation) -> Iterator[Cast]:
    engine = fresh_company(vendors)
    yield Cast(engine)
    engine.dispose()


@pytest.fixture(scope="module")
def house(vendors: Installation, cast: Cast) -> Iterator[House]:
    built = build(vendors.settings)
    yield built
    built.close()


@pytest.fixture(scope="module")
async def people(house: House) -> AsyncIterator[People]:
    client = await connect(house)
    async with AsyncExitStack() as stack:
        for worker in workers(house, client):
            await stack.enter_async_context(worker)
        yield await People.at(house, client)


def subscribed(standin: StandIn, who: Somebody) -> str:
    """The person stands at SendGrid too, with news and events, a bounce and what was sent."""
    account = standin.account
    account.failures["blocks"].append({"created": 1, "email": who.email, "reason": "x", "status": "4.0.0"})
    account.messages.append(
        {
            "from_email": "news@siamcrm.example",
            "msg_id": f"m-{who.id}",
            "subject": "ข่าวสาร",
            "to_email": who.email,
            "status": "delivered",
            "opens_count": 0,
            "clicks_count": 0,
            "last_event_time": "2026-11-01T03:00:00Z",
            "unique_args": {},
        }
    )
    return account.add_contact(
        email=who.email, first_name="วิภา", last_name="สุขใจ", list_ids=[list_of(group) for group in MARKETING]
    )


def outcomes(house: House, view: CaseView) -> set[tuple[str, Outcome, str]]:
    rows = house.room.plans.results(view.case.id)
    return {(row.table, row.planned, row.ground) for row in rows if row.system == "sendgrid"}


async def erased(people: People, who: Somebody) -> CaseView:
    reference = await people.ask(Right.ERASURE, who.email)
    await people.identify(who.email, reference)
    await people.decide(reference)
    return await people.went_on(reference)


async def test_an_erasure_follows_sendgrid_to_the_end_and_its_letters_went_through_it(
    people: People, house: House, cast: Cast, standin: StandIn, listener: Listener
) -> None:
    who = cast.user(READS, f"not {PAYS}", f"not {WRITES}")
    contact = subscribed(standin, who)
    standin.account.delay = 3.0
    view = await erased(people, who)
    standin.account.delay = 1.0
    assert contact not in standin.account.contacts
    assert [one["email"] for one in standin.account.failures["blocks"] if one["email"] == who.email] == []
    assert not [one for one in standin.account.messages if one["msg_id"] == f"m-{who.id}"]
    assert {one.system: one.proof for one in house.room.findings.proofs(view.case.id)}[
        "sendgrid"
    ] is Proof.CLEAN
    assert {outcome for _, outcome, _ in outcomes(house, view)} == {Outcome.ERASE}
    letters = [one for one in standin.account.mails if one["to"] == who.email]
    assert letters
    assert all(view.case.reference in one["subject"] for one in letters)
    assert listener.wrong() == []


async def test_an_objector_is_unsubscribed_at_once_and_stays_so_through_an_erasure(
    people: People, house: House, cast: Cast, standin: StandIn
) -> None:
    who = cast.user(READS, f"not {PAYS}", f"not {WRITES}")
    contact = subscribed(standin, who)
    objection = await people.ask(Right.OBJECTION, who.email, changes={"against": "marketing"})
    await people.until(objection, State.VERIFYING)
    listed = standin.account.unsubscribed
    assert {group for group in GROUPS if who.email in listed.get(group, ())} == set(MARKETING)
    await people.identify(who.email, objection)
    ended = await people.closed(objection)
    assert ended.ending is Ending.FULFILLED
    view = await erased(people, who)
    assert contact not in standin.account.contacts
    assert ("subscriptions", Outcome.NO_GROUND, "EX-LAW") in outcomes(house, view)
    assert {group for group in GROUPS if who.email in listed.get(group, ())} == set(MARKETING)
    assert view.ending is Ending.PARTIAL
    assert "L5" in people.letters(view)


async def test_who_is_known_to_sendgrid_alone_withdraws_there(
    people: People, house: House, standin: StandIn
) -> None:
    who = Somebody(0, "only.news@example.net")
    subscribed(standin, who)
    reference = await people.ask(Right.WITHDRAWAL, who.email, changes={"purpose": "marketing_email"})
    await people.prove(who.email, reference)
    view = await people.closed(reference)
    listed = standin.account.unsubscribed
    assert {group for group in GROUPS if who.email in listed.get(group, ())} == set(MARKETING)
    assert view.ending is Ending.FULFILLED
    assert "L8" in people.letters(view)  # and none that says there was no consent to withdraw
    assert "L-NOTHING" not in people.letters(view)
    stopped = {("subscriptions", Outcome.STOP, "S19-5")}
    assert {one for one in outcomes(house, view) if one[1] is Outcome.STOP} == stopped
