"""A PDF of pictures and nothing else, written once from front to back, page by page."""

from __future__ import annotations

from typing import BinaryIO

_HEAD = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
_CATALOG, _PAGES, _FIRST = 1, 2, 3
_EACH = 3
"""Objects of a page: itself, what draws it, its picture."""


class FlatPdf:
    """Takes JPEG pictures of pages; no text, no metadata, no object that is not a page's.

    `out` need not seek. Sizes of pages are in points of 1/72 inch.
    """

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._at = 0
        self._offsets: dict[int, int] = {}
        self._pages = 0
        self._write(_HEAD)

    def page(self, jpeg: bytes, pixels: tuple[int, int], points: tuple[float, float]) -> None:
        """Append a page."""
        number = _FIRST + self._pages * _EACH
        self._pages += 1
        wide, high = (f"{one:.2f}" for one in points)
        self._object(
            number,
            f"<</Type/Page/Parent {_PAGES} 0 R/MediaBox[0 0 {wide} {high}]"
            f"/Resources<</XObject<</P {number + 2} 0 R>>>>/Contents {number + 1} 0 R>>".encode(),
        )
        drawing = f"q {wide} 0 0 {high} 0 0 cm /P Do Q".encode()
        self._object(number + 1, _stream(f"<</Length {len(drawing)}>>", drawing))
        shape = (
            f"<</Type/XObject/Subtype/Image/Width {pixels[0]}/Height {pixels[1]}/ColorSpace/DeviceRGB"
            f"/BitsPerComponent 8/Filter/DCTDecode/Length {len(jpeg)}>>"
        )
        self._object(number + 2, _stream(shape, jpeg))

    def finish(self) -> None:
        """Write what leads to the pages."""
        kids = " ".join(f"{_FIRST + page * _EACH} 0 R" for page in range(self._pages))
        self._object(_PAGES, f"<</Type/Pages/Count {self._pages}/Kids[{kids}]>>".encode())
        self._object(_CATALOG, f"<</Type/Catalog/Pages {_PAGES} 0 R>>".encode())
        begun, count = self._at, len(self._offsets) + 1
        self._write(f"xref\n0 {count}\n0000000000 65535 f \n".encode())
        for number in range(1, count):
            self._write(f"{self._offsets[number]:010d} 00000 n \n".encode())
        self._write(f"trailer\n<</Size {count}/Root {_CATALOG} 0 R>>\nstartxref\n{begun}\n%%EOF\n".encode())

    def _object(self, number: int, body: bytes) -> None:
        self._offsets[number] = self._at
        self._write(b"%d 0 obj\n%s\nendobj\n" % (number, body))

    def _write(self, data: bytes) -> None:
        self._out.write(data)
        self._at += len(data)


def _stream(shape: str, data: bytes) -> bytes:
    return shape.encode() + b"\nstream\n" + data + b"\nendstream"
