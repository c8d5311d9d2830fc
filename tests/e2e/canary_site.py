"""The canary's site: servers, worker and portal of its own, and everything that they leave anywhere."""

from __future__ import annotations

import asyncio
import email
import io
import itertools
import json
import logging
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from email import policy as mail_policy
from pathlib import Path

import psycopg
import yaml
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message as Proto
from temporalio.api.history.v1 import History
from temporalio.client import Client
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from bootstrap import House
from connectors.mailbox import MailboxMailer
from domain.documents import Message
from domain.identifiers import IdentifierKind, identifier
from embedded.lock import lock_of, running_file
from embedded.ports import Ports
from embedded.postgres import PostgresServer
from embedded.temporal import TemporalServer
from security.redaction import RedactingFormatter
from tests.support.house import ROOT, Installation, hurried, install
from tests.support.marks import Search
from tests.support.watch import Watch
from tests.workflows.receiver import Receiver, receiving

CONTROL = "kqjzwxplantedvy"
RECEIVER = "othercrm"
PLACES = (
    "history",
    "describe",
    "visibility",
    "temporal-files",
    "register-rows",
    "register-files",
    "state-files",
    "mail",
    "temporary-files",
    "arguments",
    "worker-log",
    "portal-log",
    "engine-log",
    "terminal",
    "errors",
)
TENANT = SearchAttributeKey.for_keyword("SitthiTenant")
_TOKEN = re.compile(r"https?://\S+/[vd]/([\w-]{20,})")
_PLANT = """
import sys, tempfile, time
with tempfile.TemporaryFile() as unlinked:
    unlinked.write(sys.argv[1].encode()); unlinked.flush(); time.sleep(1)
"""
Content = tuple[str, bytes]


@dataclass
class Site:
    """One installation, and what was found of it."""

    home: Path
    installation: Installation
    house: House
    postgres: PostgresServer
    company: PostgresServer
    temporal: TemporalServer
    watch: Watch
    receiver: Receiver
    began: float
    endings: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    waited: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    fetched: dict[str, set[str]] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    credentials: set[str] = field(default_factory=set)
    package: list[Content] = field(default_factory=list)
    company_rows: list[Content] = field(default_factory=list)
    addressed: list[str] = field(default_factory=list)
    said: set[str] = field(default_factory=set)
    commands: set[str] = field(default_factory=set)
    places: dict[str, list[Content]] = field(default_factory=lambda: defaultdict(list))
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def secrets(self) -> set[str]:
        return self.tokens | self.credentials

    @property
    def company_log(self) -> Path:
        return self.company.home / "postgres.log"

    @property
    def temporary(self) -> Path:
        return self.home / "tmp"

    def contents(self, place: str) -> list[Content]:
        return self.places[place]

    def hits(self, place: str, search: Search) -> list[str]:
        contents = self.contents(place)
        assert contents, f"nothing was gathered in {place}"
        return [f"{where}: {hit}" for where, content in contents for hit in search.hits(content)][:20]

    def note(self, place: str, where: str, content: str | bytes) -> None:
        raw = content if isinstance(content, bytes) else content.encode("utf-8", "surrogateescape")
        self.places[place].append((where, raw))

    def environment(self) -> dict[str, str]:
        return {
            **self.installation.environment(),
            "SITTHI_LOG_LEVEL": "debug",
            "TMPDIR": str(self.temporary),
        }

    def start(self, name: str, *argv: str | Path) -> None:
        with (self.home / f"{name}.log").open("wb") as log:
            started = subprocess.Popen(
                [sys.executable, *argv], cwd=ROOT, env=self.environment(), stdout=log, stderr=log
            )
        self.processes[name] = started
        self.watch.follow([started.pid])

    def command(self, *argv: str, credential: str = "", shows_persons: bool = False) -> str:
        """Run a command of `starter.py` beside the stack, as an officer does; what it printed."""
        env = {"PATH": os.defpath, "SITTHI_VAR": str(self.home / "var"), "TMPDIR": str(self.temporary)}
        if credential:
            env["SITTHI_STAFF_CREDENTIAL"] = credential
        done = subprocess.run(
            [sys.executable, ROOT / "starter.py", *argv], cwd=ROOT, env=env, capture_output=True, check=False
        )
        self.commands.add(" ".join(itertools.takewhile(str.isalpha, argv[:2])) or argv[0])
        if not shows_persons:
            self.note("terminal", argv[0], done.stdout + done.stderr)
        assert done.returncode == 0 or argv[0] == CONTROL, done.stderr.decode()
        return done.stdout.decode()

    def gather(self) -> None:
        """Plant a word in every place, end all processes, and collect what each place holds."""
        asyncio.run(self._gather_temporal())
        self._plant()
        for server in (self.postgres, self.company):
            for where, content in _rows(server):
                (self.company_rows if server is self.company else self.places["register-rows"]).append(
                    (where, content)
                )
        self.end()
        for name in ("worker", "portal"):
            log = self.home / f"{name}.log"
            self.note(f"{name}-log", log.name, log.read_bytes() + CONTROL.encode())
        self.note("engine-log", "engine.log", (self.home / "engine.log").read_bytes())
        for place, folder in (
            ("temporal-files", self.temporal.home),
            ("register-files", self.postgres.home),
            ("register-files", self.postgres.data),
            ("state-files", self.home / "var"),
            ("temporary-files", self.temporary),
        ):
            self.places[place] += [*_files(folder, self.began)]
        self._open_mail()
        self.places["arguments"] = [("a process", line) for line in self.watch.arguments]
        self.places["temporary-files"] += [*self.watch.files.items()]

    def end(self) -> None:
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)
        for process in self.processes.values():
            process.wait(30)
        self.watch.__exit__()
        self.temporal.stop()
        self.postgres.stop()
        self.company.stop()

    async def _gather_temporal(self) -> None:
        client = await Client.connect(self.temporal.address)  # without a codec: what Temporal itself has
        planted = await client.start_workflow(
            CONTROL,
            CONTROL,
            id="control",
            task_queue="nobody",
            memo={"word": CONTROL},
            search_attributes=TypedSearchAttributes([SearchAttributePair(TENANT, CONTROL)]),
        )
        await asyncio.sleep(0.5)  # visibility lags behind
        seen = set()
        async for row in client.list_workflows():
            seen.add(row.id)
            self._note_proto("visibility", row.id, row.raw_info)
            handle = client.get_workflow_handle(row.id)
            self._note_proto("describe", row.id, (await handle.describe()).raw_description)
            history = await handle.fetch_history()
            self._note_proto("history", row.id, History(events=history.events))
        assert planted.id in seen
        assert {view.case.id for view in self.house.room.register.views()} <= seen

    def _note_proto(self, place: str, where: str, message: Proto) -> None:
        self.note(place, where, message.SerializeToString())
        self.note(place, where, MessageToJson(message, ensure_ascii=False))

    def _plant(self) -> None:
        for database in ("canary", "canary_keys"):
            address = self.postgres.url(database).replace("+psycopg", "")
            with psycopg.connect(address) as connection:
                connection.execute("create table planted (word text, bytes bytea)")
                connection.execute("insert into planted values (%s, %s)", (CONTROL, CONTROL.encode()))
        with psycopg.connect(self.postgres.url().replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("checkpoint")
        mailbox = self.house.settings.mailbox or Path()
        nobody = identifier(IdentifierKind.EMAIL, "nobody@example.com")
        message = Message(to=nobody, subject="planted", text=CONTROL, dedup=CONTROL)
        MailboxMailer(mailbox, self.house.tools.clock).send(message)
        (self.home / "var" / "planted").write_text(CONTROL)
        self.start("planted", "-c", _PLANT, CONTROL)
        self.processes["planted"].wait(30)
        logging.getLogger("planted").debug(CONTROL)
        self.note("errors", "planted", CONTROL)
        self.command(CONTROL)

    def _open_mail(self) -> None:
        """Mails without the address in their `To:`, which is the one thing in them that may name a person."""
        self.places["state-files"] = [c for c in self.places["state-files"] if not c[0].endswith(".eml")]
        for path in (self.house.settings.mailbox or Path()).glob("*.eml"):
            message = email.message_from_bytes(path.read_bytes(), policy=mail_policy.default)
            address = str(message["To"])
            if not address.startswith("nobody@"):
                self.addressed.append(address)
            del message["To"]
            body = message.get_body(("plain",))
            text = str(body.get_content()) if body else ""
            self.tokens |= set(_TOKEN.findall(text))
            self.note("mail", path.name, message.as_bytes())
            self.note("mail", path.name, text)

    def unpack(self, folder: Path) -> None:
        """What an export wrote."""
        for path in folder.rglob("bundle.zip"):
            with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as package:
                self.package += [(name, package.read(name)) for name in package.namelist()]


def _rows(server: PostgresServer) -> Iterator[Content]:
    """Every row of every table of every database, and what its sessions said last."""
    with psycopg.connect(server.url().replace("+psycopg", "")) as connection:
        names = [row[0] for row in connection.execute("select datname from pg_database where datallowconn")]
    for name in names:
        with psycopg.connect(server.url(name).replace("+psycopg", "")) as connection:
            tables = connection.execute(
                "select format('%I.%I', schemaname, tablename) from pg_tables"
                " where schemaname not in ('pg_catalog', 'information_schema')"
            ).fetchall()
            for (table,) in [*tables, ("pg_stat_activity",)]:
                with connection.cursor().copy(f"copy (select t::text from {table} t) to stdout") as rows:
                    yield f"{name} {table}", b"".join(bytes(part) for part in rows)


def _files(folder: Path, since: float) -> Iterator[Content]:
    """Files that were written since; those of an empty database server are not read."""
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            if path.is_file() and path.stat().st_mtime >= since:
                yield str(path.relative_to(folder)), path.read_bytes()


@contextmanager
def open_site(home: Path) -> Iterator[Site]:
    """Servers, an installation, worker and portal; everything ends with the block."""
    with ExitStack() as stack:
        for folder in ("tmp", "desk"):
            (home / folder).mkdir()
        postgres = PostgresServer(home / "postgres", options={"fsync": "off"})
        company = PostgresServer(home / "company", options={"fsync": "off"})
        temporal = TemporalServer(home / "temporal")
        for server in (postgres, company, temporal):
            server.start()
            stack.callback(server.stop)
        for role in ("sitthi_owner", "sitthi_app"):
            postgres.ensure_role(role)
        made = install(
            "canary",
            home / "var",
            postgres,
            temporal,
            policy=hurried(cooling_hours=24),
            company_server=company,
        )
        port = Ports(home / "ports.json").take("portal")
        settings = made.settings.model_copy(
            update={"portal_port": port, "portal_url": f"http://127.0.0.1:{port}"}
        )
        made = replace(made, settings=settings)
        receiver = stack.enter_context(receiving())
        _name_controller(made.settings.systems or Path(), receiver)
        lock = lock_of(settings)
        lock.take()
        stack.callback(lock.release)
        running_file(settings).write_text(json.dumps(settings.as_environment()))
        stack.enter_context(_debug_log(home / "engine.log"))
        house = made.house()
        stack.callback(house.close)
        watch = Watch(home / "tmp")
        watch.__enter__()
        site = Site(home, made, house, postgres, company, temporal, watch, receiver, time.time())
        site.start("worker", ROOT / "worker.py")
        site.start("portal", ROOT / "starter.py", "serve", "portal")
        stack.callback(site.end)
        yield site


def _name_controller(systems: Path, receiver: Receiver) -> None:
    told = yaml.safe_load(systems.read_text("utf-8"))
    told["controllers"] = [{"name": RECEIVER, "url": receiver.url}]
    systems.write_text(yaml.safe_dump(told, allow_unicode=True), "utf-8")


@contextmanager
def _debug_log(path: Path) -> Iterator[None]:
    """What this process's engine would log, if everything were logged."""
    root = logging.getLogger()
    level = root.level
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(RedactingFormatter())
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
        handler.close()
