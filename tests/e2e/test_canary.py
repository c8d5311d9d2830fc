"""Marked people go through every right that the engine serves; afterwards their marks are looked for everywhere.

Real servers, worker and portal of its own, with debug logs; the company's database stands on a server apart, so
that everything on the register's server, its files and its log included, must be free of marks. Places that may
hold marks are asked to hold them, and in every other place a planted word is found: so this can fail.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

import starter
from domain.rights import Right
from tests.e2e.canary_counter import ARCHIVE, NOT_AT_THE_COUNTER, OFFICER
from tests.e2e.canary_play import NOBODY_DECIDES, play
from tests.e2e.canary_site import CONTROL, PLACES, Site, open_site
from tests.e2e.canary_story import ACTS
from tests.support.marked import DIGITS, LATIN, MARKS, THAI
from tests.support.marks import Search, exact_forms
from workflows.desk import WORKFLOW_OF

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """Where all rights were gone through, every place gathered, and all processes ended."""
    with tempfile.TemporaryDirectory(prefix="sitthi-canary-") as temporary:
        home = Path(temporary)
        home.chmod(0o711)  # as root PostgreSQL runs as nobody, who must be able to pass
        with open_site(home) as site:
            asyncio.run(play(site))
            site.gather()
        yield site


@pytest.mark.parametrize("place", PLACES)
def test_no_mark_is_found(site: Site, place: str) -> None:
    assert site.hits(place, Search(MARKS)) == []


@pytest.mark.parametrize("place", PLACES)
def test_no_link_code_or_credential_is_found(site: Site, place: str) -> None:
    assert len(site.secrets) > 2 * len(WORKFLOW_OF)
    secrets = site.secrets - (site.tokens if place == "mail" else set())
    assert site.hits(place, Search(secrets, exact_forms)) == []


@pytest.mark.parametrize("place", PLACES)
def test_a_planted_word_is_found(site: Site, place: str) -> None:
    assert site.hits(place, Search([CONTROL])) != []


@pytest.mark.parametrize("right", WORKFLOW_OF)
def test_every_right_went_its_whole_way(site: Site, right: Right) -> None:
    endings = set(site.endings[right])
    assert "stopped" in endings
    assert {"fulfilled", "partial"} & endings
    if right is not Right.OBJECTION:  # against marketing nobody need be known
        assert {"no-data", "nothing-due"} & endings
    decided = right not in NOBODY_DECIDES
    assert not decided or "refused" in endings
    assert site.waited[right] >= {"choice", "identity", *(["decision"] if decided else [])}
    assert site.fetched[right], "the person fetched nothing"


def test_everything_that_can_be_done_at_the_desk_was_done(site: Site) -> None:
    assert site.said == ACTS


def test_every_command_that_takes_words_was_given_marks(site: Site) -> None:
    assert site.commands - {CONTROL} == commands() - NOT_AT_THE_COUNTER | {"export"}


def commands() -> set[str]:
    """Every command of the command line, by the command line itself."""
    found = set()
    for name, command in typer.main.get_command(starter.app).commands.items():  # type: ignore[attr-defined]
        inner = getattr(command, "commands", None)
        found |= {f"{name} {each}" for each in inner} if inner else {name}
    return found


def test_another_controller_was_sent_a_package(site: Site) -> None:
    assert any(len(body) > 1000 for bodies in site.receiver.kept.values() for body in bodies)


def test_the_erasure_met_an_error_that_quotes_a_row(site: Site) -> None:
    assert "repair" in site.waited[Right.ERASURE]
    assert LATIN.encode() in site.company_log.read_bytes()


@pytest.mark.parametrize("word", [LATIN, THAI, DIGITS])
def test_the_company_and_the_exported_package_hold_the_marks(site: Site, word: str) -> None:
    assert any(word.encode() in content for _, content in site.company_rows)
    assert any(word.encode() in content for _, content in site.package)


def test_mails_are_addressed_and_nothing_else(site: Site) -> None:
    assert len(site.addressed) > 10
    others = {address for address in site.addressed if LATIN not in address}
    assert others == {ARCHIVE, OFFICER}  # who is asked by link, and who asks for a tenant's address


def test_the_logs_were_debug_logs(site: Site) -> None:
    for place in ("worker-log", "portal-log", "engine-log"):
        assert any(b" DEBUG " in content for _, content in site.contents(place)), place
