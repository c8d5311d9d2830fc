"""The e-mail about a message of the office: reference and link, never what was written."""

from __future__ import annotations

from contextlib import suppress

from activities.answering import ends
from activities.casefile import case_file
from activities.tools import Tools
from domain.documents import Message
from domain.errors import KeyShredded, Refused
from domain.messages import MESSAGE_MAIL


def mail_message(tools: Tools, message: str) -> None:
    """Tell the address of a message that it is there; once, whatever dies in between.

    While its case is frozen nothing leaves: the link would open the thread to whoever holds the address, and that may be
    the wrong recipient. The sweep sends it when the case goes on.

    Raises:
        Unavailable: register or mail is away; the reconcile sweep tries again.
        Refused: the mail takes no such message.
        KeyShredded: nobody can read it any more.
    """
    written = tools.messages.one(message)
    if tools.incidents.frozen(written.case):
        return
    # The session that the link opens reads what went to proved addresses only where this is one.
    proved = written.address in tools.identity.reply_addresses(written.case)
    link = tools.messages.link(message, expires=ends(tools), proved=proved)
    if link is None:
        return
    language = tools.register.view(written.case).language
    to = f"{tools.portal_url}/d/{link.token}?lang={language}"
    file = case_file(tools, written.case, link=to)
    subject, text = tools.exports.mail(MESSAGE_MAIL, file)
    tools.mailer.send(Message(to=written.address, subject=subject, text=text, dedup=link.dedup))
    tools.messages.mailed(message, link.id)


def mail_messages(tools: Tools) -> int:
    """Send every e-mail about a message that has not left yet; how many there were. Raises `Unavailable`."""
    waiting = tools.messages.unmailed()
    for _, message in waiting:
        with suppress(KeyShredded, Refused):  # one that cannot go must not keep back those after it
            mail_message(tools, message)
    return len(waiting)
