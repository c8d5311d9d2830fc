"""Grounds: the codes under which something is granted, kept or refused. Their register is policy data."""

from __future__ import annotations

from domain.evidence import Evidence
from domain.item import Label
from domain.rights import Right
from domain.value import Value


class Ground(Value):
    """One entry of the register (pdpa-rules 1.9).

    `refuses` lists the rights that an officer may refuse on it, `recorded` whether s.39(7) demands the
    record (it is kept always), `needs_both_limbs` that s.30 ¶2 asks a law or order **and** harm to others.
    """

    code: str
    section: str
    wording: Label
    evidence: Evidence = Evidence.FOUND
    refuses: tuple[Right, ...] = ()
    recorded: bool = False
    needs_both_limbs: bool = False
