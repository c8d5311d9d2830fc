"""The real worker with one bookmark: at a named point it stops until it is killed or released.

Points are `<activity>#<n>:before`, `<activity>#<n>:after` (the nth time that the activity runs to its end) and
`<port>.<method>#<n>:after` inside an activity, for what lies between an effect and its receipt. A point is met
once: after it was marked, a worker started anew passes by.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

import worker
from bootstrap import House, build
from settings import Settings


class Bookmark:
    """Where to stop; `marker` appears when it stopped there, `release` lets it go on."""

    def __init__(self, point: str, folder: Path) -> None:
        self._point = point
        self._marker, self._release, self._log = folder / "marker", folder / "release", folder / "points"
        self._seen: Counter[str] = Counter()
        self._lock = threading.Lock()

    def pass_by(self, place: str, moment: str) -> None:
        with self._lock:
            self._seen[f"{place}:{moment}"] += 1
            here = f"{place}#{self._seen[f'{place}:{moment}']}:{moment}"
            with self._log.open("a", encoding="utf-8") as log:
                log.write(here + "\n")
            if here != self._point or self._marker.exists():
                return
            self._marker.touch()
        while not self._release.exists():
            time.sleep(0.02)


class Pausing(Interceptor):
    def __init__(self, mark: Bookmark) -> None:
        self._mark = mark

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        mark = self._mark

        class Inbound(ActivityInboundInterceptor):
            async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002
                name = activity.info().activity_type
                await asyncio.to_thread(mark.pass_by, name, "before")
                result = await self.next.execute_activity(input)
                await asyncio.to_thread(mark.pass_by, name, "after")
                return result

        return Inbound(next)


class Watched:
    """An adapter whose methods, called inside an activity, are points too."""

    def __init__(self, inner: Any, name: str, methods: frozenset[str], mark: Bookmark) -> None:
        self._inner, self._name, self._methods, self._mark = inner, name, methods, mark

    def __getattr__(self, attribute: str) -> Any:
        found = getattr(self._inner, attribute)
        if attribute not in self._methods:
            return found
        return self._after(attribute, found)

    def _after(self, attribute: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            result = method(*args, **kwargs)
            self._mark.pass_by(f"{self._name}.{attribute}", "after")
            return result

        return call


WATCHED = {
    "effects": frozenset({"intend", "done"}),
    "blocks": frozenset({"place", "lift"}),
    "register": frozenset({"open_linked", "open_task", "close"}),
    "obligations": frozenset({"add", "owe", "meet"}),
    "letters": frozenset({"queue", "sent", "seal_bundle"}),
    "mailer": frozenset({"send"}),
    "transfers": frozenset({"send"}),
}
"""What is written or leaves within a step, by adapter: a death after it must neither lose nor repeat it."""

OF_CONNECTORS = frozenset({"foresee", "apply", "stop"})


def watched_house(house: House, mark: Bookmark) -> House:
    tools = house.tools
    inside = dataclasses.replace(
        tools,
        **{name: Watched(getattr(tools, name), name, methods, mark) for name, methods in WATCHED.items()},  # type: ignore[arg-type]
        connectors={
            name: Watched(connector, name, OF_CONNECTORS, mark)
            for name, connector in tools.connectors.items()
        },
    )
    return dataclasses.replace(house, tools=inside)


_MODULES = ["tests.support.pausing_worker", "weasyprint", "pytest.__main__"]
"""What takes a worker seconds to import, and is imported once for all of them."""


def start(point: str, folder: Path, environment: Mapping[str, str]) -> BaseProcess:
    """A worker in a process of its own, stopping at that point; what it says goes into `worker.log` of the folder.

    It is forked from a process that has imported everything and begun nothing: hundreds are started one by one.
    """
    context = get_context("forkserver")
    context.set_forkserver_preload(_MODULES)
    process = context.Process(target=_work, args=(point, folder, dict(environment)))
    process.start()
    return process


def _work(point: str, folder: Path, environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    with (folder / "worker.log").open("ab") as log:
        for stream in (1, 2):
            os.dup2(log.fileno(), stream)
    mark = Bookmark(point, folder)
    house = watched_house(build(Settings.from_environment()), mark)
    asyncio.run(worker.serve(house, further=[Pausing(mark)]))
