"""`finance`: what is not settled where people are billed keeps their records, until finance says its word."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.stripe_standing import OPEN_SUBSCRIPTION
from demo.stripe_seed import Seed
from domain.case import Moved
from domain.identifiers import IdentifierKind, identifier
from domain.item import Subject
from domain.outcomes import Outcome
from domain.plan import line_of
from domain.ports import PlannedItem
from domain.states import State
from tests.cli.counter import Counter, counter
from tests.connectors.stripe_desk import PAYER, Desk, desk
from tests.contract.test_contract import located

pytestmark = pytest.mark.slow

__all__ = ["counter"]

SYSTEM, TASK = "stripe", f"settle-{OPEN_SUBSCRIPTION}"
WHY = ("--reason", "ลูกค้าตกลงแล้ว")


@dataclass
class Billed:
    """Somebody at the counter, and a case whose plan waits for what its person still pays."""

    counter: Counter
    account: Desk
    case: str
    reference: str

    @property
    def subscription(self) -> dict[str, Any]:
        [one] = self.account.store.kinds["subscriptions"].values()
        return one

    @property
    def open_tasks(self) -> list[str]:
        return [task.code for task in self.counter.room.tasks.of(self.case) if task.system == SYSTEM]


@pytest.fixture
def billed(counter: Counter, tmp_path: Path) -> Iterator[Billed]:
    member, secret = counter.room.staff.add("มานี", "finance")
    (tmp_path / "finance").write_text(secret, "utf-8")
    counter = replace(counter, officer=member, credential=str(tmp_path / "finance"))
    with desk() as account:
        seed: Seed = account.seed
        seed.customer()
        seed.card("4242")
        seed.subscription("active")
        connector = account.open()
        counter.connectors[SYSTEM] = connector
        case, reference = counter.case(email=PAYER.email)
        counter.at(State.DECIDING, case)
        given = (identifier(IdentifierKind.EMAIL, PAYER.email),)
        items = located(
            connector, Subject(identifiers=given, anchors={SYSTEM: ({"customer": PAYER.customer},)})
        )
        keeps = [one for one in items if one.found.obstacle == OPEN_SUBSCRIPTION]
        assert keeps
        counter.room.plans.write(
            case,
            [
                PlannedItem(row=line_of(one.found, Outcome.BLOCKED, one.found.obstacle), item=one)
                if one in keeps
                else PlannedItem(row=line_of(one.found, Outcome.ERASE, "S33-1"), item=one)
                for one in items
            ],
        )
        counter.room.register.open_task(case, TASK, SYSTEM, once=True)
        yield Billed(counter, account, case, reference)


def test_with_the_period_that_is_paid_for_it_runs_on_and_is_followed(billed: Billed) -> None:
    cancel = ("finance", "cancel", billed.reference, SYSTEM, "--when", "period-end", *WHY)
    told = billed.counter.told(*cancel)
    ends = told["until"]
    assert told == {"reference": billed.reference, "system": SYSTEM, "ended": 1, "until": ends}
    assert (billed.subscription["status"], billed.subscription["cancel_at_period_end"]) == ("active", True)
    assert billed.open_tasks == []
    [owed] = billed.counter.room.obligations.of(billed.case)
    assert (owed.code, owed.due_on) == ("subscription-over", date.fromisoformat(ends) + timedelta(days=1))
    [(case, actor, facts)] = billed.counter.events("contract:ended")
    assert (case, actor, facts["mode"]) == (billed.case, billed.counter.officer, "period-end")


def test_at_once_it_is_over_and_the_case_is_to_be_planned_anew(billed: Billed) -> None:
    cancel = ("finance", "cancel", billed.reference, SYSTEM, "--when", "now", *WHY)
    code, line = billed.counter.refused(*cancel)  # done and kept; Temporal, which is away, hears it later
    assert (code, line.split()[1].rstrip(":")) == (6, "temporal-unreachable")
    assert billed.subscription["status"] == "canceled"
    assert billed.open_tasks == []
    assert [one.moved for one in billed.counter.room.register.waiting(billed.case)] == [Moved.SCOPE]


def test_what_was_settled_there_is_planned_anew(billed: Billed) -> None:
    code, line = billed.counter.refused("finance", "settled", billed.reference, SYSTEM, *WHY)
    assert (code, line.split()[1].rstrip(":")) == (6, "temporal-unreachable")
    assert billed.open_tasks == []
    assert [one.moved for one in billed.counter.room.register.waiting(billed.case)] == [Moved.SCOPE]
    assert billed.subscription["status"] == "active"  # finance did it in the system, or it was no contract
    again = billed.counter.refused("finance", "settled", billed.reference, SYSTEM, *WHY)
    assert again[1].split()[1].rstrip(":") == "finance-not-asked"


def test_finance_may_wait_and_is_asked_again_on_its_day(billed: Billed) -> None:
    wait = ("finance", "wait", billed.reference, SYSTEM, "--until", "15 มกราคม 2573", *WHY)
    assert billed.counter.shown(*wait) == f"{billed.reference} {SYSTEM}: 1 looked at again on 2030-01-15\n"
    assert billed.open_tasks == []
    [owed] = billed.counter.room.obligations.of(billed.case)
    assert (owed.code, owed.system, owed.due_on.isoformat()) == (TASK, SYSTEM, "2030-01-15")
    assert billed.counter.refused(*wait)[1].split()[1].rstrip(":") == "finance-not-asked"


def test_nothing_is_ended_on_a_word_that_is_none(billed: Billed) -> None:
    cancel, ref = ("finance", "cancel"), billed.reference
    for args, code in (
        ((*cancel, ref, "siamcrm", "--when", "now", *WHY), "system-bills-nobody"),
        ((*cancel, ref, SYSTEM, "--when", "soon", *WHY), "unknown-word"),
        ((*cancel, ref, SYSTEM, "--when", "now", "--reason", " "), "reason-missing"),
        ((*cancel, "DSR-2569-999999", SYSTEM, "--when", "now", *WHY), "case-unknown"),
        (("finance", "wait", ref, SYSTEM, "--until", "2020-01-01", *WHY), "day-is-over"),
    ):
        exit_code, line = billed.counter.refused(*args)
        assert (exit_code > 0, line.split()[1].rstrip(":")) == (True, code), line
    nobody = billed.counter.run(*cancel, ref, SYSTEM, "--when", "now", *WHY)
    assert (nobody.exit_code, "credential-missing" in nobody.stderr) == (4, True)
    assert billed.subscription["status"] == "active"
    assert billed.open_tasks == [TASK]
    assert billed.counter.events("contract:ended") == []
    billed.counter.move(State.COOLING, State.FULFILLING, case=billed.case)
    late = billed.counter.refused(*cancel, ref, SYSTEM, "--when", "now", *WHY)
    assert late[1].split()[1].rstrip(":") == "fulfilment-has-begun"
    assert billed.subscription["status"] == "active"


def test_only_finance_says_it(billed: Billed) -> None:
    _, secret = billed.counter.room.staff.add("วิชัย", "officer")
    file = Path(billed.counter.credential).with_name("officer")
    file.write_text(secret, "utf-8")
    code, line = billed.counter.with_credential(str(file)).refused(
        "finance", "cancel", billed.reference, SYSTEM, "--when", "now", *WHY
    )
    assert (code, "role-may-not" in line) == (4, True)
    assert billed.subscription["status"] == "active"
