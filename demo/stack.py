"""The embedded stack with the demonstration company on it: servers, programs, and how they find each other."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import create_engine, inspect

from bootstrap import House, build, prepare
from demo import company
from demo.vendors import Vendors
from embedded.supervisor import Supervisor
from settings import Settings

CRM = "siamcrm"
_HERE = Path(__file__).parent
_BY_NAME = "_env"


@dataclass(frozen=True)
class Stack:
    """What runs: the house to work in, the company's database and vendors, and the supervisor that keeps all up."""

    supervisor: Supervisor
    house: House
    crm: str
    vendors: Vendors
    fresh: bool
    """Whether the company was made just now."""


@contextmanager
def open_stack(settings: Settings, say: Callable[[str], None]) -> Iterator[Stack]:
    """Start everything; stop it in order at the end. Raises `Conflict` when it runs already, `Unavailable`."""
    with Supervisor(settings, say=say) as supervisor:
        crm = supervisor.database(CRM)
        fresh = _furnish(crm)
        vendors = Vendors(supervisor, crm)
        complete = supervisor.settings
        if complete.systems is not None:
            name_systems(complete.systems, crm, vendors.surroundings)
        prepare(complete)
        house = build(complete)
        run_programs(supervisor)
        yield Stack(supervisor=supervisor, house=house, crm=crm, vendors=vendors, fresh=fresh)


def run_programs(supervisor: Supervisor) -> None:
    """Start worker, portal and codec server beside the servers. Raises `Unavailable`."""
    settings = supervisor.settings
    starter = [sys.executable, str(_HERE.parent / "starter.py"), "serve"]
    supervisor.run("worker", [sys.executable, str(_HERE.parent / "worker.py")])
    supervisor.run("portal", [*starter, "portal"], port=settings.portal_port)
    supervisor.run("codec", [*starter, "codec"], port=settings.codec_port)


def _furnish(crm: str) -> bool:
    engine = create_engine(crm, hide_parameters=True)
    try:
        if inspect(engine).has_table("tenants"):
            return False
        company.build(engine)
    finally:
        engine.dispose()
    return True


def name_systems(file: Path, crm: str, vendors: Mapping[str, str] | None = None) -> None:
    """Write the systems file of the demonstration to `file`; it holds passwords and keys, so mode 600.

    A system whose address is not among the `vendors`' is left out.
    """
    known = {"DEMO_DATABASE_URL": crm, **(vendors or {})}
    told = yaml.safe_load((_HERE / "systems.yaml").read_text("utf-8"))
    told["systems"] = [_named(system, known) for system in told["systems"] if _names(system) <= known.keys()]
    file.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        yaml.safe_dump(told, opened, allow_unicode=True, sort_keys=False)


def _names(system: Mapping[str, Any]) -> set[str]:
    return {str(value) for word, value in system.items() if word.endswith(_BY_NAME)}


def _named(system: Mapping[str, Any], known: Mapping[str, str]) -> dict[str, Any]:
    said = {
        word.removesuffix(_BY_NAME): known[value] if word.endswith(_BY_NAME) else value
        for word, value in system.items()
    }
    return said | ({"map": str(_HERE / said["map"])} if "map" in said else {})
