"""Worker, Temporal and PostgreSQL are killed on the way of every right; each effect is counted once.

The points come from a run that nobody disturbs, so a step that is added is covered by itself. The worker dies at
every step of every right, and between each effect and its receipt; the servers die at every step of the erasure, and
of the other rights at `DRAWN` steps that a seed draws: that a step survives them is a matter of the machinery, which
is the same for all.
"""

from __future__ import annotations

import queue
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from tests.e2e.killing import (
    Counted,
    Kill,
    NeverReachedError,
    Site,
    differences,
    disturbed,
    kill_postgres,
    kill_temporal,
    kill_worker,
    open_site,
    place_of,
    steps_of,
)
from tests.e2e.stories import STORIES
from tests.support.people import StuckError
from tests.workflows.receiver import receiving
from workflows.desk import WORKFLOW_OF

T = TypeVar("T")
pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(2400)]

SITES = 4
"""Installations that are disturbed side by side: most of a run is waiting until a death is noticed."""

SEED, DRAWN = 25691122, 4
WHOLE = "erasure"
"""The right at whose every step the servers are killed too."""

FIRST = ("erasure", "access")
"""What destroys, and what discloses. The others take as long again, and are run by `make test-slow` alone."""

AGAIN = 3
"""Tries to reach a point: a word that comes early spares a case a look, and with it a point."""

SPARED = "never reached"


@pytest.fixture(scope="module")
def sites() -> Iterator[list[Site]]:
    home = Path(tempfile.mkdtemp(prefix="sitthi-kill-"))
    home.chmod(0o711)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, home)
        made = []
        for number in range(SITES):
            made.append(open_site(home / f"site-{number}", stack.enter_context(receiving())))
            stack.callback(made[-1].stop)
        yield made


@dataclass(frozen=True)
class Undisturbed:
    """What a story leaves when nobody disturbs it, and the points that it passes."""

    counted: Counted
    points: list[str]


@pytest.fixture(scope="module")
def undisturbed(sites: list[Site]) -> dict[str, Undisturbed]:
    """All stories, played through once."""
    found = side_by_side(
        sites, list(STORIES), lambda site, name: disturbed(site, STORIES[name], "none", None)
    )
    return {name: Undisturbed(counted, points) for name, (counted, points) in found.items()}


def side_by_side(sites: list[Site], what: list[str], run: Callable[[Site, str], T]) -> dict[str, T]:
    """Run it for each of these, on whichever site is free."""
    free: queue.SimpleQueue[Site] = queue.SimpleQueue()
    for site in sites:
        free.put(site)

    def one(each: str) -> T:
        site = free.get()
        try:
            return run(site, each)
        finally:
            free.put(site)

    with ThreadPoolExecutor(len(sites)) as pool:
        return dict(zip(what, pool.map(one, what), strict=True))


def points_for(name: str, kill: Kill, undisturbed: dict[str, Undisturbed]) -> list[str]:
    """Where to strike: everywhere, where a seed says, or, in a further story of a right, where none struck before."""
    steps = steps_of(undisturbed[name].points, inner=kill is kill_worker)
    if STORIES[name].right != name:
        first = {place_of(point) for point in undisturbed[STORIES[name].right].points}
        steps = [step for step in steps if place_of(step) not in first]
    if kill is kill_worker or name == WHOLE:
        return steps
    drawn = random.Random(f"{SEED} {name} {kill.__name__}").sample(steps, min(DRAWN, len(steps)))
    return sorted(drawn, key=steps.index)


def test_every_right_has_its_story() -> None:
    assert set(WORKFLOW_OF) <= set(STORIES)
    assert all(STORIES[right].right is right for right in WORKFLOW_OF)


@pytest.mark.parametrize("name", STORIES)
def test_undisturbed_it_ends_as_told(undisturbed: dict[str, Undisturbed], name: str) -> None:
    story, left = STORIES[name], undisturbed[name]
    assert left.counted.wrongs == ()
    assert left.counted.cases[0].ending is story.ending
    assert [case.right for case in left.counted.cases[1:]] == ([story.opens] if story.opens else [])
    assert left.counted.sent == ({story.right: 1} if "transfer-to" in story.asked else {})
    assert len(steps_of(left.points, inner=False)) > 10


@pytest.mark.parametrize("kill", [kill_worker, kill_temporal, kill_postgres], ids=lambda kill: kill.__name__)
@pytest.mark.parametrize(
    "name", [name if name in FIRST else pytest.param(name, marks=pytest.mark.longest) for name in STORIES]
)
def test_killed_on_its_way_each_effect_is_counted_once(
    sites: list[Site], undisturbed: dict[str, Undisturbed], name: str, kill: Kill
) -> None:
    expected = undisturbed[name].counted

    def strike(site: Site, point: str) -> str:
        for _ in range(AGAIN):
            try:
                counted, _ = disturbed(site, STORIES[name], point, kill)
            except NeverReachedError:
                continue
            except StuckError as stuck:
                return str(stuck)
            return "; ".join(differences(counted, expected))
        return SPARED

    points = points_for(name, kill, undisturbed)
    struck = {p: wrong for p, wrong in side_by_side(sites, points, strike).items() if not spared(p, wrong)}
    assert struck
    assert {point: wrong for point, wrong in struck.items() if wrong} == {}


def spared(point: str, wrong: str) -> bool:
    """Whether it is a second look that this run never took: how often a case looks is a matter of the clock.

    The first pass of a place belongs to the right, and must be reached.
    """
    return wrong == SPARED and not point.startswith(f"{place_of(point)}#1:")
