"""Every branch that was ever recorded still runs as it ran: an open case survives the next version of its code."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import pytest
from google.protobuf.json_format import MessageToJson
from temporalio.activity import _Definition
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import History, HistoryEvent
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

import activities
from demo.cast import SCENARIOS
from domain.outcomes import Ending
from domain.rights import Right
from tests.replay import mutants
from tests.replay.record import BRANCHES, HISTORIES, LATER, read
from tests.support.marked import MARKS
from tests.support.marks import Search
from workflows.desk import WORKFLOW_OF
from workflows.incident import Incident
from workflows.lift import Lift
from workflows.publish import PublishHead
from workflows.release import Release
from workflows.retention import Retention
from workflows.watch import Watch
from workflows.words import Words

pytestmark = pytest.mark.slow

NAMES = sorted(path.stem for path in HISTORIES.glob("*.json"))
MACHINE = re.compile(r"/(?:root|home|tmp|usr|work)/|\.py\b")
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.\w+")
THAI = re.compile("[\u0e00-\u0e7f]")
OPENED = re.compile(r'"reference":"DSR-|"id":"')
WORKFLOWS = (*WORKFLOW_OF.values(), Lift, Incident, Release, Retention, PublishHead, Watch)
OF_NO_CASE = {"release-nothing-due", "publish-head", "watch"}
RECORDED_BY = "python -m tests.replay.record"


def replayer(*workflows: type) -> Replayer:
    # The runner's own restrictions, with the domain inside the sandbox: a clock or random there fails too.
    return Replayer(workflows=workflows, data_converter=pydantic_data_converter)


def payloads(message: object) -> Iterator[Payload]:
    """Every payload of a protobuf message, at any depth."""
    if isinstance(message, Payload):
        yield message
        return
    for _, value in message.ListFields() if hasattr(message, "ListFields") else ():
        if hasattr(value, "ListFields"):
            yield from payloads(value)
        elif hasattr(value, "values") and callable(value.values):
            for each in value.values():
                yield from payloads(each)
        elif not isinstance(value, str | bytes | int | float | bool):
            for each in value:
                yield from payloads(each)


def told(history: WorkflowHistory) -> str:
    """All that a history says, its payloads opened."""
    outside = MessageToJson(History(events=history.events), ensure_ascii=False)
    inside = (each.data.decode() for event in history.events for each in payloads(event))
    return "\n".join([outside, *inside])


@pytest.mark.parametrize("name", NAMES)
async def test_it_runs_as_it_ran(name: str) -> None:
    await replayer(*WORKFLOWS).replay_workflow(read(name))


def test_each_branch_is_stored_and_nothing_else() -> None:
    assert sorted([*BRANCHES, *LATER]) == NAMES, f"record with `{RECORDED_BY}`"


def test_every_right_every_ending_and_every_word_is_in_some_history() -> None:
    everything = {name: told(read(name)) for name in NAMES}
    for right in WORKFLOW_OF:
        assert any(name.startswith(f"{right}-") for name in NAMES), right
    for ending in Ending:
        assert any(f'"ending":"{ending}"' in text for text in everything.values()), ending
    accepted = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED
    said = {
        event.workflow_execution_update_accepted_event_attributes.accepted_request.input.name
        for name in NAMES
        for event in read(name).events
        if event.event_type == accepted
    }
    assert said == updates()


def test_every_step_that_a_workflow_takes_is_in_some_history() -> None:
    taken = {step for name in NAMES for event in read(name).events for step in taken_by(event)}
    assert taken == steps() - {"reconcile"}  # which a schedule takes, without a case


def taken_by(event: HistoryEvent) -> Iterator[str]:
    """The activity that an event asks for, or that was done on the spot."""
    if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
        yield event.activity_task_scheduled_event_attributes.activity_type.name
    elif event.marker_recorded_event_attributes.marker_name == "core_local_activity":
        for each in event.marker_recorded_event_attributes.details["data"].payloads:
            yield json.loads(each.data)["activity_type"]


def steps() -> set[str]:
    """The names of all activities, whichever module they stand in."""
    modules = [import_module(f"activities.{found.name}") for found in iter_modules(activities.__path__)]
    methods = [each for m in modules for kind in vars(m).values() for each in _methods(kind, m.__name__)]
    return {str(defn.name) for method in methods if (defn := _Definition.from_callable(method)) is not None}


def _methods(kind: object, module: str) -> list[Callable[..., Any]]:
    if not isinstance(kind, type) or kind.__module__ != module:
        return []
    return [each for each in vars(kind).values() if callable(each)]


def updates() -> set[str]:
    """The names of all updates that a case takes."""
    found = (getattr(value, "_defn", None) for value in vars(Words).values())
    return {str(defn.name) for defn in found if defn is not None}


@pytest.mark.parametrize("name", NAMES)
def test_it_holds_nothing_of_a_person_or_a_machine(name: str) -> None:
    text = told(read(name))
    if name not in OF_NO_CASE:
        assert OPENED.search(text), "the payloads were not opened"
    assert [word for word in personal_words() if word in text] == []
    assert Search(MARKS).hits(text.encode()) == []
    assert THAI.search(text) is None
    assert ADDRESS.search(text) is None
    assert MACHINE.search(text) is None


def personal_words() -> set[str]:
    """What the people of the branches are known by."""
    people = [person for scenario in SCENARIOS for person in scenario.people]
    words = {w for p in people for w in (p.given_th, p.surname_th, p.given_en, p.surname_en, p.phone)}
    return words | {scenario.email for scenario in SCENARIOS}


ALL_OF = {right: [name for name in NAMES if name.startswith(f"{right}-")] for right in Right}


@pytest.mark.parametrize(
    ("mutant", "name"),
    [
        *((mutants.AccessUnacknowledged, name) for name in ALL_OF[Right.ACCESS]),
        *((mutants.ErasureUnacknowledged, name) for name in ALL_OF[Right.ERASURE]),
        *((mutants.ObjectionLate, name) for name in ALL_OF[Right.OBJECTION]),
        *((mutants.RectificationUnverified, name) for name in ALL_OF[Right.RECTIFICATION]),
        *((mutants.RestrictionUnverified, name) for name in ALL_OF[Right.RESTRICTION]),
        *((mutants.PortabilityUnverified, name) for name in ALL_OF[Right.PORTABILITY]),
        *((mutants.WithdrawalLate, name) for name in ALL_OF[Right.WITHDRAWAL]),
        (mutants.AccessUndecided, "access-fulfilled"),
        (mutants.AccessUndecided, "access-left-out"),
        (mutants.ErasureHot, "erasure-called-off"),
        (mutants.ErasureHot, "erasure-proceeded"),
        (mutants.ErasureUnrepeated, "erasure-leftover"),
        (mutants.ErasureImpatient, "erasure-waited"),
        (mutants.ObjectionInUse, "objection-stopped"),
        (mutants.ObjectionInUse, "objection-refused"),
        (mutants.PortabilityKept, "portability-sent-on"),
        (mutants.PortabilityKept, "portability-not-reached"),
        (mutants.RectificationUnproved, "rectification-corrected"),
        (mutants.RestrictionInUse, "restriction-approved"),
        (mutants.RestrictionInUse, "restriction-narrowed"),
        (mutants.WithdrawalUnfollowed, "withdrawal-followed"),
        (mutants.WithdrawalDeaf, "withdrawal-widened"),
        (mutants.LiftUnannounced, "lift"),
        (mutants.LiftAtOnce, "lift"),
        (mutants.ReleaseOnce, "release-met-and-held"),
        (mutants.RetentionUnapproved, "retention-waits"),
    ],
)
async def test_a_changed_order_of_steps_is_noticed(mutant: type, name: str) -> None:
    with pytest.raises(NondeterminismError):
        await replayer(mutant).replay_workflow(read(name))


async def test_a_mutant_that_keeps_the_order_passes() -> None:
    """So the tests above fail on the order, and not on the subclass."""
    await replayer(mutants.ErasureUnrepeated).replay_workflow(read("erasure-proceeded"))
