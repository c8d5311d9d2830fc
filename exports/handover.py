"""Handing a case's documents over: out of their seals into a directory, checked, and told."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from domain.documents import Files, Letters
from domain.errors import NotFound, SealBroken
from domain.events import Event
from domain.messages import Messages, Written
from domain.ports import CaseView, Register
from domain.scans import Scan, Scans
from exports.owed import THIRD_PARTIES

CERTIFICATE, MESSAGES = "certificate.pdf", "messages.json"
_COPY = 1 << 20


class _Piece(NamedTuple):
    """A sealed file of a case and, where one was noted when it was made, its digest; `content` where no file holds it."""

    ref: str
    name: str
    sha256: str = ""
    content: bytes | None = None


class Handover:
    """Writes the file of a case: what it produced for the person (package, certificate, letters), scans of the request, messages."""

    def __init__(
        self, register: Register, letters: Letters, scans: Scans, files: Files, messages: Messages
    ) -> None:
        self._register = register
        self._letters = letters
        self._scans = scans
        self._files = files
        self._messages = messages

    def export(self, view: CaseView, out: Path, *, actor: str) -> tuple[Path, ...]:
        """Write every document of the case into `out/<reference>`, readable by its owner only.

        Raises:
            SealBroken: a package is not the one that was made; nothing of it is left behind.
            KeyShredded: the case's key was destroyed, and its documents with it.
        """
        folder, case = out / view.case.reference, view.case.id
        pieces = self._told(view, actor, self._scans.of(case), self._messages.all(case))
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        written = []
        for piece in pieces:
            path = folder / piece.name
            with _appearing(path) as target:
                self._copy(view.case.id, piece, target)
            written.append(path)
        return tuple(written)

    def archive(self, view: CaseView, out: Path, passphrase: str, *, actor: str) -> tuple[Path, ...]:
        """Write every document of the case into `out/<reference>.zip`, which opens with the passphrase alone.

        It is for the person: scans of what they sent and messages stay here, for nobody reviewed those for data of
        others, and others may have written about the case; letters to tenants, recipients and the Office are theirs.
        WinZip's AE-2 (AES-256), which 7-Zip, WinZip and macOS tools open: for a medium sent by post or a file sent by
        e-mail. The names in it are seen without the passphrase and tell no more than kinds of documents. Nothing is
        written where the case has none. Raises as `export` does.
        """
        import pyzipper  # its ciphers weigh some megabytes, and a worker makes no archives

        pieces = [one for one in self._told(view, actor, (), ()) if not _is_of_others(one)]
        if not pieces:
            return ()
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = out / f"{view.case.reference}.zip"
        with (
            _appearing(path) as target,
            pyzipper.AESZipFile(
                target, "w", compression=pyzipper.ZIP_DEFLATED, encryption=pyzipper.WZ_AES
            ) as archive,
        ):
            archive.setpassword(passphrase.encode("ascii"))
            for piece in pieces:
                with archive.open(piece.name, "w", force_zip64=True) as member:
                    self._copy(view.case.id, piece, member)
        return (path,)

    def _told(
        self, view: CaseView, actor: str, scans: Sequence[Scan], messages: Sequence[Written]
    ) -> list[_Piece]:
        """What there is to hand over; told before anything is opened, as what could not be told is not shown."""
        case = view.case.id
        letters, bundle = self._letters.of(case), self._letters.bundle(case)
        items = len(letters) + len(scans) + (bundle is not None) + len(messages)
        self._register.note(case, Event.BUNDLE_EXPORTED, actor, items=items)
        pieces = [_Piece(letter.ref, Path(letter.ref).name) for letter in letters]
        for number, scan in enumerate(scans, 1):
            pieces.append(_Piece(scan.ref, f"request-scan-{number}.{scan.kind}", scan.sha256))
        if bundle is not None:
            pieces.append(_Piece(bundle.ref, bundle.ref, bundle.sha256))
        try:
            with self._files.read(case, CERTIFICATE):
                pieces.append(_Piece(CERTIFICATE, CERTIFICATE))
        except NotFound:
            pass  # nothing was destroyed, so nothing is certified
        return [*pieces, *_pieces(messages)]

    def _copy(self, case: str, piece: _Piece, target: BinaryIO) -> None:
        if piece.content is not None:
            target.write(piece.content)
            return
        digest = hashlib.sha256()
        with self._files.read(case, piece.ref) as source:
            while chunk := source.read(_COPY):
                digest.update(chunk)
                target.write(chunk)
        if piece.sha256 and digest.hexdigest() != piece.sha256:
            raise SealBroken("package-is-not-the-one-made", ref=piece.ref)


def _is_of_others(piece: _Piece) -> bool:
    """Whether it is a letter to somebody else; one to a recipient bears its name behind the code, as `L11-stripe`."""
    code = Path(piece.name).stem
    return piece.ref.startswith("letters/") and any(
        code == other or code.startswith(f"{other}-") for other in THIRD_PARTIES
    )


def _pieces(messages: Sequence[Written]) -> Iterator[_Piece]:
    """All of them as JSON, and beside it their files under names of our own."""
    told = []
    for one in messages:
        files = []
        for index, file in enumerate(one.files, 1):
            name = f"message-{one.no}-{index}.{file.title.rpartition('.')[2]}"
            yield _Piece(file.ref, name, file.sha256)
            files.append({"file": name, **file.model_dump(include={"title", "sha256", "size"})})
        own = one.model_dump(mode="json", include={"no", "side", "text", "actor", "at", "read"})
        told.append({**own, "address": one.address.value, "files": files})
    if told:
        content = json.dumps(told, ensure_ascii=False, indent=2).encode()
        yield _Piece("", MESSAGES, content=content)


@contextmanager
def _appearing(path: Path) -> Iterator[BinaryIO]:
    """A file of its owner alone, which appears whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "w+b") as target:
            yield target
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
