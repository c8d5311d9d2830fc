"""What a person does with the link in an e-mail: ask for a code, open what was sent, fetch it.

It stands beside the desk because it needs no workflow: documents can be fetched while Temporal is away.
"""

from __future__ import annotations

import asyncio
import hashlib
import mimetypes
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO

from domain.certificates import Certificates, Certified
from domain.delivery import OPENING, Code, Deliveries, Document, Sent
from domain.documents import CaseFile, Exports, Files, Mailer, Message
from domain.errors import KeyShredded, NotAllowed, SealBroken
from domain.item import Subject
from domain.ports import Register

_BLOCK = 1 << 18


@dataclass(frozen=True)
class Listed:
    """What a session shows: the request's reference and what was sent, the newest first."""

    reference: str
    documents: tuple[Sent, ...]


@dataclass(frozen=True)
class Fetched:
    """A document on its way out: a file name without personal data, and its bytes, read as they are asked for."""

    file_name: str
    media: str
    size: int
    content: Iterator[bytes]


@dataclass(frozen=True)
class Letterbox:
    """The one way to what was sent. A link, code or session that is not good raises `NotAllowed`."""

    deliveries: Deliveries
    register: Register
    files: Files
    mailer: Mailer
    exports: Exports
    certificates: Certificates

    async def reference(self, token: str) -> str:
        """The request that a link is about; looking consumes nothing."""
        return await asyncio.to_thread(lambda: self._reference(self.deliveries.case(token)))

    async def request_code(self, token: str) -> None:
        """Send a fresh code to the address that the link was sent to.

        Raises:
            RateLimited: too many went there within the hour.
            Unavailable: the register or the mail is away.
        """
        await asyncio.to_thread(self._send_code, token)

    async def open_documents(self, token: str, code: str) -> str:
        """A session for a link and its newest code. See `Deliveries.open` for the codes of `NotAllowed`."""
        return await asyncio.to_thread(self.deliveries.open, token, code)

    async def documents(self, session: str) -> Listed:
        """What the session may read."""

        def listed() -> Listed:
            opened = self.deliveries.opened(session)
            return Listed(self._reference(opened.case), opened.documents)

        return await asyncio.to_thread(listed)

    async def fetch(self, session: str, name: str) -> Fetched:
        """One document; that it was fetched is told before its first byte leaves.

        Raises:
            NotFound: none of that name was sent to the session's address.
            SealBroken: also while it is read, where the file is not the one that was sent.
        """
        return await asyncio.to_thread(self._fetch, session, name)

    async def leave(self, session: str) -> None:
        """End a session before its time."""
        await asyncio.to_thread(self.deliveries.leave, session)

    async def certified(self, proof: str) -> Certified:
        """What anybody may see of a certificate. Raises `NotFound`, `Unavailable`."""
        return await asyncio.to_thread(self.certificates.check, proof)

    async def revoke(self, reference: str, *, actor: str, reason: str) -> int:
        """An officer voids every link of a case, and what is open through them; returns how many."""

        def revoked() -> int:
            case = self.register.view(reference).case.id
            return self.deliveries.revoke(case, actor=actor, reason=reason)

        return await asyncio.to_thread(revoked)

    def _reference(self, case: str) -> str:
        return self.register.view(case).case.reference

    def _send_code(self, token: str) -> None:
        try:
            code = self.deliveries.code(token)
        except KeyShredded:
            raise NotAllowed("link-not-good", "ask the company for a new link") from None
        subject, text = self.exports.mail(OPENING, self._about(code))
        dedup = f"{code.case}:code:{code.id}"
        self.mailer.send(Message(to=code.address, subject=subject, text=text, dedup=dedup))
        self.deliveries.code_sent(code.id)

    def _about(self, code: Code) -> CaseFile:
        view = self.register.view(code.case)
        # A code needs nobody's name.
        nobody = Subject(identifiers=(), language=view.language)
        facts = {"code": code.code, "expires": code.expires.isoformat()}
        return CaseFile(view=view, subject=nobody, facts=facts)

    def _fetch(self, session: str, name: str) -> Fetched:
        case, document = self.deliveries.fetch(session, name)
        try:
            source = self.files.read(case, document.ref)
        except KeyShredded:
            raise NotAllowed("link-not-good", "ask the company for a new link") from None
        return Fetched(
            file_name=f"{self._reference(case)}-{document.name}",
            media=mimetypes.guess_type(document.name)[0] or "application/octet-stream",
            size=document.size,
            content=as_it_was_sent(source, document),
        )


def as_it_was_sent(source: AbstractContextManager[BinaryIO], document: Document) -> Iterator[bytes]:
    """The document's bytes; the last of them only once the whole is known to be what was sent."""
    digest, held = hashlib.sha256(), b""
    with source as stream:
        while block := stream.read(_BLOCK):
            if held:
                yield held
            digest.update(block)
            held = block
    if digest.hexdigest() != document.sha256:
        raise SealBroken("document-is-not-the-one-sent", document=document.kind)
    yield held
