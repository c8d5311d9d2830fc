"""The one translator at the edge: from our error tree to what Temporal retries, delays or gives up.

Only codes cross. What is transient is retried by the activity's policy; what a person must look at is not.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from domain.errors import RateLimited, SitthiError, Unavailable


def translate(error: SitthiError) -> ApplicationError:
    """The error as Temporal must see it: its code as message, its class as type."""
    return ApplicationError(
        error.code,
        str(error.facts.get("system", "")),
        type=type(error).__name__,
        non_retryable=not isinstance(error, Unavailable),
        next_retry_delay=timedelta(seconds=error.retry_after) if isinstance(error, RateLimited) else None,
    )


class ErrorTranslation(Interceptor):
    """Puts the translator around every activity of a worker."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's name
        """Wrap the next interceptor."""
        return _Translating(next)


class _Translating(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - the SDK's name
        try:
            return await self.next.execute_activity(input)
        except SitthiError as error:
            activity.logger.warning("step refused: %s", error.code)
            # `from None`: the failure converter would serialise the context, and a vendor's words with it.
            raise translate(error) from None
