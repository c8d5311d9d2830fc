"""`files`: an officer looks at the files of a plan for data of others before a package holds them (s.30 ¶2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from connectors.s3 import S3Connector
from connectors.s3_map_read import load_store_map
from connectors.s3_store import Access
from domain.item import Basis, Found, Item, Role
from domain.outcomes import Outcome
from domain.plan import line_of
from domain.ports import PlannedItem
from domain.rights import Right
from domain.states import State
from tests.cli.counter import Counter, counter
from tests.cli.stack import ROOT

pytestmark = pytest.mark.slow

__all__ = ["counter"]

SYSTEM = "siamfiles"
NOWHERE = Access(endpoint="http://127.0.0.1:9", region="", access_key="none", secret_key="none")
CODE, WHY = ("--reason", "HELP-4711"), ("--reason", "ดูไฟล์ทุกไฟล์แล้ว")


@dataclass
class Planned:
    """A case whose plan hands over two files, a trace without a content, and a row."""

    counter: Counter
    case: str
    reference: str

    @property
    def digest(self) -> str:
        return self.counter.room.plans.summary(self.case).digest


@pytest.fixture
def planned(counter: Counter) -> Iterator[Planned]:
    counter.connectors.clear()  # the company's database is not reached here
    shelf = S3Connector(SYSTEM, NOWHERE, load_store_map(ROOT / "demo" / "siamfiles.objects.yaml"))
    counter.connectors[SYSTEM] = shelf
    case, reference = counter.case(Right.ACCESS)
    counter.at(State.DECIDING, case)
    rows = [
        (SYSTEM, "slips", {"key": "slips/102/0001.jpg"}),
        (SYSTEM, "ticket_files", {"key": "tickets/102/จอภาพ.png", "$via": "account"}),
        (SYSTEM, "remnants", {"key": "tickets/102/gone.png"}),
        ("siamcrm", "tickets", {"id": 7}),
    ]
    items = [
        Item(
            found=Found(
                no=no, system=system, table=table, unit="U06", role=Role.CONTROLLER, basis=Basis.CONTRACT
            ),
            locator=locator,
            content_hash="0" * 64,
        )
        for no, (system, table, locator) in enumerate(rows, 1)
    ]
    copies = [PlannedItem(row=line_of(one.found, Outcome.COPY, "S30-1"), item=one) for one in items]
    counter.room.plans.write(case, copies)
    yield Planned(counter, case, reference)
    shelf.close()


def test_only_what_is_handed_over_as_a_file_is_listed_and_the_look_is_told(planned: Planned) -> None:
    told = planned.counter.told("files", "list", planned.reference, *CODE)
    assert told["files"] == [
        {"no": 1, "system": SYSTEM, "table": "slips", "at": {"key": "slips/102/0001.jpg"}},
        {"no": 2, "system": SYSTEM, "table": "ticket_files", "at": {"key": "tickets/102/จอภาพ.png"}},
    ]
    shown = planned.counter.shown("files", "list", planned.reference, *CODE)
    assert "2: siamfiles ticket_files tickets/102/จอภาพ.png" in shown
    looked = {"command": "files-list", "reason_code": "HELP-4711"}
    assert planned.counter.events("staff:looked") == [(planned.case, planned.counter.officer, looked)] * 2


def test_a_review_names_what_is_left_out_and_stands_for_that_plan(planned: Planned) -> None:
    reviews = planned.counter.room.file_reviews
    assert reviews.of(planned.case, planned.digest) is None
    review = ("files", "review", planned.reference)
    told = planned.counter.shown(*review, "--without", "2", "--without", "2", *WHY)
    assert told == f"{planned.reference}: 1 reviewed, 1 left out\n"
    entered = reviews.of(planned.case, planned.digest)
    assert entered is not None
    assert (entered.without, entered.by) == ((2,), planned.counter.officer)
    again = planned.counter.shown(*review, *WHY)  # looked again: nothing need be left out
    assert again == f"{planned.reference}: 2 reviewed, 0 left out\n"
    left_out = [facts.get("left") for _, _, facts in planned.counter.events("files:reviewed")]
    assert left_out == [1, 0]


def test_what_is_no_file_is_not_left_out_and_nobody_reviews_without_a_name(planned: Planned) -> None:
    review = ("files", "review", planned.reference)
    for line in ("3", "4", "9"):
        assert (
            planned.counter.refused(*review, "--without", line, *WHY)[1].split()[1].rstrip(":")
            == "line-without-files"
        )
    assert planned.counter.refused(*review, "--reason", " ")[1].split()[1].rstrip(":") == "reason-missing"
    for args in ((*review, *WHY), ("files", "list", planned.reference, *CODE)):
        result = planned.counter.run(*args)
        assert (result.exit_code, "credential-missing" in result.stderr) == (4, True)
    assert planned.counter.room.file_reviews.of(planned.case, planned.digest) is None
    assert planned.counter.events("staff:looked") == []


def test_once_the_package_is_being_made_it_is_too_late(planned: Planned) -> None:
    planned.counter.move(State.FULFILLING, case=planned.case)
    late = planned.counter.refused("files", "review", planned.reference, *WHY)
    assert late[1].split()[1].rstrip(":") == "fulfilment-has-begun"
