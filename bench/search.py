"""Finding and copying a person through the data map against SQL written by hand for this very schema."""

from __future__ import annotations

from bench.place import Place
from bench.reading import ACTIVE, ByHand, active_customer, records_of
from bench.rows import Row, side_by_side

LIMIT = 3.0


def measure(place: Place, *, times: int) -> list[Row]:
    by_hand, connector, subject = ByHand(place.crm), place.connector, active_customer()
    found, expected = list(records_of(connector, subject)), list(by_hand.copy(ACTIVE))
    if len(found) != len(expected):
        raise AssertionError(f"{len(found)} records are not the {len(expected)} of the SQL by hand")
    ours, floor = side_by_side(
        lambda: list(records_of(connector, subject)), lambda: list(by_hand.copy(ACTIVE)), times=times, warm=5
    )
    return [Row(f"locate and copy {len(found)} rows", ours * 1000, "ms", floor * 1000, LIMIT)]
