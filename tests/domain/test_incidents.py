"""Incidents: who must hear by risk, until when, and how one may end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.errors import SitthiError
from domain.incidents import (
    NOTIFY_WITHIN,
    Closing,
    Heard,
    IncidentKind,
    IncidentView,
    Notice,
    Risk,
    must_end_so,
)

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
PDPC, PERSON = (Notice(heard=one, told=NOW, by="S-1") for one in (Heard.PDPC, Heard.PERSON))


def incident(**more: Any) -> IncidentView:
    told = {"id": "i-1", "case": "c-1", "reference": "DSR-2569-000001", "kind": IncidentKind.WRONG_RECIPIENT}
    when = {"noticed": NOW, "due": NOW + NOTIFY_WITHIN, "opened": NOW}
    return IncidentView.model_validate({**told, **when, "about": "", "by": "S-1", "frozen": True, **more})


def test_the_clock_runs_72_hours_until_the_office_heard_or_nobody_must() -> None:
    late = NOW + timedelta(hours=72, seconds=1)
    assert timedelta(hours=72) == NOTIFY_WITHIN
    assert not incident().overdue(NOW + timedelta(hours=72))
    assert incident().overdue(late)
    assert incident(risk=Risk.HIGH, notices=(PERSON,)).overdue(late)
    assert not incident(risk=Risk.HIGH, notices=(PDPC,)).overdue(late)
    assert not incident(risk=Risk.NONE).overdue(late)
    assert not incident(closed=NOW).overdue(late)


@pytest.mark.parametrize(
    ("standing", "closing", "code"),
    [
        ({}, Closing.MISTAKE, ""),
        ({}, Closing.NO_RISK, "incident-not-assessed"),
        ({"risk": Risk.NONE}, Closing.NO_RISK, ""),
        ({"risk": Risk.NONE}, Closing.NOTIFIED, "incident-closes-otherwise"),
        ({"risk": Risk.RISK}, Closing.NO_RISK, "incident-closes-otherwise"),
        ({"risk": Risk.RISK}, Closing.NOTIFIED, "incident-not-told"),
        ({"risk": Risk.RISK, "notices": (PDPC,)}, Closing.NOTIFIED, ""),
        ({"risk": Risk.HIGH, "notices": (PDPC,)}, Closing.NOTIFIED, "incident-not-told"),
        ({"risk": Risk.HIGH, "notices": (PDPC, PERSON)}, Closing.NOTIFIED, ""),
        ({"risk": Risk.HIGH, "notices": (PDPC,)}, Closing.MISTAKE, "incident-was-told"),
        ({"closed": NOW}, Closing.MISTAKE, "incident-is-closed"),
    ],
)
def test_an_incident_ends_as_it_was_assessed_and_told(
    standing: dict[str, Any], closing: Closing, code: str
) -> None:
    if not code:
        must_end_so(incident(**standing), closing)
        return
    with pytest.raises(SitthiError) as refused:
        must_end_so(incident(**standing), closing)
    assert refused.value.code == code
