"""A consent given after the request came is another consent: no request is about what was said after it (s.19)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.assess import GIVEN_ANEW, Asked, assess
from domain.item import Basis, Consent, Found, Role
from domain.outcomes import Outcome
from domain.rights import Right
from domain.wishes import Use, Wish

CAME = datetime(2026, 11, 20, 3, tzinfo=UTC)
STOPS = {Right.WITHDRAWAL: "S19-5", Right.OBJECTION: "S32-2"}


def found(consent: Consent | None, basis: Basis = Basis.CONSENT) -> Found:
    told = {"no": 1, "system": "crm", "table": "rows", "unit": "U10", "role": Role.CONTROLLER}
    return Found(**told, basis=basis, consent=consent)


def consent(given: datetime | None, *, stands: bool = True) -> Consent:
    return Consent(purpose="news", stands=stands, marketing=True, given=given)


def asked(right: Right, **more: Any) -> Asked:
    wish = Wish(against=(Use.MARKETING,)) if right is Right.OBJECTION else Wish()
    return Asked(right=right, wish=wish, since=CAME, **more)


@pytest.mark.parametrize("right", STOPS)
@pytest.mark.parametrize("given", [None, CAME - timedelta(days=90), CAME])
def test_what_was_consented_to_before_it_came_ends(right: Right, given: datetime | None) -> None:
    assert assess(asked(right), found(consent(given)), ()) == (Outcome.STOP, STOPS[right])


@pytest.mark.parametrize("right", STOPS)
def test_what_was_consented_to_after_it_came_lies_outside_it(right: Right) -> None:
    later = found(consent(CAME + timedelta(seconds=1)))
    assert assess(asked(right), later, ()) == (Outcome.NOT_ASKED, GIVEN_ANEW)


def test_an_erasure_asks_before_it_takes_a_newer_consent_and_takes_the_others() -> None:
    wanted = asked(Right.ERASURE)
    after = CAME + timedelta(days=1)
    assert assess(wanted, found(consent(after)), ()) == (Outcome.REVIEW, GIVEN_ANEW)
    for other in (consent(CAME - timedelta(days=1)), consent(None), consent(after, stands=False), None):
        assert assess(wanted, found(other), ()) == (Outcome.ERASE, "S33-2")


def test_what_rested_on_consent_alone_may_rest_on_the_new_one() -> None:
    alone = asked(Right.ERASURE, consent_only=True)
    anew = alone.model_copy(update={"consents_anew": True})
    over = consent(CAME - timedelta(days=9), stands=False)
    for record in (found(None), found(over)):
        assert assess(alone, record, ()) == (Outcome.ERASE, "S33-2")
        assert assess(anew, record, ()) == (Outcome.REVIEW, GIVEN_ANEW)
    assert assess(anew, found(None, Basis.CONTRACT), ()) == (Outcome.NOT_ASKED, "")
