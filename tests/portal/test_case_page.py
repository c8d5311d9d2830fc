"""The case page without Temporal: its words, who sees what, what a form keeps, what a look tells."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import httpx
import pytest

import portal
from domain.assurance import Method
from domain.case import Case
from domain.errors import Conflict, Unavailable
from domain.events import Event
from domain.identifiers import IdentifierKind, identifier
from domain.outcomes import Outcome
from domain.ports import Intake
from domain.rights import Right
from domain.staffing import Role, may
from domain.states import State
from exports import words as letters
from policy.preflight import Fate
from portal import words
from portal.desk.act_forms import Once
from portal.desk.acts import ACTS, ANSWERS, BY_NAME
from portal.desk.case_words import title_of
from tests.portal.desk_world import DeskWorld, proof_of
from workflows.desk import Desk

TEMPLATES = Path(portal.__file__).with_name("templates") / "desk"
BUDGET = 100_000
EMAIL, NAME, WORDS = "malee.jaidee@example.com", "มาลี ใจดี", "ขอสำเนาข้อมูลทั้งหมดค่ะ"


def codes() -> Iterator[str]:
    yield from (f"happened.{event}" for event in Event)
    yield from (f"case.states.{state}" for state in State)
    yield from (f"case.plan.fates.{fate}" for fate in Fate)
    yield from (f"case.plan.outcomes.{outcome}" for outcome in Outcome)
    for act in ACTS:
        yield from (f"acts.{act.name}.{part}" for part in ("title", "lead", "button"))
        yield f"case.done.{act.name}"
        yield from (f"acts.fields.{each.name}" for each in act.fields)
        yield from (f"acts.hints.{each.name}" for each in act.fields if each.hint)


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_event_state_outcome_and_act_has_words(language: str) -> None:
    said = words.load()[language]
    assert [key for key in codes() if key not in said] == []


def test_every_key_of_the_templates_has_words() -> None:
    said, law = words.load()["th"], letters.load()["th"]
    missing = []
    for name in ("case", "case_data", "case_parts", "act", "sure", "new", "receipt"):
        text = (TEMPLATES / f"{name}.html").read_text("utf-8")
        missing += [key for key in re.findall(r"\bt\([\"']([a-z0-9_.-]+)[\"'][,)]", text) if key not in said]
        missing += [key for key in re.findall(r"\blaw\(\"([a-z0-9_.-]+)\"[,)]", text) if not law.get(key)]
    assert missing == []


def test_a_letter_s_edition_is_no_part_of_its_title() -> None:
    known = {
        "DECISION-2": "DECISION",
        "L11-mailer": "L11",
        "L2-AUTHORITY": "L2-AUTHORITY",
        "L-NODATA": "L-NODATA",
    }
    assert {code: title_of(code) for code in known} == known


async def test_a_form_takes_effect_once_and_what_failed_may_be_tried_again() -> None:
    once = Once()
    done: list[int] = []

    async def deed() -> str:
        done.append(len(done))
        await asyncio.sleep(0)
        if len(done) == 1:
            raise Conflict("not-deciding")
        return "DSR-2569-000001"

    with pytest.raises(Conflict):
        await once.do("S-1", "a", deed)
    first, second = await asyncio.gather(once.do("S-1", "a", deed), once.do("S-1", "a", deed))
    assert (first, second, done) == ("DSR-2569-000001", "DSR-2569-000001", [0, 1])
    assert once.knows("S-1", "a")
    assert not once.knows("S-2", "a"), "another's token is another form"


def request_of(world: DeskWorld, right: Right = Right.ACCESS) -> str:
    intake = Intake(
        rights=(right,),
        channel="letter",
        received=world.clock.at,
        language="th",
        identifiers=(identifier(IdentifierKind.EMAIL, EMAIL),),
        name=NAME,
        message=WORDS,
    )
    terms = {right: world.policy.terms(right, world.clock.at)}
    [case] = world.room.register.open_request(intake, terms)
    for state in (State.RESOLVING, State.VERIFYING):
        world.room.register.enter(case.id, state)
    return case.reference


@pytest.mark.parametrize("language", words.LANGUAGES)
async def test_the_page_says_where_it_stands_and_nothing_of_the_person(
    desk_world: DeskWorld, language: str
) -> None:
    reference = request_of(desk_world)
    async with desk_world.signed(Role.OFFICER) as client:
        page = await client.get(f"/desk/case/{reference}?lang={language}")
    said = words.load()[language]
    assert page.status_code == 200
    assert len(page.content) < BUDGET
    assert said("case.states.verifying") in page.text
    assert said("case.clock.left", days=30) in page.text
    assert said("case.next.identity.what") in page.text
    assert not any(secret in page.text for secret in (EMAIL, NAME, WORDS))
    other = next(code for code in words.LANGUAGES if code != language)
    assert words.load()[other]("case.timeline.title") not in page.text


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
async def test_the_page_offers_what_the_role_may_and_each_form_opens(
    desk_world: DeskWorld, role: Role
) -> None:
    reference = request_of(desk_world, Right.ERASURE)
    async with desk_world.signed(role) as client:
        page = await client.get(f"/desk/case/{reference}")
        offered = set(re.findall(rf"/desk/case/{reference}/do/([a-z-]+)", page.text))
        allowed = {act.name for act in ACTS if all(may(role, deed) for deed in act.deeds)}
        assert offered <= allowed
        assert (role is Role.OFFICER) is ({"stop", "hold", "withdraw"} <= offered)
        for act in ACTS:
            form = await client.get(f"/desk/case/{reference}/do/{act.name}")
            expected = 403 if act.name not in allowed else 200 if act.name in offered else 422
            assert (act.name, form.status_code) == (act.name, expected)


async def test_a_look_is_told_before_it_is_shown(desk_world: DeskWorld) -> None:
    reference = request_of(desk_world)
    at = f"/desk/case/{reference}/look"
    case = desk_world.room.register.view(reference).case.id
    async with desk_world.signed(Role.OFFICER) as client:
        page = await client.get(f"/desk/case/{reference}")
        sent = {"proof": proof_of(page, at), "what": "person"}
        refused = await client.post(at, data={**sent, "reason": "curious about her"})
        assert (refused.status_code, EMAIL in refused.text) == (409, False)
        shown = await client.post(at, data={**sent, "reason": "verify"})
    assert all(secret in shown.text for secret in (EMAIL, NAME, WORDS))
    assert "no-store" in shown.headers["cache-control"]
    told = [event for event in desk_world.room.histories.events(case) if event.event is Event.STAFF_LOOKED]
    facts = [(event.actor, dict(event.facts)) for event in told]
    officer = desk_world.of(Role.OFFICER).member
    assert facts == [(officer, {"command": "portal-person", "reason_code": "verify"})]


async def test_with_temporal_away_nothing_is_done_and_what_was_typed_stays(desk_world: DeskWorld) -> None:
    reference = request_of(desk_world)
    at = f"/desk/case/{reference}/do/withdraw"
    async with desk_world.signed(Role.OFFICER) as client:
        form = await client.get(at)
        sent = {"proof": proof_of(form, at), "once": "a", "heard": "phone"}
        asked = await client.post(at, data=sent)
        assert (asked.status_code, words.load()["th"]("acts.sure") in asked.text) == (200, True)
        away = await client.post(at, data={**sent, "sure": "yes"})
        assert away.status_code == 422
        assert words.load()["th"]("acts.errors.temporal-unreachable") in away.text
        assert re.search(r'value="phone"\s+checked', away.text)
        elsewhere = await client.post(at, data={**sent, "proof": "0" * 64})
        assert elsewhere.status_code == 403


async def test_the_other_language_keeps_what_was_typed_and_presses_nothing(desk_world: DeskWorld) -> None:
    reference, before = request_of(desk_world), len(desk_world.room.register.views())
    at = f"/desk/case/{reference}/do/withdraw"
    async with desk_world.signed(Role.OFFICER) as client:
        form = await client.get(at)
        sent = {"proof": proof_of(form, at), "once": "b", "heard": "phone", "sure": "yes", "speak": "1"}
        shown = await client.post(f"{at}?lang=en", data=sent)
        assert (shown.status_code, shown.headers["content-language"]) == (200, "en")
        assert re.search(r'value="phone"\s+checked', shown.text)
        assert f'formaction="{at}?lang=th"' in shown.text
    async with desk_world.signed(Role.INTAKE) as client:
        entry = fill(
            await client.get("/desk/new"), email=EMAIL, message=WORDS, received="1/11/2569", speak="1"
        )
        shown = await client.post("/desk/new?lang=en", data=entry)
        assert (shown.status_code, WORDS in shown.text) == (200, True)
    assert len(desk_world.room.register.views()) == before


def fill(form: httpx.Response, **values: object) -> dict[str, object]:
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form.text))
    usual = {"channel": "letter", "language": "th", "capacity": "self", "rights": "access"}
    return {**hidden, "proof": proof_of(form, "/desk/new"), **usual, **values}


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({}, "missing"),
        ({"received": "1/2/69"}, "ambiguous-year"),
        ({"received": "2569-11-01"}, "date-in-wrong-era"),
        ({"received": "31/12/2569"}, "received-in-future"),
        ({"received": "1/1/2560"}, "received-before-the-act"),
        ({"rights": ""}, "rights-missing"),
        ({"rights": "objection"}, "objection-unclear"),
        ({"rights": "restriction"}, "restriction-unclear"),
        ({"rights": "rectification"}, "correction-missing"),
        ({"email": "malee"}, "malformed-email"),
        ({"email": ""}, "identifier-missing"),
        ({"capacity": "agent"}, "agent-missing"),
        ({"agent": "สมชาย"}, "authority-missing"),
        ({"method": "in-person"}, "missing"),
        ({"tenant": "มาลี ใจดี"}, "controller-malformed"),
    ],
)
async def test_a_request_that_is_not_clear_is_not_entered_and_says_where(
    desk_world: DeskWorld, values: dict[str, str], code: str
) -> None:
    before = len(desk_world.room.register.views())
    received = {} if code == "missing" and not values else {"received": "1/11/2569"}
    async with desk_world.signed(Role.INTAKE) as client:
        form = await client.get("/desk/new")
        sent = fill(form, **{"email": EMAIL, "message": WORDS, **received, **values})
        answer = await client.post("/desk/new", data=sent)
    assert answer.status_code == 422
    assert words.load()["th"](f"intake.errors.{code}") in answer.text
    assert WORDS in answer.text, "what was typed is kept"
    assert len(desk_world.room.register.views()) == before


def test_what_a_case_waits_for_is_answered_by_acts_that_exist() -> None:
    assert BY_NAME.keys() >= ANSWERS


class Away(Desk):
    """The desk over the register, while Temporal does not answer."""

    async def start(self, case: Case, *, recovered: bool = False) -> None:
        raise Unavailable("temporal-unreachable")

    async def _moved(self, case: str) -> None:
        raise Unavailable("temporal-unreachable")


class Forgetful(Away):
    """And it fell away before what was seen could be written."""

    async def record_identity(self, reference: str, method: Method, *, actor: str, reason: str) -> None:
        raise Unavailable("temporal-unreachable")


def away(world: DeskWorld, kind: type[Desk] = Away) -> Desk:
    given: dict[str, Any] = {one.name: getattr(world.room, one.name, None) for one in fields(kind)}
    given |= {"clock": world.clock, "policy": world.policy, "fields": dict}
    return kind(**given)


SEEN = {"email": EMAIL, "received": "1/11/2569", "method": "in-person", "checked": "ใบขับขี่"}


@pytest.mark.parametrize(("kind", "left"), [(Away, ""), (Forgetful, "checked")])
async def test_a_request_that_was_kept_has_a_receipt_that_says_what_could_not_be_recorded(
    desk_world: DeskWorld, kind: type[Desk], left: str
) -> None:
    desk_world.desk, before = away(desk_world, kind), len(desk_world.room.register.views())
    async with desk_world.signed(Role.INTAKE) as client:
        sent = fill(await client.get("/desk/new"), **SEEN)
        answers = [await client.post("/desk/new", data=sent) for _ in range(2)]
        receipt = await client.get(answers[0].headers["location"])
    assert [answer.status_code for answer in answers] == [303, 303]
    assert (words.load()["th"]("intake.receipt.left.checked") in receipt.text) is bool(left)
    assert len(desk_world.room.register.views()) == before + 1
    case = desk_world.room.register.views(limit=1)[0].case.id
    assert len(desk_world.room.histories.verifications(case)) == (0 if left else 1)


async def test_another_word_under_the_same_form_is_not_taken_for_the_first(desk_world: DeskWorld) -> None:
    desk_world.desk, before = away(desk_world), len(desk_world.room.register.views())
    async with desk_world.signed(Role.INTAKE) as client:
        sent = fill(await client.get("/desk/new"), **SEEN)
        first = await client.post("/desk/new", data=sent)
        other = await client.post("/desk/new", data={**sent, "rights": "erasure"})
        receipt = await client.get(other.headers["location"])
    assert other.headers["location"] == f"{first.headers['location']}?left=otherwise"
    assert words.load()["th"]("intake.receipt.left.otherwise") in receipt.text
    assert len(desk_world.room.register.views()) == before + 1
