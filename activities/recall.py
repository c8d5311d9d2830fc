"""One step reads a case once: its many parts ask for the same request, and each would ask the register anew."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor


@dataclass(frozen=True)
class ReadOnce(Interceptor):
    """Puts `remembering` around every blocking activity of a worker; a retry begins with nothing remembered."""

    remembering: Callable[[], AbstractContextManager[None]]

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's name
        """Wrap the next interceptor."""
        return _Recalling(next, self.remembering)


class _Recalling(ActivityInboundInterceptor):
    def __init__(
        self, inner: ActivityInboundInterceptor, remembering: Callable[[], AbstractContextManager[None]]
    ) -> None:
        super().__init__(inner)
        self._remembering = remembering

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - the SDK's name
        # An activity of many steps, such as a sweep, means to see what each of them changed.
        if inspect.iscoroutinefunction(input.fn):
            return await super().execute_activity(input)
        # The SDK runs a blocking activity in a copy of this context, and so hands the memory on to its thread.
        with self._remembering():
            return await super().execute_activity(input)
