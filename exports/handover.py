"""Handing a case's documents over: out of their seals into a directory, checked, and told."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from domain.documents import Files, Letters
from domain.errors import NotFound, SealBroken
from domain.events import Event
from domain.messages import Messages, Written
from domain.ports import CaseView, Register

CERTIFICATE, MESSAGES = "certificate.pdf", "messages.json"
_COPY = 1 << 20


class Handover:
    """Writes what a case produced for the person: package, certificate and letters; and what was written about it."""

    def __init__(self, register: Register, letters: Letters, files: Files, messages: Messages) -> None:
        self._register = register
        self._letters = letters
        self._files = files
        self._messages = messages

    def export(self, view: CaseView, out: Path, *, actor: str) -> tuple[Path, ...]:
        """Write every document of the case into `out/<reference>`, readable by its owner only.

        Raises:
            SealBroken: a package is not the one that was made; nothing of it is left behind.
            KeyShredded: the case's key was destroyed, and its documents with it.
        """
        case, folder = view.case.id, out / view.case.reference
        letters, bundle = self._letters.of(case), self._letters.bundle(case)
        # Told before anything is opened: what could not be told is not shown.
        written_to = self._messages.all(case)
        items = len(letters) + (bundle is not None) + len(written_to)
        self._register.note(case, Event.BUNDLE_EXPORTED, actor, items=items)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        written = [self._write(case, letter.ref, folder / Path(letter.ref).name) for letter in letters]
        if bundle is not None:
            written.append(self._write(case, bundle.ref, folder / bundle.ref, bundle.sha256))
        with suppress(NotFound):  # nothing was destroyed, so nothing is certified
            written.append(self._write(case, CERTIFICATE, folder / CERTIFICATE))
        return (*written, *self._write_messages(case, folder, written_to))

    def _write_messages(self, case: str, folder: Path, messages: Sequence[Written]) -> Iterator[Path]:
        """All of them as JSON, and beside it their files under names of our own."""
        told = []
        for one in messages:
            files = []
            for index, file in enumerate(one.files, 1):
                ending = file.title.rpartition(".")[2]
                path = folder / f"message-{one.no}-{index}.{ending}"
                yield self._write(case, file.ref, path, file.sha256)
                files.append({"file": path.name, **file.model_dump(include={"title", "sha256", "size"})})
            told.append(
                {
                    **one.model_dump(mode="json", include={"no", "side", "text", "actor", "at", "read"}),
                    "address": one.address.value,
                    "files": files,
                }
            )
        if told:
            content = json.dumps(told, ensure_ascii=False, indent=2).encode()
            yield _placed(folder / MESSAGES, io.BytesIO(content))

    def _write(self, case: str, ref: str, path: Path, sha256: str = "") -> Path:
        with self._files.read(case, ref) as source:
            return _placed(path, source, sha256)


def _placed(path: Path, content: BinaryIO, sha256: str = "") -> Path:
    """The file, readable by its owner only; it appears whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as target:
            shutil.copyfileobj(content, target, _COPY)
        if sha256 and _digest(part) != sha256:
            raise SealBroken("package-is-not-the-one-made")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
