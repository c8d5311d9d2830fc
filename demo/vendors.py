"""The vendors of the demonstration company, under the supervisor: files in S3, and stand-ins for Stripe and SendGrid.

What the stand-ins know lies in files below `var/vendors`, so that it outlives them and can be read beside them.
The engine's own letters go into the mailbox and not through SendGrid: there the last letter of an erasure would make
the address known to the account again.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, create_engine

from demo import files, kept
from demo.elsewhere import SENDGRID, STRIPE
from demo.sendgrid_company import GROUPS, sendgrid_account
from demo.stripe_company import stripe_account
from demo.stripe_serve import REVOKED
from demo.stripe_standin import TEST_KEY
from embedded.objects import ObjectServer
from embedded.ports import LOOPBACK
from embedded.supervisor import Supervisor

SENDGRID_KEY = "SG.demo"

_ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Where:
    """Where all that the vendors know can be read beside them: the S3 server, and the files of the stand-ins."""

    objects: ObjectServer
    stripe: Path
    sendgrid: Path


def furnish(where: Where, crm: Engine) -> None:
    """Fill what is empty, so that it fits the company's database."""
    files.furnish(where.objects, crm)
    if not where.stripe.exists():
        kept.write(where.stripe, stripe_account(crm).told())
    if not where.sendgrid.exists():
        kept.write(where.sendgrid, sendgrid_account(crm).told())


class Vendors:
    """Three vendors with the data that fit the company's database."""

    def __init__(self, supervisor: Supervisor, crm: str) -> None:
        """Start them; what they knew they still know. Raises `Unavailable` when one does not start."""
        home = supervisor.settings.var.absolute() / "vendors"
        self.where = Where(supervisor.objects(), home / "stripe.json", home / "sendgrid.json")
        self._supervisor, self._crm = supervisor, crm
        self._furnish()
        ports = {name: supervisor.port(name) for name in (STRIPE, SENDGRID)}
        self.urls = {name: f"http://{LOOPBACK}:{port}" for name, port in ports.items()}
        modules = {
            STRIPE: ("demo.stripe_serve", "--state", str(self.where.stripe)),
            SENDGRID: ("demo.sendgrid_standin", "--state", str(self.where.sendgrid), "--key", SENDGRID_KEY),
        }
        self._programs = [
            supervisor.run(
                name,
                [sys.executable, "-m", *words, "--port", str(ports[name])],
                port=ports[name],
                home=_ROOT,
            )
            for name, words in modules.items()
        ]

    @property
    def surroundings(self) -> dict[str, str]:
        """What the variables of the systems file stand for; keys among it."""
        return {
            **files.surroundings(self.where.objects),
            "DEMO_STRIPE_URL": self.urls[STRIPE],
            "DEMO_STRIPE_KEY": TEST_KEY,
            "DEMO_SENDGRID_URL": self.urls[SENDGRID],
            "DEMO_SENDGRID_KEY": SENDGRID_KEY,
        }

    def renew(self) -> None:
        """Make all three anew, as the company's database is now."""
        with self._supervisor.paused():
            for program in self._programs:
                program.stop()
            for file in (self.where.stripe, self.where.sendgrid, self.where.stripe.with_name(REVOKED)):
                file.unlink(missing_ok=True)
            files.empty(self.where.objects)
            self._furnish()
            for program in self._programs:
                program.start()

    def unsubscribed(self, address: str) -> bool:
        """Whether SendGrid sends that address no marketing, as the account itself has it."""
        group, _, _ = GROUPS["marketing_email"]
        return address in kept.read(self.where.sendgrid)["unsubscribed"][str(group)]

    @contextmanager
    def stripe_key_revoked(self) -> Iterator[None]:
        """Stripe takes no key meanwhile."""
        mark = self.where.stripe.with_name(REVOKED)
        mark.touch()
        try:
            yield
        finally:
            mark.unlink(missing_ok=True)

    def _furnish(self) -> None:
        engine = create_engine(self._crm, hide_parameters=True)
        try:
            furnish(self.where, engine)
        finally:
            engine.dispose()
