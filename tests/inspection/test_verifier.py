"""The verifier, run as strangers run it: on packages as they were made, and on each kind of forgery."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from exports.inspection.package import VERIFIER
from tests.inspection.conftest import Packages


def verified(*args: str | Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-I", str(VERIFIER), *map(str, args)], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_a_package_as_it_was_made_holds(packages: Packages) -> None:
    for path in (packages.period, packages.case, packages.full):
        code, told = verified(path, "--head", packages.early)
        assert code == 0, told
