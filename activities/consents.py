"""Consents given anew: whoever consents again after a request came has said something newer than it."""

from __future__ import annotations

from activities.casefile import all_located
from activities.look_again import located
from activities.tools import Tools
from domain.item import Found, Role

ASK_WHICH_STANDS = "ask-whether-consent-stands"
"""The task of an officer: the person consented after they had asked for the opposite, and must say which holds."""


def stands_anew(tools: Tools, case: str) -> bool:
    """Whether a consent stands among what was located, after every one was withdrawn."""
    return any(map(_stands, all_located(tools, case)))


def stands_now(tools: Tools, case: str) -> bool:
    """The same as the systems have it this moment: days have passed since it was planned. Raises `Unavailable`."""
    return any(
        _stands(item.found)
        for manifest in tools.findings.manifests(case)
        for page in located(tools, tools.connectors[manifest.system], case)
        for item in page
    )


def _stands(found: Found) -> bool:
    surely = found.role is Role.CONTROLLER and not found.unsure
    return surely and found.consent is not None and found.consent.stands
