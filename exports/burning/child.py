"""The process that opens a stranger's file: it reads one question, answers it and ends.

What a file makes its reader do ends here: memory and time are bounded, nothing is written but the answer, and a crash
takes nobody along. In: the length of the question (8 digits), the question as JSON, the file. Out: a line of JSON,
then bytes.
"""

from __future__ import annotations

import json
import math
import resource
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, BinaryIO

from PIL import Image, ImageDraw, ImageFont

from exports.burning.papers import Mark, Paper, blackened, open_paper
from exports.burning.refusing import HEAD, Box, No

_MEMORY = 1 << 30
"""Bytes of address space: a page of forty million pixels several times over."""
_SHOWN_WIDE = 1000
_RED, _WASH = (196, 30, 58), (196, 30, 58, 70)


def main(seconds: int) -> None:
    """Answer one question."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    source, out = sys.stdin.buffer, sys.stdout.buffer
    asked: dict[str, Any] = json.loads(source.read(int(source.read(HEAD))))
    try:
        _answer(asked, open_paper(source.read(), asked["most"]), out)
    except No as no:
        _say(out, {"no": no.code})
    except MemoryError:
        _say(out, {"no": "file-too-large"})
    out.flush()


def _answer(asked: dict[str, Any], paper: Paper, out: BinaryIO) -> None:
    match asked["what"]:
        case "look":
            _say(out, {"kind": paper.kind, "pages": paper.pages, "searchable": paper.searchable})
        case "find":
            found = islice(paper.find(asked["words"]), asked["limit"])
            _say(out, {"found": [[page, *mark] for page, mark in found]})
        case "page":
            page = asked["page"]
            if not 0 <= page < paper.pages:
                raise No("page-unknown")
            shown = _shown(
                paper.draw(page, _SHOWN_WIDE), asked["marks"].get(str(page), ()), burnt=asked["burnt"]
            )
            with _begun(out):
                shown.save(out, "JPEG", quality=80)
        case "burn":
            first = _black(
                paper, 0, asked["marks"]
            )  # what can't be drawn at all is said before anything is written
            with _begun(out):
                paper.write(_all(paper, first, asked["marks"]), out)


def _all(paper: Paper, first: Image.Image, marks: dict[str, list[Mark]]) -> Iterator[Image.Image]:
    yield first
    for page in range(1, paper.pages):
        yield _black(paper, page, marks)


def _black(paper: Paper, page: int, marks: dict[str, list[Mark]]) -> Image.Image:
    picture = paper.draw(page)
    return blackened(picture, [_box(mark, picture.size) for mark in marks.get(str(page), ())])


def _shown(picture: Image.Image, marks: Sequence[tuple[int, Mark]], *, burnt: bool) -> Image.Image:
    boxes = [(number, _box(mark, picture.size)) for number, mark in marks]
    if burnt:
        return blackened(picture, [box for _, box in boxes])
    seen, font = picture.convert("RGBA"), ImageFont.load_default(18)
    wash = Image.new("RGBA", seen.size)
    pen = ImageDraw.Draw(wash)
    for number, box in boxes:
        pen.rectangle(box, fill=_WASH, outline=_RED, width=3)
        corner = max(box[2] - 14 - 11 * len(str(number)), 0)
        pen.rectangle((corner, box[1], box[2], box[1] + 24), fill=_RED)
        pen.text((corner + 6, box[1] + 1), str(number), fill=(255, 255, 255), font=font)
    return Image.alpha_composite(seen, wash).convert("RGB")


def _box(mark: Sequence[float], size: tuple[int, int]) -> Box:
    """In pixels, outwards: nothing of what was marked stays."""
    left, top, width, height = mark
    across, down = size
    return (
        max(math.floor(left / 100 * across), 0),
        max(math.floor(top / 100 * down), 0),
        min(max(math.ceil((left + width) / 100 * across), 1), across),
        min(max(math.ceil((top + height) / 100 * down), 1), down),
    )


@contextmanager
def _begun(out: BinaryIO) -> Iterator[None]:
    """An answer follows. One that breaks off ends the process as a failure: a code would be taken for a part of it."""
    _say(out, {})
    try:
        yield
    except (No, MemoryError):
        sys.exit(1)


def _say(out: BinaryIO, told: dict[str, Any]) -> None:
    out.write(json.dumps(told).encode() + b"\n")
