"""A local file of key-encryption keys: the embedded default, for development and trial.

Whoever reads the file reads everything; a company that runs the engine in earnest gives it a key
management service behind the same port.
"""

from __future__ import annotations

import base64
import fcntl
import json
import logging
import os
import secrets
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import ValidationError

from domain.errors import Conflict, Integrity, NotFound, SealBroken
from domain.value import Value
from security.ports import Wrapped

_log = logging.getLogger(__name__)
_NONCE = 12


class _Kek(Value):
    made: datetime
    key: str  # base64, 32 bytes


class _Keks(Value):
    format: int = 1
    current: str
    keys: dict[str, _Kek]


class LocalKeyFile:
    """Key-encryption keys in one file of mode 600 in a directory of mode 700, made on the first run.

    Raises `Integrity` when the file or its directory is open to others, belongs to another user or
    does not parse. The file is read again when it changes, so a rotation reaches running processes.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._seen: tuple[tuple[int, int, int], _Keks] | None = None
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            self._make()
        self._load()
        _log.warning(
            "INSECURE DEVELOPMENT KEYS: the keys that protect every case lie unprotected in %s; "
            "use a key management service in production",
            path,
        )

    @property
    def current(self) -> str:
        """Id of the key-encryption key in use, like `file-2`."""
        return self._load().current

    def wrap(self, plaintext: bytes, aad: bytes) -> Wrapped:
        """Encrypt a data key by AES-256-GCM under the current key."""
        keks = self._load()
        nonce = secrets.token_bytes(_NONCE)
        return Wrapped(keks.current, nonce + _cipher(keks, keks.current).encrypt(nonce, plaintext, aad))

    def unwrap(self, wrapped: Wrapped, aad: bytes) -> bytes:
        """Decrypt a data key; `SealBroken` if altered, moved, or its key-encryption key was retired."""
        keks = self._load()
        if wrapped.kek_id not in keks.keys:
            raise SealBroken("key-encryption-key-unknown", kek_id=wrapped.kek_id)
        nonce, sealed = wrapped.data[:_NONCE], wrapped.data[_NONCE:]
        try:
            return _cipher(keks, wrapped.kek_id).decrypt(nonce, sealed, aad)
        except (InvalidTag, ValueError):
            raise SealBroken("wrapped-key-broken", kek_id=wrapped.kek_id) from None

    def rotate(self) -> str:
        """Add a key and make it the current one; call `KeyRing.rotate` next. Gives the new id."""
        with self._exclusive():
            keks = self._load()
            kek_id = f"file-{max(int(name.rpartition('-')[2]) for name in keks.keys) + 1}"
            self._write(_Keks(current=kek_id, keys={**keks.keys, kek_id: _fresh()}))
        return kek_id

    def retire(self, kek_id: str) -> None:
        """Destroy an old key for good, once `KeyRing.rotate` left nothing under it.

        Raises `Conflict` for the current key and `NotFound` for one that does not stand.
        """
        with self._exclusive():
            keks = self._load()
            if kek_id == keks.current:
                raise Conflict("key-encryption-key-in-use", "rotate first", kek_id=kek_id)
            if kek_id not in keks.keys:
                raise NotFound("key-encryption-key-unknown", kek_id=kek_id)
            kept = {name: kek for name, kek in keks.keys.items() if name != kek_id}
            self._write(_Keks(current=keks.current, keys=kept))

    def _make(self) -> None:
        first = "file-1"
        with self._exclusive():
            if not self._path.exists():
                self._write(_Keks(current=first, keys={first: _fresh()}))

    def _load(self) -> _Keks:
        self._guard(self._path.parent)
        info = self._guard(self._path)
        stamp = (info.st_ino, info.st_mtime_ns, info.st_size)
        with self._lock:
            if self._seen is None or self._seen[0] != stamp:
                try:
                    keks = _Keks.model_validate_json(self._path.read_bytes())
                except (ValidationError, OSError):
                    raise Integrity(
                        "key-file-unreadable", "restore it from its backup", file=str(self._path)
                    ) from None
                self._seen = (stamp, keks)
            return self._seen[1]

    def _guard(self, path: Path) -> os.stat_result:
        try:
            info = path.lstat()
        except OSError:
            raise Integrity("key-file-missing", "restore it from its backup", file=str(path)) from None
        kind = stat.S_ISDIR if path == self._path.parent else stat.S_ISREG
        if not kind(info.st_mode) or info.st_mode & 0o077 or info.st_uid != os.geteuid():
            mend = "let its owner alone reach it (directory 700, file 600), then rotate"
            raise Integrity(
                "key-file-open-to-others", mend, file=str(path), mode=f"{stat.S_IMODE(info.st_mode):o}"
            )
        return info

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        handle = os.open(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _write(self, keks: _Keks) -> None:
        part = self._path.with_suffix(f".{secrets.token_hex(4)}.part")
        text = json.dumps(keks.model_dump(mode="json"), indent=2)
        try:
            handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                out.write(text)
                out.flush()
                os.fsync(out.fileno())
            part.rename(self._path)
        finally:
            with suppress(FileNotFoundError):
                part.unlink()
        sync_directory(self._path.parent)


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable; without it a rename may be lost with the power."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _fresh() -> _Kek:
    return _Kek(made=datetime.now(UTC), key=base64.b64encode(secrets.token_bytes(32)).decode())


def _cipher(keks: _Keks, kek_id: str) -> AESGCM:
    return AESGCM(base64.b64decode(keks.keys[kek_id].key))
