"""`up` as a program: it starts everything, says where it is, and ends in order."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.stack import ROOT, Terminal

pytestmark = pytest.mark.slow


def test_without_the_demonstration_it_stays_up_until_it_is_told_to_stop(var: Path) -> None:
    env = {"PATH": os.defpath, "SITTHI_VAR": str(var), "NO_COLOR": "1"}
    command = [sys.executable, str(ROOT / "starter.py"), "up", "--no-demo"]
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if line.startswith("Up until Ctrl-C"):
                break
        try:
            terminal = Terminal(var)
            second = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
            parts = json.loads(terminal.run("doctor", "--json").stdout)["parts"]
            (member,) = (terminal.told("staff", "add", "--name", "N", "--role", "officer"),)
        finally:
            process.send_signal(signal.SIGINT)
            rest = process.stdout.read()
    assert any(line.startswith("Portal ") and "http://127.0.0.1:" in line for line in said)
    assert (second.returncode, second.stdout) == (5, "")
    assert second.stderr.startswith(f"error: already-running (pid {process.pid})")
    assert {part["part"] for part in parts if part["state"] != "ok"} == {"staff"}
    assert member["first"] is True
    assert (process.returncode, rest) == (0, "")
    assert Terminal(var).refused("list") == (6, "not-running")
