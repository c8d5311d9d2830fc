"""The retention sweep on the demonstration company: what goes by itself, what stays by law, order or wish (s.37(3); S29, S50).

Every test has an installation of its own: a sweep asks for nobody's leave and looks at everybody.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

import bootstrap
import cli.office
from activities.sweep import Sweeping
from bootstrap import House, connect
from domain.case import Receipt
from domain.errors import KeyShredded, Unavailable
from domain.events import Event
from domain.holds import OrderKind
from domain.outcomes import Outcome
from domain.rights import Right
from domain.sweeping import Part, Sweep
from embedded.postgres import PostgresServer
from embedded.temporal import TemporalServer
from security.ports import KeyPurpose
from starter import app
from tests.support.house import Installation, fresh_company, hurried, install
from tests.support.people import People
from tests.workflows.company import PAYS, READS, WRITES, Cast, Rows, Somebody
from worker import workers
from workflows.calls import CASES
from workflows.retention import RETENTION_ID, Retention

pytestmark = pytest.mark.slow

EXPIRED = "2026-11-01T05:00:00Z"
DAY_31, DAY_93 = date(2026, 12, 2), date(2027, 2, 2)
BOOKS = {"invoices", "invoice_lines", "payments", "transfer_slips"}
BY_ENTRY = {"login_events", "page_views", "cookie_consents"}  # kept so long from their own day
RECENT = "not exists (select from invoices i where i.billed_user_id = u.id and i.issued_on < '2021-01-01')"
IDENTIFYING = {"users", "addresses"}


class MovingClock:
    """Stands at half past three in the Bangkok night until it is moved."""

    def __init__(self, day: date) -> None:
        self.stand(day)

    def stand(self, day: date) -> None:
        self._at = datetime(day.year, day.month, day.day, 3, 30, tzinfo=UTC) - timedelta(hours=7)

    def now(self) -> datetime:
        return self._at


@dataclass
class Estate:
    """One company with its engine."""

    house: House
    people: People
    cast: Cast
    clock: MovingClock
    installation: Installation

    @property
    def sweeping(self) -> Sweeping:
        return Sweeping(self.house.tools)

    def expire(self, who: Somebody, when: str = EXPIRED) -> None:
        self.cast.run(
            "update users set status = 'disabled', deleted_at = cast(:at as timestamptz) where id = :id",
            id=who.id,
            at=when,
        )

    async def sweep(self) -> int:
        return await self.people.client.execute_workflow(
            Retention.run, id=f"{RETENTION_ID}-{secrets.token_hex(4)}", task_queue=CASES
        )

    async def first(self) -> Sweep:
        """A night whose sweep waits, as the first one does."""
        assert await self.sweep() == 0
        sweep = self.house.room.sweeps.standing()
        assert sweep is not None
        assert sweep.waits
        return sweep

    async def approved(self) -> int:
        """The first sweep, approved and carried out."""
        sweep = await self.first()
        self.house.room.sweeps.approve(sweep.id, actor=self.people.approver, reason="looked through")
        return await self.sweep()

    def gone(self, before: Rows) -> set[str]:
        """The tables of which rows went or changed."""
        return {table for table, _ in self.cast.changed(before)}

    def told(self, event: Event) -> list[Mapping[str, Any]]:
        address = self.installation.settings.database_url
        assert address is not None
        engine = create_engine(address.get_secret_value())
        with engine.connect() as connection:
            found = text("select facts from events where event = :event order by seq")
            facts = list(connection.scalars(found, {"event": event.value}))
        engine.dispose()
        return facts


@pytest.fixture(scope="module")
def own_temporal(server_home: Path) -> Iterator[TemporalServer]:
    """Apart from the session's, whose workers listen on the same queues for another company."""
    server = TemporalServer(server_home / "temporal-retention")
    server.start()
    yield server
    server.stop()


_numbers = iter(range(1, 1000))


@pytest.fixture
async def estate(
    tmp_path: Path,
    postgres: PostgresServer,
    own_temporal: TemporalServer,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Estate]:
    clock = MovingClock(DAY_31)
    monkeypatch.setattr(bootstrap, "SystemClock", lambda: clock)
    made = install(
        f"retention_{next(_numbers)}",
        tmp_path / "var",
        postgres,
        own_temporal,
        policy=hurried(cooling_hours=0),
    )
    crm = fresh_company(made)
    house = made.house()
    client = await connect(house)
    async with AsyncExitStack() as stack:
        for worker in workers(house, client):
            await stack.enter_async_context(worker)
        people = await People.at(house, client)
        yield Estate(house, people, Cast(crm), clock, made)
    house.close()
    crm.dispose()


async def test_s50_the_account_goes_after_30_days_identification_after_90_and_invoices_stay(
    estate: Estate,
) -> None:
    who, stays = estate.cast.user(WRITES, PAYS, RECENT), estate.cast.user(WRITES, READS)
    estate.expire(who)
    before, others = estate.cast.rows(who), estate.cast.rows(stays)
    held = {table for table, _ in before} - BOOKS - BY_ENTRY - IDENTIFYING
    assert "tickets" in held
    assert {"invoices", "users", "addresses"} <= {table for table, _ in before}

    estate.clock.stand(DAY_31 - timedelta(days=1))
    assert await estate.sweep() == 0
    early = estate.house.room.sweeps.standing()
    assert early is not None  # of others, whose time was over long ago
    tools = estate.house.tools
    at_once = {table for table, _ in before if table in held}
    estate.clock.stand(DAY_31)
    assert await estate.sweep() == 0
    assert estate.gone(before) == set()
    estate.house.room.sweeps.approve(early.id, actor=estate.people.approver, reason="looked through")
    assert await estate.sweep() == early.items
    assert estate.gone(before) == set()  # hers was not yet over on the day when that one was planned

    assert await estate.sweep() > 0
    assert estate.gone(before) == at_once
    assert set(map(str, estate.cast.changed(before).values())) == {"{}"}
    assert await estate.sweep() == 0
    assert tools.sweeps.standing() is None

    estate.clock.stand(DAY_93 - timedelta(days=1))
    await estate.sweep()
    assert IDENTIFYING & estate.gone(before) == set()
    estate.clock.stand(DAY_93)
    await estate.sweep()
    assert estate.gone(before) >= IDENTIFYING
    assert not BOOKS & estate.gone(before)
    assert estate.cast.value("select email from users where id = :id", id=who.id) != who.email
    assert estate.cast.changed(others) == {}
    assert await estate.sweep() == 0
    estate.house.room.audit.verify()


async def test_the_first_sweep_waits_for_the_dpo_and_tells_counts_only_when_it_is_done(
    estate: Estate,
) -> None:
    sweep = await estate.first()
    assert await estate.sweep() == 0  # another night adds nothing to it
    assert estate.house.room.sweeps.standing() == sweep
    assert estate.house.room.sweeps.approve(
        sweep.id, actor=estate.people.approver, reason="looked through"
    ) == estate.house.room.sweeps.approve(sweep.id, actor=estate.people.officer, reason="again")
    assert await estate.sweep() == sweep.items
    done = estate.house.room.sweeps.view(sweep.id)
    assert done.done is not None
    assert done.approved_by == estate.people.approver
    planned = {(one.system, one.unit, one.since): 0 for one in done.counts if one.ground == "S37-3"}
    for one in done.counts:
        if one.ground == "S37-3":
            planned[one.system, one.unit, one.since] += one.items
    went = dict.fromkeys(planned, 0)
    for each in done.erased:
        went[each.system, each.unit, each.since] += each.items
    assert went == planned
    assert [told["sweep"] for told in estate.told(Event.SWEEP_APPROVED)] == [sweep.id]
    assert [told["items"] for told in estate.told(Event.SWEEP_DONE)] == [sweep.items]
    assert sum(told["items"] for told in estate.told(Event.SWEEP_ERASED)) == sweep.items
    with pytest.raises(KeyShredded):
        estate.house.ring.for_owner(KeyPurpose.SWEEP, sweep.id)


async def test_our_own_leads_end_two_years_after_their_entry_and_no_tenants_contacts_do(
    estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = estate.cast.value("select min(id) from tenants where not is_operator")
    for number, whose, entered in ((1, 1, "2024-11-01"), (2, 1, "2025-01-01"), (3, tenant, "2024-11-01")):
        estate.cast.run(
            "insert into contacts (id, tenant_id, full_name_th, email, source, stage, custom_fields, created_at,"
            " processing_restricted) values (:id, :whose, 'ลูกค้า', :email, 'web_form', 'lead', '{}',"
            " cast(:at as timestamptz), false)",
            id=9_000_000 + number,
            whose=whose,
            email=f"lead{number}@example.com",
            at=f"{entered}T05:00:00Z",
        )
    estate.cast.run(
        "insert into notes (id, tenant_id, contact_id, body, created_at) values"
        " (9000001, 1, 9000001, 'โทรแล้ว', cast('2026-10-01T05:00:00Z' as timestamptz))"
    )

    @contextmanager
    def open_house() -> Iterator[House]:
        yield estate.house

    monkeypatch.setattr(cli.office, "open_house", open_house)
    seen = await asyncio.to_thread(dry_run, DAY_31.isoformat())
    [leads] = [one for one in seen["groups"] if one["table"] == "contacts" and one["ground"] == "S37-3"]
    assert (leads["unit"], leads["since"]) == ("U17", "entered_on")
    [why] = leads["why"]
    assert (why["rule"], why["mark"] if "mark" in why else why["evidence"]) == ("U17", "choice")
    assert {step["code"] for step in why["why"]} >= {"event", "years"}
    await estate.approved()
    left = "select array_agg(id order by id) from contacts where id > 9000000"
    assert estate.cast.value(left) == [9_000_002, 9_000_003]
    assert estate.cast.value("select count(*) from notes where id = 9000001") == 0


async def test_s29_what_somebody_needs_for_a_lawsuit_is_spared_until_they_let_go(estate: Estate) -> None:
    who, other = estate.cast.user(WRITES), estate.cast.user(WRITES)
    for each in (who, other):
        estate.expire(each)
    reference = await estate.people.ask(Right.RESTRICTION, who.email, changes={"because": "claims"})
    await estate.people.identify(who.email, reference)
    await estate.people.decide(reference)
    await estate.people.closed(reference)
    before, others = estate.cast.rows(who), estate.cast.rows(other)
    await estate.approved()
    assert estate.cast.changed(before) == {}
    assert "tickets" in estate.gone(others)
    # As the lift does when its days are over; its notice waits for the real clock, which this test has left behind.
    case = estate.house.room.register.view(reference).case.id
    assert estate.house.room.blocks.lift(case, "siamcrm") > 0
    await estate.sweep()
    assert "tickets" in estate.gone(before)


async def test_an_order_spares_whoever_its_case_may_mean_even_when_it_comes_after_the_approval(
    estate: Estate,
) -> None:
    who, other = estate.cast.user(WRITES), estate.cast.user(WRITES)
    for each in (who, other):
        estate.expire(each)
    before, others = estate.cast.rows(who), estate.cast.rows(other)
    sweep = await estate.first()
    estate.house.room.sweeps.approve(sweep.id, actor=estate.people.approver, reason="looked through")
    # Nobody has proved to be her yet: the order is meant for whomever the address may mean.
    reference = await estate.people.ask(Right.ACCESS, who.email)
    case = estate.house.room.register.view(reference).case.id
    order = estate.house.room.holds.place(
        case, "civil-2569-18", actor=estate.people.officer, reason="served", kind=OrderKind.LITIGATION
    )
    await estate.sweep()
    assert estate.cast.changed(before) == {}
    assert "tickets" in estate.gone(others)
    estate.house.room.holds.release(order, actor=estate.people.approver, reason="settled")
    await estate.sweep()
    assert "tickets" in estate.gone(before)


async def test_an_order_on_everybody_leaves_everything_as_it_is(estate: Estate) -> None:
    who = estate.cast.user(WRITES)
    estate.expire(who)
    before = estate.cast.rows(who)
    sweep = await estate.first()
    estate.house.room.sweeps.approve(sweep.id, actor=estate.people.approver, reason="looked through")
    estate.house.room.holds.place(None, "pdpc-2569-1", actor=estate.people.officer, reason="inspection")
    assert await estate.sweep() == 0
    assert estate.cast.changed(before) == {}
    assert estate.house.room.sweeps.view(sweep.id).done is not None
    assert await estate.sweep() == 0
    assert estate.house.room.sweeps.standing() is None


async def test_an_order_that_nobody_can_tell_whose_it_is_stops_the_sweep(
    estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = estate.cast.user(WRITES)
    estate.expire(who)
    before = estate.cast.rows(who)
    sweep = await estate.first()
    estate.house.room.sweeps.approve(sweep.id, actor=estate.people.approver, reason="looked through")
    reference = await estate.people.ask(Right.ACCESS, estate.cast.user().email)
    case = estate.house.room.register.view(reference).case.id
    estate.house.room.holds.place(case, "x-1", actor=estate.people.officer, reason="served")

    def gone(_case: str) -> None:
        raise KeyShredded("key-shredded", "the case was forgotten")

    monkeypatch.setattr(estate.house.tools.vault, "subject", gone)
    with pytest.raises(KeyShredded):
        await asyncio.to_thread(estate.sweeping.sweep, Part(sweep=sweep.id, system="siamcrm"))
    assert estate.cast.changed(before) == {}


async def test_an_account_that_is_opened_again_before_the_approval_stays(estate: Estate) -> None:
    who = estate.cast.user(WRITES)
    estate.expire(who)
    before = estate.cast.rows(who)
    sweep = await estate.first()
    estate.cast.run("update users set status = 'active', deleted_at = null where id = :id", id=who.id)
    estate.house.room.sweeps.approve(sweep.id, actor=estate.people.approver, reason="looked through")
    assert 0 < await estate.sweep() < sweep.items
    assert estate.gone(before) == {"users"}  # by the test itself
    assert estate.house.room.sweeps.view(sweep.id).done is not None


class Dies:
    """A ledger whose process is killed after the effect and before the receipt, once."""

    def __init__(self, ledger: Any) -> None:
        self._ledger, self.died = ledger, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    def done(self, *given: Any, **more: Any) -> Receipt:
        if not self.died:
            self.died += 1
            raise Unavailable("killed", "say it again")
        receipt: Receipt = self._ledger.done(*given, **more)
        return receipt


async def test_killed_between_effect_and_receipt_a_sweep_is_one_effect(estate: Estate) -> None:
    who = estate.cast.user(WRITES)
    estate.expire(who)
    before = estate.cast.rows(who)
    sweep = await estate.first()
    estate.house.room.sweeps.approve(sweep.id, actor=estate.people.approver, reason="looked through")
    part = Part(sweep=sweep.id, system="siamcrm")
    killed = Sweeping(replace(estate.house.tools, sweeps=Dies(estate.house.tools.sweeps)))
    with pytest.raises(Unavailable):
        await asyncio.to_thread(killed.sweep, part)
    once = estate.cast.changed(before)
    assert once
    # An order that comes now keeps nothing that is gone, and the record must not say that it did.
    reference = await estate.people.ask(Right.ACCESS, who.email)
    case = estate.house.room.register.view(reference).case.id
    estate.house.room.holds.place(case, "late-1", actor=estate.people.officer, reason="served")
    receipt = await asyncio.to_thread(killed.sweep, part)
    assert sum(receipt.achieved.values()) == sweep.items
    assert set(receipt.achieved) <= {Outcome.ERASE, Outcome.ANONYMISE}
    assert estate.cast.changed(before) == once
    assert await asyncio.to_thread(killed.sweep, part) == receipt
    assert killed.end(sweep.id) == sweep.items
    intended = [told for told in estate.told(Event.EFFECT_INTENDED) if told.get("sweep") == sweep.id]
    assert len(intended) == len(estate.told(Event.EFFECT_DONE)) == 1


async def test_above_the_ceiling_the_dpo_is_asked_again(estate: Estate) -> None:
    await estate.approved()
    few, many = estate.cast.user(WRITES), estate.cast.user(WRITES)
    ceiling = replace_ceiling(estate, 2)
    estate.expire(few, "2026-10-01T05:00:00Z")
    estate.expire(many, "2026-10-01T05:00:00Z")
    made = await asyncio.to_thread(ceiling.plan)
    assert made is not None
    assert made.items > 2
    assert made.waits
    before = estate.cast.rows(few, many)
    assert await estate.sweep() == 0
    assert estate.cast.changed(before) == {}


def replace_ceiling(estate: Estate, ceiling: int) -> Sweeping:
    policy = estate.house.policy.model_copy(update={"sweep_ceiling": ceiling})
    return Sweeping(replace(estate.house.tools, policy=policy))


async def test_the_dry_run_tells_what_would_go_and_why_and_changes_nothing(
    estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = estate.cast.user(WRITES, PAYS)
    estate.expire(who)
    before = estate.cast.rows(who)

    @contextmanager
    def open_house() -> Iterator[House]:
        yield estate.house

    monkeypatch.setattr(cli.office, "open_house", open_house)
    seen = await asyncio.to_thread(dry_run, "2 ธันวาคม 2569")
    assert seen["as_of"] == "2026-12-02"
    held = [one for one in seen["groups"] if one["table"] == "users" and one["planned"] == "hold"]
    [account] = held
    assert (account["ground"], account["rules"], account["since"]) == (
        "EX-LAW",
        ["H-CCA-U"],
        "account_expired_on",
    )
    assert account["until"] == "2027-02-02"
    kept, law = account["why"]
    assert (kept["rule"], kept["last_day"], kept["earliest_erasure"]) == ("U01", "2026-12-01", "2026-12-02")
    assert (law["rule"], law["event"], law["last_day"]) == ("H-CCA-U", "2026-11-01", "2027-01-30")
    assert "s.26" in law["section"]
    goes = {one["table"] for one in seen["groups"] if one["ground"] == "S37-3"}
    assert "tickets" in goes
    assert seen["ends"] == sum(one["items"] for one in seen["groups"] if one["ground"] == "S37-3")
    blind = {one["table"]: (one["events"], one["ever"]) for one in seen["not_counted"]}
    # Our own leads (U17) are counted from their entry.
    assert not {"contacts", "deals", "notes"} & blind.keys()
    assert blind["email_suppressions"] == (["consent_withdrawn_on", "account_expired_on"], False)
    assert "users" not in blind
    assert estate.cast.changed(before) == {}
    assert estate.house.room.sweeps.all() == ()
    words = await asyncio.to_thread(shown, "retention", "plan", "--as-of", "2026-12-02")
    assert "H-CCA-U" in words
    assert "2026-12-02" in words


def dry_run(day: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(shown("retention", "plan", "--as-of", day, "--json"))
    return told


def shown(*args: str) -> str:
    result = CliRunner().invoke(app, list(args), env={"NO_COLOR": "1", "COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    return result.stdout
