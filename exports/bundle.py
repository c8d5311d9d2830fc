"""A zip written once from front to back, with a manifest that says what it holds."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from types import TracebackType
from typing import Any, BinaryIO, Self

MANIFEST = "manifest.json"
_WORTH_IT = 1 << 14
"""Bytes from which on it pays to hand them to another thread."""
_LEVEL = 1  # deflate's fastest: text shrinks to a sixth already, and the person waits


class Entry:
    """One file of the package while it is written.

    Compressing and hashing go on beside whoever makes the next bytes: neither needs the interpreter.
    """

    def __init__(self, handle: object, aside: Executor) -> None:
        self._handle: BinaryIO = handle  # type: ignore[assignment]
        self._aside = aside
        self._under_way: Future[None] | None = None
        self._digest = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> None:
        """Append bytes. Raises what went wrong with those before them."""
        self.settle()
        self.size += len(data)
        if len(data) < _WORTH_IT:
            self._put(data)
        else:
            self._under_way = self._aside.submit(self._put, bytes(data))

    def settle(self) -> None:
        """Wait for what is under way; raises what went wrong with it."""
        under_way, self._under_way = self._under_way, None
        if under_way is not None:
            under_way.result()

    @property
    def sha256(self) -> str:
        """Of everything written by now, hex."""
        self.settle()
        return self._digest.hexdigest()

    def _put(self, data: bytes) -> None:
        self._handle.write(data)
        self._digest.update(data)


class Package:
    """Files in their order, then, when its block ends well, the manifest; `out` need not seek.

    Times are fixed: the same data make the same zip. `sign`, if given, makes of the manifest the files that stand after it.
    """

    def __init__(
        self,
        out: BinaryIO,
        about: Mapping[str, Any],
        sign: Callable[[bytes], Mapping[str, bytes]] | None = None,
    ) -> None:
        self._zip = zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL)
        self._about = about
        self._sign = sign
        self._files: list[dict[str, Any]] = []
        self._aside = ThreadPoolExecutor(1)

    @contextmanager
    def file(self, path: str, **about: Any) -> Iterator[Entry]:
        """A file of the package; it is listed in the manifest, with what `about` says of it, when the block ends."""
        with self._open(path) as entry:
            yield entry
        self._files.append({"path": path, "sha256": entry.sha256, "size": entry.size, **about})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._aside:
            if kind is None:
                self._finish()
                return
            self._zip.fp = None  # left without its end, so that a broken package can't pass for a whole one

    @property
    def files(self) -> Sequence[Mapping[str, Any]]:
        """What was written by now: path, SHA-256 and size."""
        return tuple(self._files)

    def add(self, path: str, data: bytes) -> None:
        """A whole small file."""
        with self.file(path) as entry:
            entry.write(data)

    def _finish(self) -> None:
        manifest = {**self._about, "files": self._files}
        told = json.dumps(manifest, ensure_ascii=False, indent=2).encode()
        with self._open(MANIFEST) as entry:
            entry.write(told)
        for path, data in (self._sign(told) if self._sign is not None else {}).items():
            with self._open(path) as entry:
                entry.write(data)
        self._zip.close()

    @contextmanager
    def _open(self, path: str) -> Iterator[Entry]:
        info = zipfile.ZipInfo(path)  # 1980, the zip's own zero
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o600 << 16
        with self._zip.open(info, "w", force_zip64=True) as handle:
            entry = Entry(handle, self._aside)
            try:
                yield entry
            finally:
                entry.settle()
