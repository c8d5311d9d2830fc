"""Refusals: what a case did not get, entered into the record of s.39 before the person reads that it is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from pydantic import JsonValue

from activities.tools import Tools, instructed, searched
from domain.calendar import day_in_bangkok, last_day_of_years
from domain.documents import CaseFile
from domain.outcomes import KEEPING, NOT_CARRIED_OUT, Ending, Outcome
from domain.refusals import Refused, Scope

UNVERIFIED = "P-UNVERIFIED"
_REFUSING = KEEPING - {Outcome.NOT_ASKED, Outcome.NOT_CONTROLLER}
"""Outcomes by which the person does not get what they asked the company for; a tenant's data is passed on instead."""

Left = Mapping[str, str]
"""Systems that officers left out, each with its ground."""


def record_refusals(tools: Tools, file: CaseFile, ending: Ending, left_out: Left, letter: str) -> str:
    """Enter what was refused; a letter then says where: by `law` (s.39 ¶1(7)), by the `company` alone, or nowhere."""
    case = file.view.case.id
    if instructed(tools, case):
        return ""  # nobody's right is refused: a processor tells its controller what it could not do
    refused = tuple(_known(tools, one) for one in _refused(tools, file, ending, left_out))
    if not refused:
        return ""
    unknown = ending is Ending.UNVERIFIED
    tools.refusals.record(
        case,
        refused,
        tools.vault.given(case) if unknown else searched(tools, case).identifiers,
        letter=letter,
        policy=tools.policy.version,
        keep_until=last_day_of_years(day_in_bangkok(tools.clock.now()), tools.policy.refusal_years),
    )
    return _where(refused)


def where_recorded(tools: Tools, file: CaseFile, ending: Ending) -> str:
    """Where that would be entered, without entering it: for a letter that is only looked at."""
    return _where(tuple(_known(tools, one) for one in _refused(tools, file, ending, {})))


def _where(refused: Sequence[Refused]) -> str:
    if not refused:
        return ""
    return "law" if any(one.demanded for one in refused) else "company"


def _refused(tools: Tools, file: CaseFile, ending: Ending, left_out: Left) -> Iterator[Refused]:
    if ending is Ending.UNVERIFIED:
        yield Refused(scope=Scope.WHOLE, ground=UNVERIFIED)
        return
    if ending not in {Ending.FULFILLED, Ending.PARTIAL, Ending.REFUSED}:
        return
    if ground := str(file.facts.get("ground", "")):
        asked = [
            one for one in file.groups if one["outcome"] not in {Outcome.NOT_ASKED, Outcome.NOT_CONTROLLER}
        ]
        yield _entry(Scope.WHOLE, ground, asked)
        return
    undone = [one for one in file.groups if one["ground"] == NOT_CARRIED_OUT and one["system"] in left_out]
    kept = [one for one in file.groups if _refuses(tools, one) and one not in undone]
    scope = Scope.WHOLE if ending is Ending.REFUSED and not left_out else Scope.RECORDS
    grounds = dict.fromkeys(str(one["ground"]) for one in kept)
    alone = len(grounds) == 1
    for code in grounds:
        same = [one for one in kept if one["ground"] == code]
        yield _entry(scope if alone else Scope.RECORDS, code, same)
    for system, code in left_out.items():
        yield _entry(Scope.SYSTEM, code, [one for one in undone if one["system"] == system], system)


def _refuses(tools: Tools, group: Mapping[str, JsonValue]) -> bool:
    """Whether a group is refused: it stays as it is, or its ground is one that s.39 names (an issued document)."""
    ground = tools.policy.grounds.get(str(group["ground"]))
    return group["outcome"] in _REFUSING or (ground is not None and ground.recorded)


def _entry(scope: Scope, ground: str, groups: Sequence[Mapping[str, JsonValue]], system: str = "") -> Refused:
    return Refused(
        scope=scope,
        ground=ground,
        system=system,
        units=tuple(sorted({str(one["unit"]) for one in groups})),
        laws=tuple(sorted(_laws(groups))),
        items=sum(int(str(one["count"])) for one in groups),
    )


def _laws(groups: Iterable[Mapping[str, JsonValue]]) -> set[str]:
    found = set()
    for group in groups:
        holds = group["holds"]
        for hold in holds if isinstance(holds, list) else ():
            if isinstance(hold, dict):
                found.add(str(hold["reference"]))
    return found


def _known(tools: Tools, one: Refused) -> Refused:
    """The entry with what the policy in force says of its ground; an obstacle stands in no law."""
    ground = tools.policy.grounds.get(one.ground)
    if ground is None:
        return one
    return one.model_copy(update={"section": ground.section, "demanded": ground.recorded})
