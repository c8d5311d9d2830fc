"""A person who pays through Stripe: the id in the CRM leads there, the copy comes from there, the law keeps a part there."""

from __future__ import annotations

import io
import json
import zipfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from activities.finance import OVER, end_what_runs
from bootstrap import House, connect
from demo.scenarios import ACTIVE_CUSTOMER, FORMER_CUSTOMER
from demo.stripe_serve import seed
from demo.stripe_standin import TEST_KEY, Standin, serve
from domain.calendar import day_in_bangkok
from domain.case import Moved
from domain.errors import BadInput
from domain.outcomes import Ending, Outcome
from domain.ports import CaseView
from domain.rights import Right
from embedded.postgres import PostgresServer
from embedded.temporal import TemporalServer
from tests.support.house import fresh_company, hurried, install
from tests.support.people import People
from tests.workflows.test_refusals import letter_text
from worker import workers

pytestmark = pytest.mark.slow

SYSTEM, KEY_VARIABLE = "stripe", "STRIPE_TEST_KEY_OF_TESTS"


@pytest.fixture(scope="module")
def account() -> Iterator[tuple[Standin, str]]:
    standin = Standin()
    seed(standin.store)
    with serve(standin) as url:
        yield standin, url


@pytest.fixture(scope="module")
def paid(
    tmp_path_factory: pytest.TempPathFactory,
    postgres: PostgresServer,
    temporal: TemporalServer,
    account: tuple[Standin, str],
) -> Iterator[House]:
    """An installation whose company is paid through Stripe."""
    made = install(
        "paid", tmp_path_factory.mktemp("paid"), postgres, temporal, policy=hurried(cooling_hours=0)
    )
    fresh_company(made).dispose()
    systems = made.settings.systems
    assert systems is not None
    told = yaml.safe_load(systems.read_text("utf-8"))
    stanza = {"name": SYSTEM, "kind": "stripe", "mode": "test", "key_env": KEY_VARIABLE, "url": account[1]}
    told["systems"].append(stanza)
    systems.write_text(yaml.safe_dump(told, allow_unicode=True), "utf-8")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(KEY_VARIABLE, TEST_KEY)
        house = made.house()
    yield house
    house.close()


@pytest.fixture(scope="module")
async def paying(paid: House) -> AsyncIterator[People]:
    client = await connect(paid)
    async with AsyncExitStack() as stack:
        for worker in workers(paid, client):
            await stack.enter_async_context(worker)
        yield await People.at(paid, client)


async def granted(people: People, right: Right, email: str) -> CaseView:
    reference = await people.ask(right, email, language="en")
    await people.identify(email, reference)
    await people.decide(reference)
    return await people.closed(reference)


async def test_a_copy_of_stripe_s_records_and_then_all_but_what_is_kept_goes(
    paying: People, paid: House, account: tuple[Standin, str]
) -> None:
    store = account[0].store
    customer = f"cus_demo{FORMER_CUSTOMER.user_ids[0]:06d}"
    view = await granted(paying, Right.ACCESS, FORMER_CUSTOMER.email)
    bundle = paid.room.letters.bundle(view.case.id)
    assert bundle is not None
    with paid.tools.files.read(view.case.id, bundle.ref) as sealed:
        package = zipfile.ZipFile(io.BytesIO(sealed.read()))
    told = [one for one in json.loads(package.read("dossier.json"))["records"] if one["system"] == SYSTEM]
    assert Counter(one["table"] for one in told) == {
        "customers": 1,
        "payment_methods": 1,
        "tax_ids": 1,
        "subscriptions": 1,
        "invoices": 2,
        "invoice_lines": 4,
        "payment_intents": 2,
        "charges": 2,
        "checkout_sessions": 1,
        "events": 1,
    }
    (card,) = [one for one in told if one["table"] == "payment_methods"]
    assert card["withheld"] == {"card.fingerprint": "secret"}

    others = json.dumps(store.kinds["customers"]["cus_demo000102"], sort_keys=True)
    view = await granted(paying, Right.ERASURE, FORMER_CUSTOMER.email)
    assert view.ending is Ending.PARTIAL
    rows = [row for row in paid.room.plans.rows(view.case.id) if row.system == SYSTEM]
    planned = {(row.table, row.planned, row.ground) for row in rows}
    assert {("customers", Outcome.ERASE, "S33-1"), ("payment_methods", Outcome.DETACH, "S33-1")} <= planned
    in_crm = {
        row.until for row in paid.room.plans.rows(view.case.id) if row.table == "invoices" and row.until
    }
    held = [row for row in rows if row.planned is Outcome.HOLD]
    assert {row.until for row in held} == in_crm
    assert {row.table for row in held} == {"invoices", "invoice_lines", "charges", "payment_intents"}
    assert {row.ground for row in rows if row.planned is Outcome.BLOCKED} == {
        "stripe-keeps-transaction",
        "stripe-keeps-events",
    }
    assert customer in store.deleted
    assert store.kinds["tax_ids"] == {}
    assert [one["customer"] for one in store.kinds["payment_methods"].values()] == [None, "cus_demo000102"]
    assert len(store.kinds["invoices"]) == 4
    letter = letter_text(paid, view.case.id, paying.letters(view)[-1])
    assert "keepsthemasacontrollerofitsown" in letter
    assert "look-at-records" in paying.tasks(view)
    assert json.dumps(store.kinds["customers"]["cus_demo000102"], sort_keys=True) == others


async def test_a_subscription_that_runs_keeps_the_customer_and_finance_is_asked(
    paying: People, paid: House, account: tuple[Standin, str]
) -> None:
    view = await granted(paying, Right.ERASURE, ACTIVE_CUSTOMER.email)
    rows = {row.table: row for row in paid.room.plans.rows(view.case.id) if row.system == SYSTEM}
    for table in ("customers", "subscriptions"):
        assert (rows[table].planned, rows[table].ground) == (Outcome.BLOCKED, "stripe-open-subscription")
    assert (rows["payment_methods"].planned, rows["payment_methods"].ground) == (Outcome.NO_GROUND, "NG-33-1")
    store = account[0].store
    assert store.kinds["customers"]["cus_demo000102"]["email"] == ACTIVE_CUSTOMER.email
    assert [
        one["status"] for one in store.kinds["subscriptions"].values() if one["customer"] == "cus_demo000102"
    ] == ["active"]
    assert "look-at-records" in paying.tasks(view)


async def test_finance_ends_the_subscription_and_then_the_customer_goes(
    paying: People, paid: House, account: tuple[Standin, str]
) -> None:
    store, tools = account[0].store, paid.tools
    reference = await paying.ask(Right.ERASURE, ACTIVE_CUSTOMER.email, language="en")
    await paying.identify(ACTIVE_CUSTOMER.email, reference)
    view = await paying.planned(reference)
    case = view.case.id
    assert "settle-stripe-open-subscription" in paying.tasks(view)
    mine = [one for one in store.kinds["subscriptions"].values() if one["customer"] == "cus_demo000102"]
    said = {"actor": paying.officer, "reason": "the customer agreed"}
    with pytest.raises(BadInput):
        end_what_runs(tools, case, "siamcrm", at_once=True, **said)
    # With the period that is paid for: it runs on, and a task follows it.
    wound = end_what_runs(tools, case, SYSTEM, at_once=False, **said)
    assert (wound.count, wound.until) == (
        1,
        day_in_bangkok(datetime.fromtimestamp(mine[0]["current_period_end"], UTC)),
    )
    assert [(one["status"], one["cancel_at_period_end"]) for one in mine] == [("active", True)]
    [owed] = [one for one in tools.obligations.of(case) if one.code == OVER]
    assert wound.until is not None
    assert owed.due_on == wound.until + timedelta(days=1)
    assert "settle-stripe-open-subscription" not in {one.code for one in tools.tasks.of(case)}
    # Now: it is over, and what it kept is planned anew.
    assert end_what_runs(tools, case, SYSTEM, at_once=True, **said).count == 1
    assert end_what_runs(tools, case, SYSTEM, at_once=True, **said).count == 0
    assert [one["status"] for one in mine] == ["canceled"]
    await paying.amend(reference, Moved.SCOPE)
    view = await paying.planned(reference, version=2)
    grounds = {row.ground for row in paid.room.plans.rows(case) if row.system == SYSTEM}
    assert "stripe-open-subscription" not in grounds
    await paying.decide(reference)
    await paying.closed(reference)
    assert "cus_demo000102" in store.deleted
