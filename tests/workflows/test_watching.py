"""A correction is watched where the system shows it; where it refuses to, it is corrected all the same, and told."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from activities.tools import Tools
from activities.watch import NOT_WATCHED, watching
from domain.connector import Capability, Connector
from domain.errors import Refused, Unavailable


class Reads:
    """A system that answers a read with these errors, in order, and then with nothing."""

    name = "crm"
    capabilities = frozenset({Capability.COPY})

    def __init__(self, *errors: Exception | None) -> None:
        self._errors = list(errors)

    def copy(self, _items: object) -> list[object]:
        error = self._errors.pop(0) if self._errors else None
        if error is not None:
            raise error
        return []


def corrected(connector: Reads) -> list[tuple[Any, ...]]:
    """What was done around a correction of one record, and asked of people."""
    done: list[tuple[Any, ...]] = []
    tools = SimpleNamespace(
        watches=SimpleNamespace(
            before=lambda *_said: done.append(("before",)), after=lambda *_said: done.append(("after",))
        ),
        register=SimpleNamespace(
            open_task=lambda _case, code, system, *, once: done.append((code, system, once))
        ),
    )
    items = cast("Any", [SimpleNamespace(item=SimpleNamespace(found=SimpleNamespace(no=1)))])
    with watching(cast("Tools", tools), cast("Connector", connector), "c-1", items):
        done.append(("corrected",))
    return done


def test_what_is_shown_is_watched() -> None:
    assert corrected(Reads()) == [("before",), ("corrected",), ("after",)]


def test_what_a_system_will_not_show_is_corrected_and_told() -> None:
    refused = Refused("permission-missing")
    task = (NOT_WATCHED, "crm", True)
    assert corrected(Reads(refused)) == [task, ("corrected",)]
    assert corrected(Reads(None, refused)) == [("before",), ("corrected",), task]


def test_what_is_away_is_tried_again_before_anything_is_changed() -> None:
    with pytest.raises(Unavailable):
        corrected(Reads(Unavailable("system-unreachable")))
