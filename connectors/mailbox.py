"""The mailbox: every e-mail becomes an `.eml` file in a directory, for the demonstration and for tests."""

from __future__ import annotations

import hashlib
import os
import tempfile
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path

from domain.documents import Message
from domain.errors import Unavailable
from domain.ports import Clock

_NO_REPLY = "privacy@sitthi.invalid"


class MailboxMailer:
    """A `domain.documents.Mailer` that writes files; what is sent twice under one dedup key is there once.

    The subject is the engine's own and holds no personal data (a reference at most).
    """

    def __init__(self, directory: Path, clock: Clock, sender: str = _NO_REPLY) -> None:
        self._directory = directory
        self._clock = clock
        self._sender = sender

    def send(self, message: Message) -> str:
        """Write the message; returns its Message-ID.

        Raises:
            Unavailable: the directory cannot be written.
        """
        name = hashlib.sha256(message.dedup.encode()).hexdigest()
        message_id = f"<{name[:32]}@sitthi.invalid>"
        try:
            self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._write_once(self._directory / f"{name}.eml", self._letter(message, message_id))
        except OSError:
            raise Unavailable("mailbox-unwritable", "check the directory's rights and room") from None
        return message_id

    def _letter(self, message: Message, message_id: str) -> bytes:
        letter = EmailMessage(policy=SMTP)
        letter["From"] = self._sender
        letter["To"] = message.to.value
        letter["Subject"] = message.subject
        letter["Date"] = format_datetime(self._clock.now())
        letter["Message-ID"] = message_id
        letter["Auto-Submitted"] = "auto-generated"  # RFC 3834: no automatic answer comes back
        letter.set_content(message.text, charset="utf-8", cte="8bit")
        for file in message.enclosed:
            letter.add_attachment(file.content, "application", "pdf", filename=file.name)
        return letter.as_bytes()

    def _write_once(self, target: Path, content: bytes) -> None:
        if target.exists():
            return
        handle, temporary = tempfile.mkstemp(dir=self._directory, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            # A link never replaces: of two senders at once the first stands.
            os.link(temporary, target)
        except FileExistsError:
            pass
        finally:
            Path(temporary).unlink()
