"""Webhooks: what waits to be told is sent, and what is not taken is tried again later."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from temporalio import activity

from activities.tools import step
from domain.errors import Refused, Unavailable
from domain.webhooks import Outgoing, Post, Webhooks

_SIDE_BY_SIDE = 8
_ROUNDS = 10
"""Claims of one pass; what is left then is the next one's."""


@dataclass(frozen=True)
class SendWebhooks:
    """Sends what is due. Who is slow holds up nobody else."""

    webhooks: Webhooks
    post: Post

    @step("send-webhooks")
    def send(self) -> int:
        """One pass; how many messages were taken."""
        taken = 0
        with ThreadPoolExecutor(_SIDE_BY_SIDE, thread_name_prefix="webhooks") as pool:
            for _ in range(_ROUNDS):
                due = self.webhooks.claim()
                taken += sum(pool.map(self._sent, due))
                if not due or (activity.in_activity() and activity.is_cancelled()):
                    break
        self.webhooks.forget()
        return taken

    def _sent(self, message: Outgoing) -> bool:
        try:
            self.post.send(message)
        except (Unavailable, Refused) as error:
            self.webhooks.failed(message.id, error.code)
            return False
        # Died here, it is sent again under the same id, and the receiver knows it.
        self.webhooks.taken(message.id)
        return True
