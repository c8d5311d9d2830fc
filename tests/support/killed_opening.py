"""Opens a request and dies at the worst moment: after the register has it, before Temporal hears of it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

from bootstrap import build, connect, desk_of
from domain.case import Case
from domain.identifiers import IdentifierKind, identifier
from domain.ports import Intake
from domain.rights import Right
from settings import Settings
from workflows.desk import Desk


class DyingDesk(Desk):
    async def start(self, case: Case, *, recovered: bool = False) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


async def main() -> None:
    house = build(Settings.from_environment())
    desk = DyingDesk(**vars(desk_of(house, await connect(house))))
    await desk.open(
        Intake(
            rights=(Right.ACCESS, Right.ERASURE),
            channel="web",
            received=house.tools.clock.now(),
            language="th",
            identifiers=(identifier(IdentifierKind.EMAIL, sys.argv[1]),),
        )
    )


if __name__ == "__main__":
    asyncio.run(main())
