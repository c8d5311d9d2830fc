"""A frozen case: what may be in the wrong hands goes on nowhere until its incident is closed (s.37(1), s.37(4))."""

from __future__ import annotations

from activities.tools import Tools
from domain.errors import Refused
from domain.incidents import FROZEN


def must_not_be_frozen(tools: Tools, case: str) -> None:
    """Nothing is carried out, packed or sent of a frozen case: the step waits for a person. Raises `Refused`."""
    if tools.incidents.frozen(case):
        raise Refused(FROZEN, "close its incident, and try again")
