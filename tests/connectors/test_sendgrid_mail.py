"""The engine's letters through SendGrid: plain, untracked, noted, and never sent twice unasked."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.outbox import Outbox, Stage
from connectors.sendgrid_api import Api
from connectors.sendgrid_events import MARK
from connectors.sendgrid_mail import SendgridMailer
from demo.sendgrid_account import Account
from demo.sendgrid_standin import SCOPES, StandIn
from domain.documents import Enclosed, Message
from domain.errors import RateLimited, Refused, Unavailable
from domain.identifiers import IdentifierKind, identifier
from tests.support.sendgrid_spec import Listener

KEY = "SG.letters"
SECRET = "token-of-a-link"
MESSAGE = Message(
    to=identifier(IdentifierKind.EMAIL, "wipa@example.net"),
    subject="คำขอเลขที่ DSR-2569-000001",
    text="เรียน เจ้าของข้อมูลส่วนบุคคล\n\nhttps://privacy.example/d/x\n",
    dedup=SECRET,
)


class Clock:
    def __init__(self) -> None:
        self.at = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


class Post:
    """A mailer on a stand-in, as many times opened as a process is killed."""

    def __init__(self, home: Path) -> None:
        self.clock = Clock()
        self.listener = Listener()
        self.standin = StandIn(Account(keys={KEY: SCOPES}), around=self.listener.around).start()
        self.outbox = Outbox(home / "outbox", self.clock)

    def mailer(self, *, activity: bool = False, key: str = KEY, url: str = "") -> SendgridMailer:
        api = Api("mail", key, base=url or self.standin.url, timeout=10)
        return SendgridMailer(
            api, self.outbox, self.clock, sender="privacy@company.example", activity=activity
        )

    @property
    def mails(self) -> list[dict[str, Any]]:
        return self.standin.account.mails

    def stage(self) -> Stage | None:
        note = self.outbox.note(self.outbox.name(SECRET))
        return note.stage if note else None


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    made = Post(tmp_path)
    yield made
    made.standin.stop()
    assert made.listener.wrong() == []


def test_a_letter_goes_out_plain_untracked_and_whoever_unsubscribed(post: Post) -> None:
    post.standin.account.everything.add("wipa@example.net")
    message_id = post.mailer().send(MESSAGE)
    [mail] = post.mails
    assert message_id
    assert mail["to"] == "wipa@example.net"
    assert mail["from"] == {"email": "privacy@company.example"}
    assert mail["subject"] == MESSAGE.subject
    assert mail["content"] == [{"type": "text/plain", "value": MESSAGE.text}]
    tracking = mail["tracking_settings"]
    assert tracking["click_tracking"] == {"enable": False, "enable_text": False}
    assert [tracking[name]["enable"] for name in ("open_tracking", "subscription_tracking")] == [False, False]
    assert mail["mail_settings"] == {"bypass_unsubscribe_management": {"enable": True}}
    assert not {"categories", "asm", "template_id", "attachments"} & mail.keys()
    assert len(mail["personalizations"]) == 1
    assert SECRET not in repr(mail)


def test_the_same_letter_again_sends_nothing(post: Post) -> None:
    first = post.mailer().send(MESSAGE)
    assert post.mailer().send(MESSAGE) == first
    assert len(post.mails) == 1
    post.mailer().send(MESSAGE.model_copy(update={"dedup": "another"}))
    assert len(post.mails) == 2


@pytest.mark.parametrize(("fault", "error"), [("limited", RateLimited), ("broken", Unavailable)])
def test_what_sendgrid_says_it_did_not_take_is_tried_again(
    post: Post, fault: str, error: type[Exception]
) -> None:
    post.standin.faults.every = fault
    with pytest.raises(error):
        post.mailer().send(MESSAGE)
    assert post.stage() is None
    post.standin.faults.every = ""
    post.mailer().send(MESSAGE)
    assert len(post.mails) == 1


def test_a_key_that_is_refused_and_a_server_that_is_away_leave_no_doubt(post: Post) -> None:
    with pytest.raises(Refused, match="credentials refused"):
        post.mailer(key="SG.wrong").send(MESSAGE)
    with pytest.raises(Unavailable, match="system unreachable"):
        post.mailer(url="http://127.0.0.1:9").send(MESSAGE)
    assert post.stage() is None
    post.mailer().send(MESSAGE)
    assert len(post.mails) == 1


def test_where_nobody_knows_a_person_looks_and_only_their_word_sends_it_again(post: Post) -> None:
    post.standin.faults.every = "lost"
    with pytest.raises(Unavailable, match="system cut off"):
        post.mailer().send(MESSAGE)
    post.standin.faults.every = ""
    with pytest.raises(Unavailable, match="letter being looked up"):
        post.mailer().send(MESSAGE)
    post.clock.at += timedelta(minutes=3)
    with pytest.raises(Refused, match="letter sending unsure") as unsure:
        post.mailer().send(MESSAGE)
    assert len(post.mails) == 1
    assert SECRET not in repr(unsure.value.facts)
    assert "wipa" not in f"{unsure.value} {unsure.value.facts}"
    post.mailer().send(MESSAGE)  # what "retry" does
    assert len(post.mails) == 2
    post.mailer().send(MESSAGE)
    assert len(post.mails) == 2


def test_a_process_killed_before_its_note_is_as_unsure(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(_outbox: Outbox, _name: str, _provider: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(Outbox, "accepted", killed)
        with pytest.raises(KeyboardInterrupt):
            post.mailer().send(MESSAGE)
    post.clock.at += timedelta(minutes=3)
    with pytest.raises(Refused, match="letter sending unsure"):
        post.mailer().send(MESSAGE)
    assert len(post.mails) == 1


def test_where_the_account_shows_what_was_sent_it_is_looked_up(post: Post) -> None:
    post.standin.faults.every = "lost"
    with pytest.raises(Unavailable):
        post.mailer(activity=True).send(MESSAGE)
    post.standin.faults.every = ""
    assert post.mailer(activity=True).send(MESSAGE)
    assert len(post.mails) == 1
    assert post.stage() is Stage.ACCEPTED


def test_what_the_account_never_shows_was_not_sent(post: Post) -> None:
    post.standin.faults.writes = 0  # the connection ends before it is heard
    with pytest.raises(Unavailable):
        post.mailer(activity=True).send(MESSAGE)
    post.standin.faults.writes = None
    with pytest.raises(Unavailable, match="letter being looked up"):
        post.mailer(activity=True).send(MESSAGE)
    assert post.mails == []
    post.clock.at += timedelta(minutes=20)
    post.mailer(activity=True).send(MESSAGE)
    assert len(post.mails) == 1


def test_two_at_once_send_one(post: Post) -> None:
    said: list[str] = []

    def send() -> None:
        try:
            said.append(post.mailer().send(MESSAGE))
        except Unavailable as error:
            said.append(error.code)

    senders = [threading.Thread(target=send) for _ in range(4)]
    for one in senders:
        one.start()
    for one in senders:
        one.join()
    assert len(said) == len(senders)
    [mail] = post.mails
    assert mail["personalizations"][0]["custom_args"] == {MARK: post.outbox.name(SECRET)}


def test_what_is_enclosed_goes_with_it(post: Post) -> None:
    letter = MESSAGE.model_copy(update={"enclosed": (Enclosed(name="L5.pdf", content=b"%PDF-1.7 x"),)})
    post.mailer().send(letter)
    [mail] = post.mails
    [part] = mail["attachments"]
    assert (part["filename"], part["type"], part["disposition"]) == (
        "L5.pdf",
        "application/pdf",
        "attachment",
    )
    assert base64.b64decode(part["content"]) == b"%PDF-1.7 x"
    post.mailer().send(MESSAGE.model_copy(update={"dedup": "another"}))
    assert "attachments" not in post.mails[-1]
