"""Tenants: asked for their instruction by a link, and told what was done on it (s.40 ¶1(1); pdpa-rules 3.2 no. 8).

A case that carries out an instruction writes to nobody but the tenant: it answers the person, as the controller.
"""

from __future__ import annotations

from datetime import timedelta

from pydantic import JsonValue

from activities.casefile import case_file
from activities.tools import Tools, instructed
from domain.calendar import day_in_bangkok, end_of_day
from domain.documents import Message
from domain.identifiers import Identifier
from domain.instructions import INVITATION, Invitation


def invite(tools: Tools, case: str, address: Identifier, *, actor: str) -> Invitation:
    """Send a link and a code to the tenant's contact under the agreement, good for `delivery.days`.

    Said again it makes new ones, and the old are void. Raises what `Instructions.invite` and the mailer raise.
    """
    until = day_in_bangkok(tools.clock.now()) + timedelta(days=tools.policy.delivery_days)
    made = tools.instructions.invite(case, address, actor=actor, expires=end_of_day(until))
    file = case_file(
        tools,
        case,
        link=f"{tools.portal_url}/i/{made.token}",
        code=made.code,
        expires=made.expires.isoformat(),
        language="th",
    )
    subject, text = tools.exports.mail(INVITATION, file)
    tools.mailer.send(Message(to=address, subject=subject, text=text, dedup=made.token))
    tools.instructions.sent(made.id)
    return made


def instruction_facts(tools: Tools, case: str) -> dict[str, JsonValue]:
    """Whose instruction a case carries out, as its documents tell it; nothing of any other case."""
    given = tools.instructions.behind(case) if instructed(tools, case) else None
    if given is None:
        return {}
    return {
        "instructed": given.source.value,
        "instructed_on": day_in_bangkok(given.given).isoformat(),
        "passed_on_as": tools.register.view(given.case).case.reference,
        "recipient": tools.register.view(case).tenant,
        "language": "th",
    }
