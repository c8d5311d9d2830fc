"""Links by which people answer without an account, on their way by e-mail; nothing of the person stands in one."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from activities.casefile import case_file
from activities.tools import Tools
from domain.answer_links import ANSWER_MAIL, AnswerLink
from domain.calendar import day_in_bangkok, end_of_day
from domain.connector import KeptByPeople
from domain.documents import Message
from domain.errors import Conflict
from domain.ports import ENGINE


def ends(tools: Tools) -> datetime:
    """Until when a link that is made now is good: `delivery.days`, as every link is."""
    return end_of_day(day_in_bangkok(tools.clock.now()) + timedelta(days=tools.policy.delivery_days))


def address_of(tools: Tools, token: str) -> str:
    """The link itself, on the company's portal."""
    return f"{tools.portal_url}/e/{token}"


def ask_by_mail(tools: Tools) -> int:
    """Send a link for every errand of a system whose people are asked by e-mail, once; how many went out.

    Whoever is away leaves the rest for the next look: what was made and not noted as sent is made anew, and void.
    """
    asked = {one.name: one.mail for one in tools.connectors.values() if isinstance(one, KeptByPeople)}
    by_mail = {name: mail for name, mail in asked.items() if mail is not None}
    if not by_mail or not tools.portal_url:
        return 0
    waiting = tools.answer_links.unasked(tuple(by_mail))
    for errand, system in waiting:
        with suppress(Conflict):  # answered this moment
            until = ends(tools)
            made = tools.answer_links.for_errand(errand, by_mail[system], actor=ENGINE, expires=until)
            mail_link(tools, made)
    return len(waiting)


def mail_link(tools: Tools, link: AnswerLink) -> None:
    """Send a link to its address, and note that it left. Raises what the mailer raises; `NotAllowed`: it is void."""
    if link.address is None:
        return
    about = tools.answer_links.about(link.token)
    file = case_file(
        tools,
        link.case,
        link=address_of(tools, link.token),
        due=about.due.isoformat(),
        expires=link.expires.isoformat(),
        language="th",
    )
    subject, text = tools.exports.mail(ANSWER_MAIL, file)
    tools.mailer.send(Message(to=link.address, subject=subject, text=text, dedup=f"answer:{link.id}"))
    tools.answer_links.sent(link.id)
