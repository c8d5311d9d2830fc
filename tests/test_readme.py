"""What the README tells a newcomer to type exists: every command, option, target and file that it names."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer

from starter import app

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
TYPED = [line for block in BLOCKS for line in block.splitlines() if line]
COMMANDS = [line for line in TYPED if "starter.py" in line]
TARGETS = [line.split("#")[0].split()[1] for line in TYPED if line.startswith("make ")]
PLACES = sorted(set(re.findall(r"\]\(([\w./-]+)\)", README)))


def test_there_is_something_to_type() -> None:
    assert len(COMMANDS) > 4
    assert {"run", "demo", "test"} <= set(TARGETS)


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_readme_parses(line: str) -> None:
    arguments = shlex.split(line)[2:]
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    top = group.make_context("sitthi", list(arguments), resilient_parsing=True)
    name, command, rest = group.resolve_command(top, list(arguments))
    assert command is not None
    command.make_context(name, rest, parent=top)


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_of_the_readme_is_there(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("place", PLACES)
def test_a_place_that_the_readme_links_to_is_there(place: str) -> None:
    assert (ROOT / place).exists()


def test_every_decision_is_listed() -> None:
    listed = (ROOT / "docs/adr/README.md").read_text("utf-8")
    for file in sorted((ROOT / "docs/adr").glob("0*.md")):
        assert f"]({file.name})" in listed
