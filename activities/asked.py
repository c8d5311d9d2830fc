"""What a case asks, read from the vault for the steps that need it."""

from __future__ import annotations

from datetime import datetime

from activities.tools import Tools
from domain import devices
from domain.assess import Asked
from domain.calendar import end_of_day
from domain.instructions import CHANNEL
from domain.rights import Right
from domain.wishes import Use, Wish, read_wish


def wish_of(tools: Tools, case: str) -> Wish:
    """The wish of a case. Raises `BadInput` for one that its right does not know."""
    return read_wish(tools.register.view(case).case.right, tools.vault.changes(case))


def asked_of(tools: Tools, case: str) -> Asked:
    """The right, the wish, and what the policy in force knows of its units."""
    view = tools.register.view(case)
    return Asked(
        right=view.case.right,
        wish=read_wish(view.case.right, tools.vault.changes(case)),
        marketing_units=tools.policy.units_for(Use.MARKETING),
        research_units=tools.policy.units_for(Use.RESEARCH),
        compelled=tools.policy.compelled(),
        consent_only=view.case.consent_only,
        since=received_at(tools, case),
        instructed=view.channel == CHANNEL,
        by_device=by_device(tools, case),
    )


def by_device(tools: Tools, case: str) -> bool:
    """Whether whoever asks is known by a device alone: a visitor without an account (`domain.devices`)."""
    return devices.by_device(tools.vault.own(case))


def stops_marketing(tools: Tools, case: str) -> bool:
    """Whether direct marketing is to stop at once.

    Where it is objected to, where every consent is withdrawn, and where one is that a system calls marketing: what
    the data maps say of it is known before anybody is searched for. Never a tenant's: that is the tenant's to stop,
    and ours is not what was objected to (s.40 ¶1(1)).
    """
    if tools.register.view(case).tenant:
        return False
    asked = asked_of(tools, case)
    if asked.right is Right.WITHDRAWAL:
        marketing = {code for connector in tools.connectors.values() for code in connector.marketing()}
        return not asked.wish.purposes or not marketing.isdisjoint(asked.wish.purposes)
    return Use.MARKETING in asked.wish.against


def objects_to_tenants(tools: Tools, case: str) -> bool:
    """Whether it is a tenant's direct marketing that is objected to: passed on at once (pdpa-rules 3.2 no. 7)."""
    return bool(tools.register.view(case).tenant) and Use.MARKETING in wish_of(tools, case).against


def received_at(tools: Tools, case: str) -> datetime:
    """The instant that a withdrawal bears: the end of the day of receipt, or now where that is still to come.

    The same for every retry: once the case was opened it does not change.
    """
    view = tools.register.view(case)
    return min(end_of_day(view.case.terms.received_on), view.opened)
