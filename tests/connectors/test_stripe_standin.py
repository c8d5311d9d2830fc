"""The stand-in does what Stripe documents: spoken to by the official SDK, over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import stripe

from connectors.registry import open_connectors
from connectors.stripe import StripeConnector
from connectors.stripe_api import API_VERSION
from demo.stripe_seed import Payer, active_customer, former_customer
from demo.stripe_standin import TEST_KEY, Standin, serve
from domain.errors import DataMapInvalid, RateLimited, Refused
from tests.connectors.stripe_desk import PAYER, Desk, desk, found, payer


@pytest.fixture
def at() -> Iterator[Desk]:
    with desk() as made:
        made.seed.customer()
        yield made


@pytest.fixture
def bare() -> Iterator[tuple[Standin, str]]:
    """Without anybody watching: these requests are none of the connector's."""
    standin = Standin()
    with serve(standin) as url:
        yield standin, url


def client(url: str, key: str = TEST_KEY, version: str = API_VERSION) -> stripe.StripeClient:
    return stripe.StripeClient(
        key, base_addresses={"api": url}, stripe_version=version, max_network_retries=0
    )


def test_one_key_is_one_effect_and_other_parameters_are_refused(bare: tuple[Standin, str]) -> None:
    standin, url = bare
    active_customer(standin.store, PAYER)
    update = client(url).v1.customers.update
    options: stripe.RequestOptions = {"idempotency_key": "once"}
    first = update("cus_payer", {"description": "a"}, options)
    standin.store.kinds["customers"]["cus_payer"]["description"] = "changed since"
    second = update("cus_payer", {"description": "a"}, options)
    assert first.description == second.description == "a"
    assert second.last_response is not None
    assert second.last_response.headers["Idempotent-Replayed"] == "true"
    with pytest.raises(stripe.IdempotencyError):
        update("cus_payer", {"description": "b"}, options)


def test_says_that_a_customer_was_deleted_and_ends_what_ran(bare: tuple[Standin, str]) -> None:
    standin, url = bare
    active_customer(standin.store, PAYER)
    v1 = client(url).v1
    assert v1.customers.delete("cus_payer").deleted
    assert v1.customers.retrieve("cus_payer").deleted
    assert [one.status for one in v1.subscriptions.list({"customer": "cus_payer", "status": "all"}).data] == [
        "canceled"
    ]
    assert len(v1.invoices.list({"customer": "cus_payer"}).data) == 2
    with pytest.raises(stripe.InvalidRequestError) as missing:
        v1.customers.update("cus_payer", {"name": "x"})
    assert missing.value.code == "resource_missing"


def test_refuses_as_stripe_does(bare: tuple[Standin, str]) -> None:
    standin, url = bare
    former_customer(standin.store, PAYER)
    v1 = client(url).v1
    with pytest.raises(stripe.AuthenticationError):
        client(url, "sk_test_wrong").v1.customers.list()
    with pytest.raises(stripe.InvalidRequestError, match="version"):
        client(url, version="2014-01-01").v1.customers.list()
    with pytest.raises(stripe.InvalidRequestError, match="unknown parameter"):
        v1.customers.list({"colour": "red"})  # type: ignore[arg-type]
    with pytest.raises(stripe.InvalidRequestError, match="draft"):
        v1.invoices.delete(next(iter(standin.store.kinds["invoices"])))
    with pytest.raises(stripe.InvalidRequestError, match="canceled subscription"):
        v1.subscriptions.update(next(iter(standin.store.kinds["subscriptions"])), {"description": "x"})
    with pytest.raises(stripe.InvalidRequestError, match="mix AND and OR"):
        v1.customers.search({"query": "email:'a' AND name:'b' OR name:'c'"})
    assert httpx.get(f"{url}/v1/customers").status_code == 401


def test_pages_by_cursor_with_the_newest_first(bare: tuple[Standin, str]) -> None:
    standin, url = bare
    for number in range(5):
        former_customer(standin.store, Payer(f"cus_{number}", "", f"{number}@baanmai.example", ""))
    listed = client(url).v1.customers.list({"limit": 2})
    assert (listed.has_more, [one.id for one in listed.data]) == (True, ["cus_4", "cus_3"])
    assert [one.id for one in listed.auto_paging_iter()] == ["cus_4", "cus_3", "cus_2", "cus_1", "cus_0"]


def test_a_rate_limit_is_passed_on_with_its_wait(at: Desk) -> None:
    at.standin.faults.a_second = 1
    at.store.clock = lambda: 1_700_000_000.0
    with pytest.raises(RateLimited) as limited:
        at.open().resolve(payer().identifiers, "")  # asks twice
    assert limited.value.retry_after == 1.0


def test_the_systems_file_opens_an_account(at: Desk, tmp_path: Path) -> None:
    file = tmp_path / "systems.yaml"
    stanza = f"systems:\n  - {{name: pay, kind: stripe, mode: test, key_env: KEY, url: '{at.url}'}}\n"
    file.write_text(stanza, "utf-8")
    connector = open_connectors(file, {"KEY": TEST_KEY})["pay"]
    assert isinstance(connector, StripeConnector)
    connector.check()
    connector.close()
    with pytest.raises(Refused, match="stripe key of other mode"):
        open_connectors(file, {"KEY": "sk_live_real"})
    with pytest.raises(DataMapInvalid, match="KEY"):
        open_connectors(file, {})
    for wrong, told in (
        ("mode: test", "mode: both"),
        (at.url, "http://stripe.example"),
        ("kind: stripe", "kind: stripe, redaction: perhaps"),
    ):
        file.write_text(stanza.replace(wrong, told), "utf-8")
        with pytest.raises(DataMapInvalid):
            open_connectors(file, {"KEY": TEST_KEY})


def test_the_demonstration_s_people_are_seeded_whole(at: Desk) -> None:
    former_customer(at.store, PAYER)
    tables = {item.found.table for item in found(at.open())}
    assert {
        "customers",
        "payment_methods",
        "subscriptions",
        "invoices",
        "charges",
        "checkout_sessions",
        "events",
    } <= tables
