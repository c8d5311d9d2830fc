"""The engine's own letters through SendGrid: an acceptance is noted, none is sent twice unasked (ADR 22).

SendGrid knows no idempotency key. So a note stands before the request leaves and another after it was accepted. Between
the two nobody knows: where the account shows what was sent, it is looked up there; where not, a person looks.
"""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

from sendgrid.helpers.mail import (
    Attachment,
    BypassUnsubscribeManagement,
    ClickTracking,
    CustomArg,
    Disposition,
    Email,
    FileName,
    FileType,
    Header,
    Mail,
    MailSettings,
    OpenTracking,
    SubscriptionTracking,
    To,
    TrackingSettings,
)

from connectors.outbox import Note, Outbox, Stage
from connectors.sendgrid_api import Api
from connectors.sendgrid_errors import CUT_OFF
from connectors.sendgrid_events import MARK
from domain.documents import Message
from domain.errors import Refused, Unavailable
from domain.ports import Clock

_SHOWS_WITHIN = timedelta(minutes=15)
"""So long the account may take to show what it accepted."""
_UNDER_WAY = timedelta(minutes=2)
"""So long another attempt may still be waiting for its answer."""


class SendgridMailer:
    """A `domain.documents.Mailer`. `activity`: the account can be asked what was sent."""

    def __init__(
        self, api: Api, outbox: Outbox, clock: Clock, *, sender: str, name: str = "", activity: bool = False
    ) -> None:
        self._api = api
        self._outbox = outbox
        self._clock = clock
        self._sender = Email(sender, name or None)
        self._activity = activity

    def send(self, message: Message) -> str:
        """Hand the message over; returns SendGrid's id.

        Raises:
            Unavailable: try again; nothing was sent, or it is not known yet.
            Refused: SendGrid will not take it, or nobody can know whether it did (`letter-sending-unsure`): a
                person looks, and the next attempt sends it.
        """
        name = self._outbox.name(message.dedup)
        if not self._outbox.begin(name):
            known = self._outbox.note(name)
            if known and (provider := self._settled(name, known)) is not None:
                return provider
            self._outbox.again(name)
        try:
            provider = self._api.send(self._mail(message, name))
        except Unavailable as error:
            if error.code != CUT_OFF:
                self._outbox.forget(name)
            raise
        except Refused:
            self._outbox.forget(name)
            raise
        self._outbox.accepted(name, provider)
        return provider

    def _settled(self, name: str, known: Note) -> str | None:
        """The id of a message that was accepted; None where it is to be sent now."""
        if known.stage is Stage.ACCEPTED:
            return known.provider
        if known.stage is Stage.ASKED:
            return None
        if self._activity and (found := self._api.messages_marked(MARK, name)):
            provider = str(found[0]["msg_id"])
            self._outbox.accepted(name, provider)
            return provider
        if self._clock.now() < known.at + (_SHOWS_WITHIN if self._activity else _UNDER_WAY):
            raise Unavailable(
                "letter-being-looked-up", "it is tried again by itself", system=self._api.system
            )
        if self._activity:
            return None
        self._outbox.ask(name)
        raise Refused(
            "letter-sending-unsure", "look in the account's activity", system=self._api.system, message=name
        )

    def _mail(self, message: Message, name: str) -> dict[str, Any]:
        mail = Mail(self._sender, To(message.to.value), message.subject, plain_text_content=message.text)
        mail.tracking_settings = TrackingSettings(
            ClickTracking(enable=False, enable_text=False),
            OpenTracking(enable=False),
            SubscriptionTracking(enable=False),
        )
        # The law asks for these letters: who wants no news must still be answered.
        mail.mail_settings = MailSettings(
            bypass_unsubscribe_management=BypassUnsubscribeManagement(enable=True)
        )
        mail.add_custom_arg(CustomArg(MARK, name, p=0))
        mail.add_header(
            Header("Auto-Submitted", "auto-generated")
        )  # RFC 3834: no automatic answer comes back
        for file in message.enclosed:
            content = base64.b64encode(file.content).decode("ascii")
            mail.add_attachment(
                Attachment(
                    content, FileName(file.name), FileType("application/pdf"), Disposition("attachment")
                )
            )
        told: dict[str, Any] = mail.get()
        return told
