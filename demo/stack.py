"""The embedded stack with the demonstration company on it: servers, programs, and how they find each other."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml
from sqlalchemy import create_engine, inspect

from bootstrap import House, build, prepare
from demo import company
from embedded.supervisor import Supervisor
from settings import Settings

CRM = "siamcrm"
_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Stack:
    """What runs: the house to work in, the company's database, and the supervisor that keeps all up."""

    supervisor: Supervisor
    house: House
    crm: str
    fresh: bool
    """Whether the company was made just now."""


@contextmanager
def open_stack(settings: Settings, say: Callable[[str], None]) -> Iterator[Stack]:
    """Start everything; stop it in order at the end. Raises `Conflict` when it runs already, `Unavailable`."""
    with Supervisor(settings, say=say) as supervisor:
        crm = supervisor.database(CRM)
        fresh = _furnish(crm)
        complete = supervisor.settings
        if complete.systems is not None:
            name_systems(complete.systems, crm)
        prepare(complete)
        house = build(complete)
        run_programs(supervisor)
        yield Stack(supervisor=supervisor, house=house, crm=crm, fresh=fresh)


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


def name_systems(file: Path, crm: str) -> None:
    """Write the systems file of the demonstration to `file`; it holds the database's password, so mode 600."""
    told = yaml.safe_load((_HERE / "systems.yaml").read_text("utf-8"))
    for system in told["systems"]:
        del system["url_env"]
        system |= {"url": crm, "map": str(_HERE / system["map"])}
    file.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        yaml.safe_dump(told, opened, allow_unicode=True, sort_keys=False)
