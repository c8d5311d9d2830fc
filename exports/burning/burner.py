"""Draws strangers' files in a process of its own: `domain.redacting.Burner`."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import BoundedSemaphore, Timer
from typing import IO, Any, BinaryIO, cast

from domain.errors import BadInput
from domain.redacting import LARGEST, MOST_PAGES, MOST_REGIONS, Region, Sheets
from exports.burning.refusing import HEAD

_ROOT = Path(__file__).parents[2]
_SECONDS, _LONG = 30, 300
"""For one page, and for all pages of a file."""
_AT_ONCE = 2
"""So many files are drawn at a time, each with the memory that `child` allows."""
_FOUND = 1 << 20
_BLOCK = 1 << 16
_MENDS = {
    "file-not-redactable": "give it or leave it out",
    "file-locked": "it opens with a password alone: give it or leave it out",
    "file-too-large": "give it or leave it out, or redact a part of it by hand",
    "page-unknown": "count from 1",
}


class ProcessBurner:
    """Each question is put to a process that ends with it. Files and pictures pass through memory alone."""

    def __init__(self, *, seconds: int = _SECONDS, most_pages: int = MOST_PAGES) -> None:
        self._seconds = seconds
        self._most_pages = most_pages
        self._turns = BoundedSemaphore(_AT_ONCE)

    def look(self, content: bytes) -> Sheets:
        """What it is. Raises `BadInput`."""
        with self._asked(content, {"what": "look"}) as (told, _):
            return Sheets.model_validate(told)

    def page(
        self, content: bytes, page: int, regions: Sequence[Region] = (), *, burnt: bool = False
    ) -> bytes:
        """A page, from 1, as JPEG to look at. Raises `BadInput`."""
        marks = [[number, _mark(one)] for number, one in enumerate(regions, 1) if one.page == page]
        ask = {"what": "page", "page": page - 1, "marks": {str(page - 1): marks}, "burnt": burnt}
        with self._asked(content, ask) as (_, drawn):
            return drawn.read()

    def find(self, content: bytes, words: Sequence[str]) -> tuple[Region, ...]:
        """Where these words stand in the text of the file. Raises `BadInput`; also where they stand too often."""
        wanted = [word for word in words if word.strip()]
        with self._asked(content, {"what": "find", "words": wanted, "limit": MOST_REGIONS + 1}) as (told, _):
            found = told["found"]
        if len(found) > MOST_REGIONS:
            raise BadInput("regions-too-many", f"at most {MOST_REGIONS}", field="words")
        return tuple(
            Region(page=page + 1, left=left, top=top, width=width, height=height)
            for page, left, top, width, height in found
        )

    def burn(self, content: bytes, regions: Sequence[Region], out: BinaryIO) -> None:
        """The file anew, streamed to `out`. Raises `BadInput`, with some of it written: it is no file then."""
        marks: defaultdict[str, list[list[float]]] = defaultdict(list)
        for one in regions:
            marks[str(one.page - 1)].append(_mark(one))
        with self._asked(content, {"what": "burn", "marks": marks}, _LONG) as (_, made):
            shutil.copyfileobj(made, out, _BLOCK)

    @contextmanager
    def _asked(
        self, content: bytes, ask: dict[str, Any], seconds: int = 0
    ) -> Iterator[tuple[dict[str, Any], IO[bytes]]]:
        """The answer, and what follows it; whole only when the block has ended."""
        if len(content) > LARGEST:
            raise _refused("file-too-large")
        question = json.dumps({**ask, "most": self._most_pages}).encode()
        most = seconds or self._seconds
        with self._turns, _process(most) as (process, into, out):
            # A child that died early has said why, or its end says it.
            with suppress(BrokenPipeError), into:
                into.write(b"%0*d" % (HEAD, len(question)) + question)
                into.write(content)
            line = out.readline(_FOUND)
            told: dict[str, Any] = json.loads(line) if line.endswith(b"\n") else {"no": "file-unreadable"}
            if code := told.get("no"):
                raise _refused(str(code))
            yield told, out
            if process.wait():
                raise _refused("file-unreadable")


@contextmanager
def _process(seconds: int) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes], IO[bytes]]]:
    """A child with its two ends, ended with the block or when its time is over."""
    program = (
        f"import sys; sys.path.insert(0, {str(_ROOT)!r}); "
        f"from exports.burning.child import main; main({seconds})"
    )
    # Nothing of our surroundings goes along, and what PDFium writes about a file is read by nobody.
    process = subprocess.Popen(  # noqa: S603 - this interpreter and our own words
        [sys.executable, "-I", "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
    )
    over = Timer(seconds, process.kill)
    over.daemon = True
    over.start()
    with cast("IO[bytes]", process.stdin) as into, cast("IO[bytes]", process.stdout) as out:
        try:
            yield process, into, out
        finally:
            over.cancel()
            process.kill()
            process.wait()


def _mark(one: Region) -> list[float]:
    return [one.left, one.top, one.width, one.height]


def _refused(code: str) -> BadInput:
    return BadInput(code, _MENDS.get(code, "look at it in its system; give it or leave it out"), field="file")
