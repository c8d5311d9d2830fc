"""Fulfilling at Stripe, where no transaction holds several writes together.

So each order stands alone: it is read, judged against its intent, written under keys of its own, and read again. What
broke half-way is found done, half done or untouched by the next attempt, and goes on from there; only content that
is neither as planned, nor as intended, nor on our own way between the two has drifted.
"""

from __future__ import annotations

from collections.abc import Sequence

from connectors.base import intended
from connectors.stripe_api import Api, Object
from connectors.stripe_change import CLEARED, GOING, Changes, is_empty, nested
from connectors.stripe_content import hash_of
from connectors.stripe_map import StripeMap
from connectors.stripe_read import Now, Reader
from connectors.stripe_redaction import Redactor
from connectors.stripe_standing import obstacle
from connectors.stripe_tables import KINDS
from domain.connector import ABSENT, Batch, Effect, EffectKind, Foreseen, Order
from domain.errors import Refused
from domain.item import place_of
from domain.outcomes import Outcome

# Parts before what they hang on; a draft goes with its lines, and the customer at the very end.
_ORDER = (
    *("payment_methods", "tax_ids", "subscriptions", "invoice_items", "invoices", "invoice_lines"),
    *("credit_notes", "disputes", "refunds", "charges", "payment_intents", "checkout_sessions", "events"),
    "customers",
)


class Fulfiller:
    """Carries batches out, record by record."""

    def __init__(self, api: Api, stripe_map: StripeMap, *, redaction: bool) -> None:
        self._api = api
        self._map = stripe_map
        self._changes = Changes(api.system, stripe_map)
        self._reader = Reader(api, stripe_map)
        self._redactor = Redactor(api) if redaction else None

    def foresee(self, batch: Batch) -> tuple[Foreseen, ...]:
        """The after-hashes, from what stands and what is asked alone: Stripe has no rehearsal."""
        covered = self._covered(batch)
        return tuple(
            Foreseen(no=order.no, hash_after=self._after(self._reader.read(order), covered))
            for order in batch.orders
        )

    def observe(self, batch: Batch) -> tuple[Foreseen, ...]:
        """The hashes as they stand."""
        return tuple(
            Foreseen(no=order.no, hash_after=self._reader.read(order).hash) for order in batch.orders
        )

    def apply(self, batch: Batch, foreseen: Sequence[Foreseen]) -> tuple[Effect, ...]:
        """The effects, in the order of the batch.

        Raises:
            Refused: Stripe did not do what it said, or the customer may not go yet.
        """
        intent = intended(batch, foreseen, self._api.system)
        covered = self._covered(batch)
        effects: dict[int, Effect] = {}
        to_do: list[Now] = []
        for now in map(self._reader.read, batch.orders):
            no, after = now.order.no, intent[now.order.no]
            if now.hash in {after, ABSENT}:
                effects[no] = self._settled(now)
            elif not self._is_ours(now) or self._after(now, covered) != after:
                effects[no] = Effect(no=no, kind=EffectKind.DRIFTED)
            else:
                to_do.append(now)
        self._carry_out(batch, to_do, covered)
        for now in to_do:
            order = now.order
            if self._reader.read(order).hash != intent[order.no]:
                facts = {"system": self._api.system, "table": order.table}
                raise Refused("outcome-not-as-foreseen", "look at it in Stripe's dashboard", **facts)
            effects[order.no] = Effect(no=order.no, kind=EffectKind.DONE, achieved=order.outcome)
        return tuple(effects[order.no] for order in batch.orders)

    def _carry_out(self, batch: Batch, to_do: Sequence[Now], covered: frozenset[str]) -> None:
        """Parts before wholes; then what only a redaction job reaches, one job a customer; customers last."""
        jobs: set[str] = set()
        going: list[Now] = []
        for now in sorted(to_do, key=lambda one: _ORDER.index(one.order.table)):
            order, customer = now.order, str(now.order.locator["customer"])
            if order.outcome is Outcome.CORRECT:
                self._correct(f"{batch.key}:{order.no}", now)
            elif customer in covered and self._by_job(order):
                jobs.add(customer)
            elif order.table == "customers":
                going.append(now)
            else:
                self._erase_part(f"{batch.key}:{order.no}", now, customer)
        if self._redactor:
            for customer in sorted(jobs):
                self._redactor.redact(customer, f"{batch.key}:{customer}")
        for now in going:
            key, customer = f"{batch.key}:{now.order.no}", str(now.order.locator["customer"])
            if now.found and now.order.outcome in GOING:
                self._may_go(now.found)
            self._api.update_customer(customer, CLEARED["customers"], f"{key}:clear")
            if now.order.outcome in GOING:
                self._api.delete_customer(customer, f"{key}:delete")

    @staticmethod
    def _by_job(order: Order) -> bool:
        whole = order.table == "customers" and order.outcome in GOING
        return whole or (order.outcome is Outcome.ANONYMISE and order.table not in CLEARED)

    def _settled(self, now: Now) -> Effect:
        """What needs nothing done, or what nothing can be done with: Stripe keeps it, and nobody says otherwise."""
        order = now.order
        kept = (
            order.outcome is Outcome.ANONYMISE
            and now.hash != ABSENT
            and not is_empty(self._map.tables[order.table], now.values)
        )
        achieved = Outcome.BLOCKED if kept else order.outcome
        return Effect(no=order.no, kind=EffectKind.ALREADY, achieved=achieved)

    def _is_ours(self, now: Now) -> bool:
        """Whether it stands as planned, or as we left it between emptying it and letting it go."""
        order = now.order
        between = order.outcome in GOING and order.table in CLEARED
        emptied = between and is_empty(self._map.tables[order.table], now.values)
        return now.hash == order.hash_before or emptied

    def _after(self, now: Now, covered: frozenset[str]) -> str:
        order = now.order
        if now.found is None:
            return ABSENT
        if order.table == "customers" and order.outcome in GOING:
            self._may_go(now.found)
        redacted = str(order.locator["customer"]) in covered
        after = self._changes.after(order, now.values, redacted=redacted)
        return ABSENT if after is None else hash_of(after)

    def _may_go(self, customer: Object) -> None:
        """Deleting a customer would end what still runs of it, silently."""
        if code := obstacle(self._api, customer):
            raise Refused(
                code, "settle it at Stripe, and say retry", system=self._api.system, table="customers"
            )

    def _erase_part(self, key: str, now: Now, customer: str) -> None:
        api, table, mine = self._api, now.order.table, str(now.order.locator["id"])
        match table:
            case "payment_methods":
                api.update_payment_method(mine, CLEARED[table], f"{key}:clear")
                if now.order.outcome in GOING:
                    api.detach(mine, f"{key}:detach")
            case "subscriptions":
                api.update_subscription(mine, CLEARED[table], f"{key}:clear")
            case "tax_ids":
                api.delete_tax_id(customer, mine, f"{key}:delete")
            case "invoices":
                api.delete_draft(mine, f"{key}:delete")
            case "invoice_items":
                api.delete_item(mine, f"{key}:delete")
            case "invoice_lines":
                # A line goes with the item that it bills, or with the draft that it stands on.
                if item := (now.found or {}).get("invoice_item"):
                    api.delete_item(item, f"{key}:delete")
            case _:
                raise Refused("stripe-cannot-erase", "see to it at Stripe", system=api.system, table=table)

    def _correct(self, key: str, now: Now) -> None:
        order, api = now.order, self._api
        customer, new = str(order.locator["customer"]), self._changes.corrections(order)
        match order.table:
            case "customers":
                api.update_customer(customer, nested(new), f"{key}:correct")
            case "payment_methods":
                api.update_payment_method(str(order.locator["id"]), nested(new), f"{key}:correct")
            case "tax_ids" if now.found:
                self._replace_tax_id(key, customer, now.found, new["value"])
            case _:
                raise Refused(
                    "stripe-cannot-correct", "see to it at Stripe", system=api.system, table=order.table
                )

    def _replace_tax_id(self, key: str, customer: str, old: Object, value: str) -> None:
        """The new entry first: whoever dies in between has two, and finds the new one there."""
        listed = KINDS["tax_ids"].page(self._api, customer, "").objects
        if not any((one["type"], one["value"]) == (old["type"], value) for one in listed):
            self._api.create_tax_id(customer, old["type"], value, f"{key}:create")
        self._api.delete_tax_id(customer, old["id"], f"{key}:delete")

    def _covered(self, batch: Batch) -> frozenset[str]:
        """The customers of whom the batch leaves nothing as it is: only they are redacted, whole.

        A job takes a customer's documents and payments along. One that is held, or that stands in another batch,
        keeps the job from being asked for, and the rest as it is.
        """
        if self._redactor is None:
            return frozenset()
        going = {place_of(order.table, order.locator) for order in batch.orders}
        asked = {str(order.locator.get("customer")) for order in batch.orders if self._by_job(order)}
        return frozenset(one for one in asked if self._reader.leaves_nothing(one, going))
