from __future__ import annotations

import sys

from exports.cells import cell, row


def test_the_short_way_writes_what_the_pattern_writes_for_every_character() -> None:
    for number in range(sys.maxunicode + 1):
        char = chr(number)
        told = (char, f"a{char}", f"{char}a")
        assert row(told) == [cell(text) for text in told], hex(number)


def test_what_a_spreadsheet_would_run_is_disarmed_in_a_row() -> None:
    assert row(["=1+1", "-5", "+66812345678", "\u200b=A1", 5, True, None, 1.5]) == [
        "'=1+1",
        "-5",
        "'+66812345678",
        "'=A1",
        5,
        "true",
        "",
        "1.5",
    ]
