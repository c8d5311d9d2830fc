"""A pulse for every activity, so that a dead worker is noticed in seconds and not when a long time limit ends.

It says that the worker lives, not that the work moves: for that there is the start-to-close limit.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

BEATS_PER_TIMEOUT = 3


class Pulse(Interceptor):
    """Beats while an activity of a worker runs."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's name
        """Wrap the next interceptor."""
        return _Beating(next)


class _Beating(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - the SDK's name
        limit = activity.info().heartbeat_timeout
        if not limit:
            return await self.next.execute_activity(input)
        beating = asyncio.create_task(_beat(limit / BEATS_PER_TIMEOUT))
        try:
            return await self.next.execute_activity(input)
        finally:
            beating.cancel()


async def _beat(every: timedelta) -> None:
    while True:
        # First a pause: most activities end before it, and a beat that crosses their end is only noise.
        await asyncio.sleep(every.total_seconds())
        # In a blocking activity the SDK's heartbeat waits for this very loop: from here it would wait for itself.
        await asyncio.to_thread(activity.heartbeat)
