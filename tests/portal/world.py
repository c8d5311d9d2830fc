"""A portal over the register, sealed files and mailbox themselves, and a person who fetches what was sent."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from sqlalchemy import create_engine, text

from cases import Room
from connectors.mailbox import MailboxMailer
from demo.person import mails
from domain.case import Bundle
from domain.delivery import PACKAGE, Document
from domain.documents import Files, Message
from domain.errors import Unavailable
from domain.identifiers import Identifier, IdentifierKind, identifier
from domain.ports import Intake
from domain.rights import Right
from exports.room import Documents
from policy.load import load_policy
from portal.app import create_app
from portal.hooks import PortalHook
from portal.safety import Throttle
from security.keyring import KeyRing
from tests.portal.conftest import Challenges
from tests.portal.reading import Page
from tests.support.databases import Database
from workflows.letterbox import Letterbox

START = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
LIFE = timedelta(days=14)
HERS = identifier(IdentifierKind.EMAIL, "malee.jaidee@example.com")
HIS = identifier(IdentifierKind.EMAIL, "somchai.rakdee@example.com")
PACKED = bytes(range(256)) * 4000
LETTER = b"%PDF-1.7 a letter"


class Clock:
    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        return self.at


class Mail(MailboxMailer):
    """The mailbox, which may be away."""

    away = False

    def send(self, message: Message) -> str:
        if self.away:
            raise Unavailable("mail-away")
        return super().send(message)


@dataclass
class World:
    """A register with its rooms, and what an engine does to it."""

    room: Room
    ring: KeyRing
    files: Files
    mail: Mail
    mailbox: Path
    clock: Clock
    database: Database

    @property
    def letterbox(self) -> Letterbox:
        exports = Documents(load_policy(), self.clock)
        return Letterbox(
            self.room.deliveries,
            self.room.register,
            self.files,
            self.mail,
            exports,
            self.room.certificates,
        )

    def case(self, language: str = "th") -> str:
        self.clock.at += timedelta(hours=2)  # whatever earlier tests asked for is forgotten
        intake = Intake(
            rights=(Right.ACCESS,), channel="web", received=START, language=language, identifiers=(HERS,)
        )
        terms = {Right.ACCESS: load_policy().terms(Right.ACCESS, START)}
        [case] = self.room.register.open_request(intake, terms)
        return case.id

    def reference(self, case: str) -> str:
        return self.room.register.view(case).case.reference

    def send(
        self,
        case: str,
        code: str = "L1",
        *,
        to: Identifier = HERS,
        proved: bool = False,
        packed: bool = False,
    ) -> str:
        """Deliver a letter, and with it the package; the link's token."""
        documents = [self._written(case, f"{code}.pdf", code, LETTER + code.encode())]
        if packed:
            documents.append(self._written(case, "bundle.zip", PACKAGE, PACKED))
        letter = self.room.letters.queue(case, code, f"letters/{code}.pdf", "0" * 64)
        link = self.room.deliveries.link(
            letter.id, to, documents, expires=self.clock.at + LIFE, proved=proved
        )
        assert link is not None
        self.room.deliveries.sent(link.id)
        return link.token

    def _written(self, case: str, name: str, kind: str, content: bytes) -> Document:
        with self.files.write(case, name) as out:
            out.write(content)
        measured: Bundle = self.files.measure(case, name)
        return Document(name=name, kind=kind, ref=name, sha256=measured.sha256, size=measured.size)

    def codes(self, case: str, address: Identifier = HERS) -> list[str]:
        """The codes that came to an address about a case, the newest first."""
        newest = sorted(self.mailbox.glob("*.eml"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
        reference = self.reference(case)
        told = [text for text in mails(newest, address.value) if reference in text]
        return [re.findall(r"(?<!\d)\d{6}(?!\d)", text.replace(reference, ""))[0] for text in told]

    def events(self, case: str) -> list[str]:
        engine = create_engine(self.database.app)
        with engine.connect() as connection:
            told = connection.execute(
                text("select event from events where case_id = :case order by seq"), {"case": case}
            ).scalars()
            names = [str(name) for name in told if str(name).startswith("delivery:")]
        engine.dispose()
        return names


@asynccontextmanager
async def browsing(
    world: World, throttle: Throttle | None = None, hook: PortalHook | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(
        Challenges(),
        world.letterbox,
        company=load_policy().company,
        https=True,
        throttle=throttle or Throttle(10_000, 60),
        hook=hook,
    )
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://portal.example") as client:
        yield client


async def ask(client: httpx.AsyncClient, token: str) -> httpx.Response:
    """Open a link and press for a code."""
    page = Page(await client.get(f"/d/{token}", follow_redirects=True))
    return await client.post("/documents", data={"proof": page.value("proof")}, follow_redirects=True)


async def enter(client: httpx.AsyncClient, form: httpx.Response, code: str) -> httpx.Response:
    (proof, *_) = [a["value"] for a in Page(form).all("input") if a.get("name") == "proof"]
    return await client.post("/documents/code", data={"proof": proof, "code": code})


async def opened(client: httpx.AsyncClient, world: World, case: str, token: str) -> httpx.Response:
    """All the way in: the list of documents."""
    answer = await enter(client, await ask(client, token), world.codes(case)[0])
    assert (answer.status_code, answer.headers["location"]) == (303, "/documents")
    return await client.get("/documents")


def offered(page: httpx.Response) -> set[str]:
    links = [a.get("href", "") for a in Page(page).all("a")]
    return {link.rpartition("/")[2] for link in links if link.startswith("/documents/file/")}
