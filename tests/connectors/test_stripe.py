"""Stripe: whose customers they are, what is told of them, and what stands in the way of their erasure."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date

import pytest

from demo.stripe_faults import Fault, Trouble
from demo.stripe_papers import invoice_line
from demo.stripe_payments import refund
from demo.stripe_seed import Payer, Seed
from demo.stripe_standin import READING_KEY
from domain.connector import EffectKind
from domain.errors import Refused, SitthiError, Unavailable
from domain.holds import holds_on
from domain.identifiers import IdentifierKind, identifier
from domain.item import Item, Subject
from domain.outcomes import Outcome
from policy.load import load_policy
from tests.connectors.stripe_desk import (
    LONG_AGO,
    PAYER,
    Desk,
    correcting,
    desk,
    erase,
    found,
    obstacles,
    payer,
)
from tests.contract.test_contract import erasing, located


@pytest.fixture
def at() -> Iterator[Desk]:
    with desk() as made:
        yield made


def email(text: str) -> tuple[object, ...]:
    return (identifier(IdentifierKind.EMAIL, text),)


def ids(items: list[Item]) -> set[str]:
    return {str(item.locator.get("id", item.locator["customer"])) for item in items}


@pytest.mark.parametrize("key", ["sk_live_real", "rk_live_real", "pk_test_public", ""])
def test_a_key_of_another_mode_is_refused_before_anything_is_asked(at: Desk, key: str) -> None:
    with pytest.raises(Refused, match="stripe key of other mode"):
        at.open(key)
    assert at.open().live is False


def test_a_live_account_that_answers_with_test_data_is_refused(at: Desk) -> None:
    at.open().check()
    at.seed.customer(livemode=True)
    with pytest.raises(Refused, match="stripe key of other mode"):
        at.open().check()


def test_every_customer_of_a_person_is_one_person_s(at: Desk) -> None:
    at.seed.customer()
    Seed(at.store, Payer("cus_again", "T. Sisuwan", "Thanakorn@BaanMai.example", ""), LONG_AGO).customer()
    Seed(at.store, Payer("cus_plus", "Another", "thanakorn+x@baanmai.example", ""), LONG_AGO).customer()
    candidates = at.open().resolve(payer().identifiers, "")
    assert [one.locator["customer"] for one in candidates] == ["cus_again", "cus_payer"]
    assert {one.same_as for one in candidates} == {PAYER.email}
    assert at.open().resolve(payer().identifiers, "a-tenant") == ()


def test_the_list_finds_what_the_search_does_not_know_yet(at: Desk) -> None:
    at.store.search_lag = 3600
    at.seed.customer()
    Seed(at.store, Payer("cus_again", "", "THANAKORN@baanmai.example", ""), LONG_AGO).customer()
    assert [one.locator["customer"] for one in at.open().resolve(payer().identifiers, "")] == ["cus_payer"]
    at.store.search_lag = -1
    assert len(at.open().resolve(payer().identifiers, "")) == 2


def test_whom_the_search_still_knows_by_an_old_address_is_nobody_s(at: Desk) -> None:
    customer = at.seed.customer()
    customer["email"] = "somebody.else@baanmai.example"  # entered a moment ago: the index has the old one
    assert at.open().resolve(payer().identifiers, "") == ()


def test_is_found_by_telephone_and_by_an_id_that_another_system_holds(at: Desk) -> None:
    at.seed.customer(phone="069-000-1805")
    phone = identifier(IdentifierKind.PHONE, "+66690001805")
    ref = identifier(IdentifierKind.REF, "cus_payer")
    for known in (phone, ref):
        (candidate,) = at.open().resolve((known,), "")
        assert candidate.locator == {"customer": "cus_payer"}
        assert phone in candidate.addresses
        assert ref not in candidate.addresses
    assert at.open().resolve((identifier(IdentifierKind.REF, "cus_nobody"),), "") == ()
    assert ref in at.open().scan(payer())


def test_a_customer_named_elsewhere_is_searched_too(at: Desk) -> None:
    at.seed.customer()
    Seed(at.store, Payer("cus_old", "", "old@baanmai.example", ""), LONG_AGO).card("1881")
    at.store.put("customers", {**at.store.kinds["customers"]["cus_payer"], "id": "cus_old", "email": None})
    named = Subject(identifiers=(identifier(IdentifierKind.REF, "cus_old"),))
    assert {str(item.locator["customer"]) for item in located(at.open(), named)} == {"cus_old"}


def test_who_shares_a_telephone_is_left_to_an_officer(at: Desk) -> None:
    at.seed.customer()
    other = Seed(
        at.store, Payer("cus_spouse", "Malee Sisuwan", "malee@baanmai.example", PAYER.phone), LONG_AGO
    )
    other.customer()
    other.card("1881")
    phone = identifier(IdentifierKind.PHONE, PAYER.phone)
    subject = Subject(identifiers=(*payer().identifiers, phone), anchors=payer().anchors)
    items = located(at.open(), subject)
    doubted = {str(item.locator["customer"]): (item.found.unsure, item.found.obstacle) for item in items}
    assert doubted == {"cus_payer": (False, ""), "cus_spouse": (True, "identifier-of-several")}
    assert not [one for one in at.open().scan(subject) if "malee" in one.value or "spouse" in one.value]
    known = identifier(IdentifierKind.REF, "cus_spouse")  # her id stands in the person's own records: theirs
    named = subject.model_copy(update={"identifiers": (*subject.identifiers, known)})
    assert not any(item.found.unsure for item in located(at.open(), named))
    assert len(at.open().resolve((phone,), "")) == 2


def test_a_deleted_customer_s_documents_are_still_found(at: Desk) -> None:
    at.seed.customer()
    at.seed.card("4242")
    invoice = at.seed.invoice(LONG_AGO)
    connector = at.open(events=False)
    effects = erase(connector, found(connector, "customers", "payment_methods"))
    assert {effect.kind for effect in effects} == {EffectKind.DONE}
    assert connector.resolve(payer().identifiers, "") == ()
    items = located(connector, Subject(identifiers=(), anchors={"stripe": ({"customer": "cus_payer"},)}))
    assert {item.found.table for item in items} == {"invoices", "invoice_lines"}
    assert invoice["id"] in ids(items)


def test_pages_reach_all_lines_and_all_refunds(at: Desk) -> None:
    at.seed.customer()
    invoice = at.seed.invoice(LONG_AGO)
    charge = at.seed.payment(invoice)
    for number in range(30):
        at.store.put("invoice_lines", invoice_line(100, invoice=invoice["id"], description=f"line {number}"))
        at.store.put("refunds", refund(1, charge=charge["id"]))
    connector = at.open(page=4)
    assert len(found(connector, "invoice_lines")) == 32
    assert len(found(connector, "refunds")) == 30


def test_only_brand_last_four_and_expiry_of_a_card_are_told(at: Desk) -> None:
    at.seed.customer()
    at.seed.card("4242")
    charge = at.seed.payment(at.seed.invoice(LONG_AGO))
    connector = at.open()
    records = list(connector.copy(iter(located(connector, payer()))))
    told = str([record.values for record in records])
    assert "standin4242" not in told
    assert "secret" not in told
    (card,) = [record for record in records if record.table == "payment_methods"]
    assert (card.values["card.brand"], card.values["card.last4"], card.values["card.exp_year"]) == (
        "visa",
        "4242",
        2030,
    )
    assert card.withheld == {"card.fingerprint": "secret"}
    (paid,) = [record for record in records if record.table == "charges"]
    assert paid.values["amount"] == "1200.00"
    assert paid.values["id"] == charge["id"]
    assert set(paid.withheld) == {"fingerprint", "receipt_url"}


def test_what_moves_by_itself_changes_no_hash(at: Desk) -> None:
    at.seed.customer()
    charge = at.seed.payment(at.seed.invoice(LONG_AGO))
    connector = at.open(events=False)
    before = found(connector)
    charge["receipt_url"] = "https://pay.stripe.com/receipts/signed-anew"
    at.store.kinds["customers"]["cus_payer"]["next_invoice_sequence"] = 99
    assert found(connector) == before


def test_events_of_others_and_of_our_own_writes_are_left_out(at: Desk) -> None:
    customer = at.seed.customer()
    at.seed.event(customer)
    at.store.tell("customer.updated", {**customer, "id": "cus_other"}, None)
    connector = at.open()
    batch = correcting(found(connector, "customers"), name_en="Thanakorn Srisuwan")
    connector.apply(batch, connector.foresee(batch))
    assert len(at.store.kinds["events"]) == 3
    assert len(found(connector, "events")) == 1
    assert found(at.open(events=False), "events") == []


@pytest.mark.parametrize(
    ("arrange", "code"),
    [
        (lambda seed: seed.subscription("active"), "stripe-open-subscription"),
        (lambda seed: seed.subscription("past_due"), "stripe-open-subscription"),
        (lambda seed: seed.customer(balance=-500), "stripe-balance"),
        (lambda seed: seed.invoice(LONG_AGO, status="open"), "stripe-unpaid-invoice"),
        (lambda seed: seed.invoice(LONG_AGO, status="draft"), "stripe-unpaid-invoice"),
        (lambda seed: seed.item(500), "stripe-unbilled-item"),
        (lambda seed: seed.refund(seed.payment(seed.invoice(LONG_AGO)), LONG_AGO, "pending"), "stripe-pending-refund"),
        (lambda seed: seed.dispute(seed.payment(seed.invoice(LONG_AGO)), LONG_AGO, "under_review"), "stripe-open-dispute"),
    ],
)  # fmt: skip
def test_what_is_not_settled_blocks_the_customer(at: Desk, arrange: object, code: str) -> None:
    at.seed.customer()
    connector = at.open()
    customer = found(connector, "customers")
    assert customer[0].found.obstacle == ""
    assert callable(arrange)
    arrange(at.seed)
    told = obstacles(connector)
    assert told["customers"] == {code}
    if code == "stripe-balance":
        customer = found(connector, "customers")
    # It came after the plan was made: nothing is written.
    writes = len(at.store.answers)
    with pytest.raises(Refused) as refused:
        erase(connector, customer)
    assert refused.value.code == code
    assert len(at.store.answers) == writes
    assert at.store.kinds["customers"]["cus_payer"]["email"] == PAYER.email


def test_a_running_contract_keeps_the_card(at: Desk) -> None:
    at.seed.customer()
    at.seed.card("4242")
    at.seed.subscription("active")
    (card,) = found(at.open(), "payment_methods")
    assert card.found.contract_open
    assert card.found.obstacle == ""


def test_without_redaction_what_stripe_keeps_is_named(at: Desk) -> None:
    customer = at.seed.customer()
    at.seed.payment(at.seed.invoice(LONG_AGO))
    at.seed.event(customer)
    told = obstacles(at.open())
    keeps = {"stripe-keeps-transaction"}
    assert {table: told[table] for table in ("invoices", "invoice_lines", "charges", "payment_intents")} == {
        "invoices": keeps,
        "invoice_lines": keeps,
        "charges": keeps,
        "payment_intents": keeps,
    }
    assert told["events"] == {"stripe-keeps-events"}
    assert told["customers"] == {""}


def test_the_policy_s_holds_judge_what_stripe_dates(at: Desk) -> None:
    at.seed.customer()
    invoice = at.seed.invoice(date(2022, 3, 14), metadata={"vat_filed_on": "2022-04-18"})
    charge = at.seed.payment(invoice)
    at.seed.refund(charge, date(2023, 1, 10))
    policy = load_policy()
    until = {}
    for item in found(at.open(), "invoices", "invoice_lines", "charges", "refunds"):
        rules = policy.hold_rules(item.found.unit, item.found.holds)
        holds = holds_on(rules, item.found.dates, policy.books, policy.calendar)
        until[item.found.table] = (holds[0].last_day, {hold.rule for hold in holds})
    assert until == {
        "invoices": (date(2029, 12, 31), {"H-BOOKS", "H-VAT"}),
        "invoice_lines": (date(2029, 12, 31), {"H-BOOKS", "H-VAT"}),
        "charges": (date(2029, 12, 31), {"H-BOOKS"}),
        "refunds": (date(2030, 12, 31), {"H-BOOKS"}),
    }


def test_a_draft_goes_with_its_lines_and_an_issued_invoice_is_corrected_forward(at: Desk) -> None:
    at.seed.customer()
    draft = at.seed.invoice(LONG_AGO, status="draft", total=0)
    at.seed.invoice(LONG_AGO)
    connector = at.open()
    of_draft = [
        item for item in found(connector, "invoices", "invoice_lines") if item.found.on_erase is Outcome.ERASE
    ]
    assert len(of_draft) == 3
    effects = erase(connector, of_draft)
    assert {effect.kind for effect in effects} == {EffectKind.DONE}
    assert draft["id"] not in at.store.kinds["invoices"]
    (issued,) = found(connector, "invoices")
    assert (issued.found.issued, issued.found.fields) == (True, ("name-en",))


def test_a_tax_number_is_replaced_once_even_after_dying_between_the_two_writes(at: Desk) -> None:
    at.seed.customer()
    at.seed.tax_id("0105536000011")
    connector = at.open()
    batch = correcting(found(connector, "tax_ids"), tax_id="0105536000022")
    intended = connector.foresee(batch)
    with (
        at.standin.faults.while_on(Trouble(Fault.DROPPED, after=1, writes_only=True)),
        pytest.raises(Unavailable),
    ):
        connector.apply(batch, intended)
    at.store.answers.clear()  # a day later Stripe has forgotten the key
    (effect,) = at.open().apply(batch, intended)
    assert (effect.kind, effect.achieved) == (EffectKind.DONE, Outcome.CORRECT)
    assert [one["value"] for one in at.store.kinds["tax_ids"].values()] == ["0105536000022"]
    (again,) = at.open().apply(batch, intended)
    assert again.kind is EffectKind.ALREADY


def test_a_tax_number_that_stripe_does_not_take_is_refused_and_the_old_one_stays(at: Desk) -> None:
    at.seed.customer()
    at.seed.tax_id("0105536000011")
    connector = at.open()
    batch = correcting(found(connector, "tax_ids"), tax_id="not-thirteen")
    with pytest.raises(Refused) as refused:
        connector.apply(batch, connector.foresee(batch))
    assert refused.value.code == "stripe-refuses"
    assert refused.value.facts["stripe_code"] == "tax_id_invalid"
    assert "not-thirteen" not in str(refused.value.facts)
    assert len(at.store.kinds["tax_ids"]) == 1


def test_a_failure_that_stripe_stored_is_not_repeated_for_a_day(at: Desk) -> None:
    at.seed.customer()
    at.seed.card("4242")
    connector = at.open()
    batch = erasing(found(connector, "payment_methods"))
    intended = connector.foresee(batch)
    for _ in range(2):
        with at.standin.faults.while_on(Trouble(Fault.ERROR, writes_only=True)), pytest.raises(Unavailable):
            connector.apply(batch, intended)
    (effect,) = connector.apply(batch, intended)
    assert effect.kind is EffectKind.DONE


def test_a_key_that_may_only_read_parks_and_changes_nothing(at: Desk) -> None:
    at.seed.customer()
    at.seed.card("4242")
    connector = at.open(READING_KEY)
    with pytest.raises(Refused) as refused:
        erase(connector, found(connector, "payment_methods"))
    assert refused.value.code == "permission-missing"
    assert found(connector, "payment_methods")


def test_neither_errors_nor_logs_hold_an_address(at: Desk, caplog: pytest.LogCaptureFixture) -> None:
    at.seed.customer()
    caplog.set_level(logging.DEBUG, logger="")
    assert at.open().resolve(payer().identifiers, "")
    with pytest.raises(SitthiError) as refused:
        at.open("sk_test_wrong").resolve(payer().identifiers, "")
    # What the stand-in's server says is on Stripe's side.
    ours = [one for one in caplog.records if not one.name.startswith("uvicorn.")]
    logged = [f"{one.name} {one.getMessage()}" for one in ours]
    told = f"{refused.value} {refused.value.facts} {refused.value.__cause__} {logged}"
    assert "thanakorn" not in told
    assert "sk_test" not in told
    assert refused.value.__suppress_context__
