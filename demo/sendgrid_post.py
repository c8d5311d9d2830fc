"""What the stand-in sent, as mail in a directory: the demonstration's mailbox page and its people read it there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from connectors.mailbox import MailboxMailer
from demo.sendgrid_account import Object
from domain.documents import Message
from domain.identifiers import IdentifierKind, identifier


class _Now:
    def now(self) -> datetime:
        return datetime.now(UTC)


def post_to(directory: Path) -> Callable[[Object], None]:
    """Deliver every mail of a stand-in as an `.eml` file; those to one address of one message once."""

    def deliver(mail: Object) -> None:
        to = identifier(IdentifierKind.EMAIL, mail["to"])
        text = "\n".join(part["value"] for part in mail["content"])
        mailer = MailboxMailer(directory, _Now(), mail["from"]["email"])
        dedup = f"{mail['msg_id']}:{to.value}"
        mailer.send(Message(to=to, subject=mail["subject"], text=text, dedup=dedup))

    return deliver
