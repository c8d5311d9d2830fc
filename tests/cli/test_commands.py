"""The commands as a whole: none is missing from the README's table, and none goes unexplained."""

from __future__ import annotations

import re

import typer

from starter import app
from tests.cli.stack import ROOT

README = (ROOT / "README.md").read_text("utf-8")
TABLE = README[README.index("| To | Commands |") : README.index("shows or writes personal data")]


def commands() -> dict[str, str]:
    """Every command with what it says of itself; `tasks` lists by itself."""
    found: dict[str, str] = {}
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    for name, command in group.commands.items():
        if isinstance(command, typer.core.TyperGroup):
            found |= {f"{name} {each}": sub.help or "" for each, sub in command.commands.items()}
        else:
            found[name] = command.help or ""
    found["tasks"] = found.pop("tasks list")
    return found


def test_the_readme_s_table_names_every_command_and_no_other() -> None:
    assert set(re.findall(r"`([a-z][a-z -]*)`", TABLE)) == set(commands())


def test_every_command_says_what_it_does_in_a_line() -> None:
    for name, said in commands().items():
        first = said.split("\n", maxsplit=1)[0]
        assert first, name
        assert first[0].isupper(), name
        assert first.endswith("."), name
