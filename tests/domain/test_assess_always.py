"""What holds of every right and every record, whatever the tables of test_assess list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from hypothesis import assume, given
from hypothesis import strategies as st

from domain.assess import Asked, assess
from domain.holds import Hold
from domain.item import Basis, Consent, Found, Role
from domain.keeping import RESTING
from domain.outcomes import CORRECTING, DESTROYING, DISCLOSING, SUSPENDING, Outcome
from domain.rights import Right
from domain.wishes import Because, Use, Wish
from policy.model import Policy
from policy.rules import SPOKEN_GROUNDS

UNITS = ("U01", "U07", "U10", "R01", "U13")
CONSENTS = (
    None,
    *(Consent(purpose="news", stands=stands, marketing=True) for stands in (True, False)),
    *(Consent(purpose="cookies", stands=stands) for stands in (True, False)),
)
LAST = date(2030, 1, 2)
BOOKS = Hold(rule="H-BOOKS", reference="law", ground="EX-LAW", last_day=LAST, release_on=date(2030, 1, 3))
RECORDS = st.builds(
    Found,
    no=st.just(1),
    system=st.just("crm"),
    table=st.just("rows"),
    unit=st.sampled_from(UNITS),
    role=st.sampled_from(Role),
    basis=st.sampled_from(Basis),
    on_erase=st.sampled_from((Outcome.ERASE, Outcome.ANONYMISE, Outcome.DESTROY)),
    contract_open=st.booleans(),
    shared=st.booleans(),
    unsure=st.booleans(),
    obstacle=st.sampled_from(("", "cascade")),
    consent=st.sampled_from(CONSENTS),
    fields=st.sampled_from(((), ("name",), ("colour",))),
    issued=st.booleans(),
)
WISH = st.builds(
    Wish,
    units=st.lists(st.sampled_from(UNITS), max_size=2, unique=True).map(tuple),
    against=st.sets(st.sampled_from(Use), min_size=1).map(
        lambda uses: tuple(use for use in Use if use in uses)
    ),
    because=st.sampled_from(Because),
    purposes=st.sampled_from(((), ("news",))),
    corrections=st.just({"name": "สมหญิง"}),
)
ASKED = st.builds(
    Asked,
    right=st.sampled_from(Right),
    wish=WISH,
    marketing_units=st.just(frozenset({"U10"})),
    research_units=st.just(frozenset({"R01"})),
)
AFTER_WITHDRAWAL = ASKED.map(
    lambda asked: asked.model_copy(update={"right": Right.ERASURE, "consent_only": True})
)
BINDING = st.sampled_from(((), (BOOKS,)))
KEPT_ON = st.sampled_from(("", "EX-LAW", "EX-CLAIM", *RESTING))


def outcome_of(asked: Asked, found: Found, binding: Sequence[Hold], *, kept_on: str) -> Outcome | None:
    expected = assess(asked, found, binding, kept_on=kept_on)
    return None if expected is None else expected[0]


@given(ASKED | AFTER_WITHDRAWAL, RECORDS, BINDING, KEPT_ON)
def test_what_is_a_tenants_is_forwarded_and_never_touched(
    asked: Asked, found: Found, binding: Sequence[Hold], kept_on: str
) -> None:
    """S35 and s.40 ¶1(1), for every right: the engine decides nothing about it."""
    theirs = found.model_copy(update={"role": Role.PROCESSOR})
    assert outcome_of(asked, theirs, binding, kept_on=kept_on) in {
        None,
        Outcome.NOT_CONTROLLER,
        Outcome.NOT_ASKED,
    }


@given(ASKED, RECORDS, BINDING, KEPT_ON)
def test_no_right_but_erasure_destroys_and_none_what_is_kept(
    asked: Asked, found: Found, binding: Sequence[Hold], kept_on: str
) -> None:
    if outcome_of(asked, found, binding, kept_on=kept_on) in DESTROYING:
        assert asked.right is Right.ERASURE
        assert found.role is Role.CONTROLLER
        assert not any((binding, kept_on, found.unsure, found.obstacle))


@given(ASKED, RECORDS, BINDING, KEPT_ON)
def test_holds_orders_and_restrictions_bear_on_erasure_and_on_objections_to_interests(
    asked: Asked, found: Found, binding: Sequence[Hold], kept_on: str
) -> None:
    assume(asked.right is not Right.ERASURE)
    # What a law keeps may be kept against an objection to interests too, for that law alone (S20).
    assume(asked.right is not Right.OBJECTION or Use.INTEREST not in asked.wish.against)
    assert assess(asked, found, binding, kept_on=kept_on) == assess(asked, found, ())


@given(ASKED, RECORDS, BINDING, KEPT_ON)
def test_what_may_be_anothers_is_neither_shown_nor_changed_nor_destroyed(
    asked: Asked, found: Found, binding: Sequence[Hold], kept_on: str
) -> None:
    unsure = found.model_copy(update={"unsure": True})
    reached = DISCLOSING | CORRECTING | DESTROYING | SUSPENDING
    assert outcome_of(asked, unsure, binding, kept_on=kept_on) not in reached


@given(ASKED, RECORDS, BINDING, KEPT_ON)
def test_not_asked_is_exactly_what_lies_outside_the_units(
    asked: Asked, found: Found, binding: Sequence[Hold], kept_on: str
) -> None:
    everything = asked.model_copy(update={"wish": asked.wish.model_copy(update={"units": ()})})
    whole = assess(everything, found, binding, kept_on=kept_on)
    narrowed = assess(asked, found, binding, kept_on=kept_on)
    outside = bool(asked.wish.units) and found.unit not in asked.wish.units
    assert whole is None or whole[0] is not Outcome.NOT_ASKED
    assert narrowed == ((Outcome.NOT_ASKED, "") if outside and whole is not None else whole)


@given(ASKED, RECORDS, BINDING, KEPT_ON)
def test_nothing_is_said_against_an_objection_to_marketing(
    asked: Asked, found: Found, binding: Sequence[Hold], kept_on: str
) -> None:
    """s.32 ¶1(2): no balancing, no hold, no obstacle; what is ours and surely the person's always stops."""
    wish = Wish(against=(Use.MARKETING, *(use for use in asked.wish.against if use is not Use.MARKETING)))
    objection = asked.model_copy(update={"right": Right.OBJECTION, "wish": wish})
    expected = assess(objection, found, binding, kept_on=kept_on)
    may_be = {Outcome.STOP, Outcome.REVIEW, Outcome.NOT_CONTROLLER}
    if Use.INTEREST in wish.against and found.unit not in asked.marketing_units:
        may_be.add(Outcome.HOLD)  # objected to in the same breath, and kept by a law: no marketing
    assert expected is None or expected[0] in may_be
    consent = found.consent
    to_market = consent.marketing and consent.stands if consent else found.unit in asked.marketing_units
    if to_market and found.role is Role.CONTROLLER and not found.unsure:
        assert expected == (Outcome.STOP, "S32-2")


@given(ASKED | AFTER_WITHDRAWAL, RECORDS, BINDING, KEPT_ON)
def test_every_ground_that_is_spoken_stands_in_the_register(
    policy: Policy, asked: Asked, found: Found, binding: Sequence[Hold], kept_on: str
) -> None:
    """And among those that the policy must have. An obstacle has its connector's code; not asked needs no ground."""
    expected = assess(asked, found, binding, kept_on=kept_on)
    if expected is None:
        return
    outcome, ground = expected
    if outcome in {Outcome.REVIEW, Outcome.BLOCKED}:
        assert ground == found.obstacle
    elif outcome is Outcome.NOT_ASKED:
        assert ground == ""
    else:
        assert ground in policy.grounds.keys() & SPOKEN_GROUNDS
    if outcome is Outcome.NO_GROUND:
        assert asked.right in policy.grounds[ground].refuses
