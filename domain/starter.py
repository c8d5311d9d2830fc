"""How lost starts and lost words are made good: the way from the sweep, and from one case, to another's workflow."""

from __future__ import annotations

from typing import Protocol

from domain.case import Amend, Case, Decision, Merge
from domain.deadlines import Terms
from domain.plan_edits import Edit
from domain.stops import Stop


class Starter(Protocol):
    """Starts and tells workflows: what the reconcile sweep mends a lost start or a lost word with."""

    async def start(self, case: Case, *, recovered: bool = False) -> None:
        """Run the case's workflow unless it runs already."""
        ...

    async def tell(self, case: str, decision: Decision) -> None:
        """Give the workflow a complete decision; telling it twice is telling it once."""
        ...

    async def tell_edit(self, case: str, edit: Edit) -> None:
        """Have the workflow draw up an edited plan; telling it twice is telling it once.

        One that it will not have any more is dropped. Raises what it says, and `Unavailable`.
        """
        ...

    async def tell_amendment(self, case: str, amend: Amend) -> None:
        """Tell the workflow that its request was amended; telling it twice is telling it once.

        One that it will not have any more is dropped. Raises what it says, and `Unavailable`.
        """
        ...

    async def tell_merge(self, case: str, merge: Merge) -> None:
        """Tell the workflow that it goes on in an earlier case; telling it twice is telling it once.

        One that it will not have any more is undone. Raises what it says, and `Unavailable`.
        """
        ...

    async def tell_terms(self, case: str, terms: Terms) -> None:
        """Tell the workflow its newest terms; telling it twice is telling it once."""
        ...

    async def tell_stop(self, case: str, stop: Stop) -> None:
        """Have the workflow end as a complete stop says; telling it twice is telling it once."""
        ...

    async def repair(
        self, reference: str, system: str, *, retry: bool, actor: str, reason: str, ground: str = ""
    ) -> bool:
        """Have a parked system tried again, where `retry`. Raises `Conflict`: nothing waits there; `Unavailable`."""
        ...

    async def nudge(self, case: str) -> None:
        """Have a waiting workflow look at the register now; one that does not run is passed over."""
        ...
