"""What mends a wait or a task is said on pages by what the pages offer, and not by commands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
import yaml

from exports import words as letters
from exports.todo import FAMILIES
from policy.load import load_policy
from portal import words
from portal.desk.case_words import Sayings
from starter import app


def commands() -> set[str]:
    return set(typer.main.get_group(app).commands)


def _codes(section: str) -> list[str]:
    file = Path(letters.__file__).with_name("catalogue") / "th.yaml"
    return list(yaml.safe_load(file.read_text("utf-8"))[section])


def mends(language: str) -> Iterator[tuple[str, str]]:
    say = Sayings(words.load()[language], load_policy(), {})
    for section, said in (("parked", say.parked), ("todo", say.task)):
        for code in _codes(section):
            yield code, said(f"{code}-x" if code in FAMILIES else code)[1]


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_no_mend_on_a_page_tells_to_type_a_command(language: str) -> None:
    typed = re.compile(rf"`({'|'.join(commands())})\b|[(`]?--[a-z]")
    told = dict(mends(language))
    assert len(told) > 100
    assert {code: mend for code, mend in told.items() if typed.search(mend)} == {}


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_what_a_mend_names_is_written_on_a_page(language: str) -> None:
    written = set(map(str, words.load()[language]._entries.values()))
    named = {name for _, mend in mends(language) for name in re.findall("“([^”]+)”", mend)}
    assert named <= written
    assert {words.load()[language](f"acts.{name}.title") for name in ("task-done", "lift", "reopen")} <= named
