"""What each act of a case page does: the desk's own words, and the register's where it alone is asked."""

from __future__ import annotations

from contextlib import suppress

from activities.finance import SETTLE
from domain.acting import Acting, Capacity, Shown
from domain.assurance import Method
from domain.calendar import day_in_bangkok
from domain.case import Because, Moved, Progress
from domain.errors import BadInput, Conflict, Unavailable
from domain.holds import OrderKind
from domain.links import Amendment, Relation
from domain.rights import Right
from domain.seconding import DeathShown
from domain.states import BEGUN
from domain.stops import Mistake
from portal.desk.act_forms import Doing
from workflows.front import run


async def propose(act: Doing) -> None:
    """The plan that was read is to be carried out."""
    await act.desk.propose(
        act.reference, approved=True, actor=act.actor, reason=act.reason, digest=act["digest"]
    )


async def refuse(act: Doing) -> None:
    """Or refused, on a ground."""
    await act.desk.propose(
        act.reference,
        approved=False,
        actor=act.actor,
        reason=act.reason,
        digest=act["digest"],
        ground=act["ground"],
        harm=act["harm"],
    )


async def confirm(act: Doing) -> None:
    """A second person's word on the proposal that was read."""
    await act.desk.confirm(act.reference, actor=act.actor, reason=act.reason, decision=act["decision"])


async def retry(act: Doing) -> None:
    """The waiting system is tried again."""
    await act.desk.repair(act.reference, act["system"], retry=True, actor=act.actor, reason=act.reason)


def _must_be_first(act: Doing, proposer: str) -> None:
    """A second word takes the deed of confirming, in the act of its own: a further proposal is none."""
    if proposer and proposer != act.actor:
        raise Conflict("second-word-is-due", reference=act.reference)


async def leave_out(act: Doing) -> None:
    """Or left out, once a second person says the same."""
    for one in act.page.parked:
        if (one.system, one.ground) == (act["system"], act["ground"]):
            _must_be_first(act, one.proposer)
    await act.desk.repair(
        act.reference, act["system"], retry=False, actor=act.actor, reason=act.reason, ground=act["ground"]
    )


async def second_leave_out(act: Doing) -> None:
    """On the ground that the first person named."""
    [ground] = {one.ground for one in act.page.parked if one.system == act["system"]}
    await act.desk.repair(
        act.reference, act["system"], retry=False, actor=act.actor, reason=act.reason, ground=ground
    )


async def hand(act: Doing) -> None:
    """A colleague sees to it."""
    await act.desk.hand(act.reference, act["system"], act["to"], actor=act.actor)


async def choose(act: Doing) -> None:
    """Who is meant, of those that were shown."""
    number = None if act["number"] == "none" else int(act["number"])
    await act.desk.choose(act.reference, number, actor=act.actor, reason=act.reason, seen=act["candidates"])


async def identity(act: Doing) -> None:
    """An officer's own verification."""
    await act.desk.record_identity(act.reference, Method(act["method"]), actor=act.actor, reason=act.reason)


async def authorise(act: Doing) -> None:
    """In which capacity they ask, and what was seen."""
    acting = Acting(
        capacity=Capacity(act["capacity"]),
        shown=tuple(map(Shown, act.given.many["shown"])),
        covers=tuple(map(Right, act.given.many["covers"])),
        born_on=act.given.day("born"),
    )
    await act.desk.authorise(act.reference, acting, actor=act.actor, reason=act.reason)


async def second_look(act: Doing) -> None:
    """Another officer looked too."""
    await act.desk.second_authority(act.reference, actor=act.actor, reason=act.reason)


async def redact(act: Doing) -> None:
    """Words of third persons, a line each."""
    words = [line.strip() for line in act["words"].split("\n") if line.strip()]
    await act.desk.redact(act.reference, words, actor=act.actor, reason=act.reason)


async def review_files(act: Doing) -> None:
    """Somebody looked at the files of the plan that was read; what is ticked is left out."""
    without = [int(line) for line in act.given.many.get("without", ())]
    await act.desk.review_files(
        act.reference, without=without, actor=act.actor, reason=act.reason, digest=act["digest"]
    )


async def call_off(act: Doing) -> None:
    """On the person's word."""
    await act.desk.call_off(act.reference, proceed=False, actor=act.actor, reason_code=act["heard"])


async def proceed(act: Doing) -> None:
    """Likewise: at once."""
    await act.desk.call_off(act.reference, proceed=True, actor=act.actor, reason_code=act["heard"])


async def withdraw(act: Doing) -> None:
    """Likewise: the request is taken back."""
    await act.desk.withdraw(act.reference, actor=act.actor, reason_code=act["heard"])


async def hold(act: Doing) -> None:
    """Once a number: the same order on the same case is one, however often it is sent."""
    case, number = act.page.view.case.id, act["order"]
    known = await run(act.room.holds.orders)
    if any(one.case == case and one.order_ref == number and one.released is None for one in known):
        raise Conflict("order-known", field="order")
    await run(
        lambda: act.room.holds.place(
            case,
            number,
            actor=act.actor,
            reason=act.reason,
            kind=OrderKind(act["kind"]),
            units=act.given.many["units"],
        )
    )


async def progress(act: Doing) -> None:
    """How it stands, and when the answer is expected."""
    expected = act.given.day("expected")
    if expected is None or expected < day_in_bangkok(act.desk.clock.now()):
        raise BadInput("day-is-over", field="expected")
    told = Progress(because=Because(act["because"]), expected_on=expected)
    await act.desk.progress(act.reference, told, actor=act.actor)


async def extend(act: Doing) -> None:
    """Where a law lets the company; once for the terms that were read."""
    _must_be_as_read(act)
    await act.desk.extend(act.reference, int(act["days"]), actor=act.actor, reason=act.reason)


async def retime(act: Doing) -> None:
    """Under today's calendar."""
    _must_be_as_read(act)
    await act.desk.retime(act.reference, actor=act.actor, reason=act.reason)


def _must_be_as_read(act: Doing) -> None:
    if act["terms"] != str(act.page.view.case.terms.version):
        raise Conflict("shown-is-older")


async def stop(act: Doing) -> None:
    """For a mistake, or on a ground."""
    mistake = Mistake(act["mistake"]) if act["mistake"] else None
    said = act.page.stop
    if said and (said.mistake, said.ground) == (mistake, act["ground"]):
        _must_be_first(act, said.proposer)
    await act.desk.cancel(
        act.reference, actor=act.actor, reason=act.reason, mistake=mistake, ground=act["ground"]
    )


async def second_stop(act: Doing) -> None:
    """For what the first person named."""
    said = act.page.stop
    if said is None:
        raise Conflict("not-open")
    await act.desk.cancel(
        act.reference, actor=act.actor, reason=act.reason, mistake=said.mistake, ground=said.ground
    )


async def death(act: Doing) -> None:
    """Seen by one officer."""
    said = act.page.death
    if said and said.code == act["died"]:
        _must_be_first(act, said.proposer)
    await _tell_death(act)


async def second_death(act: Doing) -> None:
    """And by another, who saw the same: what only they saw would be a first word, which is another act."""
    if act["died"] != act["death"]:
        raise Conflict("other-was-shown", field="died")
    await _tell_death(act)


async def _tell_death(act: Doing) -> None:
    amendment = Amendment(moved=Moved.DEATH, shown=DeathShown(act["died"]))
    await act.desk.amend(act.reference, amendment, actor=act.actor, reason=act.reason)


async def merge(act: Doing) -> str:
    """It goes on in the earlier case."""
    await act.desk.merge(act.reference, act["into"], actor=act.actor, reason=act.reason)
    return act["into"]


async def reopen(act: Doing) -> str:
    """A further case; its reference."""
    opened = await act.desk.reopen(act.reference, actor=act.actor, reason=act.reason)
    return opened.case.reference


async def review(act: Doing) -> str:
    """A review by others; its reference."""
    opened = await act.desk.reopen(
        act.reference, actor=act.actor, reason=act.reason, relation=Relation.REVIEWS
    )
    return opened.case.reference


async def lift(act: Doing) -> None:
    """With notice."""
    await act.desk.lift(act.reference, actor=act.actor, reason=act.reason)


async def confide(act: Doing) -> None:
    """From now on only those see it."""
    case, to = act.page.view.case.id, act.given.many.get("handlers", ())
    await run(lambda: act.room.access.confide(case, to, actor=act.actor, reason=act.reason))


async def open_up(act: Doing) -> None:
    """Or whoever may see cases does."""
    case = act.page.view.case.id
    await run(lambda: act.room.access.open_up(case, actor=act.actor, reason=act.reason))


async def settle(act: Doing) -> None:
    """Finance's word; where money kept the records, the case is planned anew without what is settled."""
    [task] = [one for one in act.page.tasks if str(one.id) == act["task"]]
    await close_task(act)
    if act["done"] == "done" and task.code.startswith(SETTLE) and act.page.view.state not in BEGUN:
        anew = Amendment(moved=Moved.SCOPE)
        await act.desk.amend(act.reference, anew, actor=act.actor, reason=act.reason)


async def close_task(act: Doing) -> None:
    """Done, or given up; whoever waits for it looks at once."""
    task = int(act["task"])
    case = await run(
        lambda: act.room.tasks.close(task, actor=act.actor, reason=act.reason, done=act["done"] == "done")
    )
    with suppress(Unavailable):  # Temporal is away: whoever waits looks by itself
        await act.desk.wake(case)
