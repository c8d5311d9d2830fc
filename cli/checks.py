"""What `doctor` looks at. A check returns what it found in a few words, or raises what is wrong with its way out."""

from __future__ import annotations

import asyncio
import http.client
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sqlalchemy import text
from temporalio.client import Client
from temporalio.service import RPCError

from bootstrap import House, build, connect
from cases.database import engine_for, speaking
from cases.keystore import open_keystore
from cli import clusters
from domain.errors import BadInput, Integrity, Unavailable
from embedded.ports import is_open
from policy.gaps import require_signed
from policy.load import load_policy
from security.keyfile import LocalKeyFile
from workflows.reconcile import RECONCILE_ID
from workflows.release import RELEASE_ID

if TYPE_CHECKING:
    from pydantic import SecretStr

    from settings import Settings

Check = Callable[[], str]

_TWO = 2
_PATIENCE = 5.0


def _policy(settings: Settings) -> str:
    policy = load_policy(settings.policy)
    if settings.profile == "production":
        require_signed(policy)
    told = f"{policy.company.name.en}, version {policy.version}"
    return f"{told}, {len(policy.unsigned)} entries unsigned" if policy.unsigned else told


def _key_file(settings: Settings) -> str:
    file = settings.key_file or settings.var / "keys" / "kek.json"
    if not file.is_file():
        raise Unavailable("key-file-missing", "the first `up` makes it; later only a backup brings it back")
    return f"current key {LocalKeyFile(file).current}"


def _writable(settings: Settings, field: str) -> str:
    place: Path = getattr(settings, field) or settings.var / field
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=place):
            return str(place)
    except OSError:
        raise Unavailable("directory-not-writable", "let this account write there", field=field) from None


def _documents(_settings: Settings) -> str:
    try:
        from exports import pdf

        made = pdf.write("<!doctype html><html lang='th'><title>สิทธิ</title><p>หนังสือแจ้งผล</p></html>")
    except (ImportError, OSError):
        mend = "run `make setup`; it names the system libraries (Pango) that are missing"
        raise Unavailable("pdf-libraries-missing", mend) from None
    return f"a Thai page of {len(made)} bytes"


ALONE: tuple[tuple[str, Callable[[Settings], str]], ...] = (
    ("policy", _policy),
    ("key file", _key_file),
    ("sealed files", partial(_writable, field="files")),
    ("mailbox", partial(_writable, field="mailbox")),
    ("documents", _documents),
)
"""Checks that need no server."""

CONNECTED_PARTS = (
    *("key store", "register", "audit rights", "staff", "systems"),
    *("temporal", "search attributes", "workers", "sweep", "release", "webhooks", "portal", "codec server"),
)
"""Checks that need what runs, as they are called when nothing does."""


def connected(settings: Settings) -> Iterator[tuple[str, Check]]:
    """Checks of what runs, each by itself; systems by name. What was opened closes when all were taken."""
    house = _Opened(settings)
    try:
        yield from _of_what_runs(house, settings)
    finally:
        house.close()


def _of_what_runs(house: _Opened, settings: Settings) -> Iterator[tuple[str, Check]]:
    yield "key store", lambda: _key_store(settings)
    yield "register", house.register
    yield "audit rights", lambda: _audit_rights(settings)
    yield "staff", house.staff
    yield "systems", house.systems
    for name, check in house.each_system():
        yield f"system {name}", check
    yield "temporal", lambda: house.ask(clusters.namespace)
    yield "search attributes", lambda: house.ask(clusters.search_attributes)
    yield "workers", lambda: house.ask(clusters.workers)
    yield "sweep", lambda: house.ask(partial(clusters.schedule, name=RECONCILE_ID))
    yield "release", lambda: house.ask(partial(clusters.schedule, name=RELEASE_ID))
    yield "webhooks", house.webhooks
    yield "portal", lambda: _portal(settings)
    yield "codec server", lambda: _codec(settings)


class _Opened:
    """The house, opened for whoever asks first; what keeps it shut is told to each."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._house: House | None = None

    def register(self) -> str:
        room = self._open().room
        room.check()
        return f"current, {room.audit.head().count} events"

    def staff(self) -> str:
        active = sum(not member.disabled for member in self._open().room.staff.members())
        if active < _TWO:
            mend = "`staff add`: what destroys or refuses needs two people"
            raise Unavailable("staff-too-few", mend, active=active)
        return f"{active} active"

    def webhooks(self) -> str:
        told = [one for one in self._open().room.webhooks.all() if not one.revoked]
        if given_up := sum(one.given_up for one in told):
            mend = "`webhook list` says whose; mend the receiver, then `webhook retry ID`, or revoke it"
            raise Unavailable("webhooks-given-up", mend, count=given_up)
        return f"{len(told)} subscribed, {sum(one.waiting for one in told)} messages wait"

    def systems(self) -> str:
        return ", ".join(self._open().tools.connectors) or "none connected"

    def each_system(self) -> Iterator[tuple[str, Check]]:
        if self._house is not None:
            for name, system in self._house.tools.connectors.items():
                yield name, partial(_reached, system.check)

    def ask(self, question: Callable[[House, Client], Awaitable[str]]) -> str:
        return asyncio.run(self._ask(question))

    async def _ask(self, question: Callable[[House, Client], Awaitable[str]]) -> str:
        house = self._open()
        client = await connect(house)
        try:
            return await question(house, client)
        except RPCError as error:
            mend = "check address, namespace and credentials of Temporal"
            raise Unavailable("temporal-refused", mend, status=error.status.name) from None

    def close(self) -> None:
        if self._house is not None:
            self._house.close()

    def _open(self) -> House:
        self._house = self._house or build(self._settings)
        return self._house


def _reached(check: Callable[[], None]) -> str:
    check()
    return "reached, and as its map says"


def _key_store(settings: Settings) -> str:
    store = open_keystore(_said(settings.keystore_url, "SITTHI_KEYSTORE_URL"))
    try:
        store.get("0" * 32)
    finally:
        store.close()
    return "reached"


def _audit_rights(settings: Settings) -> str:
    rights = "has_table_privilege('events', 'UPDATE, DELETE, TRUNCATE')"
    engine = engine_for(_said(settings.database_url, "DATABASE_URL"), connections=1)
    try:
        with speaking(), engine.connect() as connection:
            may_rewrite = connection.scalar(text(f"SELECT {rights}"))
    finally:
        engine.dispose()
    if may_rewrite:
        mend = "connect as the application's role, not as the owner"
        raise Integrity("audit-can-be-rewritten", mend, variable="DATABASE_URL")
    return "the application can only insert"


def _portal(settings: Settings) -> str:
    parts = urlsplit(_said(settings.portal_url, "SITTHI_PORTAL_URL"))
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    asked = kind(parts.hostname or "", parts.port, timeout=_PATIENCE)
    try:
        asked.request("GET", f"{parts.path}/healthz")
        status = asked.getresponse().status
    except (OSError, http.client.HTTPException):
        mend = "start `serve portal`, or mend the proxy before it"
        raise Unavailable("portal-unreachable", mend, variable="SITTHI_PORTAL_URL") from None
    finally:
        asked.close()
    if status != http.HTTPStatus.OK:
        raise Unavailable("portal-unwell", "read its log", status=status)
    return str(settings.portal_url)


def _codec(settings: Settings) -> str:
    if settings.codec_port is None:
        return "not set up: the Web UI shows sealed payloads as they are"
    if not is_open(settings.codec_port):
        raise Unavailable("codec-unreachable", "start `serve codec`", port=settings.codec_port)
    return f"port {settings.codec_port}"


def _said(value: SecretStr | str | None, variable: str) -> str:
    if value is None:
        raise BadInput("setting-missing", "set it", variable=variable)
    return value if isinstance(value, str) else value.get_secret_value()
