"""Every scenario of the rules has a test named by its number that goes through the real workflow."""

from __future__ import annotations

import re
from pathlib import Path

SCENARIOS = (
    *("s01", "s02", "s04", "s05", "s07", "s08", "s10", "s11", "s13", "s14", "s16", "s17", "s19", "s20"),
    *("s22", "s23", "s25", "s26", "s28", "s29", "s31", "s32", "s34", "s35", "s37", "s38", "s40", "s41"),
    *("s43", "s44", "s46", "s47", "s49", "s50", "s52", "s53"),
)
"""As the rules number them; what is not there was left out of them."""
HERE = Path(__file__).parent
WORKFLOWS = HERE.parent / "workflows"
"""Where a scenario needs an installation to itself (S29, S50: a sweep looks at everybody) or a clock of its own (S53)."""


def test_every_scenario_is_gone_through_and_no_number_is_made_up() -> None:
    files = (*HERE.glob("test_*.py"), *WORKFLOWS.glob("test_*.py"))
    tests = "\n".join(file.read_text("utf-8") for file in files)
    named = re.findall(r"^async def test_(s\d\d)_", tests, re.MULTILINE)
    assert sorted(set(named)) == sorted(SCENARIOS)
