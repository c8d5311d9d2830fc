from __future__ import annotations

import email
import email.policy
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.mailbox import MailboxMailer
from domain.documents import Enclosed, Message
from domain.errors import Unavailable
from domain.identifiers import IdentifierKind, identifier

TO = identifier(IdentifierKind.EMAIL, "somchai@example.com")
MESSAGE = Message(to=TO, subject="คำขอของท่าน DSR-2569-000001", text="รหัสของท่านคือ 123456\n", dedup="c1:L01")


class Noon:
    def now(self) -> datetime:
        return datetime(2026, 11, 22, 5, tzinfo=UTC)


@pytest.fixture
def mailer(tmp_path: Path) -> MailboxMailer:
    return MailboxMailer(tmp_path / "mailbox", Noon())


def test_writes_a_letter_that_mail_programs_read(mailer: MailboxMailer, tmp_path: Path) -> None:
    message_id = mailer.send(MESSAGE)
    (file,) = (tmp_path / "mailbox").iterdir()
    letter = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert file.suffix == ".eml"
    assert "somchai" not in file.name
    assert letter["To"] == "somchai@example.com"
    assert letter["Subject"] == MESSAGE.subject
    assert letter["Message-ID"] == message_id
    body = letter.get_body()
    assert body is not None
    assert body.get_content().splitlines() == MESSAGE.text.splitlines()


def test_the_same_again_sends_nothing(mailer: MailboxMailer, tmp_path: Path) -> None:
    other = MESSAGE.model_copy(update={"text": "another text"})
    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(mailer.send, [MESSAGE] * 16))
    ids.add(mailer.send(other))
    (file,) = (tmp_path / "mailbox").iterdir()
    assert len(ids) == 1
    assert b"123456" in file.read_bytes()


def test_a_place_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "mailbox").write_text("a file")
    with pytest.raises(Unavailable) as told:
        MailboxMailer(tmp_path / "mailbox", Noon()).send(MESSAGE)
    assert "somchai" not in str(told.value)


def test_what_is_enclosed_goes_with_it(mailer: MailboxMailer, tmp_path: Path) -> None:
    mailer.send(MESSAGE.model_copy(update={"enclosed": (Enclosed(name="L5.pdf", content=b"%PDF-1.7 x"),)}))
    (file,) = (tmp_path / "mailbox").iterdir()
    letter = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    [part] = letter.iter_attachments()
    assert (part.get_content_type(), part.get_filename()) == ("application/pdf", "L5.pdf")
    assert part.get_payload(decode=True) == b"%PDF-1.7 x"
    body = letter.get_body()
    assert body is not None
    assert "123456" in body.get_content()
