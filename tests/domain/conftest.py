from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

from domain.calendar import Calendar
from policy.load import load_policy
from policy.model import Policy

settings.register_profile("seeded", derandomize=True, deadline=None, database=None)
settings.load_profile("seeded")

LAW = Path(__file__).parent.parent / "law"


@pytest.fixture(scope="session")
def policy() -> Policy:
    return load_policy()


@pytest.fixture(scope="session")
def thai_calendar(policy: Policy) -> Calendar:
    return policy.calendar
