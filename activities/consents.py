"""Consents given anew: whoever consents again after a request came has said something newer than it."""

from __future__ import annotations

from activities.casefile import all_located
from activities.look_again import located
from activities.tools import Tools
from domain.connector import KeptByPeople
from domain.item import Consent, Found, Role

ASK_WHICH_STANDS = "ask-whether-consent-stands"
"""The task of an officer: the person consented after they had asked for the opposite, and must say which holds."""


def stands_anew(tools: Tools, case: str) -> bool:
    """Whether a consent stands among what was located, after every one was withdrawn."""
    return any(map(_stands, all_located(tools, case)))


def stands_now(tools: Tools, case: str) -> bool:
    """The same as the systems have it this moment: days have passed since it was planned. Raises `Unavailable`.

    Not asked are systems that are connected no more, those that two officers left out, and people, who keep no consents:
    none of them may hold up, for ever, what the others owe.
    """
    left_out = tools.register.left_out(case)
    asked = (manifest.system for manifest in tools.findings.manifests(case))
    connectors = (
        tools.connectors[name] for name in asked if name in tools.connectors and name not in left_out
    )
    return any(
        _stands(item.found)
        for connector in connectors
        if not isinstance(connector, KeptByPeople)
        for page in located(tools, connector, case)
        for item in page
    )


def _stands(found: Found) -> bool:
    surely = found.role is Role.CONTROLLER and not found.unsure
    return surely and found.consent is not None and found.consent.stands


def consents_located(tools: Tools, case: str) -> tuple[Consent, ...]:
    """The consents that stood when the person's records were located, by purpose; nobody else's, and no tenant's.

    Raises `KeyShredded`.
    """
    found = {
        one.consent.purpose: one.consent for one in all_located(tools, case) if one.consent and _stands(one)
    }
    return tuple(found[purpose] for purpose in sorted(found))
