"""A register with somebody at its counter: the house of commands that need no Temporal."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import create_engine, text
from temporalio.service import RPCError, RPCStatusCode

import cli.office
from activities.publish import Publish
from bootstrap import House
from cases import Room, migrate, open_keystore, open_room, prepare_keystore
from connectors.heads import DirectoryHeads
from connectors.mailbox import MailboxMailer
from connectors.registry import open_connectors
from connectors.transfer import open_transfers
from demo.stack import name_systems
from domain.connector import Connector
from domain.deadlines import Authority, Terms
from domain.identifiers import IdentifierKind, identifier
from domain.ports import Intake
from domain.rights import Right
from domain.states import State
from exports.inspection.package import AuditPackages
from exports.room import Documents
from policy.load import load_policy
from security.case_files import CaseFiles
from security.files import SealedFiles
from security.keyfile import LocalKeyFile
from security.keyring import KeyRing
from security.signing import EngineSigning
from tests.cli.conftest import Run
from tests.cli.stack import ROOT
from tests.support.databases import Database

APP = "sitthi_app"
EMAIL = "malee.jaidee@example.com"
NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
NOWHERE = "postgresql+psycopg://nobody@127.0.0.1:9/nothing"  # maps are read, the company is not reached
STEPS = (
    *(State.RESOLVING, State.VERIFYING, State.LOCATING, State.PLANNING, State.DECIDING, State.COOLING),
    *(State.FULFILLING, State.PROVING, State.ANSWERING),
)


class Away:
    """A client of a Temporal that does not answer."""

    def get_workflow_handle(self, _workflow: str) -> Away:
        return self

    async def execute_update(self, _name: str, **_said: object) -> None:
        raise RPCError("away", RPCStatusCode.UNAVAILABLE, b"")

    async def signal(self, _name: str) -> None:
        raise RPCError("away", RPCStatusCode.UNAVAILABLE, b"")


class Standing:
    def now(self) -> datetime:
        return NOW


@dataclass(frozen=True)
class Counter:
    """A register, somebody who may act in it, and their terminal."""

    room: Room
    register: Database
    officer: str
    credential: str
    run: Run
    connectors: dict[str, Connector]
    """What the house is connected to; a test may add to it."""

    def at(self, state: State, case: str) -> None:
        """Move a case along the table up to that step."""
        for step in STEPS[: STEPS.index(state) + 1]:
            self.room.register.enter(case, step)

    def move(self, *states: State, case: str) -> None:
        """Move a case on by these steps, one by one."""
        for step in states:
            self.room.register.enter(case, step)

    def told(self, *args: str) -> dict[str, Any]:
        result = self.run(*args, "--json", "--credential", f"@{self.credential}")
        assert result.exit_code == 0, result.stderr
        found: dict[str, Any] = json.loads(result.stdout)
        return found

    def shown(self, *args: str) -> str:
        result = self.run(*args, "--credential", f"@{self.credential}")
        assert result.exit_code == 0, result.stderr
        return result.stdout

    def seen(self, *args: str) -> dict[str, Any]:
        """As JSON, without a credential: what shows nothing of a person."""
        result = self.run(*args, "--json")
        assert result.exit_code == 0, result.stderr
        found: dict[str, Any] = json.loads(result.stdout)
        return found

    def shown_to_anybody(self, *args: str) -> str:
        """What is printed without a credential."""
        result = self.run(*args)
        assert result.exit_code == 0, result.stderr
        return result.stdout

    def refused_to_anybody(self, *args: str) -> tuple[int, str]:
        """Exit code and line of a command that needs no credential."""
        result = self.run(*args)
        return result.exit_code, result.stderr

    def with_credential(self, credential: str) -> Counter:
        """The same terminal with somebody else at it."""
        return replace(self, credential=credential)

    def refused(self, *args: str) -> tuple[int, str]:
        result = self.run(*args, "--credential", f"@{self.credential}")
        return result.exit_code, result.stderr

    def case(
        self, right: Right = Right.ERASURE, *, days_later: int = 0, email: str = EMAIL, **more: Any
    ) -> tuple[str, str]:
        """The id and the reference of a fresh case of hers; `more` are parts of the request."""
        intake = Intake(
            rights=(right,),
            channel="web",
            received=NOW,
            language="th",
            identifiers=(identifier(IdentifierKind.EMAIL, email),),
            **more,
        )
        came = date(2026, 11, 22) + timedelta(days=days_later)
        day = came + timedelta(days=30)
        terms = Terms(
            received_on=came,
            strict=day,
            rolled=day,
            target=day,
            decide_by=date(2026, 12, 1),
            verify_by=NOW + timedelta(days=7),
            due=NOW + timedelta(days=30),
            authority=Authority.STATUTE,
            reference="cl. 3",
            policy="1",
            calendar="1",
        )
        [case] = self.room.register.open_request(intake, {right: terms})
        return case.id, case.reference

    def events(self, name: str) -> list[tuple[str | None, str, dict[str, Any]]]:
        engine = create_engine(self.register.app)
        try:
            with engine.connect() as connection:
                told = text("SELECT case_id, actor, facts FROM events WHERE event = :name ORDER BY seq")
                rows = connection.execute(told, {"name": name})
                return [(row.case_id, row.actor, row.facts) for row in rows]
        finally:
            engine.dispose()


@pytest.fixture
def counter(
    register_database: Callable[[], Database], tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Counter]:
    register, keys = register_database(), register_database()
    migrate.upgrade(register.owner, APP)
    prepare_keystore(keys.owner, APP)
    store = open_keystore(keys.app)
    ring = KeyRing(store, LocalKeyFile(tmp_path / "keys.json"))
    policy, systems = load_policy(ROOT / "policy"), tmp_path / "systems.yaml"
    room = open_room(register.app, ring, Standing(), policy)
    name_systems(systems, NOWHERE)
    heads, url, portal = tmp_path / "heads", SecretStr(register.app), "https://portal.example"
    named = {"staff_credential": None, "database_url": url, "heads": heads, "portal_url": portal}
    settings = SimpleNamespace(profile="embedded", **named)
    tools = SimpleNamespace(
        clock=Standing(),
        policy=policy,
        obligations=room.obligations,
        tasks=room.tasks,
        connectors=open_connectors(systems, {}, secret=b"s" * 32),
        transfers=open_transfers(systems, {}),
        files=CaseFiles(SealedFiles(tmp_path / "files", ring), ring),
        portal_url=portal,
        answer_links=room.answer_links,
        register=room.register,
        vault=room.vault,
        plans=room.plans,
        mailer=MailboxMailer(tmp_path / "mail", Standing()),
        exports=Documents(policy, Standing()),
    )

    signing, files = EngineSigning(ring), tools.files
    packages = AuditPackages(room.inspection, policy, signing, files)
    shelves = (DirectoryHeads(heads),)
    publish = Publish(room.inspection, room.exports, signing, shelves, room.audit, Standing())
    rest = {"packages": packages, "publish": publish}

    @contextmanager
    def open_house(other: Path | None = None) -> Iterator[SimpleNamespace]:
        others = {"connectors": open_connectors(other, {}, secret=b"s" * 32)} if other else {}
        asked = SimpleNamespace(**{**vars(tools), **others})
        yield SimpleNamespace(room=room, settings=settings, tools=asked, policy=policy, **rest)
        for connector in others.get("connectors", {}).values():
            connector.close()

    async def connect(_house: House) -> Away:
        """No Temporal: what an act refuses before it needs one is refused all the same."""
        return Away()

    monkeypatch.setattr(cli.office, "open_house", open_house)
    monkeypatch.setattr(cli.office, "connect", connect)
    officer, secret = room.staff.add("วิชัย", "officer")
    credential = tmp_path / "credential"
    credential.write_text(secret, "utf-8")
    yield Counter(room, register, officer, str(credential), run, tools.connectors)
    room.close()
    store.close()
