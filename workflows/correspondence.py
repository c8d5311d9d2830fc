"""Messages between a person and the office: written by link or from the desk, read only behind a code or a look.

It stands beside the desk because it needs no workflow: people can write while Temporal is away.
"""

from __future__ import annotations

import hashlib
import hmac
import mimetypes
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from secrets import token_hex

from activities.messaging import mail_message
from activities.tools import Tools
from domain.answer_links import Upload
from domain.delivery import Document
from domain.errors import BadInput, KeyShredded, NotAllowed, NotFound, Refused, Unavailable
from domain.events import Event
from domain.following import Followed, Following
from domain.identifiers import ADDRESSES, Identifier
from domain.messages import BYTES_IN_ALL, LONGEST, Attached, Side, Written
from domain.ports import PERSON
from domain.uploads import title_of
from workflows.front import run
from workflows.letterbox import Fetched, as_it_was_sent
from workflows.taking import BLOCK, endings_of

_MEND = "open the link of the newest e-mail"


@dataclass(frozen=True)
class Held:
    """What a browser holds: a link's token, and the session that its code opened, if any."""

    token: str = ""
    session: str = ""


@dataclass(frozen=True)
class Draft:
    """A message as it was typed. `key` is random and the form's own: the same form twice makes one message."""

    text: str
    files: Sequence[Upload]
    key: str


@dataclass(frozen=True)
class Talk:
    """What was exchanged with one address, the oldest first; nothing of it where only a link is held (`readable`)."""

    reference: str
    readable: bool
    written: tuple[Written, ...] = ()


@dataclass(frozen=True)
class Addressee:
    """To whom the office may write. `shown`: it was proved to be of the person, and is on file."""

    address: Identifier
    shown: bool


@dataclass(frozen=True)
class AtOffice:
    """What was exchanged about a case, and to whom the office may write, by thread."""

    written: tuple[Written, ...] = ()
    addressees: Mapping[str, Addressee] = field(default_factory=dict)


@dataclass(frozen=True)
class Correspondence:
    """The one way to write about a case. A link or session that is not good raises `NotAllowed`."""

    following: Following
    tools: Tools

    async def talk(self, held: Held) -> Talk:
        """What was exchanged, to who had the code; to who holds a link alone, about which request it is.

        That it was opened is told once a message. Raises `NotAllowed`, `Unavailable`.
        """
        return await run(lambda: self._talk(held))

    async def write(self, held: Held, draft: Draft) -> str:
        """Keep what a person writes, its files sealed; the reference of the request.

        Raises:
            NotAllowed: neither link nor session is good.
            BadInput: nothing is written, too much is, or a file is none that is taken.
            RateLimited, Conflict: that address wrote too many.
        """
        return await run(lambda: self._write(held, draft))

    async def file(self, session: str, no: int, index: int) -> Fetched:
        """A file of the holder's own thread; told first. Raises `NotAllowed`, `NotFound`."""

        def found() -> Fetched:
            followed = self.following.by_session(session)
            with _shredded_is_dead():
                written = self.tools.messages.thread(followed.case, followed.address)
                return self._fetched(followed.case, written, no, index, actor=PERSON)

        return await run(found)

    def at_office(self, case: str) -> AtOffice:
        """What the office sees, and to whom it may write; the caller told that it looks. Blocks. Raises `KeyShredded`."""
        self.tools.messages.read(case, Side.OFFICE)
        written = self.tools.messages.all(case)
        return AtOffice(written, self._addressees(case, written))

    def answer(self, case: str, thread: str, draft: Draft, *, actor: str) -> Written:
        """Keep what the office writes to an address, and tell that address by e-mail. Blocks.

        Where it cannot leave now (the mail is away, the case is frozen) the reconcile sweep sends it. Raises `BadInput`, `KeyShredded`.
        """
        to = self._addressees(case, self.tools.messages.all(case)).get(thread)
        if to is None:
            raise BadInput("addressee-unknown", "choose one of those shown", field="to")
        written = self._kept(case, Side.OFFICE, to.address, draft, actor=actor)
        with suppress(Unavailable, Refused):
            mail_message(self.tools, written.id)
        return written

    def fetched(self, case: str, no: int, index: int, *, actor: str) -> Fetched:
        """A file, for the office; told first. Blocks. Raises `NotFound`, `KeyShredded`."""
        return self._fetched(case, self.tools.messages.all(case), no, index, actor=actor)

    def _talk(self, held: Held) -> Talk:
        followed, readable = self._followed(held)
        reference = self.tools.register.view(followed.case).case.reference
        if not readable:
            return Talk(reference, readable=False)
        with _shredded_is_dead():
            self.tools.messages.read(followed.case, Side.PERSON, followed.address)
            return Talk(
                reference, readable=True, written=self.tools.messages.thread(followed.case, followed.address)
            )

    def _write(self, held: Held, draft: Draft) -> str:
        followed, _ = self._followed(held)
        with _shredded_is_dead():
            self._kept(followed.case, Side.PERSON, followed.address, draft, actor=PERSON)
        return self.tools.register.view(followed.case).case.reference

    def _followed(self, held: Held) -> tuple[Followed, bool]:
        """The session's thread where it is good, else the link's, of which nothing is shown."""
        if held.session:
            with suppress(NotAllowed):
                return self.following.by_session(held.session), True
        if not held.token:
            raise NotAllowed("link-not-good", _MEND)
        return self.following.by_link(held.token), False

    def _addressees(self, case: str, written: Sequence[Written]) -> dict[str, Addressee]:
        """Whoever wrote and may still be written to, and the person where they are answered."""
        shown = self.tools.identity.reply_addresses(case)
        reachable = {*self.tools.vault.reachable(case), *shown}
        threads = {one.address: one.thread for one in written}
        found = [one for one in (*threads, *shown) if one in reachable and one.kind in ADDRESSES]
        return {
            threads.get(one) or self.tools.messages.thread_of(one): Addressee(one, one in shown)
            for one in dict.fromkeys(found)
        }

    def _kept(self, case: str, side: Side, address: Identifier, draft: Draft, *, actor: str) -> Written:
        """The message with its files sealed; files of one that was kept before, or is not taken, are destroyed again."""
        text = draft.text.replace("\r\n", "\n").strip()
        if not text and not draft.files:
            raise BadInput("message-empty", "write something, or give a file", field="text")
        if len(text) > LONGEST:
            raise BadInput("message-too-long", f"at most {LONGEST} characters", field="text")
        endings = endings_of(draft.files)
        if side is Side.PERSON and draft.files:
            self._must_have_room(case, address, draft)
        kept: list[Attached] = []
        stands: tuple[Attached, ...] = ()
        try:
            for one, ending in zip(draft.files, endings, strict=True):
                kept.append(self._sealed(case, one, ending))
            written = self.tools.messages.keep(
                case, side, address, text, kept, dedup=_dedup(draft.key, text, kept), actor=actor
            )
            stands = written.files
        finally:
            for file in kept:
                if file not in stands:
                    self.tools.files.destroy(case, file.ref)
        return written

    def _must_have_room(self, case: str, address: Identifier, draft: Draft) -> None:
        theirs = (one for one in self.tools.messages.thread(case, address) if one.side is Side.PERSON)
        before = sum(file.size for one in theirs for file in one.files)
        if before + sum(one.size for one in draft.files) > BYTES_IN_ALL:
            raise BadInput("files-in-all", "hand it in otherwise", field="files")

    def _sealed(self, case: str, one: Upload, ending: str) -> Attached:
        files, ref = self.tools.files, f"messages/{token_hex(12)}"
        one.content.seek(0)
        with files.write(case, ref) as sealed:
            while block := one.content.read(BLOCK):
                sealed.write(block)
        measured = files.measure(case, ref)
        return Attached(
            title=title_of(one.title, ending), ref=ref, sha256=measured.sha256, size=measured.size
        )

    def _fetched(self, case: str, written: Sequence[Written], no: int, index: int, *, actor: str) -> Fetched:
        files = next((one.files for one in written if one.no == no), ())
        if not 0 <= index < len(files):
            raise NotFound("document-unknown")
        file = files[index]
        reference = self.tools.register.view(case).case.reference
        ending = file.title.rpartition(".")[2]
        source = self.tools.files.read(case, file.ref)
        self.tools.register.note(
            case, Event.MESSAGE_FILE_FETCHED, actor, serial=no, sha256=file.sha256, size=file.size
        )
        sent = Document(name=file.ref, kind="message", ref=file.ref, sha256=file.sha256, size=file.size)
        return Fetched(
            file_name=f"{reference}-message-{no}-{index + 1}.{ending}",
            media=mimetypes.guess_type(file.title)[0] or "application/octet-stream",
            size=file.size,
            content=as_it_was_sent(source, sent),
        )


def _dedup(key: str, text: str, files: Sequence[Attached]) -> str:
    """The same form with the same words and files, and no other; without the key it tells nothing of them."""
    told = "\x00".join((text, *(one.sha256 for one in files)))
    return hmac.new(key.encode(), told.encode(), hashlib.sha256).hexdigest()


@contextmanager
def _shredded_is_dead() -> Iterator[None]:
    """Of a case whose key was destroyed nothing is shown or taken any more."""
    try:
        yield
    except KeyShredded:
        raise NotAllowed("link-not-good", "ask the company for a new link") from None
