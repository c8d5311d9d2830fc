"""A desk to test at: a real register, members of staff of every role, and browsers in which they are signed in."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pyotp
import pytest
from argon2 import PasswordHasher
from sqlalchemy import Connection, create_engine, text
from starlette.applications import Starlette
from starlette.responses import Response

from activities.tools import Tools
from cases import Room, migrate, open_keystore, open_room, prepare_keystore
from connectors.mailbox import MailboxMailer
from domain.connector import Coverage
from domain.errors import Unavailable
from domain.identifiers import IdentifierKind, identifier
from domain.inspection import Export, Made
from domain.ports import CaseView, Intake
from domain.rights import Right
from domain.staffing import Role
from domain.states import State
from exports.burning.burner import ProcessBurner
from exports.inspection.package import AuditPackages, Commission, Signer
from exports.room import Documents
from policy.load import load_policy
from policy.model import Policy
from portal.app import create_app
from portal.desk.gate import Gate
from portal.desk.parts import Parts
from portal.desk.tries import Patience, Tries
from portal.pages import Pages
from portal.safety import Cookies, Throttle
from security import credentials
from security.case_files import CaseFiles
from security.files import SealedFiles
from security.keyfile import LocalKeyFile
from security.keyring import ENGINE_OWNER, LOOKUP_OWNER, KeyRing
from security.ports import KeyPurpose
from security.signing import EngineSigning
from security.staff_tokens import StaffTokens
from settings import Told
from tests.portal.conftest import Challenges, NoDeliveries
from tests.portal.reading import Page
from tests.support.databases import Database
from workflows.desk import Desk

START = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
ORIGIN = "https://portal.example"
PASSWORD = "four quiet lamps at noon"
NAMES = {
    Role.INTAKE: "นางสาวปรียา รับเรื่อง",
    Role.OFFICER: "นายวิชัย ตรวจดี",
    Role.APPROVER: "นางสมศรี ยืนยัน",
    Role.FINANCE: "นายอนันต์ บัญชี",
    Role.AUDITOR: "นางสาวสุดา สอบทาน",
    Role.ADMINISTRATOR: "นายชัยวัฒน์ ดูแล",
}


class Clock:
    """Goes on when it is told."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def pass_by(self, **span: float) -> None:
        self.at += timedelta(**span)


@dataclass
class Person:
    """A member of staff, and what they know."""

    member: str
    credential: str
    login: str
    secret: str
    password: str = PASSWORD


@dataclass
class DeskWorld:
    """A register, staff, and a desk without Temporal (`parts.desk` raises `Unavailable`, unless `desk` is set)."""

    room: Room
    ring: KeyRing
    policy: Policy
    clock: Clock
    database: Database
    staff: dict[Role, Person] = field(default_factory=dict)
    desk: Desk | None = None
    systems: dict[str, Callable[[], None]] = field(default_factory=dict)
    released: list[tuple[str, str]] = field(default_factory=list)
    tries: Tries = field(default_factory=lambda: Tries(Throttle(10_000, 60), Patience(free=10_000)))
    tools: Tools | None = None
    settings: tuple[Told, ...] = ()
    mapped: dict[str, Callable[[], Coverage]] = field(default_factory=dict)

    @property
    def parts(self) -> Parts:
        return Parts(
            self.room,
            self.found,
            self.policy,
            self.clock,
            StaffTokens(self.ring),
            systems=self.systems,
            released=lambda case, order: self.released.append((case, order)),
            export=self.export,
            tries=self.tries,
            tools=self.tools,
            settings=self.settings,
            mapped=self.mapped,
        )

    async def found(self) -> Desk:
        if self.desk is None:
            raise Unavailable("temporal-unreachable")
        return self.desk

    def export(self, export: Export, out: Path, actor: str) -> Made:
        """Make an audit export as the engine does."""
        files = CaseFiles(SealedFiles(out.parent / "sealed", self.ring), self.ring)
        packages = AuditPackages(self.room.inspection, self.policy, EngineSigning(self.ring), files, None)
        signer = Signer(id=actor, name=self.room.staff.name(actor), role="officer")
        with out.open("w+b") as target:
            issued = packages.write(Commission(export=export, signer=signer, made=self.clock.at), target)
        content = out.read_bytes()
        made = Made(hashlib.sha256(content).hexdigest(), len(content), issued.head, issued.timestamp)
        self.room.exports.made(export.id, made, actor=actor)
        return made

    def hire(self, role: Role, name: str = "") -> Person:
        """Somebody new, who has set up their sign-in."""
        member, credential = self.room.staff.add(name or NAMES[role], role)
        secret = self.room.doors.admit(credential).secret
        login = f"{role}-{member}@siamcrm.example"
        self.room.doors.enrol(member, login=login, password=PASSWORD, code=self.code(secret))
        return Person(member, credential, login, secret)

    def of(self, role: Role) -> Person:
        """The one of that role; hired when first asked for."""
        if role not in self.staff:
            self.staff[role] = self.hire(role)
        return self.staff[role]

    def code(self, secret: str) -> str:
        """What the phone shows now."""
        return pyotp.TOTP(secret).at(self.clock.at)

    def case(
        self,
        *states: State,
        right: Right = Right.ACCESS,
        email: str = "malee.jaidee@example.com",
        name: str = "มาลี ใจดี",
        received: datetime | None = None,
    ) -> CaseView:
        """A case that went through these states."""
        received = received or self.clock.at
        intake = Intake(
            rights=(right,),
            channel="web",
            received=received,
            language="th",
            identifiers=(identifier(IdentifierKind.EMAIL, email),),
            name=name,
        )
        [case] = self.room.register.open_request(intake, {right: self.policy.terms(right, received)})
        for state in states:
            self.room.register.enter(case.id, state)
        return self.room.register.view(case.id)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """The register's tables as they are."""
        engine = create_engine(self.database.app)
        with engine.begin() as connection:
            yield connection
        engine.dispose()

    def events(self) -> list[tuple[str, str, dict[str, object]]]:
        """What was told, in its order: event, actor, facts."""
        with self.reading() as connection:
            rows = connection.execute(text("SELECT event, actor, facts FROM events ORDER BY seq"))
            return [(row.event, row.actor, row.facts) for row in rows]

    def app(self, *, https: bool = True) -> Starlette:
        """The portal over this world."""
        return create_app(
            Challenges(), NoDeliveries(), company=self.policy.company, https=https, staff=self.parts
        )

    @asynccontextmanager
    async def browser(self, *, address: str = "203.0.113.7") -> AsyncIterator[httpx.AsyncClient]:
        """A browser in which nobody is signed in."""
        transport = httpx.ASGITransport(self.app(), client=(address, 50_000))
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
            yield client

    def cookies(self, role: Role, *, https: bool = False) -> dict[str, str]:
        """The cookies of a session of the one of that role, begun behind the sign-in's back."""
        gate, response = Gate(self.parts, Pages.of(self.policy.company, Cookies(https=https))), Response()
        gate.let_in(response, self.room.sessions.begin(self.of(role).member))
        named = [cookie.partition(";")[0].partition("=") for cookie in response.headers.getlist("set-cookie")]
        return {name.partition("sitthi-")[2]: value.strip('"') for name, _, value in named}

    @asynccontextmanager
    async def signed(self, role: Role) -> AsyncIterator[httpx.AsyncClient]:
        """A browser in which the one of that role is signed in."""
        async with self.browser() as client:
            for name, value in self.cookies(role, https=True).items():
                client.cookies.set(f"__Host-sitthi-{name}", value, domain="portal.example")
            yield client


async def press(
    client: httpx.AsyncClient, page: httpx.Response, action: str, **values: object
) -> httpx.Response:
    """Send the form of that action on a page, with its hidden fields and these."""
    proof = proof_of(page, action)
    return await client.post(action, data={"proof": proof, **values})


def proof_of(page: httpx.Response, action: str, *, last: bool = False) -> str:
    """The proof in the first form of that action, or in the last."""
    elements = Page(page).elements
    forms = [n for n, (tag, attrs) in enumerate(elements) if tag == "form" and attrs.get("action") == action]
    inside = elements[forms[-1 if last else 0] :]
    return next(attrs["value"] for tag, attrs in inside if tag == "input" and attrs.get("name") == "proof")


def tools_of(room: Room, ring: KeyRing, policy: Policy, clock: Clock, place: Path) -> Tools:
    """The ports of the steps over that register, with no system connected."""
    named = {one.name for one in fields(Tools)} - {"exports"}  # the room's are those of the audit chain
    rooms = {name: getattr(room, name) for name in named if hasattr(room, name)}
    return Tools(
        **rooms,
        clock=clock,
        policy=policy,
        files=CaseFiles(SealedFiles(place / "files", ring), ring),
        mailer=MailboxMailer(place / "mail", clock),
        transfers=NoTransfers(),
        exports=Documents(policy, clock),
        burner=ProcessBurner(),
        connectors={},
        portal_url=ORIGIN,
    )


class NoTransfers:
    """Nobody takes packages by machine."""

    def knows(self, _to: str) -> bool:
        return False

    def send(self, *_said: object) -> None:
        raise Unavailable("controller-unreachable")


def open_world(
    register_database: Callable[[], Database], place: Path, at: datetime = START
) -> Iterator[DeskWorld]:
    """A world of one's own; a fixture yields from it."""
    database, keys, clock, policy = register_database(), register_database(), Clock(at), load_policy()
    migrate.upgrade(database.owner, "sitthi_app")
    prepare_keystore(keys.owner, "sitthi_app")
    store = open_keystore(keys.app)
    ring = KeyRing(store, LocalKeyFile(place / "keys.json"))
    ring.ensure(KeyPurpose.ENGINE, ENGINE_OWNER)
    ring.ensure(KeyPurpose.LOOKUP, LOOKUP_OWNER)
    room = open_room(database.app, ring, clock, policy)
    with pytest.MonkeyPatch.context() as patch:
        # Argon2id all the same, of a cost that tests can pay a hundred times.
        patch.setattr(credentials, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        yield DeskWorld(room, ring, policy, clock, database, tools=tools_of(room, ring, policy, clock, place))
    room.close()
    store.close()
