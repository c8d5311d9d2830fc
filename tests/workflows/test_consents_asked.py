"""Whether a consent was given anew is asked of the systems that a case still goes on with, and of no other."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from activities import consents
from activities.consents import stands_now
from activities.tools import Tools
from domain.errors import Unavailable
from domain.item import Role


class System:
    """A system in which a consent stands, or which is away."""

    def __init__(self, *, stands: bool = False, away: bool = False) -> None:
        self._stands, self._away = stands, away

    def items(self) -> list[Any]:
        if self._away:
            raise Unavailable("system-unreachable")
        consent = SimpleNamespace(stands=self._stands)
        return [SimpleNamespace(found=SimpleNamespace(role=Role.CONTROLLER, unsure=False, consent=consent))]


@pytest.fixture(autouse=True)
def _located(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consents, "located", lambda _tools, system, _case: [system.items()])


def tools(left_out: set[str], **connected: System) -> Tools:
    located = [SimpleNamespace(system=name) for name in ("crm", "mailer", "gone")]
    made = SimpleNamespace(
        register=SimpleNamespace(left_out=lambda _case: frozenset(left_out)),
        findings=SimpleNamespace(manifests=lambda _case: located),
        connectors=connected,
    )
    return cast("Tools", made)


def test_a_system_that_is_connected_no_more_is_not_asked() -> None:
    assert not stands_now(tools(set(), crm=System(), mailer=System()), "c-1")
    assert stands_now(tools(set(), crm=System(), mailer=System(stands=True)), "c-1")


def test_a_system_that_was_left_out_holds_nothing_up() -> None:
    crm, away = System(), System(away=True)
    assert not stands_now(tools({"mailer"}, crm=crm, mailer=away), "c-1")
    assert not stands_now(tools({"mailer"}, crm=crm, mailer=System(stands=True)), "c-1")


def test_a_system_that_is_away_and_was_not_left_out_is_waited_for() -> None:
    with pytest.raises(Unavailable):
        stands_now(tools(set(), crm=System(), mailer=System(away=True)), "c-1")
