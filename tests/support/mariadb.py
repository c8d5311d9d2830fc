"""A MariaDB for the session, on loopback, in a directory of its own; where the machine has the server."""

from __future__ import annotations

import itertools
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import sqlalchemy as sa

_SERVER = shutil.which("mariadbd", path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin")))
_INSTALLER = shutil.which("mariadb-install-db")
_START_SECONDS = 30.0
_PASSWORD = "of-a-test"

MISSING = "" if _SERVER and _INSTALLER else "no MariaDB server on this machine (apt package mariadb-server)"
"""Why there is none, or nothing."""


class MariaServer:
    """One server; `database` makes fresh ones in it."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)
        self.port = 0

    def start(self) -> None:
        assert _SERVER
        assert _INSTALLER
        data = self._home / "data"
        data.mkdir(parents=True)
        account = ["--user=root"] if os.geteuid() == 0 else []
        defaults = "--no-defaults"
        subprocess.run(
            [
                _INSTALLER,
                defaults,
                *account,
                f"--datadir={data}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
            ],
            check=True,
            capture_output=True,
        )
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._process = subprocess.Popen(
            [
                *(_SERVER, defaults, *account, f"--datadir={data}", f"--port={self.port}"),
                *(
                    "--bind-address=127.0.0.1",
                    f"--socket={self._home / 'sql.sock'}",
                    f"--pid-file={self._home / 'sql.pid'}",
                ),
                *(
                    "--innodb-flush-log-at-trx-commit=0",
                    "--innodb-flush-method=nosync",
                    "--skip-innodb-doublewrite",
                    "--innodb-lock-wait-timeout=1",
                    "--lower-case-table-names=0",
                ),
                *(
                    "--character-set-server=utf8mb4",
                    "--collation-server=utf8mb4_bin",
                    "--default-time-zone=+00:00",
                ),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait()
        self.run(f"create user 'sitthi'@'127.0.0.1' identified by '{_PASSWORD}'")
        self.run("grant all on *.* to 'sitthi'@'127.0.0.1'")

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if (self._home / "sql.sock").exists():  # a refused connection would leak its socket
                self.run("select 1")
                return
            time.sleep(0.1)
        raise TimeoutError("MariaDB does not start")

    def run(self, statement: str) -> None:
        """One statement as root."""
        engine = sa.create_engine(f"mysql+pymysql://root@localhost/?unix_socket={self._home / 'sql.sock'}")
        try:
            with engine.begin() as connection:
                connection.exec_driver_sql(statement)
        finally:
            engine.dispose()

    def database(self) -> str:
        """The address of a fresh empty database."""
        name = f"test_{next(self._numbers)}"
        self.run(f"create database {name}")
        return f"mysql+pymysql://sitthi:{_PASSWORD}@127.0.0.1:{self.port}/{name}?charset=utf8mb4"

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)
