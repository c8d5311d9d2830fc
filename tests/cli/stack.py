"""A real stack for the commands: servers, worker, portal, and the demonstration's company, in a program of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from typer.testing import CliRunner, Result

from starter import app

ROOT = Path(__file__).parent.parent.parent
HOLDER = """
from demo.stack import open_stack
from settings import Settings
with open_stack(Settings.from_environment(), print) as stack:
    print("up", flush=True)
    stack.supervisor.wait()
"""


def program(var: Path) -> subprocess.Popen[str]:
    """Start it, and return when it is up."""
    env = {"PATH": os.defpath, "PYTHONPATH": str(ROOT), "SITTHI_VAR": str(var)}
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line == "up\n":
            return process
    raise AssertionError((var / "log").exists() and sorted(p.name for p in (var / "log").iterdir()))


def end(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    assert process.stdout is not None
    process.stdout.close()
    process.wait(60)


@dataclass(frozen=True)
class Terminal:
    """A second terminal beside the stack: somebody's, with their credential in the settings, or nobody's."""

    var: Path
    credential: str = ""

    def run(self, *args: str, given: str = "", **settings: str) -> Result:
        env = {"SITTHI_VAR": str(self.var), "NO_COLOR": "1", **settings}
        if self.credential:
            env["SITTHI_STAFF_CREDENTIAL"] = self.credential
        return CliRunner().invoke(app, list(args), input=given, env=env)

    def told(self, *args: str, given: str = "") -> dict[str, Any]:
        """What a command that must succeed tells as JSON."""
        result = self.run(*args, "--json", given=given)
        assert result.exit_code == 0, result.stderr
        found: dict[str, Any] = json.loads(result.stdout)
        return found

    def done(self, *args: str) -> str:
        result = self.run(*args)
        assert result.exit_code == 0, result.stderr
        return result.stdout

    def refused(self, *args: str, **settings: str) -> tuple[int, str]:
        """Exit code and error code of a command that must fail, in one line."""
        result = self.run(*args, **settings)
        assert result.exit_code != 0
        assert result.stderr.count("\n") == 1
        assert "Traceback" not in result.stderr
        return result.exit_code, result.stderr.removeprefix("error: ").split(" ")[0].rstrip(":\n")

    def events(self, name: str) -> list[tuple[str, dict[str, Any]]]:
        """Actor and facts of all events of that name, the oldest first."""
        with psycopg.connect(self.owner()) as connection:
            query = "SELECT actor, facts FROM events WHERE event = %s ORDER BY seq"
            return [(row[0], row[1]) for row in connection.execute(query, (name,))]

    def owner(self) -> str:
        """The register's address for its owner."""
        told = json.loads((self.var / "running.json").read_text("utf-8"))
        return str(told["SITTHI_DATABASE_OWNER_URL"]).replace("+psycopg", "")
