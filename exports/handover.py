"""Handing a case's documents over: out of their seals into a directory, checked, and told."""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import suppress
from pathlib import Path

from domain.documents import Files, Letters
from domain.errors import NotFound, SealBroken
from domain.events import Event
from domain.ports import CaseView, Register
from domain.scans import Scans

CERTIFICATE = "certificate.pdf"
_COPY = 1 << 20


class Handover:
    """Writes the file of a case: what it produced for the person (package, certificate, letters), and scans of the request."""

    def __init__(self, register: Register, letters: Letters, scans: Scans, files: Files) -> None:
        self._register = register
        self._letters = letters
        self._scans = scans
        self._files = files

    def export(self, view: CaseView, out: Path, *, actor: str) -> tuple[Path, ...]:
        """Write every document of the case into `out/<reference>`, readable by its owner only.

        Raises:
            SealBroken: a package is not the one that was made; nothing of it is left behind.
            KeyShredded: the case's key was destroyed, and its documents with it.
        """
        case, folder = view.case.id, out / view.case.reference
        letters, bundle = self._letters.of(case), self._letters.bundle(case)
        scans = self._scans.of(case)
        # Told before anything is opened: what could not be told is not shown.
        items = len(letters) + len(scans) + (bundle is not None)
        self._register.note(case, Event.BUNDLE_EXPORTED, actor, items=items)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        written = [self._write(case, letter.ref, folder / Path(letter.ref).name) for letter in letters]
        for number, scan in enumerate(scans, 1):
            path = folder / f"scan-{number}.{scan.kind}"
            written.append(self._write(case, scan.ref, path, scan.sha256))
        if bundle is not None:
            written.append(self._write(case, bundle.ref, folder / bundle.ref, bundle.sha256))
        with suppress(NotFound):  # nothing was destroyed, so nothing is certified
            written.append(self._write(case, CERTIFICATE, folder / CERTIFICATE))
        return tuple(written)

    def _write(self, case: str, ref: str, path: Path, sha256: str = "") -> Path:
        with self._files.read(case, ref) as source:
            part = path.with_name(f".{path.name}.part")
            handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            try:
                with os.fdopen(handle, "wb") as target:
                    shutil.copyfileobj(source, target, _COPY)
                if sha256 and _digest(part) != sha256:
                    raise SealBroken("package-is-not-the-one-made", ref=ref)
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)
        return path


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
