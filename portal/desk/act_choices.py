"""What the forms of acts offer to choose from, and when a case lets an act."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from cases.standing import For
from domain.rights import Right
from domain.staffing import Deed, deed_of_task
from domain.states import BEGUN, State
from portal.desk.act_forms import Options, Seen
from portal.desk.case_view import CasePage


def is_open(page: CasePage) -> bool:
    """It is not closed."""
    return page.view.closed is None


def is_closed(page: CasePage) -> bool:
    """It is closed, and its key is still there."""
    return page.view.closed is not None and not page.forgotten


def may_change(page: CasePage) -> bool:
    """Fulfilment has not begun, as far as the register tells: the workflow has the last word."""
    return page.view.state not in BEGUN


def is_to_decide(page: CasePage) -> bool:
    """A plan waits for a proposal."""
    return page.waits is For.DECISION and page.proposed is None and page.plan is not None


def has_files(page: CasePage) -> bool:
    """The plan to decide hands over files; a later review of them takes the earlier one's place."""
    return is_to_decide(page) and bool(page.files)


def is_to_confirm(page: CasePage) -> bool:
    """A proposal waits for a second person."""
    return page.waits is For.DECISION and page.proposed is not None


def cools(page: CasePage) -> bool:
    """The person may still call it off."""
    return page.view.state is State.COOLING


def waits(page: CasePage) -> bool:
    """A system waits for people."""
    return bool(page.parked)


def skip_waits(page: CasePage) -> bool:
    """Leaving a system out waits for a second person."""
    return any(one.proposer for one in page.parked)


def stop_waits(page: CasePage) -> bool:
    """A stop waits for a second person."""
    return is_open(page) and page.stop is not None and not page.stop.complete


def death_waits(page: CasePage) -> bool:
    """A death waits for a second person."""
    return may_change(page) and page.death is not None and not page.death.complete


def digest(page: CasePage) -> dict[str, str]:
    """The plan that was read: a newer one is then refused."""
    return {"digest": page.plan.digest if page.plan else ""}


def systems(seen: Seen) -> Iterator[tuple[str, str]]:
    """The systems that wait."""
    return ((one.system, seen.say.system(one.system)) for one in seen.page.parked)


def proposed_systems(seen: Seen) -> Iterator[tuple[str, str]]:
    """Those that somebody would leave out, with the ground."""
    for one in seen.page.parked:
        if one.proposer:
            yield one.system, f"{seen.say.system(one.system)}: {seen.say.grounded(one.ground)}"


def grounds(seen: Seen) -> Iterator[tuple[str, str]]:
    """The grounds on which this right may be refused."""
    for code, ground in seen.say.policy.grounds.items():
        if seen.page.view.case.right in ground.refuses:
            yield code, seen.say.grounded(code)


def units(seen: Seen) -> Iterator[tuple[str, str]]:
    """The company's data units."""
    return ((code, seen.say.unit(code)) for code in seen.say.policy.units)


def rights(seen: Seen) -> Iterator[tuple[str, str]]:
    """The rights by name."""
    return ((right.value, seen.say.right(right)) for right in Right)


def colleagues(seen: Seen) -> Iterator[tuple[str, str]]:
    """Active colleagues whose role works on cases."""
    return iter(seen.colleagues.items())


def candidates(seen: Seen) -> Iterator[tuple[str, str]]:
    """Those who may be meant, by number, and none of them."""
    for number in range(1, seen.page.candidates + 1):
        yield str(number), seen.say.t("case.looks.candidate", number=number)
    yield "none", seen.say.t("acts.choices.none")


def earlier(seen: Seen) -> Iterator[tuple[str, str]]:
    """Cases that may be the same person's."""
    return ((reference, reference) for reference in seen.page.like)


def tasks_of(deed: Deed) -> Options:
    """Open tasks of those who may do that."""
    return lambda seen: [
        (str(task.id), seen.say.task(task.code)[0])
        for task in seen.page.tasks
        if deed_of_task(task.code) is deed
    ]


def has_tasks_of(deed: Deed) -> Callable[[CasePage], bool]:
    """Whether there are such tasks."""
    return lambda page: any(deed_of_task(task.code) is deed for task in page.tasks)


def files(seen: Seen) -> Iterator[tuple[str, str]]:
    """The lines of the plan with files, by system and data unit."""
    for row in seen.page.files:
        yield str(row.no), f"{row.no}: {seen.say.system(row.system)}, {seen.say.unit(row.unit)}"


def said(section: str, codes: Iterable[str]) -> Options:
    """Codes that the portal has words for."""
    return lambda seen: [(str(code), seen.say.t(f"{section}.{code}")) for code in codes]


def named(section: str, codes: Sequence[str]) -> Options:
    """Codes that the letters' catalogue has words for."""
    return lambda seen: [(str(code), seen.say.named(section, code)) for code in codes]
