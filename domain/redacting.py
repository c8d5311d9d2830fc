"""Third persons in files: regions of a page that are blackened before the file is handed over (s.30 ¶2).

Nothing of a file is trusted to hide what is covered: its pages are drawn anew as pictures, and what was beneath a
region, beside the pages or behind them (text, attachments, forms, metadata) does not come along.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import BinaryIO, Protocol

from domain.case import Bundle
from domain.errors import BadInput
from domain.value import Value

LARGEST = 32 << 20
"""Bytes of a file that is opened for redaction."""
MOST_PAGES = 100
MOST_REGIONS = 500
COLUMNS, ROWS = 10, 14
"""The grid laid over a page: cells near to square on a sheet of A4."""

_WHOLE = 100.0


class Region(Value):
    """A rectangle of a page that is blackened: in percent of the page as it is shown, from its upper left corner."""

    page: int
    left: float
    top: float
    width: float
    height: float


class Sheets(Value):
    """What a file turned out to be: its kind by its usual ending, its pages, and whether words can be looked for."""

    kind: str
    pages: int
    searchable: bool = False


class FileRedaction(Value):
    """One file of a plan's line on its way to being redacted: opened, marked, and burnt or dropped.

    `digest` is the plan's. `original` and `redacted` are SHA-256, hex; `redacted` is empty until it is burnt.
    """

    id: str
    case: str
    digest: str
    no: int
    original: str
    sheets: Sheets
    regions: tuple[Region, ...] = ()
    by: str
    opened: datetime
    burnt: datetime | None = None
    burnt_by: str = ""
    redacted: str = ""
    size: int = 0
    ref: str = ""
    """Where what was burnt lies sealed, of its case."""

    @property
    def marks(self) -> str:
        """A digest of the regions: what was looked at is burnt, or nothing is."""
        told = ";".join(f"{one.page},{one.left},{one.top},{one.width},{one.height}" for one in self.regions)
        return hashlib.sha256(told.encode()).hexdigest()[:16]


def region(page: int, left: float, top: float, width: float, height: float) -> Region:
    """A region of that page. Raises `BadInput` for one that is none, or lies outside of the page."""
    inside = 0 <= left < left + width <= _WHOLE and 0 <= top < top + height <= _WHOLE
    if not inside:
        raise BadInput(
            "region-outside-page", "give left, top, width and height within 0 and 100", field="left"
        )
    return Region(page=page, left=left, top=top, width=width, height=height)


def whole(page: int) -> Region:
    """The whole of that page."""
    return region(page, 0, 0, _WHOLE, _WHOLE)


def of_cells(page: int, cells: Iterable[int]) -> tuple[Region, ...]:
    """The fewest-effort rectangles that cover these cells of the grid, which are numbered from 0, row by row.

    Neighbours of a row become one, and so do equal runs of rows that follow each other. Raises `BadInput` for a cell
    that is none.
    """
    chosen = sorted(set(cells))
    if any(not 0 <= cell < COLUMNS * ROWS for cell in chosen):
        raise BadInput("cell-unknown", "the grid has ten columns and fourteen rows", field="cell")
    found: dict[tuple[int, int], list[int]] = {}  # first and last column -> first and last row
    done: list[tuple[int, int, int, int]] = []
    for row in range(ROWS):
        runs = set(_runs([cell % COLUMNS for cell in chosen if cell // COLUMNS == row]))
        done += [(*run, rows[0], rows[1]) for run, rows in found.items() if run not in runs]
        found = {run: [found.get(run, [row, row])[0], row] for run in sorted(runs)}
    done += [(*run, rows[0], rows[1]) for run, rows in found.items()]
    wide, high = _WHOLE / COLUMNS, _WHOLE / ROWS
    return tuple(
        Region(
            page=page,
            left=first * wide,
            top=upper * high,
            width=(last - first + 1) * wide,
            height=(lower - upper + 1) * high,
        )
        for first, last, upper, lower in sorted(done, key=lambda one: (one[2], one[0]))
    )


def _runs(columns: Sequence[int]) -> Iterable[tuple[int, int]]:
    first = last = -2
    for column in columns:
        if column != last + 1:
            if last >= 0:
                yield first, last
            first = column
        last = column
    if last >= 0:
        yield first, last


class Burner(Protocol):
    """Draws files of strangers. Blocks; nothing that a file does can take more than bounded memory and time.

    Every method raises `BadInput`: `file-not-redactable` for a kind whose pages it can't draw, `file-unreadable`,
    `file-locked` by a password, `file-too-large` in bytes, pages or pixels.
    """

    def look(self, content: bytes) -> Sheets:
        """What it is."""
        ...

    def page(
        self, content: bytes, page: int, regions: Sequence[Region] = (), *, burnt: bool = False
    ) -> bytes:
        """A page, from 1, as JPEG to look at: regions outlined and numbered, or black as they will be."""
        ...

    def find(self, content: bytes, words: Sequence[str]) -> tuple[Region, ...]:
        """Where these words stand in the text of the file, a little more than covered; case is no matter."""
        ...

    def burn(self, content: bytes, regions: Sequence[Region], out: BinaryIO) -> None:
        """The file anew, streamed to `out` page by page: of the same kind, pictures alone, regions black."""
        ...


class FileRedactions(Protocol):
    """The register of redacted files."""

    def open(
        self, case: str, digest: str, no: int, original: Bundle, sheets: Sheets, *, made: str, actor: str
    ) -> FileRedaction:
        """A file was opened, and waits for its regions; `made` is its id, under which its copy lies sealed."""
        ...

    def find(self, case: str, made: str) -> FileRedaction:
        """One of that case that was not dropped. Raises `NotFound`."""
        ...

    def of(self, case: str) -> tuple[FileRedaction, ...]:
        """All of a case that were not dropped, the oldest first."""
        ...

    def mark(self, case: str, made: str, regions: Sequence[Region], *, before: Sequence[Region]) -> None:
        """These are its regions now, where those `before` were. Raises `Conflict`: others are, or it is burnt."""
        ...

    def burn(
        self, case: str, made: str, redacted: Bundle, *, seen: Sequence[Region], actor: str, reason: str
    ) -> FileRedaction:
        """It was burnt with the regions `seen`; the reason is sealed. Raises `Conflict`: it was already, or has others."""
        ...

    def drop(self, case: str, made: str, *, actor: str) -> None:
        """It is no longer wanted: what was opened is handed over as the review of files says."""
        ...


def copy_of(made: str) -> str:
    """Where the copy that is being marked lies sealed, of a case."""
    return f"redaction/{made}"
