"""What PDF/A-3a (ISO 19005-3) and PDF/UA-1 (ISO 14289-1) ask of our files, as far as it can be asked with pikepdf.

These checks are our own, written from the standards' clauses (named in each fault). No independent validator has
seen the files: none could be installed. They cannot tell whether a reading order makes sense, or an Alt is good.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

import pikepdf
from pikepdf import Name

_SPACES = {
    "pdfaid": "http://www.aiim.org/pdfa/ns/id/",
    "pdfuaid": "http://www.aiim.org/pdfua/ns/id/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "schema": "http://www.aiim.org/pdfa/ns/schema#",
}
_SHOWN = frozenset(
    {"Tj", "TJ", "'", '"', "f", "F", "f*", "B", "B*", "b", "b*", "S", "s", "sh", "Do", "INLINE IMAGE"}
)
_FORBIDDEN = frozenset({"/JavaScript", "/Launch", "/Sound", "/Movie", "/ResetForm", "/ImportData", "/Hide"})
_PRINT, _NOT_SHOWN = 0b100, 0b100011


def faults(content: bytes) -> list[str]:
    """What is wrong with a file, each with the clause that it breaks; nothing where it holds."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        checks = (_file(content, pdf), _metadata(pdf), _colours(pdf), _actions(pdf), _fonts(pdf))
        more = (_structure(pdf), _marked(pdf), _annotations(pdf), _files(pdf))
        return [fault for check in (*checks, *more) for fault in check]


def _file(content: bytes, pdf: pikepdf.Pdf) -> Iterator[str]:
    head = re.match(rb"%PDF-1\.[0-7]\r?\n%(.{4})", content, re.DOTALL)
    if head is None or min(head[1]) < 128:
        yield "A 6.1.2: header"
    if Name.ID not in pdf.trailer:
        yield "A 6.1.3: no file identifier"
    if pdf.is_encrypted:
        yield "A 6.1.3: encrypted"


def _metadata(pdf: pikepdf.Pdf) -> Iterator[str]:
    text = pdf.Root.Metadata.read_bytes()
    root = ET.fromstring(re.sub(rb"<\?xpacket[^>]*>", b"", text))
    said = {name: value for each in root.iter() for name, value in each.attrib.items()}
    wanted = {("pdfaid", "part"): "3", ("pdfaid", "conformance"): "A", ("pdfuaid", "part"): "1"}
    for (space, name), value in wanted.items():
        if said.get(f"{{{_SPACES[space]}}}{name}") != value:
            yield f"A 6.6.4, UA 5: {space}:{name} is not {value}"
    if len(root.findall("rdf:RDF", _SPACES)) != 1:
        yield "A 6.6.2: not one rdf:RDF"
    described = [each.text for each in root.iter(f"{{{_SPACES['schema']}}}namespaceURI")]
    if described != [_SPACES["pdfuaid"]]:
        yield "A 6.6.2.3: the schema of pdfuaid is not described"
    title = root.find(".//dc:title/rdf:Alt/rdf:li", _SPACES)
    if title is None or not title.text or title.text != str(pdf.docinfo.get("/Title", "")):
        yield "A 6.6.3, UA 7.1: title"


def _colours(pdf: pikepdf.Pdf) -> Iterator[str]:
    intents = list(pdf.Root.get(Name.OutputIntents, []))
    if [each.S for each in intents] != [Name.GTS_PDFA1]:
        yield "A 6.2.3: output intent"
        return
    profile = intents[0].DestOutputProfile
    if profile.N != 3 or profile.read_bytes()[36:40] != b"acsp":
        yield "A 6.2.3: profile"


def _actions(pdf: pikepdf.Pdf) -> Iterator[str]:
    for each in pdf.objects:
        if isinstance(each, pikepdf.Dictionary):
            if Name.AA in each or str(each.get(Name.S, "")) in _FORBIDDEN:
                yield "A 6.5: action"
            if each.get(Name.Type) == Name.XObject and each.get(Name.Interpolate, False):
                yield "A 6.2.8: interpolated"


def _fonts(pdf: pikepdf.Pdf) -> Iterator[str]:
    for resources in (page.obj.Resources for page in pdf.pages):
        for font in dict(resources.get(Name.Font, {})).values():
            name = str(font.BaseFont)
            inner = font.DescendantFonts[0] if font.Subtype == Name.Type0 else font
            program = inner.FontDescriptor
            if not any(key in program for key in (Name.FontFile, Name.FontFile2, Name.FontFile3)):
                yield f"A 6.2.11.4: {name} is not embedded"
            if inner.get(Name.CIDToGIDMap, Name.Identity) != Name.Identity:
                yield f"A 6.2.11.3: {name} has another map"
            if Name.ToUnicode not in font:
                yield f"A 6.2.11.7, UA 7.21.7: {name} has no text"
            else:
                texts = re.findall(rb"^<[0-9a-f]+> <([0-9a-f]*)>$", font.ToUnicode.read_bytes(), re.MULTILINE)
                if not texts or {b"", b"0000", b"feff", b"fffe"} & set(texts):
                    yield f"A 6.2.11.7.2: {name} has a glyph without a text"


def _structure(pdf: pikepdf.Pdf) -> Iterator[str]:
    root: Any = pdf.Root
    if not root.get(Name.MarkInfo, {}).get(Name.Marked, False) or root.MarkInfo.get(Name.Suspects, False):
        yield "A 6.7.2, UA 6.2: not marked"
    if not str(root.get(Name.Lang, "")):
        yield "A 6.7.4, UA 7.2: no language"
    if not root.get(Name.ViewerPreferences, {}).get(Name.DisplayDocTitle, False):
        yield "UA 7.1: the title is not shown"
    level = 0
    for element in _elements(root.StructTreeRoot):
        kind = str(element.get(Name.S, ""))
        if kind == "/Figure" and not str(element.get(Name.Alt, "")):
            yield "UA 7.3: a figure says nothing"
        if kind == "/TH" and Name.Scope not in element.get(Name.A, {}):
            yield "UA 7.5: a head without its scope"
        if heading := re.fullmatch(r"/H([1-6])", kind):
            if int(heading[1]) > level + 1:
                yield f"UA 7.4.2: {kind} after level {level}"
            level = int(heading[1])


def _elements(parent: Any) -> Iterator[Any]:
    kids = parent.get(Name.K, [])
    for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
        if isinstance(kid, pikepdf.Dictionary):
            yield kid
            yield from _elements(kid)


def _marked(pdf: pikepdf.Pdf) -> Iterator[str]:
    """Everything that is drawn is an artifact or content of an element that the tree holds."""
    held = {element.objgen for element in _elements(pdf.Root.StructTreeRoot)}
    numbers = list(pdf.Root.StructTreeRoot.ParentTree.Nums)
    owners = dict(zip(map(int, numbers[::2]), numbers[1::2], strict=True))
    for page in pdf.pages:
        open_marks: list[tuple[str, Any]] = []
        for found in pikepdf.parse_content_stream(page):
            operands: Any = found.operands
            if (name := str(found.operator)) in {"BMC", "BDC"}:
                open_marks.append((str(operands[0]), operands[1] if name == "BDC" else {}))
            elif name == "EMC":
                open_marks.pop()
            elif name in _SHOWN and not any(kind == "/Artifact" for kind, _ in open_marks):
                mcids = [int(mark[Name.MCID]) for _, mark in open_marks if Name.MCID in mark]
                row = owners[int(page.obj.StructParents)]
                if not mcids or row[mcids[-1]].objgen not in held:
                    yield f"A 6.7.3, UA 7.1: {name} in no element"


def _annotations(pdf: pikepdf.Pdf) -> Iterator[str]:
    for page in pdf.pages:
        for each in page.obj.get(Name.Annots, []):
            flags, box = int(each.get(Name.F, 0)), [float(side) for side in each.Rect]
            if not flags & _PRINT or flags & _NOT_SHOWN:
                yield "A 6.3.2: flags of an annotation"
            if Name.StructParent not in each and max(box) >= 0:
                yield "UA 7.18.1: an annotation on the page in no element"
            if page.obj.get(Name.Tabs) != Name.S:
                yield "UA 7.18.3: order of tabs"


def _files(pdf: pikepdf.Pdf) -> Iterator[str]:
    root: Any = pdf.Root
    named = root.get(Name.Names, {}).get(Name.EmbeddedFiles, {}).get(Name.Names, [])
    files = list(named)[1::2]
    if [each.objgen for each in files] != [each.objgen for each in root.get(Name.AF, [])]:
        yield "A 6.8: associated files are not those embedded"
    for each in files:
        if not {Name.F, Name.UF, Name.AFRelationship, Name.EF} <= set(map(Name, each.keys())):
            yield "A 6.8: a file's specification"
        if Name.Subtype not in each.EF.F or Name.ModDate not in each.EF.F.get(Name.Params, {}):
            yield "A 6.8: an embedded file's kind or date"
