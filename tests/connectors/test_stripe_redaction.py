"""Redaction jobs at Stripe: one a customer, followed to its end, and only where nothing is to be kept."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.stripe import StripeConnector
from domain.connector import Batch, EffectKind
from domain.errors import RateLimited, Refused
from domain.item import Item
from domain.outcomes import Outcome
from tests.connectors.stripe_desk import LONG_AGO, PAYER, Desk, desk, erase, found, obstacles
from tests.contract.test_contract import erasing


@pytest.fixture
def at() -> Iterator[Desk]:
    with desk() as made:
        seed = made.seed
        seed.customer()
        seed.card("4242")
        seed.tax_id("0105536000011")
        seed.subscription("canceled")
        charge = seed.payment(seed.invoice(LONG_AGO))
        seed.refund(charge, LONG_AGO)
        yield made


def jobs(at: Desk) -> list[str]:
    return [str(one["status"]) for one in at.store.kinds["redaction_jobs"].values()]


def kept_and_going(connector: StripeConnector) -> tuple[list[Item], list[Item]]:
    """The invoice and what hangs on it are held; the rest goes."""
    items = found(connector)
    held = {"invoices", "invoice_lines", "charges", "payment_intents"}
    return [one for one in items if one.found.table in held], [
        one for one in items if one.found.table not in held
    ]


def test_a_job_is_followed_to_its_end_and_asked_for_once(at: Desk) -> None:
    at.standin.jobs.looks = 1
    connector = at.open(redaction=True)
    batch = erasing(found(connector))
    intended = connector.foresee(batch)
    waits = []
    for states in (["validating"], ["redacting"]):
        with pytest.raises(RateLimited) as waiting:
            at.open(redaction=True).apply(batch, intended)
        assert waiting.value.code == "stripe-redaction-running"
        assert jobs(at) == states
        waits.append(waiting.value.retry_after)
        at.store.answers.clear()  # Stripe forgets its keys after a day, and a job may take a week
    assert waits == [20.0, 900.0]
    effects = at.open(redaction=True).apply(batch, intended)
    assert {effect.kind for effect in effects} == {EffectKind.DONE, EffectKind.ALREADY}
    assert [effect.achieved for effect in effects] == [order.outcome for order in batch.orders]
    assert jobs(at) == ["succeeded"]
    assert PAYER.name not in str([at.store.kinds[kind] for kind in at.store.kinds if kind != "events"])


def test_what_cannot_be_validated_parks_with_stripe_s_reasons_and_can_be_tried_again(at: Desk) -> None:
    (charge,) = at.store.kinds["charges"].values()
    long_ago, charge["created"] = charge["created"], at.store.now()
    connector = at.open(redaction=True)
    batch = erasing(found(connector))
    intended = connector.foresee(batch)
    with pytest.raises(Refused) as refused:
        connector.apply(batch, intended)
    assert (refused.value.code, refused.value.facts["reasons"]) == (
        "stripe-redaction-failed",
        "invalid_state",
    )
    assert at.store.kinds["customers"]["cus_payer"]["name"] == PAYER.name
    charge["created"] = long_ago
    again = erasing(found(connector))
    connector.apply(again, connector.foresee(again))
    assert jobs(at) == ["failed", "succeeded"]


def test_an_account_without_jobs_parks_and_nothing_counts_as_erased(at: Desk) -> None:
    at.standin.jobs.available = False
    connector = at.open(redaction=True)
    batch = erasing(found(connector))
    with pytest.raises(Refused) as refused:
        connector.apply(batch, connector.foresee(batch))
    assert refused.value.code == "stripe-refuses"
    assert at.store.kinds["customers"]["cus_payer"]["name"] == PAYER.name


def test_while_a_document_is_held_no_job_takes_it_along(at: Desk) -> None:
    connector = at.open(redaction=True)
    held, going = kept_and_going(connector)
    effects = {effect.no: effect for effect in erase(connector, going)}
    assert jobs(at) == []
    became = {item.found.table: effects[item.found.no].achieved for item in going}
    assert became == {
        "customers": Outcome.ERASE,
        "payment_methods": Outcome.DETACH,
        "tax_ids": Outcome.ERASE,
        "subscriptions": Outcome.ANONYMISE,
        "refunds": Outcome.BLOCKED,  # free of any hold, and beyond reach: nobody says that it was erased
    }
    again = [(one.locator, one.content_hash) for one in found(connector, *{one.found.table for one in held})]
    assert again == [(one.locator, one.content_hash) for one in held]


def test_what_was_kept_is_redacted_when_its_hold_is_over(at: Desk) -> None:
    connector = at.open(redaction=True)
    _, going = kept_and_going(connector)
    erase(connector, going)
    assert at.store.kinds["customers"] == {}
    items = found(connector)
    assert {one.found.table for one in items} == {
        *("subscriptions", "invoices", "invoice_lines", "charges", "payment_intents", "refunds")
    }
    effects = erase(connector, items, key="c1:later:stripe:erase:1")
    assert {effect.achieved for effect in effects} == {Outcome.ANONYMISE}
    assert jobs(at) == ["succeeded"]


def test_a_hold_placed_between_plan_and_erase_stops_the_job(at: Desk) -> None:
    connector = at.open(redaction=True)
    batch = erasing(found(connector))
    intended = connector.foresee(batch)
    spared = next(order for order in batch.orders if order.table == "invoices")
    left = Batch(
        key=batch.key, verb=batch.verb, orders=tuple(one for one in batch.orders if one is not spared)
    )
    effects = connector.apply(left, [one for one in intended if one.no != spared.no])
    assert jobs(at) == []
    by_table = {order.table: effect.kind for order, effect in zip(left.orders, effects, strict=True)}
    assert by_table["charges"] is EffectKind.DRIFTED  # planned again, never acted on blindly
    assert by_table["payment_methods"] is EffectKind.DONE
    assert by_table["customers"] is EffectKind.DONE
    (invoice,) = at.store.kinds["invoices"].values()
    assert invoice["customer_name"] == PAYER.name


def test_with_jobs_nothing_settled_has_an_obstacle(at: Desk) -> None:
    assert set().union(*obstacles(at.open(redaction=True)).values()) == {""}
