"""Look again before acting: a plan was decided on facts, and days have passed since they were read."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from activities.batches import Way, planned_batches
from activities.tools import Tools, searched
from domain.case import Receipt, Task
from domain.connector import ABSENT, Connector
from domain.item import Item, binds_no_more, place
from domain.outcomes import Outcome
from domain.ports import PlannedItem
from domain.rights import Verb

_Stamp = Callable[[Item], bytes]


def look_again(
    tools: Tools, connector: Connector, task: Task, outcomes: frozenset[Outcome], *, moot: bool = False
) -> Counter[Outcome]:
    """Mark for review every record planned for these outcomes that is no longer found as the officers read of it.

    Something else is true of it now, or it is still there and this person's search no longer comes to it: it may be
    another's. Done before every attempt, for a system may wait for weeks between two batches; how many were so
    marked, over all looks. What an attempt that died had begun is left to the batch, which knows its own work; and
    where an earlier batch erased rows from which others take a date, those others are none the worse for it.
    `moot`: what the whole plan rests on is no longer so, and every record is to be looked at.
    """
    earlier, look = _earlier(tools, task)
    stayed = {no for no, became in tools.plans.achieved(task.case).items() if became is Outcome.REVIEW}
    standing: frozenset[bytes] | None = None
    changed: dict[int, Outcome] = {}
    begun = False
    for batch, chunk in planned_batches(tools, task, outcomes):
        done = tools.effects.receipt(batch.key) is not None
        begun = begun or done or tools.effects.intended(batch) is not None
        if done:
            continue
        if standing is None:
            standing = _standing(tools, connector, task.case, _as_read)
        left = [one for one in chunk if one.row.no not in stayed]
        doubtful = left if moot else [one for one in left if _as_read(one.item) not in standing]
        if begun and doubtful and not moot:
            doubtful = _bound_more(tools, connector, task.case, doubtful)
        changed |= dict.fromkeys(_untouched(tools, connector, batch, doubtful), Outcome.REVIEW)
    if not changed:
        return earlier
    achieved = Counter(changed.values())
    verb = task.verb or Verb.ERASE
    receipt = Receipt(key=look.key, system=task.system, verb=verb, achieved=achieved)
    return earlier + Counter(tools.effects.done(receipt, task.case, changed).achieved)


class StillTheirs:
    """Whether records of a plan are still the person's to be given, as they are found now (s.30 ¶2)."""

    def __init__(self, tools: Tools, connector: Connector, case: str) -> None:
        self._standing = _standing(tools, connector, case, _as_owned)

    def __contains__(self, item: Item) -> bool:
        """Whether it is found again, and is as surely theirs alone as when the officers read of it."""
        return _as_owned(item) in self._standing


def located(tools: Tools, connector: Connector, case: str) -> Iterator[Sequence[Item]]:
    """The person's records as they stand now, page by page."""
    subject, cursor = searched(tools, case), ""
    while True:
        page = connector.locate(subject, cursor)
        yield page.items
        if not (cursor := page.cursor):
            return


def _earlier(tools: Tools, task: Task) -> tuple[Counter[Outcome], Task]:
    """What earlier looks at this version came to, and the task under which this one is written down."""
    came_to: Counter[Outcome] = Counter()
    number = 0
    while True:
        look = task.model_copy(update={"batch": f"v{task.version}-look-{number}"})
        done = tools.effects.receipt(look.key)
        if done is None:
            return came_to, look
        came_to.update(done.achieved)
        number += 1


def _bound_more(
    tools: Tools, connector: Connector, case: str, doubtful: Sequence[PlannedItem]
) -> list[PlannedItem]:
    """Those that are not found, or of which more is true that may keep them than the officers read."""
    wanted = {place(one.item) for one in doubtful}
    now = {
        place(item): item.found
        for page in located(tools, connector, case)
        for item in page
        if place(item) in wanted
    }

    def eased(then: Item) -> bool:
        found = now.get(place(then))
        return found is not None and binds_no_more(found, then.found)

    return [one for one in doubtful if not eased(one.item)]


def _untouched(
    tools: Tools, connector: Connector, batch: Task, doubtful: Sequence[PlannedItem]
) -> Iterable[int]:
    """Those that are there still, and not for what an earlier attempt at the batch made of them."""
    if not doubtful:
        return
    begun = {one.no for one in tools.effects.intended(batch) or ()}
    now = connector.observe(Way(batch.verb or Verb.ERASE).batch(batch, doubtful))
    stands = {one.no: one.hash_after for one in now}
    for one in doubtful:
        number, content = one.row.no, stands[one.row.no]
        if content != ABSENT and (number not in begun or content == one.item.content_hash):
            yield number


def _standing(tools: Tools, connector: Connector, case: str, stamp: _Stamp) -> frozenset[bytes]:
    """What is found now, as stamps: a person may have a hundred thousand records."""
    return frozenset(stamp(item) for page in located(tools, connector, case) for item in page)


def _as_read(item: Item) -> bytes:
    """Where it stands, and all that a plan is made from."""
    told = item.found.model_dump(mode="json", exclude={"no", "ways"})
    return _stamp(place(item), json.dumps(told, sort_keys=True))


def _as_owned(item: Item) -> bytes:
    """Where it stands, and whose it is: what else changed of one's own record is no reason to withhold it."""
    found = item.found
    return _stamp(place(item), found.unit, found.role.value, found.shared, found.unsure)


def _stamp(*of: object) -> bytes:
    return hashlib.blake2b(repr(of).encode(), digest_size=16).digest()
