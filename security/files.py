"""Sealed files that stream: manifests, dossiers and bundles of any size in flat memory.

Layout: magic (4 bytes), key id (16), salt (32), then chunks of 64 KiB, each AES-256-GCM with its tag.
The key of a file is derived from the data key, the salt, the header and the file's reference; the
nonce of a chunk is its number and whether it is the last (the STREAM construction: Hoang,
Reyhanitabar, Rogaway, Vizár, 2015), so a file cut, lengthened, reordered, mixed with another or
moved to another reference does not open to its end.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from typing_extensions import Buffer

from domain.errors import BadInput, NotFound, SealBroken
from security.keyfile import sync_directory
from security.keyring import DataKey, KeyRing

CHUNK = 64 * 1024
_TAG = 16
_MAGIC = b"STF\x01"
_ID, _SALT = 16, 32
_HEADER = len(_MAGIC) + _ID + _SALT
_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(/[A-Za-z0-9][A-Za-z0-9._-]{0,99}){0,7}")
_PART = ".part"


@dataclass(frozen=True)
class SealedFile:
    """A file as its reader gets it: SHA-256 (hex) and size in bytes, both of the plaintext."""

    ref: str
    sha256: str
    size: int


class SealedFiles:
    """Sealed files under one directory, named by references like `case-id/manifest-1`."""

    def __init__(self, root: Path, ring: KeyRing) -> None:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._root = root.resolve()
        self._ring = ring

    @contextmanager
    def writer(self, ref: str, key: DataKey) -> Iterator[SealedWriter]:
        """Give a binary stream to write; the file appears whole when the block ends, or not at all.

        Only sealed bytes ever reach the disk. A file already standing under the reference is
        replaced at that moment. `writer.sealed` then holds digest and size. Raises `BadInput` for a
        reference that is none.
        """
        path = self._path(ref)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = path.parent / f".{path.name}.{secrets.token_hex(6)}{_PART}"
        try:
            handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "wb") as raw:
                out = SealedWriter(raw, ref, key)
                try:
                    yield out
                    out.finish()
                finally:
                    out.abandon()
                raw.flush()
                os.fsync(raw.fileno())
            part.rename(path)
        finally:
            with suppress(FileNotFoundError):
                part.unlink()
        sync_directory(path.parent)

    def reader(self, ref: str) -> SealedReader:
        """Open a file as a binary stream that can't seek; close it, or use it as a context manager.

        What it gives is authentic, but that it is complete is known only at its end: reading raises
        `SealBroken` where the file was tampered with or cut. Raises `NotFound`, `KeyShredded`,
        `BadInput`.
        """
        try:
            handle = os.open(self._path(ref), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            raise NotFound("sealed-file-unknown", ref=ref) from None
        raw = os.fdopen(handle, "rb")
        try:
            return SealedReader(_Unsealing(raw, ref, self._ring))
        except BaseException:
            raw.close()
            raise

    def destroy(self, ref: str) -> bool:
        """Remove a file; False if none stood. Copies in backups die with the key."""
        path = self._path(ref)
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        sync_directory(path.parent)
        return True

    def sweep(self, older_than: float) -> int:
        """Remove what killed writers left behind, untouched for `older_than` seconds; gives the count."""
        limit, swept = time.time() - older_than, 0
        for part in self._root.rglob(f".*{_PART}"):
            with suppress(FileNotFoundError):
                if part.stat().st_mtime < limit:
                    part.unlink()
                    swept += 1
        return swept

    def _path(self, ref: str) -> Path:
        path = self._root / ref
        # A link planted inside the root must not lead out of it.
        if not _REF.fullmatch(ref) or not path.parent.resolve().is_relative_to(self._root):
            raise BadInput(
                "sealed-file-reference-invalid", "use letters, digits, '.', '_', '-' and single '/'"
            )
        return path


class SealedWriter(io.BufferedIOBase):
    """A binary stream that seals what is written; given by `SealedFiles.writer`."""

    def __init__(self, raw: BinaryIO, ref: str, key: DataKey) -> None:
        super().__init__()
        header = _MAGIC + bytes.fromhex(key.key_id) + secrets.token_bytes(_SALT)
        raw.write(header)
        self._raw, self._ref = raw, ref
        self._cipher = _file_cipher(key, header, ref)
        self._held, self._number, self._size = bytearray(), 0, 0
        self._digest = hashlib.sha256()
        self._sealed: SealedFile | None = None

    @property
    def sealed(self) -> SealedFile:
        """What was written; only after the block ended."""
        if self._sealed is None:
            raise ValueError("the file is not finished")
        return self._sealed

    @property
    def name(self) -> str:
        """The reference, where other streams give their file."""
        return self._ref

    def writable(self) -> bool:
        """Say yes."""
        return True

    def write(self, data: Buffer, /) -> int:
        """Take all of `data`."""
        if self.closed:
            raise ValueError("write to a closed file")
        with memoryview(data).cast("B") as view:
            self._digest.update(view)
            self._size += len(view)
            for start in range(0, len(view), CHUNK):
                self._held += view[start : start + CHUNK]
                # A full chunk waits until more follows: only then is it known not to be the last.
                if len(self._held) > CHUNK:
                    self._emit(last=False)
            return len(view)

    def finish(self) -> None:
        """Seal the last chunk; called by the context manager when its block ends well."""
        self._emit(last=True)
        self._sealed = SealedFile(self._ref, self._digest.hexdigest(), self._size)

    def abandon(self) -> None:
        """Refuse all further writing; called by the context manager."""
        self._held.clear()
        self.close()

    def _emit(self, *, last: bool) -> None:
        chunk = bytes(self._held[:CHUNK])
        del self._held[:CHUNK]
        self._raw.write(self._cipher.encrypt(_nonce(self._number, last=last), chunk, None))
        self._number += 1


class SealedReader(io.BufferedReader):
    """A buffered binary stream of the plaintext; given by `SealedFiles.reader`."""

    raw: _Unsealing

    def __init__(self, raw: _Unsealing) -> None:
        super().__init__(raw, CHUNK)

    @property
    def sealed(self) -> SealedFile:
        """What was read, once it was read to its authentic end."""
        return self.raw.sealed()


class _Unsealing(io.RawIOBase):
    def __init__(self, raw: BinaryIO, ref: str, ring: KeyRing) -> None:
        super().__init__()
        self._raw, self._ref = raw, ref
        header = raw.read(_HEADER)
        if len(header) < _HEADER or not header.startswith(_MAGIC):
            raise SealBroken("not-a-sealed-file", ref=ref)
        key = ring.get(header[len(_MAGIC) : len(_MAGIC) + _ID].hex())
        self._cipher = _file_cipher(key, header, ref)
        self._ahead = raw.read(CHUNK + _TAG)
        self._clear = memoryview(b"")
        self._number, self._size, self._ended = 0, 0, False
        self._digest = hashlib.sha256()

    def sealed(self) -> SealedFile:
        if not self._ended:
            raise ValueError("the file was not read to its end")
        return SealedFile(self._ref, self._digest.hexdigest(), self._size)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        while not self._clear and not self._ended:
            self._open_chunk()
        with memoryview(buffer).cast("B") as out:
            given = self._clear[: len(out)]
            out[: len(given)] = given
            self._clear = self._clear[len(given) :]
            return len(given)

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()

    def _open_chunk(self) -> None:
        sealed, following = self._ahead, self._raw.read(CHUNK + _TAG)
        last = not following
        try:
            clear = self._cipher.decrypt(_nonce(self._number, last=last), sealed, None)
        except (InvalidTag, ValueError):
            # Nothing opens after this: whoever reads on must not get past what was cut or added.
            self._ahead = b""
            raise SealBroken("sealed-file-broken", ref=self._ref, chunk=self._number) from None
        self._digest.update(clear)
        self._clear, self._ahead = memoryview(clear), following
        self._number, self._size, self._ended = self._number + 1, self._size + len(clear), last


def _file_cipher(key: DataKey, header: bytes, ref: str) -> AESGCM:
    salt = header[-_SALT:]
    return AESGCM(HKDF(SHA256(), 32, salt, header + ref.encode()).derive(key.derive(b"file/1")))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
