"""The stand-in as a program of its own, with the demonstration's payers: `python -m demo.stripe_serve --port 12111`."""

from __future__ import annotations

import argparse
import signal
import threading
from pathlib import Path

from demo import kept
from demo.scenarios import ACTIVE_CUSTOMER, FORMER_CUSTOMER, Scenario
from demo.stripe_seed import Payer, active_customer, former_customer
from demo.stripe_standin import Exchange, Standin, serve
from demo.stripe_store import Store

REVOKED = "key-revoked"
"""While a file of this name lies beside the state, no key is taken: for whoever wants to see a system parked."""


def seed(store: Store) -> None:
    """The payers of the demonstration, under the ids that their subscriptions in the CRM name."""
    former_customer(store, payer(FORMER_CUSTOMER, tax_id="0105536000011"))
    active_customer(store, payer(ACTIVE_CUSTOMER))


def payer(who: Scenario, tax_id: str = "") -> Payer:
    """One of the story's people as Stripe knows them."""
    person = who.people[0]
    name = f"{person.given_en} {person.surname_en}"
    return Payer(f"cus_demo{who.user_ids[0]:06d}", name, who.email, person.phone, tax_id)


def standin_of(state: Path) -> Standin:
    """A stand-in that begins with what is kept in a file, and keeps every change there before it answers."""
    standin = Standin(Store.of(kept.read(state)), revoked=state.with_name(REVOKED).exists)

    def keep(exchange: Exchange) -> None:
        if exchange.method != "GET":
            kept.write(state, standin.store.told())

    standin.watchers.append(keep)
    return standin


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument(
        "--state", type=Path, help="a file with the account; else two payers, forgotten at the end"
    )
    given = parser.parse_args()
    if given.state:
        standin = standin_of(given.state)
    else:
        standin = Standin()
        seed(standin.store)
    over = threading.Event()
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, lambda *_: over.set())
    with serve(standin, given.port):
        over.wait()


if __name__ == "__main__":
    main()
