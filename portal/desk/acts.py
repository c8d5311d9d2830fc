"""Everything that officers do to a case from its page: which deeds it takes, when the case lets it, and what is asked."""

from __future__ import annotations

from domain.acting import Capacity, Shown
from domain.assurance import STAFF_RECORDED, Method
from domain.case import Because
from domain.holds import OrderKind
from domain.rights import Right
from domain.seconding import DeathShown
from domain.staffing import Deed
from domain.stops import Mistake
from portal.desk import act_choices as choices
from portal.desk import doing, plan_edits, remarks
from portal.desk.act_forms import Act, Field, Kind, always
from portal.desk.case_view import CasePage

HEARD = ("phone", "letter", "counter", "email", "chat")
_COPYING = frozenset({Right.ACCESS, Right.PORTABILITY})
_METHODS = tuple(method for method in Method if method in STAFF_RECORDED)

_REASON = Field("reason", hint=True)
_GROUND = Field("ground", Kind.CHOICE, choices.grounds, hint=True)
_HEARD = Field("heard", Kind.CHOICE, choices.said("acts.choices.heard", HEARD))
_SYSTEM = Field("system", Kind.CHOICE, choices.systems, hint=True)
_DIED = Field("died", Kind.CHOICE, choices.said("acts.choices.died", DeathShown))


def _terms(page: CasePage) -> dict[str, str]:
    return {"terms": str(page.view.case.terms.version)}


def _decision(page: CasePage) -> dict[str, str]:
    """The proposal that was read."""
    return {"decision": page.proposed.id if page.proposed else ""}


def _stop(page: CasePage) -> dict[str, str]:
    """For what it was to be stopped."""
    return {"stop": page.stop.ground or f"{page.stop.mistake}" if page.stop else ""}


def _skips(page: CasePage) -> dict[str, str]:
    """Which systems were to be left out, on which grounds."""
    return {"skips": " ".join(f"{one.system}={one.ground}" for one in page.parked if one.proposer)}


def _death(page: CasePage) -> dict[str, str]:
    """What the first officer saw of a death."""
    return {"death": page.death.code if page.death else ""}


def _candidates(page: CasePage) -> dict[str, str]:
    """Those who may be meant, in their order."""
    return {"candidates": page.candidates_mark}


def _may_redact(page: CasePage) -> bool:
    return choices.may_change(page) and page.view.case.right in _COPYING


def _acts_for_another(page: CasePage) -> bool:
    return choices.is_open(page) and page.second_look


def _could_merge(page: CasePage) -> bool:
    return choices.may_change(page) and bool(page.like)


def _is_restricted(page: CasePage) -> bool:
    return any(one.kind == "restricted-records" and not one.met for one in page.obligations)


ACTS: tuple[Act, ...] = (
    Act(
        "review-files",
        (Deed.REDACT,),
        (Field("without", Kind.CHECKS, choices.files, required=False, hint=True), _REASON),
        choices.has_files,
        doing.review_files,
        hidden=choices.digest,
    ),
    Act(
        "propose",
        (Deed.PROPOSE,),
        (_REASON,),
        choices.is_to_decide,
        doing.propose,
        final=always,
        hidden=choices.digest,
    ),
    Act(
        "refuse",
        (Deed.PROPOSE,),
        (_GROUND, _REASON, Field("harm", required=False, hint=True)),
        choices.is_to_decide,
        doing.refuse,
        hidden=choices.digest,
    ),
    Act(
        "confirm",
        (Deed.CONFIRM,),
        (_REASON,),
        choices.is_to_confirm,
        doing.confirm,
        final=always,
        hidden=_decision,
    ),
    *plan_edits.ACTS,
    Act("retry", (Deed.REPAIR,), (_SYSTEM, _REASON), choices.waits, doing.retry),
    Act("leave-out", (Deed.REPAIR,), (_SYSTEM, _GROUND, _REASON), choices.waits, doing.leave_out),
    Act(
        "second-leave-out",
        (Deed.CONFIRM,),
        (Field("system", Kind.CHOICE, choices.proposed_systems), _REASON),
        choices.skip_waits,
        doing.second_leave_out,
        final=always,
        hidden=_skips,
    ),
    Act(
        "hand",
        (Deed.ASSIGN,),
        (_SYSTEM, Field("to", Kind.CHOICE, choices.colleagues)),
        choices.waits,
        doing.hand,
    ),
    Act(
        "choose",
        (Deed.RECORD_IDENTITY, Deed.SEE_DATA),
        (Field("number", Kind.CHOICE, choices.candidates, hint=True), _REASON),
        lambda page: page.view.state == "choosing" and page.candidates > 0,
        doing.choose,
        final=always,
        hidden=_candidates,
    ),
    Act(
        "identity",
        (Deed.RECORD_IDENTITY,),
        (Field("method", Kind.CHOICE, choices.said("case.identity.methods", _METHODS)), _REASON),
        choices.is_open,
        doing.identity,
    ),
    Act(
        "authorise",
        (Deed.RECORD_IDENTITY,),
        (
            Field("capacity", Kind.CHOICE, choices.named("capacities", tuple(Capacity))),
            Field("shown", Kind.CHECKS, choices.said("case.shown", Shown), required=False),
            Field("covers", Kind.CHECKS, choices.rights, required=False, hint=True),
            Field("born", Kind.DAY, required=False, hint=True),
            _REASON,
        ),
        choices.is_open,
        doing.authorise,
    ),
    Act("second-look", (Deed.RECORD_IDENTITY,), (_REASON,), _acts_for_another, doing.second_look),
    Act("call-off", (Deed.AMEND,), (_HEARD,), choices.cools, doing.call_off, final=always),
    Act("proceed", (Deed.AMEND,), (_HEARD,), choices.cools, doing.proceed, final=always),
    Act("redact", (Deed.REDACT,), (Field("words", hint=True), _REASON), _may_redact, doing.redact),
    Act(
        "hold",
        (Deed.PLACE_HOLD,),
        (
            Field("kind", Kind.CHOICE, choices.said("case.holds.kinds", OrderKind)),
            Field("order", Kind.LINE, hint=True),
            Field("units", Kind.CHECKS, choices.units, required=False, hint=True),
            _REASON,
        ),
        lambda page: not page.forgotten,
        doing.hold,
    ),
    Act(
        "progress",
        (Deed.PROPOSE,),
        (
            Field("because", Kind.CHOICE, choices.said("acts.choices.because", Because)),
            Field("expected", Kind.DAY, hint=True),
        ),
        choices.is_open,
        doing.progress,
    ),
    Act(
        "extend",
        (Deed.EXTEND,),
        (Field("days", Kind.NUMBER, hint=True), _REASON),
        lambda page: choices.is_open(page) and page.extendable,
        doing.extend,
        hidden=_terms,
    ),
    Act(
        "retime",
        (Deed.EXTEND,),
        (_REASON,),
        lambda page: choices.is_open(page) and page.moves,
        doing.retime,
        hidden=_terms,
    ),
    Act(
        "task-done",
        (Deed.REPAIR,),
        (
            Field("task", Kind.CHOICE, choices.tasks_of(Deed.REPAIR)),
            Field("done", Kind.CHOICE, choices.said("acts.choices.done", ("done", "dropped"))),
            _REASON,
        ),
        choices.has_tasks_of(Deed.REPAIR),
        doing.close_task,
    ),
    Act(
        "settle",
        (Deed.SETTLE,),
        (
            Field("task", Kind.CHOICE, choices.tasks_of(Deed.SETTLE)),
            Field("done", Kind.CHOICE, choices.said("acts.choices.done", ("done", "dropped"))),
            _REASON,
        ),
        choices.has_tasks_of(Deed.SETTLE),
        doing.settle,
    ),
    Act(
        "confide",
        (Deed.CONFIDE,),
        (Field("handlers", Kind.CHECKS, choices.colleagues, hint=True), _REASON),
        lambda page: not page.forgotten,
        doing.confide,
    ),
    Act(
        "open-up",
        (Deed.OPEN_UP,),
        (_REASON,),
        lambda page: not page.forgotten and page.confidence is not None and not page.confidence.of_staff,
        doing.open_up,
        final=always,
    ),
    Act(
        "merge",
        (Deed.AMEND,),
        (Field("into", Kind.CHOICE, choices.earlier), _REASON),
        _could_merge,
        doing.merge,
        final=always,
    ),
    Act("withdraw", (Deed.AMEND,), (_HEARD,), choices.may_change, doing.withdraw, final=always),
    Act(
        "stop",
        (Deed.STOP_CASE,),
        (
            Field(
                "mistake",
                Kind.CHOICE,
                choices.said("acts.choices.mistake", Mistake),
                required=False,
                hint=True,
            ),
            Field("ground", Kind.CHOICE, choices.grounds, required=False),
            _REASON,
        ),
        choices.is_open,
        doing.stop,
        final=always,
    ),
    Act(
        "second-stop",
        (Deed.CONFIRM,),
        (_REASON,),
        choices.stop_waits,
        doing.second_stop,
        final=always,
        hidden=_stop,
    ),
    Act("death", (Deed.AMEND,), (_DIED, _REASON), choices.may_change, doing.death),
    Act(
        "second-death",
        (Deed.CONFIRM,),
        (_DIED, _REASON),
        choices.death_waits,
        doing.second_death,
        final=always,
        hidden=_death,
    ),
    Act("reopen", (Deed.AMEND,), (_REASON,), choices.is_closed, doing.reopen),
    Act("review", (Deed.AMEND,), (_REASON,), choices.is_closed, doing.review),
    Act("lift", (Deed.AMEND,), (_REASON,), _is_restricted, doing.lift),
    *remarks.ACTS,
)
"""In the order in which a page offers them."""

BY_NAME = {act.name: act for act in ACTS}

ANSWERS = frozenset(
    {
        *(
            "review-files",
            "propose",
            "refuse",
            "confirm",
            "retry",
            "leave-out",
            "second-leave-out",
            "choose",
            "second-look",
        ),
        *("call-off", "proceed", "second-stop", "second-death"),
    }
)
"""Acts that answer what a case waits for: shown first wherever the case lets them."""
