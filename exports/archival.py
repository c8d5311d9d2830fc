"""What WeasyPrint leaves undone for a file that is PDF/A-3a (ISO 19005-3) and PDF/UA-1 (ISO 14289-1) at once.

It writes one variant and its identification; the other's is added here. Headers and footers become artifacts, so
that a screen reader does not read them between two lines of a letter, and a table's heads say what they head.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

_END = b"</rdf:RDF>"
_UA = b"""
<rdf:Description xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" rdf:about=""
 xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfuaid:part="1"/>
<rdf:Description xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" rdf:about=""
 xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of ISO 14289 that the file conforms to</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>
"""
"""PDF/A takes no property of XMP whose schema it does not know or is not told, so the second part describes it."""

_RUNNING = ("/Artifact", b"<</Type /Pagination>>", b"BDC")


def finish(pdf: Any) -> None:
    """Complete a `pydyf.PDF` that WeasyPrint made as pdf/a-3a."""
    _identify(pdf)
    _intend(pdf)
    _take_out_what_runs(pdf)
    for each in pdf.objects:
        if isinstance(each, dict) and each.get("S") in ("/TH", "/TD"):
            _name_the_column(each)
    if "AF" in pdf.catalog:
        pdf.catalog["AF"][:] = dict.fromkeys(pdf.catalog["AF"])  # WeasyPrint names each file twice


def _identify(pdf: Any) -> None:
    stream = _at(pdf, pdf.catalog["Metadata"]).stream
    head, end, rest = stream[0].rpartition(_END)
    stream[0] = head + _UA.strip() + end + rest


def _intend(pdf: Any) -> None:
    """What its colours mean: sRGB, by the profile that WeasyPrint ships, whose file it would leave open."""
    import pydyf  # type: ignore[import-untyped]

    profile = pydyf.Stream([_profile()], {"N": 3}, compress=True)
    pdf.add_object(profile)
    name = pydyf.String("sRGB IEC61966-2.1")
    intent = {"Type": "/OutputIntent", "S": "/GTS_PDFA1", "OutputConditionIdentifier": name, "Info": name}
    pdf.catalog["OutputIntents"] = pydyf.Array(
        [pydyf.Dictionary({**intent, "DestOutputProfile": profile.reference})]
    )


@cache
def _profile() -> bytes:
    return (files("weasyprint.pdf") / "sRGB2014.icc").read_bytes()


def _name_the_column(cell: Any) -> None:
    """A scope instead of identifiers: a head repeated on the next page would have the same one twice."""
    cell.pop("ID", None)
    attributes = cell.get("A", {})
    attributes.pop("Headers", None)
    if cell["S"] == "/TH":
        attributes["Scope"] = "/Column"


def _take_out_what_runs(pdf: Any) -> None:
    """Mark the text of page margins, which stands in no structure element of the tree, as pagination."""
    root = _at(pdf, pdf.catalog["StructTreeRoot"])
    read = set(_reachable(pdf, root))
    numbered = _at(pdf, root["ParentTree"])["Nums"]
    rows = dict(zip(numbered[::2], numbered[1::2], strict=True))
    for page in pdf.objects:
        if not isinstance(page, dict) or page.get("Type") != "/Page" or "StructParents" not in page:
            continue
        elements = rows[page["StructParents"]]
        running = {mcid for mcid, reference in enumerate(elements) if _number(reference) not in read}
        _mark_running(_at(pdf, page["Contents"]).stream, running)
        elements[:] = ["null" if mcid in running else each for mcid, each in enumerate(elements)]


def _mark_running(stream: list[Any], running: set[int]) -> None:
    for place, operator in enumerate(stream):
        if operator == b"BDC" and stream[place - 1]["MCID"] in running:
            stream[place - 2 : place + 1] = _RUNNING


def _reachable(pdf: Any, element: Any) -> Iterator[int]:
    """Numbers of the structure elements below that one; other children are numbers of marked content."""
    waiting = [element]
    while waiting:
        for kid in waiting.pop().get("K", ()):
            if not isinstance(kid, bytes):
                continue
            yield _number(kid)
            if isinstance(found := _at(pdf, kid), dict):
                waiting.append(found)


def _number(reference: Any) -> int:
    return int(bytes(reference).split()[0])


def _at(pdf: Any, reference: Any) -> Any:
    return pdf.objects[_number(reference)]
