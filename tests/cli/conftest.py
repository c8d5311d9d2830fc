"""The command line as tests use it: in this process for what needs no server, as programs on a real stack for the rest."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from starter import app

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def _log_as_it_was() -> Iterator[None]:
    """A command makes the log its own; the next test gets back what it had."""
    root = logging.getLogger()
    handlers, level, loud = root.handlers[:], root.level, logging.raiseExceptions
    hooks = sys.excepthook, threading.excepthook
    yield
    logging.captureWarnings(capture=False)
    root.handlers[:], logging.raiseExceptions = handlers, loud
    root.setLevel(level)
    sys.excepthook, threading.excepthook = hooks


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a command in a `var` where nothing runs; further settings by name."""

    def invoke(*args: str, given: bytes | str = "", **settings: str) -> Result:
        env = {"SITTHI_VAR": str(tmp_path / "var"), "NO_COLOR": "1", **settings}
        return CliRunner().invoke(app, list(args), input=given, env=env)

    return invoke
