"""Redacting files of a plan: opened from their system, marked at the desk, burnt, and put in the original's place.

Opening and burning are no activities: an officer does them before deciding. The step `copy` asks `Burnt`.
"""

from __future__ import annotations

import secrets
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence

from activities.tools import Tools
from domain.connector import Capability, FileSource
from domain.errors import BadInput, Conflict, NotFound, TooLate
from domain.item import Attached, Record
from domain.outcomes import DISCLOSING
from domain.redacting import (
    LARGEST,
    MOST_REGIONS,
    FileRedaction,
    Region,
    Sheets,
    copy_of,
)
from domain.states import BEGUN
from domain.third_persons import with_files, without_files


def open_files(tools: Tools, case: str, no: int, tables: frozenset[tuple[str, str]], *, actor: str) -> str:
    """Copy the files of a line of the newest plan, sealed, to be marked; the id of the first.

    Those of that line that were opened and are not burnt stay as they are. `tables` are those whose records have files.

    Raises:
        BadInput: a line without files (`line-without-files`), or a file that can't be redacted (`Burner`).
        TooLate: the package is being made.
        Unavailable, Refused: the system does not give it.
    """
    view, digest = tools.register.view(case), tools.plans.summary(case).digest
    if view.state in BEGUN:
        raise TooLate("fulfilment-has-begun", reference=view.case.reference)
    open_now = [one for one in tools.file_redactions.of(case) if not one.burnt]
    for one in open_now:
        if (one.digest, one.no) == (digest, no):
            return one.id
    rows = with_files(tools.plans.rows(case), view.case.right, tables)
    system = next((row.system for row in rows if row.no == no), "")
    if not system:
        raise BadInput("line-without-files", "see `files list`", field="no")
    made = [_opened(tools, (case, digest, no), piece, actor) for piece in _files(tools, case, system, no)]
    if not made:
        raise BadInput("line-without-files", "it has none any more", field="no")
    return made[0].id


def picture(tools: Tools, one: FileRedaction, page: int, *, burnt: bool) -> bytes:
    """A page of an opened file, as JPEG: with its regions outlined, or as it will be. Raises `BadInput`, `NotFound`."""
    if one.burnt:
        return tools.burner.page(_read(tools, one.case, one.ref), page)
    return tools.burner.page(_read(tools, one.case, copy_of(one.id)), page, one.regions, burnt=burnt)


def mark(tools: Tools, one: FileRedaction, added: Sequence[Region], without: int = 0) -> None:
    """Add regions to those that were read, or take the one of that number away; what is marked already stays once.

    Raises:
        BadInput: there would be more than may be, or a page that there is not.
        Conflict: somebody marked it meanwhile, or it is burnt.
    """
    kept = [region for number, region in enumerate(one.regions, 1) if number != without]
    regions = list(dict.fromkeys((*kept, *added)))
    if len(regions) > MOST_REGIONS:
        raise BadInput("regions-too-many", f"at most {MOST_REGIONS}", field="regions")
    if any(not 1 <= region.page <= one.sheets.pages for region in regions):
        raise BadInput("page-unknown", "count from 1", field="page")
    tools.file_redactions.mark(one.case, one.id, regions, before=one.regions)


def find(tools: Tools, one: FileRedaction, words: Sequence[str]) -> tuple[Region, ...]:
    """Where these words stand in the text of an opened file. Raises `BadInput`."""
    return tools.burner.find(_read(tools, one.case, copy_of(one.id)), words)


def burn(tools: Tools, one: FileRedaction, *, actor: str, reason: str) -> FileRedaction:
    """Make the redacted file, as it was seen; the copy of the original is destroyed.

    Raises:
        BadInput: nothing is marked, or it can't be drawn.
        Conflict, TooLate: it was marked or burnt meanwhile; the package is being made.
    """
    if not one.regions:
        raise BadInput("nothing-marked", "mark what goes, or give the file as it is", field="regions")
    view = tools.register.view(one.case)
    if view.state in BEGUN:
        raise TooLate("fulfilment-has-begun", reference=view.case.reference)
    content = _read(tools, one.case, copy_of(one.id))
    ref = f"redacted/{one.id}-{secrets.token_hex(4)}"  # of this attempt: another never writes over what was noted
    with tools.files.write(one.case, ref) as out:
        tools.burner.burn(content, one.regions, out)
    made = tools.files.measure(one.case, ref)
    try:
        done = tools.file_redactions.burn(
            one.case, one.id, made, seen=one.regions, actor=actor, reason=reason
        )
    except (Conflict, TooLate):
        tools.files.destroy(one.case, ref)
        raise
    tools.files.destroy(one.case, copy_of(one.id))
    return done


def drop(tools: Tools, one: FileRedaction, *, actor: str) -> None:
    """It is no longer wanted: nothing of it is kept. Raises `NotFound`, `TooLate`."""
    if tools.register.view(one.case).state in BEGUN:
        raise TooLate("fulfilment-has-begun")
    tools.file_redactions.drop(one.case, one.id, actor=actor)
    tools.files.destroy(one.case, copy_of(one.id))
    if one.ref:
        tools.files.destroy(one.case, one.ref)


class Burnt:
    """Puts redacted files in the place of what they were made from, wherever that turns up in a case.

    A file is known by its content: a newer plan, or a second record of the same document, hands over no more than the
    first. Where a line's file is another by now than the one that was redacted, nobody looked at it. One that was marked
    and neither burnt nor discarded is not handed over at all: somebody found data of others in it.
    """

    def __init__(self, tools: Tools, case: str) -> None:
        digest = tools.plans.summary(case).digest
        opened = tools.file_redactions.of(case)
        done = [one for one in opened if one.burnt]
        self._tools, self._case = tools, case
        self._by_content = {one.original: one for one in done}
        self._unfinished = {one.original for one in opened if one.regions and not one.burnt}
        self._of_line = Counter(
            no for no, _ in {(one.no, one.original) for one in done if one.digest == digest}
        )

    def put(self, record: Record, sealed: Sequence[str]) -> Record:
        """The record as it is handed over; `sealed` is where each of its files was copied to, in their order."""
        if not self._by_content and not self._unfinished:
            return record
        if self._unfinished.intersection(self._content(ref) for ref in sealed):
            return self._withheld(record, sealed)
        files = tuple(self._exchanged(file, ref) for file, ref in zip(record.files, sealed, strict=True))
        if len([file for file in files if file.redacted]) >= self._of_line[record.no]:
            return record.model_copy(update={"files": files})
        return self._withheld(record, sealed)

    def _withheld(self, record: Record, sealed: Sequence[str]) -> Record:
        for ref in sealed:
            self._tools.files.destroy(self._case, ref)
        return without_files(record)

    def _content(self, ref: str) -> str:
        return self._tools.files.measure(self._case, ref).sha256

    def _exchanged(self, file: Attached, ref: str) -> Attached:
        found = self._by_content.get(self._content(ref))
        if found is None:
            return file
        with (
            self._tools.files.read(self._case, found.ref) as source,
            self._tools.files.write(self._case, ref) as out,
        ):
            shutil.copyfileobj(source, out)
        return file.model_copy(update={"size": found.size, "redacted": len(found.regions)})


def _opened(tools: Tools, line: tuple[str, str, int], pieces: Iterator[bytes], actor: str) -> FileRedaction:
    case, digest, no = line
    made = f"r{secrets.token_hex(8)}"
    size = 0
    with tools.files.write(case, copy_of(made)) as out:
        for piece in pieces:
            size += len(piece)
            if size > LARGEST:
                raise BadInput("file-too-large", f"at most {LARGEST >> 20} MB", field="file")
            out.write(piece)
    try:
        sheets: Sheets = tools.burner.look(_read(tools, case, copy_of(made)))
    except BadInput:
        tools.files.destroy(case, copy_of(made))
        raise
    original = tools.files.measure(case, copy_of(made))
    return tools.file_redactions.open(case, digest, no, original, sheets, made=made, actor=actor)


def _files(tools: Tools, case: str, system: str, no: int) -> Iterator[Iterator[bytes]]:
    """The files of a line, each as its system gives it now."""
    connector = tools.connector(system, Capability.COPY)
    if not isinstance(connector, FileSource):
        return
    items = (one.item for one in tools.plans.items(case, system, DISCLOSING) if one.row.no == no)
    for record in connector.copy(items):
        for file in record.files:
            yield connector.open(file)


def _read(tools: Tools, case: str, ref: str) -> bytes:
    try:
        with tools.files.read(case, ref) as source:
            return source.read()
    except NotFound:
        raise NotFound("file-not-opened") from None
