"""A tenant's contract has ended: told, swept, certified; nothing else of anybody's touched (s.40 ¶3; pdpa-rules 3.2 no. 6).

On a real register and a real company, step by step as the night's workflow takes them; no Temporal is needed to see what
they do. Every test has tenants of its own, and a clock that it moves.
"""

from __future__ import annotations

import email
import email.policy
import hashlib
import io
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import sqlalchemy as sa
from pypdf import PdfReader
from typer.testing import CliRunner

import cli.office
from activities import batches
from activities.departing import Departing
from activities.sweep import Sweeping
from bootstrap import House
from connectors.sql import SqlConnector
from demo.crm_tables import activities, contacts, deals, email_messages, notes
from demo.schema import metadata
from domain.agreements import BACK, Departure, Told
from domain.case import Receipt
from domain.connector import Batch, Effect, Foreseen
from domain.errors import Unavailable
from domain.holds import OrderKind
from domain.identifiers import IdentifierKind, identifier
from domain.outcomes import Outcome
from domain.ports import Intake
from domain.rights import Right
from domain.staffing import Role as StaffRole
from domain.sweeping import Part, Sweep, Sweeps
from embedded.postgres import PostgresServer
from embedded.temporal import TemporalServer
from starter import app
from tests.support.house import Installation, fresh_company, install

pytestmark = pytest.mark.slow

OF_TENANTS = (contacts, deals, activities, notes, email_messages)
ENDED = date(2026, 11, 1)
LAST_BACK, LAST = date(2026, 12, 1), date(2026, 12, 31)
WRITTEN, DESK = "dpa@tenant.example", "dpo@siamcrm.example"


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
    """One company with its engine, and whoever approves there."""

    house: House
    crm: sa.Engine
    clock: MovingClock
    mailbox: Path
    approver: str

    def run(self, statement: str, **values: object) -> None:
        with self.crm.begin() as connection:
            assert connection.execute(sa.text(statement), values).rowcount > 0

    def leave(self, *, ended: date = ENDED, at_least: int = 4) -> str:
        """A tenant that runs, with contacts and what belongs to them: its contract ends."""
        with self.crm.connect() as connection:
            found = connection.scalar(
                sa.text(
                    "select t.slug from tenants t where not t.is_operator and t.status = 'active' and :some <="
                    " (select count(*) from contacts c join notes n on n.contact_id = c.id where c.tenant_id = t.id)"
                    " order by t.id limit 1"
                ),
                {"some": at_least},
            )
        assert found is not None, "the company has no such tenant any more"
        self.run(
            "update tenants set status = 'closed', service_ended_on = :on where slug = :slug",
            on=ended,
            slug=found,
        )
        return str(found)

    def called(self, tenant: str) -> str:
        """Its name as letters write it."""
        with self.crm.connect() as connection:
            wanted = sa.text("select name_th from tenants where slug = :slug")
            return str(connection.scalar(wanted, {"slug": tenant}))

    def rows(self, tenant: str) -> dict[str, int]:
        """How many rows each table holds for a tenant."""
        return {table.name: self._count(table, tenant) for table in OF_TENANTS}

    def _count(self, table: sa.Table, tenant: str) -> int:
        with self.crm.connect() as connection:
            whose = sa.select(sa.table("tenants", sa.column("id"), sa.column("slug")).c.id)
            of = whose.where(sa.column("slug") == tenant).scalar_subquery()
            wanted = sa.select(sa.func.count()).select_from(table).where(table.c.tenant_id == of)
            return connection.scalar(wanted) or 0

    def everything_but(self, tenant: str) -> str:
        """A checksum over every row of the whole database that is not held for that tenant."""
        told = hashlib.sha256()
        with self.crm.connect() as connection:
            [number] = connection.scalars(
                sa.text("select id from tenants where slug = :slug"), {"slug": tenant}
            )
            for table in metadata.sorted_tables:
                where = table.c.tenant_id != number if table in OF_TENANTS else sa.true()
                keys = list(table.primary_key.columns)
                for row in connection.execute(sa.select(table).where(where).order_by(*keys)):
                    told.update(f"{table.name}{tuple(row)!r}".encode())
        return told.hexdigest()

    def address_in(self, tenant: str) -> str:
        """The address of a contact of a tenant that nobody else there has, and to whom a note belongs."""
        with self.crm.connect() as connection:
            found = connection.scalar(
                sa.text(
                    "select lower(c.email) from contacts c join tenants t on t.id = c.tenant_id where t.slug = :slug"
                    " and c.email is not null and not exists (select from contacts o where o.tenant_id = t.id"
                    " and o.id <> c.id and (lower(o.email) = lower(c.email) or o.merged_into_id = c.id))"
                    " and c.merged_into_id is null order by c.id limit 1"
                ),
                {"slug": tenant},
            )
        return str(found)

    @property
    def departing(self) -> Departing:
        return Departing(self.house.tools)

    def night(self) -> int:
        """What the schedule does of tenants: told, planned, swept and certified."""
        went = 0
        for sweep in self.departing.plan():
            for system in sweep.systems:
                Sweeping(self.house.tools).sweep(Part(sweep=sweep.id, system=system))
            went += Sweeping(self.house.tools).end(sweep.id)
        self.departing.certify()
        return went

    def departure(self, tenant: str) -> Departure:
        [found] = [one for one in self.house.room.departures.standing() if one.tenant == tenant]
        return found

    def told(self, tenant: str, on: date = ENDED) -> Departure:
        """It was told in writing on that day."""
        self.departing.plan()
        left = self.departure(tenant)
        return self.house.room.departures.tell(
            left.id, Told.OTHERWISE, on, actor=self.approver, reason="RR123456789TH"
        )

    def sweep_of(self, tenant: str) -> Sweep:
        left = self.departure(tenant)
        [found] = [one for one in self.house.room.sweeps.all() if one.departure == left.id]
        return found

    def planned(self, tenant: str) -> Sweep:
        """Its first sweep, which goes on once the DPO has approved it, whatever went for other tenants before."""
        assert tenant not in {left.tenant for left in map(self._left, self.departing.plan())}
        self.approve(self.sweep_of(tenant))
        [sweep] = [one for one in self.departing.plan() if self._left(one).tenant == tenant]
        return sweep

    def _left(self, sweep: Sweep) -> Departure:
        return self.house.room.departures.view(sweep.departure)

    def approve(self, sweep: Sweep) -> None:
        self.house.room.sweeps.approve(sweep.id, actor=self.approver, reason="looked through")

    def mails(self, to: str) -> list[EmailMessage]:
        parsed = [
            email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            for file in self.mailbox.glob("*.eml")
        ]
        return [one for one in parsed if one["To"] == to]


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer) -> Installation:
    nowhere = SimpleNamespace(address="127.0.0.1:9", namespace="none", more=())
    place = tmp_path_factory.mktemp("ended") / "var"
    return install("contracts_ended", place, postgres, cast("TemporalServer", nowhere))


@pytest.fixture(scope="module")
def estate(installation: Installation) -> Iterator[Estate]:
    clock = MovingClock(ENDED)
    crm = fresh_company(installation)
    with crm.begin() as connection:  # those who left before would be told too: each test has its own
        connection.execute(
            sa.text(
                "update tenants set status = 'active', service_ended_on = null where service_ended_on is not null"
            )
        )
    house = installation.house(clock)
    approver, _ = house.room.staff.add("ผู้อนุมัติ", StaffRole.APPROVER)
    assert house.settings.mailbox is not None
    yield Estate(house, crm, clock, house.settings.mailbox, approver)
    house.close()
    crm.dispose()


@pytest.fixture(autouse=True)
def at_the_end(estate: Estate) -> None:
    estate.clock.stand(ENDED + timedelta(days=1))


def test_the_tenant_is_told_ahead_swept_for_itself_alone_and_certified_to(estate: Estate) -> None:
    """It waits for the DPO however little it takes."""
    tenant = estate.leave()
    before, others = estate.rows(tenant), estate.everything_but(tenant)
    assert before["contacts"]
    assert before["notes"]

    assert estate.night() == 0
    [asked] = estate.mails(DESK)  # nobody knows where to write to it: our own officer is asked, once
    assert estate.called(tenant) in asked.get_content()
    assert tenant in asked.get_content()  # as the commands take it
    assert estate.night() == 0
    assert len(estate.mails(DESK)) == 1
    left = estate.departure(tenant)
    assert (left.ended_on, left.told_on, left.contact) == (ENDED, None, False)

    estate.house.room.departures.reach(
        tenant, identifier(IdentifierKind.EMAIL, WRITTEN), actor=estate.approver, reason="annex 2"
    )
    told_on = date(2026, 11, 25)
    estate.clock.stand(told_on)
    assert estate.night() == 0
    [notice] = estate.mails(WRITTEN)
    text = notice.get_content().replace("\u00a0", " ")
    for day in ("1 พฤศจิกายน 2569", "1 ธันวาคม 2569", "10 ธันวาคม 2569", "31 ธันวาคม 2569"):
        assert day in text, day
    assert left.reference in notice["Subject"]
    assert estate.called(tenant) in text

    # The days in which it may have its data back are over, but it was told too late for them to go at once.
    estate.clock.stand(told_on + timedelta(days=14))
    assert estate.night() == 0
    assert estate.house.room.sweeps.all() == ()
    estate.clock.stand(told_on + timedelta(days=15))
    assert estate.night() == 0
    sweep = estate.sweep_of(tenant)
    assert (sweep.waits, sweep.items) == (True, sum(before.values()))
    assert estate.rows(tenant) == before
    assert estate.night() == 0

    estate.approve(sweep)
    assert estate.night() == sum(before.values())
    assert estate.rows(tenant) == dict.fromkeys(before, 0)
    assert estate.everything_but(tenant) == others
    assert estate.night() == 0
    assert estate.everything_but(tenant) == others

    [certificate] = estate.house.room.departures.certificates(left.id)
    assert certificate.sent is not None
    pdf = estate.house.room.departures.pdf(sweep.id)
    assert hashlib.sha256(pdf).hexdigest() == certificate.sha256
    assert estate.house.room.certificates.check(certificate.proof).sha256 == certificate.sha256
    announced = [one for one in estate.mails(WRITTEN) if one["Subject"] != notice["Subject"]]
    assert [certificate.proof in one.get_content() for one in announced] == [True]
    estate.house.room.audit.verify()


def test_a_tenant_that_came_back_is_not_swept(estate: Estate) -> None:
    waiting, going = estate.leave(), estate.leave()
    kept = {tenant: estate.rows(tenant) for tenant in (waiting, going)}
    for tenant in (waiting, going):
        estate.told(tenant)
    estate.clock.stand(LAST_BACK + timedelta(days=1))
    every = replace(estate.house.tools, policy=estate.house.policy.model_copy(update={"sweep_ceiling": 0}))
    assert Departing(every).plan() == ()  # both are above that ceiling
    estate.approve(estate.sweep_of(going))
    [sweep] = estate.departing.plan()

    for tenant in (waiting, going):
        estate.run("update tenants set status = 'active', service_ended_on = null where slug = :s", s=tenant)
    Sweeping(estate.house.tools).sweep(Part(sweep=sweep.id, system="siamcrm"))
    Sweeping(estate.house.tools).end(sweep.id)
    given_up = estate.sweep_of(waiting)
    assert estate.night() == 0
    assert {tenant: estate.rows(tenant) for tenant in kept} == kept
    assert {one.tenant for one in estate.house.room.departures.standing()} & kept.keys() == set()
    assert estate.house.room.sweeps.view(given_up.id).dropped
    [stayed] = {one.ground for one in estate.house.room.sweeps.stayed(given_up.id)}
    assert stayed == BACK
    assert estate.house.room.sweeps.view(sweep.id).erased == ()
    # It leaves again: it is told again.
    estate.run(
        "update tenants set status = 'closed', service_ended_on = :on where slug = :s", on=LAST_BACK, s=going
    )
    estate.clock.stand(LAST)
    estate.departing.plan()
    assert (estate.departure(going).ended_on, estate.departure(going).told_on) == (LAST_BACK, None)


def test_one_that_comes_back_between_two_batches_keeps_what_is_left(
    estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = estate.leave()
    before = estate.rows(tenant)
    estate.told(tenant)
    estate.clock.stand(LAST_BACK + timedelta(days=1))
    sweep = estate.planned(tenant)
    few = 3
    monkeypatch.setattr(batches, "BATCH", few)
    apply, applied = SqlConnector.apply, []

    def once(self: SqlConnector, batch: Batch, foreseen: Sequence[Foreseen]) -> tuple[Effect, ...]:
        done = apply(self, batch, foreseen)
        applied.append(len(batch.orders))
        estate.run("update tenants set status = 'active', service_ended_on = null where slug = :s", s=tenant)
        return done

    monkeypatch.setattr(SqlConnector, "apply", once)
    Sweeping(estate.house.tools).sweep(Part(sweep=sweep.id, system="siamcrm"))
    assert applied == [few]
    assert Sweeping(estate.house.tools).end(sweep.id) == few
    assert sum(estate.rows(tenant).values()) == sum(before.values()) - few
    estate.departing.plan()
    assert tenant not in {one.tenant for one in estate.house.room.departures.standing()}
    [stayed] = {one.ground for one in estate.house.room.sweeps.stayed(sweep.id)}
    assert stayed == BACK


def test_an_order_keeps_whoever_its_case_may_mean_and_the_certificate_says_so(estate: Estate) -> None:
    tenant = estate.leave()
    address = estate.address_in(tenant)
    policy = estate.house.policy
    [case] = estate.house.room.register.open_request(
        Intake(
            rights=(Right.ERASURE,),
            channel="web",
            received=estate.clock.now(),
            language="th",
            identifiers=(identifier(IdentifierKind.EMAIL, address),),
            controllers=(tenant,),
        ),
        {Right.ERASURE: policy.terms(Right.ERASURE, estate.clock.now())},
    )
    estate.told(tenant)
    estate.clock.stand(LAST_BACK + timedelta(days=1))
    planned = estate.planned(tenant)
    order = estate.house.room.holds.place(
        case.id, "civil-2569-77", actor=estate.approver, reason="served", kind=OrderKind.LITIGATION
    )
    assert planned
    assert estate.night() > 0
    assert estate.rows(tenant)["contacts"] == 1
    assert estate.address_in(tenant) == address
    sweep = estate.sweep_of(tenant)
    kept = {one.ground for one in estate.house.room.sweeps.stayed(sweep.id)}
    assert kept == {"EX-CLAIM"}
    told = certificate_of(estate.house.room.departures.pdf(sweep.id))
    assert {one["ground"] for one in told["remaining"]} == {"EX-CLAIM"}
    assert sum(one["records"] for one in told["remaining"]) == sum(estate.rows(tenant).values())
    assert told["controller"] != told["processor"]
    assert told["processor"]["th"] == policy.company.name.th
    assert [one["outcome"] for one in told["erased"]] == ["erase"]

    estate.house.room.holds.release(order, actor=estate.approver, reason="settled")
    assert estate.night() > 0
    assert set(estate.rows(tenant).values()) == {0}
    assert len(estate.house.room.departures.certificates(estate.departure(tenant).id)) == 2


def test_killed_between_effect_and_receipt_it_is_one_effect(estate: Estate) -> None:
    tenant = estate.leave()
    before, others = estate.rows(tenant), estate.everything_but(tenant)
    estate.told(tenant)
    estate.clock.stand(LAST_BACK + timedelta(days=1))
    sweep = estate.planned(tenant)
    part, dies = Part(sweep=sweep.id, system="siamcrm"), Dies(estate.house.tools.sweeps)
    killed = Sweeping(replace(estate.house.tools, sweeps=cast("Sweeps", dies)))
    with pytest.raises(Unavailable):
        killed.sweep(part)
    assert estate.rows(tenant) == dict.fromkeys(before, 0)
    receipt = killed.sweep(part)
    assert receipt.achieved == {Outcome.ERASE: sum(before.values())}
    assert killed.sweep(part) == receipt
    assert killed.end(sweep.id) == sum(before.values())
    assert estate.everything_but(tenant) == others


def test_the_dry_run_tells_the_days_and_the_commands_do_the_rest(
    estate: Estate, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tenant = estate.leave()
    before = estate.rows(tenant)

    @contextmanager
    def open_house() -> Iterator[House]:
        yield estate.house

    @contextmanager
    def open_office(*_: object) -> Iterator[cli.office.Office]:
        yield cli.office.Office(estate.house, estate.approver)

    monkeypatch.setattr(cli.office, "open_house", open_house)
    monkeypatch.setattr(cli.office, "open_office", open_office)
    [seen] = [
        one
        for one in json.loads(shown("retention", "plan", "--as-of", "20/12/2569", "--json"))["contracts"]
        if one["tenant"] == tenant
    ]
    assert (seen["returned_until"], seen["erase_by"]) == ("2026-12-01", "2027-01-04")
    assert (seen["erase_from"], seen["may_go"], seen["told_on"]) == ("2027-01-04", False, None)
    assert (seen["ends"], seen["kept"]) == (sum(before.values()), 0)
    [why] = {answer["rule"] for group in seen["groups"] for answer in group["why"]}
    assert why == "U13"
    assert tenant in shown("retention", "plan", "--as-of", "2026-12-20")

    estate.departing.plan()
    address = tmp_path / "address"
    address.write_text("office@tenant.example", "utf-8")
    shown("tenant", "contact", tenant, "--contact", f"@{address}", "--reason", "annex 2")
    shown("tenant", "told", tenant, "--on", "2 พฤศจิกายน 2569", "--reason", "RR1")
    late = refused("tenant", "told", tenant, "--on", "2030-01-01", "--reason", "RR1")
    assert "day-to-come" in late
    assert "contract-not-ended" in refused(
        "tenant", "told", "nobody", "--on", "2026-11-02", "--reason", "RR1"
    )
    estate.clock.stand(LAST_BACK + timedelta(days=1))
    estate.planned(tenant)
    estate.night()
    [one] = [
        one for one in json.loads(shown("tenant", "ended", "--json"))["contracts"] if one["tenant"] == tenant
    ]
    assert (one["told"], one["told_on"], one["erase_from"]) == ("otherwise", "2026-11-02", "2026-12-02")
    assert tenant in shown("tenant", "ended")
    [issued] = one["certificates"]
    shown("tenant", "certificate", issued["sweep"], "--out", str(tmp_path / "c.pdf"))
    assert hashlib.sha256((tmp_path / "c.pdf").read_bytes()).hexdigest() == issued["sha256"]
    assert "the tenant" not in shown("retention", "show", issued["sweep"])


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


def certificate_of(pdf: bytes) -> dict[str, Any]:
    """What a certificate tells machines."""
    [content] = PdfReader(io.BytesIO(pdf)).attachments["certificate.json"]
    told: dict[str, Any] = json.loads(content)
    return told


def shown(*args: str) -> str:
    result = CliRunner().invoke(app, list(args), env={"NO_COLOR": "1", "COLUMNS": "250"})
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(*args: str) -> str:
    result = CliRunner().invoke(app, list(args), env={"NO_COLOR": "1", "COLUMNS": "250"})
    assert result.exit_code != 0
    return result.output
