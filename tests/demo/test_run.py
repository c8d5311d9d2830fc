"""The whole demonstration as a newcomer starts it: every system is driven, and nothing is left running."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]
SYSTEMS = ("siamcrm", "siamfiles", "stripe", "sendgrid")

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(1200)]


def test_every_case_ends_as_told_in_every_system(var: Path) -> None:
    env = {"PATH": os.defpath, "SITTHI_VAR": str(var), "NO_COLOR": "1", "COLUMNS": "200"}
    command = [sys.executable, str(ROOT / "starter.py"), "demo"]
    ran = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert all(name in ran.stdout for name in SYSTEMS)
    assert "what is left in each system is what the certificates say" in ran.stdout
    ours = [
        one for one in psutil.process_iter(["cmdline"]) if str(var) in " ".join(one.info["cmdline"] or ())
    ]
    assert ours == []
    assert not [*(var / "run").glob("*.pid"), *(var / "s3").glob("*.pid")]
