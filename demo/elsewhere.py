"""What must become of the story's people at the company's vendors: written by hand, computed by nothing.

The files are those of the database's slips and attachments, in a bucket and its copy. Stripe deletes no document and
no payment: what no law keeps there is `blocked`, and Stripe a controller of its own for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from demo import cast, scenarios
from domain.outcomes import Outcome

FILES, STRIPE, SENDGRID = "siamfiles", "stripe", "sendgrid"
"""Systems. Stripe and SendGrid bear their names in the policy: a recipient who is connected is told by no letter."""


@dataclass(frozen=True, slots=True)
class There:
    """So many records of the person in one table of one vendor, and what becomes of them."""

    system: str
    table: str
    outcome: Outcome
    records: int


_READER = (
    There(SENDGRID, "contacts", Outcome.ERASE, 1),
    There(SENDGRID, "subscriptions", Outcome.ERASE, 1),
    There(SENDGRID, "email_activity", Outcome.ERASE, 1),
)
"""Who gets the company's news, and is erased."""

ELSEWHERE: Mapping[str, tuple[There, ...]] = {
    scenarios.FORMER_CUSTOMER.key: (
        There(FILES, "slips", Outcome.ERASE, 2),  # of 2018, in both buckets
        There(FILES, "slips", Outcome.HOLD, 2),  # of 2022
        There(FILES, "ticket_files", Outcome.ERASE, 2),
        There(STRIPE, "customers", Outcome.ERASE, 1),
        There(STRIPE, "payment_methods", Outcome.DETACH, 1),
        There(STRIPE, "subscriptions", Outcome.ANONYMISE, 1),
        There(STRIPE, "invoices", Outcome.BLOCKED, 1),  # of 2018: no law keeps it, Stripe does
        There(STRIPE, "invoice_lines", Outcome.BLOCKED, 1),
        There(STRIPE, "invoices", Outcome.HOLD, 1),  # of 2022, to the end of 2029
        There(STRIPE, "invoice_lines", Outcome.HOLD, 1),
        There(STRIPE, "events", Outcome.BLOCKED, 1),
        *_READER,
        There(SENDGRID, "blocks", Outcome.ERASE, 1),
    ),
    scenarios.ACTIVE_CUSTOMER.key: (
        There(FILES, "slips", Outcome.HOLD, 2),
        There(STRIPE, "customers", Outcome.BLOCKED, 1),  # until finance ends the subscription
        There(STRIPE, "subscriptions", Outcome.BLOCKED, 1),
        There(STRIPE, "payment_methods", Outcome.NO_GROUND, 1),
        There(STRIPE, "invoices", Outcome.HOLD, 3),
        There(STRIPE, "invoice_lines", Outcome.HOLD, 3),
        There(STRIPE, "payment_intents", Outcome.HOLD, 2),
        There(STRIPE, "charges", Outcome.HOLD, 2),
        *_READER,
    ),
    scenarios.LEAD.key: _READER,
    cast.SUBSCRIBER.key: (
        There(SENDGRID, "contacts", Outcome.NO_GROUND, 1),
        There(SENDGRID, "subscriptions", Outcome.STOP, 1),
        There(SENDGRID, "email_activity", Outcome.NO_GROUND, 1),
    ),
    cast.WITHDRAWER.key: (
        There(SENDGRID, "contacts", Outcome.ERASE, 1),
        There(SENDGRID, "subscriptions", Outcome.STOP, 1),  # stays, so that nobody writes to him again
        There(SENDGRID, "email_activity", Outcome.NOT_ASKED, 1),  # did not rest on his consent
    ),
}
"""By the scenario's key. Whoever is not here must be found untouched at every vendor."""
