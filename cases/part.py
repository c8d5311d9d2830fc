"""What every part of the register stands on."""

from __future__ import annotations

from cases.sealing import Sealing
from cases.unit_of_work import UnitOfWork


class Part:
    """A part of the register: it begins transactions and seals what it keeps."""

    def __init__(self, work: UnitOfWork, sealing: Sealing) -> None:
        self._work = work
        self._sealing = sealing
