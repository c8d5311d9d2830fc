"""Sealed files of cases: the port `Files` over `SealedFiles` and the key ring."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import BinaryIO, cast

from domain.case import Bundle
from security.files import SealedFiles
from security.keyring import KeyRing
from security.ports import KeyPurpose

_READ = 1 << 20


class CaseFiles:
    """Files under `<case>/<ref>`, each sealed under the case's own key."""

    def __init__(self, files: SealedFiles, ring: KeyRing) -> None:
        self._files = files
        self._ring = ring

    @contextmanager
    def write(self, case: str, ref: str) -> Iterator[BinaryIO]:
        """A file that appears whole when the block ends, or not at all."""
        key = self._ring.for_owner(KeyPurpose.CASE, case)
        with self._files.writer(f"{case}/{ref}", key) as out:
            yield cast("BinaryIO", out)

    def read(self, case: str, ref: str) -> AbstractContextManager[BinaryIO]:
        """Its plaintext, streamed. Raises `SealBroken`, `KeyShredded`, `NotFound`."""
        return cast("AbstractContextManager[BinaryIO]", self._files.reader(f"{case}/{ref}"))

    def measure(self, case: str, ref: str) -> Bundle:
        """Digest and size of its plaintext, read to its authentic end."""
        with self._files.reader(f"{case}/{ref}") as source:
            while source.read(_READ):
                pass
            return Bundle(ref=ref, sha256=source.sealed.sha256, size=source.sealed.size)

    def destroy(self, case: str, ref: str) -> None:
        """It is gone; destroying it again changes nothing."""
        self._files.destroy(f"{case}/{ref}")
