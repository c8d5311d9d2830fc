"""How well a rule of the policy is known: told beside it wherever it is used, never smoothed over."""

from __future__ import annotations

from enum import StrEnum


class Evidence(StrEnum):
    """The mark that every rule carries (pdpa-rules 0)."""

    FOUND = "found"  # in public material, mostly secondary; still not the Gazette
    GENERAL = "general"  # from general knowledge, unverified
    CHOICE = "choice"  # the company's own choice; no number of the law
    OPEN = "open"  # contested or unread: counsel must say
