"""The stand-in as a program of its own, with the demonstration's payers: `python -m demo.stripe_serve --port 12111`."""

from __future__ import annotations

import argparse
import signal
import threading

from demo.scenarios import ACTIVE_CUSTOMER, FORMER_CUSTOMER, Scenario
from demo.stripe_seed import Payer, active_customer, former_customer
from demo.stripe_standin import Standin, serve
from demo.stripe_store import Store


def seed(store: Store) -> None:
    """The payers of the demonstration, under the ids that their subscriptions in the CRM name."""
    former_customer(store, payer(FORMER_CUSTOMER, tax_id="0105536000011"))
    active_customer(store, payer(ACTIVE_CUSTOMER))


def payer(who: Scenario, tax_id: str = "") -> Payer:
    """One of the story's people as Stripe knows them."""
    person = who.people[0]
    name = f"{person.given_en} {person.surname_en}"
    return Payer(f"cus_demo{who.user_ids[0]:06d}", name, who.email, person.phone, tax_id)


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    standin = Standin()
    seed(standin.store)
    over = threading.Event()
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, lambda *_: over.set())
    with serve(standin, parser.parse_args().port):
        over.wait()


if __name__ == "__main__":
    main()
