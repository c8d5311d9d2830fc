"""Start the embedded servers and the programs that use them; keep them up; stop them in order."""

from __future__ import annotations

import contextlib
import json
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import NoReturn, Self

from pydantic import SecretStr

from domain.errors import BadInput
from embedded.lock import lock_of, running_file
from embedded.objects import ObjectServer
from embedded.ports import LOOPBACK, Ports
from embedded.postgres import PostgresServer
from embedded.process import Child
from embedded.program import Program
from embedded.temporal import TemporalServer
from embedded.watch import Service, Watch
from security.token_file import token_in
from settings import Settings, outside_environment

REGISTER, KEYSTORE = "sitthi", "sitthi_keys"
OWNER, APPLICATION = "sitthi_owner", "sitthi_app"


class Supervisor:
    """The embedded stack of one `var`: a context manager that starts it, keeps it up and stops it in order.

    Inside, `settings` are complete (addresses, passwords, ports; what was given is kept, and a Temporal that
    was given is used instead of ours), and SIGTERM raises KeyboardInterrupt as Ctrl-C does. Logs are under `var/log`. `say` is told, a line each, what is worth a person's notice.

    Raises on entry:
        Conflict: Another supervisor runs in this `var`.
        Unavailable: A server does not start; facts name its log.
        BadInput: The settings are for production.
    """

    def __init__(self, settings: Settings, *, say: Callable[[str], None] = lambda _line: None) -> None:
        if settings.profile != "embedded":
            raise BadInput(
                "not-embedded",
                "in production start worker and portal by themselves",
                variable="SITTHI_PROFILE",
            )
        self.settings = settings
        self._said = settings
        self._var = settings.var.absolute()
        self._lock = lock_of(settings)
        self._ports = Ports(self._var / "embedded.json")
        self.postgres = PostgresServer(
            self._var / "postgres", ports=self._ports, log=self._var / "log" / "postgres.log"
        )
        self.temporal = TemporalServer(
            self._var / "temporal", ports=self._ports, log=self._var / "log" / "temporal.log"
        )
        self._objects = ObjectServer(self._var / "s3", ports=self._ports, log=self._var / "log" / "s3.log")
        self._keeps_objects = False
        self._programs: list[Program] = []
        self._watch = Watch(say, self._on_revived)

    def __enter__(self) -> Self:
        """Start the servers; see the class."""
        # Open for passing only: as root, PostgreSQL's account must be able to reach its directory.
        self._var.mkdir(mode=0o711, parents=True, exist_ok=True)
        self._lock.take()
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, _interrupt)
            # A shell starts what it runs in the background with SIGINT ignored, and then nobody could stop us.
            signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            self._start_servers()
        except BaseException:  # whatever it was, Ctrl-C too: leave no server behind
            self._stop_all()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything, the last started first."""
        self._stop_all()

    def run(
        self, name: str, argv: Sequence[str], *, port: int | None = None, home: Path | None = None
    ) -> Program:
        """Start one of our programs with these settings in its environment, in `home` if given, and keep it up.

        With a `port`, return when that answers. Raises `Unavailable` when it does not start.
        """
        child = self._child(name)
        program = Program(name, argv, child=child, environment=self._environment, port=port, home=home)
        with self._watch.paused:
            program.start()
            self._programs.append(program)
            self._watch.add(program)
        return program

    def database(self, name: str) -> str:
        """Make, if it is not there, a database and a role of that name; return its SQLAlchemy address: a secret."""
        self.postgres.ensure_role(name)
        self.postgres.ensure_database(name, name)
        return self.postgres.url(name, name)

    def port(self, name: str) -> int:
        """A free port for a program of that name; the same at the next start, unless something else took it."""
        return self._ports.take(name)

    def objects(self) -> ObjectServer:
        """Start an S3 server the first time, and keep it up. Raises `Unavailable` when it does not start."""
        with self._watch.paused:
            if not self._keeps_objects:
                self._objects.start()
                self._watch.add(self._objects)
                self._keeps_objects = True
        return self._objects

    def paused(self) -> contextlib.AbstractContextManager[object]:
        """In here nothing that dies is started again: for who kills and starts servers by hand."""
        return self._watch.paused

    def wait(self) -> None:
        """Return at Ctrl-C or SIGTERM."""
        try:
            while True:
                signal.pause()
        except KeyboardInterrupt:
            return

    def _start_servers(self) -> None:
        for left in sorted((self._var / "run").glob("*.pid")):
            self._child(left.stem).reap_stale()
        self._objects.end_stale()  # it is started only where it is asked for
        self.postgres.start()
        self._watch.add(self.postgres)
        for role in (OWNER, APPLICATION, KEYSTORE):
            self.postgres.ensure_role(role)
        self.postgres.ensure_database(REGISTER, OWNER, guests=(APPLICATION,))
        self.postgres.ensure_database(KEYSTORE, KEYSTORE)
        codec = self._said.codec_port or self._ports.take("codec")
        portal = self._said.portal_port or self._ports.take("portal")
        # The embedded Web UI has no sign-in to send a token from: there it stands in the path.
        key_file = self._said.key_file or self._var / "keys" / "kek.json"
        token = token_in(key_file.absolute().with_name("codec.token"))
        self.temporal.codec = f"http://{LOOPBACK}:{codec}/{token}"
        if self._said.temporal_address is None:
            self.temporal.start()
            self._watch.add(self.temporal)
        self._said = self._said.model_copy(update={"codec_port": codec, "portal_port": portal})
        self._tell_addresses()

    def _tell_addresses(self) -> None:
        made = Settings(
            database_url=SecretStr(self.postgres.url(REGISTER, APPLICATION)),
            database_owner_url=SecretStr(self.postgres.url(REGISTER, OWNER)),
            keystore_url=SecretStr(self.postgres.url(KEYSTORE, KEYSTORE)),
            temporal_address=self.temporal.address,
            temporal_ui_url=self.temporal.ui_address,
            portal_url=f"http://{LOOPBACK}:{self._said.portal_port}",
        )
        self.settings = self._said.filled_from(made)
        told = running_file(self.settings)
        fresh = told.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(self.settings.as_environment(), indent=2) + "\n", "utf-8")
        fresh.replace(told)  # at once: a command beside us never reads half of it

    def _on_revived(self, service: Service) -> None:
        """Tell the programs where a server is now, if it had to take another port."""
        if isinstance(service, Program):
            return
        before = self.settings
        self._tell_addresses()
        if self.settings != before:
            for program in self._programs:
                program.stop()  # the watch starts it again, with the new settings

    def _environment(self) -> Mapping[str, str]:
        return {**outside_environment(), **self.settings.as_environment()}

    def _child(self, name: str) -> Child:
        return Child(name, memory=self._var / "run" / f"{name}.pid", log=self._var / "log" / f"{name}.log")

    def _stop_all(self) -> None:
        with _undisturbed():
            for service in self._watch.end():
                service.stop()
            self._objects.stop()
            self.temporal.stop()
            self.postgres.stop()  # these also when they died on the way up, before they were watched
            running_file(self.settings).unlink(missing_ok=True)
            self._lock.release()


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """In here Ctrl-C and SIGTERM do nothing: a second one must not leave half of the servers running."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
