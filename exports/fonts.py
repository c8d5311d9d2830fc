"""Sarabun, prepared so that what a PDF shows and what it says are the same text.

A PDF's text layer gives every glyph one text (ToUnicode). HarfBuzz writes SARA AM (U+0E33) as two glyphs, NIKHAHIT and
the glyph of SARA AA, so one glyph would need two texts, and copying, searching and screen readers get
ดาเนินการ for ดำเนินการ. A tone mark moved over a vowel by positioning looks to readers like a gap and is torn off
its word. Both end when the pairs are glyphs of their own: one ligature for each way to write SARA AM, and one for
each vowel with its tone mark, made of the font's own outlines at the font's own anchors. The source text, its
widths and its line breaks (libthai) stay as they were.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

FAMILY = "Sarabun"
WEIGHTS: Mapping[int, str] = {400: "Regular", 700: "Bold"}
LICENCE = "SIL Open Font License 1.1"

_AA, _NIKHAHIT, _SARA_AM = "uni0E32", "uni0E4D", "ำ"
_VOWELS = ("0E31", "0E34", "0E35", "0E36", "0E37")
_TONES = ("0E48", "0E49", "0E4A", "0E4B")
_ABOVE = (*_TONES, "0E4C")
_BELOW = ("0E38", "0E39", "0E3A")
_FORMS = ("", ".narrow")


class _Pair(NamedTuple):
    """Two glyphs that become one, and the text that the one stands for; `mark` when it sits on a letter."""

    first: str
    second: str
    text: str
    mark: bool

    @property
    def name(self) -> str:
        return f"{self.first}_{self.second}"


class Font(NamedTuple):
    """One prepared weight: the file, and the text of each glyph whose text must not be guessed."""

    weight: int
    content: bytes
    texts: Mapping[int, str]


@cache
def prepared(weight: int) -> Font:
    """The weight (400 or 700) with its ligatures; takes about 0.2 s once in a process."""
    from fontpkg_sarabun import ROOT  # type: ignore[import-untyped]
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    font = TTFont(Path(ROOT) / "files" / f"Sarabun-{WEIGHTS[weight]}.ttf", recalcTimestamp=False)
    for pair in _pairs():
        _draw(font, pair)
    _substitute(font)
    out = io.BytesIO()
    font.save(out)
    return Font(weight, out.getvalue(), _texts(font))


def _pairs() -> Iterator[_Pair]:
    for form in _FORMS:
        yield _Pair(_NIKHAHIT + form, _AA, _SARA_AM, mark=False)
        for tone in _TONES:
            # The font writes NIKHAHIT and a tone mark as one glyph already.
            yield _Pair(f"{_NIKHAHIT}{tone}{form}", _AA, _char(tone) + _SARA_AM, mark=False)
        for vowel in _VOWELS:
            for tone in _ABOVE:
                text = _char(vowel) + _char(tone)
                yield _Pair(f"uni{vowel}{form}", f"uni{tone}.small", text, mark=True)
        for below, above, depth in product(_BELOW, (*_ABOVE, "0E4D"), ("", ".small")):
            text = _char(below) + _char(above)
            yield _Pair(f"uni{below}{depth}", f"uni{above}{form}", text, mark=True)


def _char(code: str) -> str:
    return chr(int(code, 16))


def _draw(font: Any, pair: _Pair) -> None:
    """Add the pair's glyph: both outlines, the second where the font's anchors would put it."""
    from fontTools.pens.ttGlyphPen import TTGlyphPen  # type: ignore[import-untyped]

    x, y = _attachment(font, pair) if pair.mark else (0, 0)
    glyphs = font.getGlyphSet()
    pen = TTGlyphPen(glyphs)
    pen.addComponent(pair.first, (1, 0, 0, 1, 0, 0))
    pen.addComponent(pair.second, (1, 0, 0, 1, x, y))
    glyph = pen.glyph()
    font.setGlyphOrder([*font.getGlyphOrder(), pair.name])
    font["glyf"][pair.name] = glyph
    glyph.recalcBounds(font["glyf"])
    advance = 0 if pair.mark else font["hmtx"][_AA][0]
    font["hmtx"][pair.name] = (advance, glyph.xMin)
    font["GDEF"].table.GlyphClassDef.classDefs[pair.name] = 3 if pair.mark else 1
    if pair.mark:
        _sit_like(font, pair.name, pair.first)


def _subtables(font: Any, kind: int) -> Iterator[Any]:
    for lookup in font["GPOS"].table.LookupList.Lookup:
        yield from (table for table in lookup.SubTable if table.LookupType == kind)


def _attachment(font: Any, pair: _Pair) -> tuple[int, int]:
    mark_to_mark = 6
    for table in _subtables(font, mark_to_mark):
        marks, bases = table.Mark1Coverage.glyphs, table.Mark2Coverage.glyphs
        if pair.second in marks and pair.first in bases:
            mark = table.Mark1Array.MarkRecord[marks.index(pair.second)]
            anchor = table.Mark2Array.Mark2Record[bases.index(pair.first)].Mark2Anchor[mark.Class]
            if anchor is not None:
                return (
                    anchor.XCoordinate - mark.MarkAnchor.XCoordinate,
                    anchor.YCoordinate - mark.MarkAnchor.YCoordinate,
                )
    return 0, 0  # one sits below the letter and one above it: both where they are drawn


def _sit_like(font: Any, name: str, model: str) -> None:
    mark_to_base = 4
    for table in _subtables(font, mark_to_base):
        glyphs = table.MarkCoverage.glyphs
        if model in glyphs:
            # The new glyph has the highest number, so the end is its place in the sorted coverage.
            table.MarkArray.MarkRecord.append(table.MarkArray.MarkRecord[glyphs.index(model)])
            table.MarkArray.MarkCount += 1
            glyphs.append(name)


def _substitute(font: Any) -> None:
    """Append one lookup of ligatures to the feature that takes SARA AM apart, so that it runs after it."""
    from fontTools.otlLib.builder import (  # type: ignore[import-untyped]
        buildLigatureSubstSubtable,
        buildLookup,
    )

    mapping = {(pair.first, pair.second): pair.name for pair in _pairs()}
    table = font["GSUB"].table
    table.LookupList.Lookup.append(buildLookup([buildLigatureSubstSubtable(mapping)]))
    table.LookupList.LookupCount = number = len(table.LookupList.Lookup)
    for record in table.FeatureList.FeatureRecord:
        if record.FeatureTag == "ccmp" and len(record.Feature.LookupListIndex) > 1:
            record.Feature.LookupListIndex.append(number - 1)
            record.Feature.LookupCount += 1


def _texts(font: Any) -> dict[int, str]:
    """What each glyph stands for: the ligatures by their pair, the font's Thai variants by their name."""
    texts = {font.getGlyphID(pair.name): pair.text for pair in _pairs()}
    for name in font.getGlyphOrder():
        code = name.split(".")[0].removeprefix("uni")
        if name.startswith("uni0E") and "_" not in name and len(code) == len("0E33"):
            texts.setdefault(font.getGlyphID(name), _char(code))
    return texts
