"""Amendments: sealed until they are taken up, put into the request in their order, too late once it is begun."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from pydantic import JsonValue
from sqlalchemy import text

from activities.tools import surely_theirs
from domain.acting import Acting, Capacity, Shown
from domain.case import Amend, Begin, Decision, Moved, Receipt, Task
from domain.errors import BadInput, Conflict, NotFound, StalePlan, TooLate
from domain.links import Amendment
from domain.outcomes import Ending, Outcome
from domain.rights import Right, Verb
from domain.seconding import DeathShown
from domain.states import State
from tests.cases.conftest import EMAIL, House
from tests.cases.samples import planned
from tests.cases.test_plans import deciding, proposal
from tests.cases.test_register import events_of, names_of
from tests.cases.test_vault import candidate, email

LAWYER = "lawyer@example.org"
TO_FULFILLING = (State.RESOLVING, State.VERIFYING, State.LOCATING, State.PLANNING, State.FULFILLING)
EACH = {
    Moved.SCOPE: Amendment(moved=Moved.SCOPE, changes={"units": "billing"}),
    Moved.REPLY_TO: Amendment(moved=Moved.REPLY_TO, address=email(LAWYER)),
    Moved.AGENT: Amendment(moved=Moved.AGENT, agent="ทนายวิชัย", authority="หนังสือมอบอำนาจ"),
    Moved.OF_AGE: Amendment(moved=Moved.OF_AGE),
    Moved.RIGHT: Amendment(moved=Moved.RIGHT, right=Right.RESTRICTION),
    Moved.DEATH: Amendment(moved=Moved.DEATH, shown=DeathShown.CERTIFICATE),
}
CHANGING = (Moved.SCOPE, Moved.REPLY_TO, Moved.AGENT, Moved.OF_AGE)


def amend(house: House, case: str, amendment: Amendment, actor: str = "S-1") -> str:
    """Keep it; of a death another officer says the same first."""
    if amendment.moved is Moved.DEATH:
        house.room.register.amend(case, amendment, actor="S-9", reason="เห็นมรณบัตร")
    return house.room.register.amend(case, amendment, actor=actor, reason="คุณมาลีขอเปลี่ยน")


def applied(house: House, case: str, *given: Amendment) -> tuple[Moved, ...]:
    for amendment in given:
        amend(house, case, amendment)
    return house.room.register.apply_amendments(case)


def words(house: House, case: str) -> tuple[object, ...]:
    vault = house.room.vault
    return vault.subject(case), vault.given(case), vault.changes(case), vault.agent(case), vault.replies(case)


@pytest.mark.parametrize(
    ("before", "amended", "after"),
    [
        ({}, {"units": "billing"}, {"units": "billing"}),
        ({"units": "billing"}, {"units": "orders,billing"}, {"units": "orders,billing"}),
        ({"units": "billing", "phone": "1"}, {"phone": "2"}, {"units": "billing", "phone": "2"}),
        ({"units": "billing", "phone": "1"}, {"units": ""}, {"phone": "1"}),
        ({"phone": "1"}, {"units": ""}, {"phone": "1"}),
        ({"phone": "1"}, {}, {"phone": "1"}),
        ({"number": 7}, {"number": 0, "open": False}, {"number": 0, "open": False}),
    ],
)
def test_new_fields_go_over_the_old_and_an_empty_one_takes_one_back(
    house: House, before: dict[str, JsonValue], amended: dict[str, JsonValue], after: dict[str, JsonValue]
) -> None:
    [case] = house.open(Right.RECTIFICATION, changes=before)
    assert applied(house, case.id, Amendment(moved=Moved.SCOPE, changes=amended)) == (Moved.SCOPE,)
    assert house.room.vault.changes(case.id) == after


def test_nothing_changes_before_it_is_taken_up_and_once_then(house: House) -> None:
    [case] = house.open(Right.ERASURE, changes={"units": "orders"})
    before = words(house, case.id)
    amend(house, case.id, EACH[Moved.SCOPE])
    assert words(house, case.id) == before
    assert names_of(house, case.id).count("case:amended") == 0
    assert house.room.register.apply_amendments(case.id) == (Moved.SCOPE,)
    after = words(house, case.id)
    assert house.room.register.apply_amendments(case.id) == ()
    assert words(house, case.id) == after != before
    assert events_of(house, case.id)[-1] == ("case:amended", "S-1", {"kind": "scope"})
    assert names_of(house, case.id).count("case:amended") == 1


def test_several_are_put_in_in_their_order(house: House) -> None:
    case = house.case()
    agents = [
        Amendment(moved=Moved.AGENT, agent=f"ทนาย {number}", authority="มอบอำนาจ") for number in range(3)
    ]
    kinds = applied(house, case, agents[0], EACH[Moved.SCOPE], agents[1], agents[2])
    assert kinds == (Moved.AGENT, Moved.SCOPE, Moved.AGENT, Moved.AGENT)
    assert house.room.vault.agent(case) == ("ทนาย 2", "มอบอำนาจ")


def test_what_waits_is_not_kept_twice(house: House) -> None:
    case = house.case()
    first = amend(house, case, EACH[Moved.SCOPE])
    assert amend(house, case, EACH[Moved.SCOPE]) == first
    assert amend(house, case, EACH[Moved.SCOPE], "S-2") != first
    assert house.room.register.apply_amendments(case) == (Moved.SCOPE, Moved.SCOPE)
    assert amend(house, case, EACH[Moved.SCOPE]) != first


def test_answers_may_go_elsewhere_once_that_is_proved(house: House) -> None:
    identity, vault, case = house.room.identity, house.room.vault, house.case()
    applied(house, case, EACH[Moved.REPLY_TO], Amendment(moved=Moved.REPLY_TO, address=email(EMAIL)))
    assert vault.given(case) == (email(EMAIL), email(LAWYER))
    assert vault.own(case) == (email(EMAIL),)  # and nobody objects to marketing in a lawyer's name
    assert vault.replies(case) == (email(LAWYER), email(EMAIL))
    assert vault.subject(case).identifiers == (email(EMAIL),)  # a lawyer's records are nobody's answer
    assert identity.reply_addresses(case) == ()
    challenge = identity.challenge(case, email(LAWYER))
    assert challenge is not None
    identity.answer(challenge.token, challenge.code)
    assert identity.reply_addresses(case) == (email(LAWYER),)
    assert not identity.standing(case).level  # it is not on file: it shows nothing of who they are


def test_nobody_is_found_by_an_address_for_answers(house: House) -> None:
    case, other = house.case(), house.open(Right.ERASURE, identifiers=(email(LAWYER),))[0]
    applied(house, case, EACH[Moved.REPLY_TO])
    assert case not in {view.case.id for view in house.room.register.like(other.id)}


def test_an_agent_comes_and_goes(house: House) -> None:
    [case] = house.open(Right.ACCESS, agent="แม่", authority="สูติบัตร")
    assert house.room.vault.agent(case.id) == ("แม่", "สูติบัตร")
    applied(house, case.id, EACH[Moved.AGENT])
    assert house.room.vault.agent(case.id) == ("ทนายวิชัย", "หนังสือมอบอำนาจ")
    applied(house, case.id, Amendment(moved=Moved.AGENT))
    assert house.room.vault.agent(case.id) == ("", "")


def test_of_age_nobody_else_acts_any_more(house: House) -> None:
    [case] = house.open(Right.ACCESS, agent="แม่", authority="สูติบัตร")
    applied(house, case.id, EACH[Moved.REPLY_TO], EACH[Moved.OF_AGE])
    assert house.room.vault.agent(case.id) == ("", "")
    assert house.room.vault.replies(case.id) == ()
    applied(house, case.id, EACH[Moved.REPLY_TO])
    assert house.room.vault.replies(case.id) == (email(LAWYER),)


def test_an_agent_who_names_an_address_is_asked_there_and_gets_no_data_until_an_amendment_names_it(
    house: House,
) -> None:
    identity, vault, agents = house.room.identity, house.room.vault, email(LAWYER)
    [case] = house.open(Right.ACCESS, agent="แม่", authority="สูติบัตร", replies=(agents,))
    [other] = house.open(Right.ACCESS, identifiers=(agents,))
    assert vault.reachable(case.id) == (email(EMAIL), agents)
    assert (vault.own(case.id), vault.subject(case.id).identifiers) == ((email(EMAIL),), (email(EMAIL),))
    assert case.id not in {view.case.id for view in house.room.register.like(other.id)}
    vault.put_candidates(case.id, [candidate("crm", 1, EMAIL)])
    for address in (agents, email(EMAIL)):
        challenge = identity.challenge(case.id, address)
        assert challenge is not None
        identity.answer(challenge.token, challenge.code)
    assert set(identity.proved(case.id)) == {agents, email(EMAIL)}
    assert identity.reply_addresses(case.id) == (email(EMAIL),)  # proved, and not on file
    assert agents not in surely_theirs(vault, identity, case.id).identifiers
    applied(house, case.id, EACH[Moved.REPLY_TO])
    assert identity.reply_addresses(case.id) == (agents,)


def test_who_acts_no_more_hears_no_more_where_they_said(house: House) -> None:
    acts = {"agent": "แม่", "authority": "สูติบัตร", "replies": (email(LAWYER),)}
    case, same = house.open(Right.ACCESS, Right.ERASURE, **acts)
    applied(house, case.id, EACH[Moved.AGENT])
    assert house.room.vault.reachable(case.id) == (email(EMAIL),)
    applied(house, same.id, Amendment(moved=Moved.AGENT, agent="แม่", authority="ทะเบียนบ้าน"))
    assert house.room.vault.reachable(same.id) == (email(EMAIL), email(LAWYER))


@pytest.mark.parametrize("acting", ["from the start", "later", "never said"])
def test_of_age_the_parent_is_neither_challenged_nor_written_to(house: House, acting: str) -> None:
    vault, own = house.room.vault, email("of.age@example.org")
    shown = {"agent": "แม่", "authority": "สูติบัตร"}
    [case] = house.open(Right.ACCESS, **(shown if acting == "from the start" else {}))
    if acting == "later":
        applied(house, case.id, Amendment(moved=Moved.AGENT, **shown))
    applied(house, case.id, EACH[Moved.REPLY_TO])
    assert vault.reachable(case.id) == (email(EMAIL), email(LAWYER))
    applied(house, case.id, Amendment(moved=Moved.OF_AGE, address=own))
    assert vault.reachable(case.id) == (own,)
    assert email(EMAIL) in vault.given(case.id)  # given, not found: it counts only where it is surely hers
    assert vault.subject(case.id).identifiers == (email(EMAIL),)  # they are searched for as before
    assert own not in vault.subject(case.id).identifiers
    applied(house, case.id, Amendment(moved=Moved.REPLY_TO, address=email(EMAIL)))
    assert vault.reachable(case.id) == (email(EMAIL), own)  # the person names it after all


def test_of_age_who_asked_alone_is_reached_where_they_say(house: House) -> None:
    case = house.case()
    applied(house, case, EACH[Moved.OF_AGE])
    assert house.room.vault.reachable(case) == ()  # whose the address is that was given, nobody knows
    applied(house, case, Amendment(moved=Moved.OF_AGE, address=email(EMAIL)))
    assert house.room.vault.reachable(case) == (email(EMAIL),)


def test_a_parent_who_still_acts_in_another_case_proves_nothing_here(house: House) -> None:
    identity = house.room.identity
    access, erasure = house.open(Right.ACCESS, Right.ERASURE, agent="แม่", authority="สูติบัตร")
    for case in (access, erasure):
        house.room.vault.put_candidates(case.id, [candidate("crm", 1, EMAIL)])
    applied(house, access.id, EACH[Moved.OF_AGE])
    house.clock.pass_by(minutes=1)
    challenge = identity.challenge(erasure.id, email(EMAIL))
    assert challenge is not None
    identity.answer(challenge.token, challenge.code)
    assert identity.reply_addresses(erasure.id) == (email(EMAIL),)
    assert (identity.reply_addresses(access.id), identity.proved(access.id)) == ((), ())
    assert identity.standing(access.id).level == 0


@pytest.mark.parametrize("moved", [Moved.RIGHT, Moved.DEATH])
def test_what_ends_the_case_leaves_its_words(house: House, moved: Moved) -> None:
    case, summary = deciding(house)
    decision = house.room.plans.propose(case, proposal(summary), confirm=False)
    before = words(house, case)
    assert applied(house, case, EACH[moved]) == ()  # only the workflow ends a case
    assert case in dict(house.room.register.unheard(house.clock.at + timedelta(days=1)))
    house.room.register.enter(case, State.ANSWERING)
    assert house.room.register.apply_amendments(case) == (moved,)
    assert words(house, case) == before
    assert house.room.plans.decision(case) == decision
    told = {"kind": moved.value} | ({"right": "restriction"} if moved is Moved.RIGHT else {})
    assert events_of(house, case)[-1] == ("case:amended", "S-1", told)


@pytest.mark.parametrize("moved", CHANGING)
@pytest.mark.parametrize("complete", [True, False])
def test_a_decision_on_another_request_is_void(house: House, moved: Moved, complete: bool) -> None:
    plans, (case, summary) = house.room.plans, deciding(house)
    plans.propose(case, proposal(summary), confirm=not complete)
    assert applied(house, case, EACH[moved]) == (moved,)
    assert plans.decision(case) is None
    assert plans._decisions.proposed(case) is None
    assert case not in dict(plans.undelivered(house.clock.at + timedelta(days=1)))
    with pytest.raises(StalePlan) as again:
        plans.propose(case, proposal(summary, "S-3"), confirm=False)
    assert again.value.code == "request-amended"
    with pytest.raises(StalePlan):
        plans.confirm(case, actor="S-2", reason="x")
    assert names_of(house, case)[-2:] == ["case:amended", "decision:voided"]
    second = plans.write(case, [planned(1), planned(2)])
    decision = plans.propose(case, proposal(second), confirm=False)
    assert isinstance(decision, Decision)
    assert plans.decision(case) == decision


def test_what_was_begun_stays_begun_when_it_is_looked_at_again(house: House) -> None:
    plans, (case, summary) = house.room.plans, deciding(house)
    suspended = Task(case=case, step=State.SUSPENDING, system="crm", verb=Verb.RESTRICT)
    effects, register = house.room.effects, house.room.register
    effects.done(Receipt(key=suspended.key, system="crm", verb=Verb.RESTRICT), case, {1: Outcome.HOLD})
    house.clock.pass_by(seconds=1)
    decision = plans.propose(case, proposal(summary), confirm=False)
    house.clock.pass_by(seconds=1)
    register.enter(case, State.FULFILLING)
    erased = Task(case=case, step=State.FULFILLING, system="crm", verb=Verb.ERASE)
    effects.done(Receipt(key=erased.key, system="crm", verb=Verb.ERASE), case, {1: Outcome.ERASE})
    for state in (
        State.LOCATING,
        State.PLANNING,
        State.DECIDING,
    ):  # what was planned is no longer what is there
        register.enter(case, state)
        for amendment in EACH.values():
            with pytest.raises(TooLate):
                amend(house, case, amendment)
    assert register.begin(case).begun
    assert plans.decision(case) == decision
    assert not {"case:amended", "decision:voided"} & set(names_of(house, case))


def test_an_interim_suspension_is_no_carrying_out(house: House) -> None:
    plans, (case, summary) = house.room.plans, deciding(house)
    task = Task(case=case, step=State.SUSPENDING, system="crm", verb=Verb.RESTRICT)
    house.room.effects.done(Receipt(key=task.key, system="crm", verb=Verb.RESTRICT), case, {1: Outcome.HOLD})
    house.clock.pass_by(seconds=1)
    plans.propose(case, proposal(summary), confirm=False)
    applied(house, case, EACH[Moved.SCOPE])
    assert plans.decision(case) is None


@pytest.mark.parametrize("moved", EACH)
@pytest.mark.parametrize("ending", [None, State.ANSWERING, State.CLOSED])
def test_it_is_too_late_once_fulfilment_has_begun(house: House, moved: Moved, ending: State | None) -> None:
    case = house.case(*TO_FULFILLING)
    if ending is State.ANSWERING:
        house.room.register.enter(case, ending)
    if ending is State.CLOSED:
        house.room.register.close(case, Ending.FULFILLED)
    before = words(house, case)
    with pytest.raises(TooLate) as refused:
        amend(house, case, EACH[moved])
    assert refused.value.code == "fulfilment-begun"
    assert house.room.register.apply_amendments(case) == ()
    assert words(house, case) == before


@pytest.mark.parametrize("moved", EACH)
def test_what_waited_too_long_changes_nothing(house: House, moved: Moved) -> None:
    case = house.case()
    amend(house, case, EACH[Moved.SCOPE])
    amend(house, case, EACH[moved])
    house.room.register.enter(case, State.ANSWERING)
    before = words(house, case)
    assert house.room.register.apply_amendments(case) == (() if moved in CHANGING else (moved,))
    assert words(house, case) == before
    assert case not in dict(house.room.register.unheard(house.clock.at + timedelta(days=1)))
    assert names_of(house, case).count("amendment:dropped") == (2 if moved in CHANGING[1:] else 1)


@pytest.mark.parametrize("moved", EACH)
def test_what_a_case_did_not_take_up_is_dropped_when_it_closes(house: House, moved: Moved) -> None:
    register, case = house.room.register, house.case()
    waits = Amend(id=amend(house, case, EACH[moved]), moved=moved, right=EACH[moved].right)
    before = words(house, case)
    assert register.waiting(case) == (waits,)
    for _ in range(2):
        register.close(case, Ending.WITHDRAWN)
    assert register.waiting(case) == ()
    assert words(house, case) == before
    assert names_of(house, case)[-2:] == ["amendment:dropped", "case:closed"]


@pytest.mark.parametrize("moved", EACH)
def test_nothing_is_begun_while_an_amendment_waits(house: House, moved: Moved) -> None:
    register, case = house.room.register, house.case(*TO_FULFILLING[:-1])
    waits = Amend(id=amend(house, case, EACH[moved]), moved=moved, right=EACH[moved].right)
    assert register.begin(case) == Begin(waiting=(waits,))
    with pytest.raises(Conflict) as refused:
        register.enter(case, State.FULFILLING)
    assert refused.value.code == "change-waits"
    assert register.view(case).state is State.PLANNING
    register.drop_amendment(waits.id)
    assert register.begin(case).begun
    with pytest.raises(TooLate):
        amend(house, case, EACH[moved])


def test_of_an_amendment_and_the_beginning_one_comes_first(house: House) -> None:
    for _ in range(5):
        case, together = house.case(*TO_FULFILLING[:-1]), threading.Barrier(2)

        def change(case: str = case, together: threading.Barrier = together) -> bool:
            together.wait()
            try:
                amend(house, case, EACH[Moved.SCOPE])
            except TooLate:
                return False
            return True

        def begin(case: str = case, together: threading.Barrier = together) -> bool:
            together.wait()
            return house.room.register.begin(case).begun

        with ThreadPoolExecutor(2) as pool:
            changed, begun = pool.submit(change), pool.submit(begin)
            assert changed.result() is not begun.result()


def test_one_that_was_dropped_changes_nothing(house: House) -> None:
    register, case = house.room.register, house.case()
    dropped, kept = amend(house, case, EACH[Moved.SCOPE]), amend(house, case, EACH[Moved.AGENT])
    for _ in range(2):
        register.drop_amendment(dropped)
    assert register.apply_amendments(case) == (Moved.AGENT,)
    assert house.room.vault.changes(case) == {}
    with pytest.raises(Conflict) as refused:
        register.drop_amendment(kept)
    assert refused.value.code == "already-applied"
    with pytest.raises(NotFound):
        register.drop_amendment("a-none")


def test_the_sweep_finds_what_no_workflow_took_up(own_house: House) -> None:
    house, register = own_house, own_house.room.register
    waiting, over, dropped, taken = (house.case() for _ in range(4))
    first = amend(house, waiting, EACH[Moved.RIGHT])
    house.clock.pass_by(seconds=1)
    second = amend(house, waiting, EACH[Moved.SCOPE])
    amend(house, over, EACH[Moved.DEATH])
    register.close(over, Ending.WITHDRAWN)
    register.drop_amendment(amend(house, dropped, EACH[Moved.SCOPE]))
    applied(house, taken, EACH[Moved.SCOPE])
    told = (
        (waiting, Amend(id=first, moved=Moved.RIGHT, right=Right.RESTRICTION)),
        (waiting, Amend(id=second, moved=Moved.SCOPE)),
    )
    assert register.unheard(house.clock.at) == told[:1]
    assert register.unheard(house.clock.at + timedelta(seconds=1)) == told


@pytest.mark.parametrize(
    ("amendment", "code"),
    [
        (Amendment(moved=Moved.REPLY_TO), "address-missing"),
        (Amendment(moved=Moved.RIGHT), "right-missing"),
    ],
)
def test_an_amendment_says_what_its_kind_needs(house: House, amendment: Amendment, code: str) -> None:
    with pytest.raises(BadInput) as refused:
        amend(house, house.case(), amendment)
    assert refused.value.code == code


def test_an_amendment_of_no_case_is_none(house: House) -> None:
    with pytest.raises(NotFound):
        amend(house, "c-none", EACH[Moved.SCOPE])
    with pytest.raises(NotFound):
        house.room.register.apply_amendments("c-none")


def test_amendments_rest_sealed(house: House) -> None:
    case = house.case()
    amend(house, case, EACH[Moved.AGENT])
    amend(house, case, EACH[Moved.REPLY_TO])
    house.room.register.apply_amendments(case)
    statements = ("SELECT * FROM amendments WHERE case_id = :c", "SELECT * FROM vault WHERE case_id = :c")
    with house.app.connect() as connection:
        rows = [row for each in statements for row in connection.execute(text(each), {"c": case})]
    told = b"|".join(v if isinstance(v, bytes) else str(v).encode() for row in rows for v in row)
    assert len(rows) == 3
    for mark in ("วิชัย", "มอบอำนาจ", "มาลี", LAWYER):
        assert mark.encode() not in told


def test_taken_up_by_two_at_once_is_taken_up_once(house: House) -> None:
    case = house.case()
    for moved in CHANGING:
        amend(house, case, EACH[moved])
    with ThreadPoolExecutor(4) as pool:
        told = sorted(pool.map(lambda _: house.room.register.apply_amendments(case), range(4)), key=len)
    assert told == [(), (), (), CHANGING]
    assert names_of(house, case).count("case:amended") == len(CHANGING)


def test_who_acts_is_taken_up_by_all_cases_of_a_request_at_once(house: House) -> None:
    for _ in range(5):
        opened = house.open(Right.ACCESS, Right.ERASURE, Right.PORTABILITY, Right.RECTIFICATION)
        cases, together = [case.id for case in opened], threading.Barrier(len(opened))
        for case in cases:
            amend(house, case, EACH[Moved.AGENT])

        def take_up(case: str, together: threading.Barrier = together) -> tuple[Moved, ...]:
            together.wait()
            return house.room.register.apply_amendments(case)

        with ThreadPoolExecutor(len(cases)) as pool:
            assert list(pool.map(take_up, cases)) == [(Moved.AGENT,)] * len(cases)
        assert {house.room.identity.acting(case).capacity for case in cases} == {Capacity.AGENT}


def test_a_case_that_hears_late_forgets_nothing_that_was_seen_of_the_new_agent(house: House) -> None:
    identity, register = house.room.identity, house.room.register
    first, late = (case.id for case in house.open(Right.ACCESS, Right.PORTABILITY))
    seen = Acting(
        capacity=Capacity.AGENT, shown=(Shown.POWER_OF_ATTORNEY,), covers=(Right.ACCESS, Right.PORTABILITY)
    )
    for known in (False, True):  # the second time somebody else acts, of whom again nothing was seen
        for case in (first, late):
            amend(house, case, Amendment(moved=Moved.AGENT, agent=f"ทนาย {known}", authority="มอบอำนาจ"))
        house.clock.pass_by(seconds=1)
        with pytest.raises(Conflict):  # whom was it seen of?
            identity.authorise(late, seen, actor="S-1", reason="papers seen")
        register.apply_amendments(first)
        assert identity.acting(late).shown == ()
        house.clock.pass_by(seconds=1)
        identity.authorise(first, seen, actor="S-1", reason="papers seen")
        register.apply_amendments(late)
        assert identity.acting(first) == identity.acting(late)
        assert identity.acting(late).shown == (Shown.POWER_OF_ATTORNEY,)
