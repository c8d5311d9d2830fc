"""Ending what runs at Stripe, at finance's word: the one thing here that no plan orders and no erasure does by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

from connectors.stripe_api import Api
from connectors.stripe_standing import runs
from domain.calendar import day_in_bangkok
from domain.connector import Wound
from domain.item import Item

_TABLE = "subscriptions"


def wind_up(api: Api, items: Sequence[Item], *, at_once: bool, key: str) -> Wound:
    """End the subscriptions that run, now or at the end of the period that is paid for.

    Each is read first: one that is over already is left, so that a second word does nothing.
    """
    count, ends = 0, list[date]()
    for mine in sorted(str(one.locator["id"]) for one in items if one.found.table == _TABLE):
        found = api.subscription(mine)
        if found is None or not runs(found):
            continue
        count += 1
        if at_once:
            api.cancel_subscription(mine, f"{key}:{mine}")
            continue
        if not found["cancel_at_period_end"]:
            api.update_subscription(mine, {"cancel_at_period_end": True}, f"{key}:{mine}")
        ends.append(day_in_bangkok(datetime.fromtimestamp(found["current_period_end"], UTC)))
    return Wound(count=count, until=max(ends, default=None))
