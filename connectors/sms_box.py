"""The box of text messages: each becomes a file in a directory, for the demonstration and for tests."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from domain.errors import Unavailable
from domain.texting import Sms


class SmsBox:
    """A `domain.texting.Texter` that writes files: the number, a blank line, the text. One dedup key is one file."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def text(self, sms: Sms) -> str:
        """Write the message; returns its name. Raises `Unavailable`: the directory cannot be written."""
        name = hashlib.sha256(sms.dedup.encode()).hexdigest()[:32]
        target = self._directory / f"{name}.txt"
        try:
            self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, temporary = tempfile.mkstemp(dir=self._directory, suffix=".part")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(f"{sms.to.value}\n\n{sms.text}\n".encode())
                os.link(temporary, target)  # a link never replaces: of two senders at once the first stands
            except FileExistsError:
                pass
            finally:
                Path(temporary).unlink()
        except OSError:
            raise Unavailable("sms-box-unwritable", "check the directory's rights and room") from None
        return name
