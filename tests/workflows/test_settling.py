"""A word that is said in the very moment in which a step ends the case: heard, or refused, never lost. Without servers."""

from __future__ import annotations

from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from domain.case import Amend, Begin, CallOff, Case, Moved
from domain.outcomes import Ending
from domain.rights import Right
from domain.states import State
from tests.cases.conftest import TERMS
from workflows.acting import Acting, Ended
from workflows.words import Words

NARROWED = Amend(id="a-1", moved=Moved.SCOPE)
OF_AGE = Amend(id="a-2", moved=Moved.OF_AGE)


class Steps(Acting):
    """A case whose activities are noted and do nothing."""

    def __init__(self) -> None:
        super().__init__(Case(id="c-1", reference="DSR-2569-000001", right=Right.ERASURE, terms=TERMS))
        self.done: list[str] = []

    async def do(self, activity: Any, *_: Any, **__: Any) -> Any:
        self.done.append(activity.__name__)
        return Begin()


async def test_what_was_found_before_the_request_changed_does_not_end_it() -> None:
    case = Steps()

    async def verify() -> None:
        if not case.amendments:
            case.hear(NARROWED)
            raise Ended(Ending.NO_DATA)

    await case.settle(verify)
    assert case.done == ["amend", "begin"]


@pytest.mark.parametrize("amended", [True, False])
async def test_what_ends_it_for_good_ends_it(amended: bool) -> None:
    case = Steps()

    async def verify() -> None:
        if amended:
            case.hear(NARROWED)
            Words.withdraw_request(case)
        raise Ended(Ending.NO_DATA)

    with pytest.raises(Ended):
        await case.settle(verify)
    assert case.done == []


@pytest.mark.parametrize("first", ["amended", "called off"])
def test_who_calls_an_erasure_off_is_heard_whatever_else_is_said(first: str) -> None:
    case = Steps()
    case.state, case.settling = State.COOLING, True
    if first == "amended":
        case.hear(NARROWED)
    Words.call_off_erasure(case, CallOff(proceed=False))
    Words.call_off_erasure(case, CallOff(proceed=True))
    assert case.ends() is Ending.CALLED_OFF
    with pytest.raises(ApplicationError, match="case-is-ending"):
        case._may_amend(OF_AGE)


def test_a_case_that_is_ending_takes_no_change_but_what_ends_it_otherwise() -> None:
    case = Steps()
    case.state = State.VERIFYING
    case.hear(NARROWED)
    case.closing = True
    case._may_amend(NARROWED)  # said again
    case._may_amend(Amend(id="a-3", moved=Moved.DEATH))
    with pytest.raises(ApplicationError, match="case-is-ending") as refused:
        case._may_amend(OF_AGE)
    assert refused.value.type == "Conflict"
