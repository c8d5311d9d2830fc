"""A whole installation for a test: register, key store, company, files, on servers that the test gives it."""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import SecretStr
from sqlalchemy import Engine, create_engine, text

from bootstrap import House, build, prepare
from demo import company
from demo.stack import name_systems
from domain.ports import Clock
from embedded.postgres import PostgresServer
from embedded.temporal import TemporalServer
from settings import Settings

ROOT = Path(__file__).parents[2]
_NUMBERS = itertools.count()
LIFT_NOTICE = 2.0
"""How many seconds a hurried policy leaves between the notice and the end of a restriction."""


@dataclass(frozen=True)
class Installation:
    """Where everything of one installation is."""

    settings: Settings
    crm: str

    def house(self, clock: Clock | None = None) -> House:
        return build(self.settings, clock)

    def engine(self) -> Engine:
        return create_engine(self.crm, hide_parameters=True, pool_pre_ping=True)

    def environment(self) -> dict[str, str]:
        return {"PATH": str(Path(sys.executable).parent), **self.settings.as_environment()}


def install(
    name: str,
    var: Path,
    postgres: PostgresServer,
    temporal: TemporalServer,
    *,
    policy: Callable[[Path], None] | None = None,
    company_server: PostgresServer | None = None,
) -> Installation:
    """Make databases, directories, a systems file and (changed by `policy`, if given) the company's rules.

    The company's database stands on `company_server`, if given, apart from everything of ours.
    """
    var.mkdir(parents=True, exist_ok=True)
    for server, role in ((postgres, f"{name}_keys"), (company_server or postgres, f"{name}_crm")):
        server.ensure_role(role)
        server.ensure_database(role, role)
    postgres.ensure_database(name, "sitthi_owner", guests=("sitthi_app",))
    crm = (company_server or postgres).url(f"{name}_crm", f"{name}_crm")
    systems = var / "systems.yaml"
    name_systems(systems, crm)
    rules = ROOT / "policy"
    if policy is not None:
        rules = var / "policy"
        rules.mkdir()
        for file in (ROOT / "policy").glob("*.yaml"):
            (rules / file.name).write_bytes(file.read_bytes())
        policy(rules)
    settings = Settings(
        var=var,
        database_url=SecretStr(postgres.url(name, "sitthi_app")),
        database_owner_url=SecretStr(postgres.url(name, "sitthi_owner")),
        keystore_url=SecretStr(postgres.url(f"{name}_keys", f"{name}_keys")),
        temporal_address=temporal.address,
        temporal_namespace=_namespace(temporal),
        portal_url="http://127.0.0.1:9",
        systems=systems,
        policy=rules,
    )
    prepare(settings)
    return Installation(settings=settings, crm=crm)


def _namespace(temporal: TemporalServer) -> str:
    """One of its own while there are any: in a common one installations would be given each other's tasks."""
    if not temporal.more:
        return temporal.namespace
    return temporal.more[next(_NUMBERS) % len(temporal.more)]


def hurried(
    *, cooling_hours: float, verify_days: float = 0.0001, sending_hours: float = 0
) -> Callable[[Path], None]:
    """A policy whose erasures cool off for so long, and that gives late letters, and other controllers, only seconds."""

    def change(rules: Path) -> None:
        file = rules / "deadlines.yaml"
        data = yaml.safe_load(file.read_text("utf-8"))
        found = [rule for rule in _rules(data) if "cooling_hours" in rule]
        assert found, "no rule of the policy cools off"
        for rule in found:
            rule["cooling_hours"] = cooling_hours
        for rule in _rules(data):
            if "sending_hours" in rule:
                rule["sending_hours"] = sending_hours
            if "verify_days_least" in rule:
                rule["verify_days_least"] = verify_days
        file.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), "utf-8")
        whole = rules / "company.yaml"
        days = f"lift_notice_days: {LIFT_NOTICE / 86_400:.9f}"
        told, changed = re.subn(r"lift_notice_days: [\d.]+", days, whole.read_text("utf-8"))
        assert changed == 1, "no notice before a restriction is lifted"
        whole.write_text(told, "utf-8")

    return change


def _rules(data: object) -> list[dict[str, object]]:
    if isinstance(data, dict):
        here = [data] if all(isinstance(key, str) for key in data) else []
        return here + [rule for value in data.values() for rule in _rules(value)]
    if isinstance(data, list):
        return [rule for value in data for rule in _rules(value)]
    return []


def fresh_company(installation: Installation) -> Engine:
    """The demonstration company, made anew."""
    engine = installation.engine()
    company.drop(engine)
    company.build(engine)
    return engine


def events_of(installation: Installation, case: str) -> list[str]:
    """The names of everything that was told of a case, in order."""
    return [name for name, _ in facts_of(installation, case)]


def facts_of(installation: Installation, case: str) -> list[tuple[str, dict[str, object]]]:
    """Everything that was told of a case, in order: names, and the facts beside them."""
    address = installation.settings.database_url
    assert address is not None
    engine = create_engine(address.get_secret_value())
    with engine.connect() as connection:
        told = connection.execute(
            text("select event, facts from events where case_id = :case order by seq"), {"case": case}
        )
        names = [(str(name), dict(facts)) for name, facts in told]
    engine.dispose()
    return names
