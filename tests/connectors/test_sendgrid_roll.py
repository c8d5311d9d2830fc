"""Everybody whom a SendGrid account knows, from an export: read as it comes, whole or not at all, our key kept to ourselves."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.sendgrid_api import Api
from connectors.sendgrid_change import Patience
from connectors.sendgrid_roll import Roller
from domain.errors import Refused, Unavailable
from tests.contract.sendgrid_world import KEY, SYSTEM, SendgridWorld


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SendgridWorld]:
    made = SendgridWorld(tmp_path)
    yield made
    made.close()


def roller(world: SendgridWorld, **more: Any) -> Roller:
    api = Api(SYSTEM, KEY, base=world.standin.url)
    return Roller(api, Patience(**{"most": 5.0, "sleep": lambda _seconds: None, **more}))


def exports(world: SendgridWorld) -> int:
    return sum(job.kind == "export" for job in world.account.jobs.values())


def test_own_and_other_addresses_are_told_of_every_contact(world: SendgridWorld) -> None:
    made = world.account.add_contact(email="Nok@Example.net", alternate_emails=["n.k@example.org"])
    found = {str(one.locator["contact"]): one for one in roller(world).everybody()}
    assert found.keys() == world.account.contacts.keys()
    assert [one.value for one in found[made].addresses] == ["nok@example.net", "n.k@example.org"]
    assert all(not one.shown for one in found.values())


def test_an_export_that_takes_longer_is_read_by_the_next_attempt(world: SendgridWorld) -> None:
    world.account.delay = 3600
    ours = roller(world, most=0.0)
    with pytest.raises(Unavailable, match="export pending"):
        list(ours.everybody())
    [job] = world.account.jobs.values()
    job.due = 0.0
    assert len(list(ours.everybody())) == len(world.account.contacts)
    assert exports(world) == 1
    world.account.delay = 0.0
    list(ours.everybody())
    assert exports(world) == 2  # the next night has one of its own


def test_one_that_fails_parks(world: SendgridWorld) -> None:
    world.account.failing_jobs = True
    with pytest.raises(Refused, match="export failed"):
        list(roller(world).everybody())


@pytest.mark.parametrize(
    ("text", "packed", "error"),
    [
        ("EMAIL,FIRST_NAME\nnok@example.net,น้อย\n", True, Refused),  # no id of the contact
        ("EMAIL,CONTACT_ID\nnok@example.net\n", True, Refused),  # a line that is not whole
        ('EMAIL,CONTACT_ID\n"nok@example.net', False, Refused),
        ("", False, Refused),
        ("EMAIL,CONTACT_ID\n" + "nok@example.net,c-1\n" * 5000, None, Unavailable),  # cut off
    ],
)
def test_what_is_no_whole_export_is_not_taken_for_one(
    world: SendgridWorld,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    packed: bool | None,
    error: type[Exception],
) -> None:
    content = text.encode()
    zipped = gzip.compress(content)
    roll = {True: zipped, False: content, None: zipped[:-20]}[packed]
    monkeypatch.setattr(world.account, "take_roll", lambda: setattr(world.account, "roll", roll))
    with pytest.raises(error):
        list(roller(world).everybody())


def test_a_file_elsewhere_is_fetched_over_tls_alone(world: SendgridWorld) -> None:
    with pytest.raises(Refused, match="unreadable"):
        list(roller(world)._contacts("http://files.example.net/export.csv"))
