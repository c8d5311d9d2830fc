"""What has pages to be drawn: PDF documents and pictures, one page in memory at a time. Runs in the child process."""

from __future__ import annotations

import ctypes
import io
import math
import warnings
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Protocol

import pypdfium2 as pdfium  # type: ignore[import-untyped]
from PIL import Image, ImageOps, UnidentifiedImageError
from pypdfium2 import raw

from exports.burning.flat_pdf import FlatPdf
from exports.burning.refusing import Box, No

MOST_PIXELS = 40_000_000
_POINT = 72
_SHARP = 200
"""Dots an inch of a page that is handed over: small print of a scan stays readable."""
_PAGE_PIXELS = 9_000_000
_LONGEST_SIDE = 6000
_QUALITY = 88
_MARGIN = 0.35
"""Percent of the page by which what was found is covered beyond its letters."""
_FINE = 100_000
_PICTURES = {"PNG": "png", "JPEG": "jpeg", "WEBP": "webp", "TIFF": "tiff"}

Mark = tuple[float, float, float, float]
"""Left, top, width and height in percent of the page."""


class Paper(Protocol):
    """A file with pages."""

    kind: str
    pages: int

    @property
    def searchable(self) -> bool:
        """Whether words can be looked for in it."""
        ...

    def draw(self, page: int, wide: int = 0) -> Image.Image:
        """A page, from 0, in its full sharpness or about so many pixels wide; RGB, without anything beside the pixels."""
        ...

    def find(self, words: Sequence[str], /) -> Iterator[tuple[int, Mark]]:
        """Where these words stand, by page."""
        ...

    def write(self, pictures: Iterator[Image.Image], out: BinaryIO) -> None:
        """The pages as a file of the same kind."""
        ...


def open_paper(content: bytes, most_pages: int) -> Paper:
    """The file of these bytes. Raises `No`."""
    paper: Paper = Pdf(content) if content[:1024].lstrip().startswith(b"%PDF-") else Picture(content)
    if paper.pages > most_pages:
        raise No("file-too-large")
    return paper


class Pdf:
    """A PDF document, by PDFium. Forms and remarks are drawn as a reader would see them."""

    kind = "pdf"

    def __init__(self, content: bytes) -> None:
        try:
            self._pdf = pdfium.PdfDocument(content)
        except pdfium.PdfiumError as error:
            locked = error.err_code == raw.FPDF_ERR_PASSWORD
            raise No("file-locked" if locked else "file-unreadable") from None
        if self._pdf.get_formtype() != raw.FORMTYPE_NONE:
            self._pdf.init_forms()
        self.pages = len(self._pdf)
        if not self.pages:
            raise No("file-unreadable")

    @property
    def searchable(self) -> bool:
        """Whether some page has text."""
        return any(self._letters(page) for page in range(self.pages))

    def draw(self, page: int, wide: int = 0) -> Image.Image:
        """A page as it would be printed. Raises `No`."""
        sheet = self._page(page)
        across, down = self._size(sheet)
        most = min(math.sqrt(_PAGE_PIXELS / (across * down)), _LONGEST_SIDE / max(across, down))
        scale = min(wide / across if wide else _SHARP / _POINT, most)
        drawn: Image.Image = sheet.render(scale=scale, may_draw_forms=True).to_pil().convert("RGB")
        sheet.close()
        return drawn

    def find(self, words: Sequence[str]) -> Iterator[tuple[int, Mark]]:
        """Each place in the text layer, line by line."""
        for page in range(self.pages):
            sheet = self._page(page)
            text = sheet.get_textpage()
            for word in words:
                search = text.search(word)
                text.count_rects()  # PDFium fills its list of rectangles by counting them
                while found := search.get_next():
                    for at in range(text.count_rects(*found)):
                        yield page, self._mark(sheet, text.get_rect(at))
            text.close()
            sheet.close()

    def write(self, pictures: Iterator[Image.Image], out: BinaryIO) -> None:
        """A document of pictures."""
        flat = FlatPdf(out)
        for page, picture in enumerate(pictures):
            sheet = self._page(page)
            flat.page(_jpeg(picture, _QUALITY), picture.size, self._size(sheet))
            sheet.close()
        flat.finish()

    def _page(self, page: int) -> pdfium.PdfPage:
        try:
            return self._pdf[page]
        except pdfium.PdfiumError:
            raise No("file-unreadable") from None

    @staticmethod
    def _size(sheet: pdfium.PdfPage) -> tuple[float, float]:
        across, down = sheet.get_size()
        return max(across, 1.0), max(down, 1.0)

    def _letters(self, page: int) -> int:
        sheet = self._page(page)
        text = sheet.get_textpage()
        count: int = text.count_chars()
        text.close()
        sheet.close()
        return count

    @staticmethod
    def _mark(sheet: pdfium.PdfPage, box: tuple[float, float, float, float]) -> Mark:
        """A box of the page's own coordinates, which may be turned or cropped, as it is seen."""
        x, y = ctypes.c_int(), ctypes.c_int()
        corners = []
        for across, up in ((box[0], box[1]), (box[2], box[3])):
            raw.FPDF_PageToDevice(sheet, 0, 0, _FINE, _FINE, 0, across, up, x, y)
            corners.append((x.value * 100 / _FINE, y.value * 100 / _FINE))
        (left, right), (top, bottom) = (sorted(side) for side in zip(*corners, strict=True))
        left, top = max(left - _MARGIN, 0.0), max(top - _MARGIN, 0.0)
        right, bottom = min(right + _MARGIN, 100.0), min(bottom + _MARGIN, 100.0)
        return left, top, right - left, bottom - top


class Picture:
    """A picture, or a TIFF of several. Of others that move, what is seen first."""

    def __init__(self, content: bytes) -> None:
        Image.MAX_IMAGE_PIXELS = MOST_PIXELS
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            self._image = Image.open(io.BytesIO(content), formats=tuple(_PICTURES))
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise No("file-too-large") from None
        except UnidentifiedImageError:
            raise No("file-not-redactable") from None
        except (OSError, SyntaxError, ValueError, TypeError, EOFError):
            raise No("file-unreadable") from None
        self._format = str(self._image.format)
        self.kind = _PICTURES[self._format]
        self.pages = int(getattr(self._image, "n_frames", 1)) if self.kind == "tiff" else 1

    @property
    def searchable(self) -> bool:
        """No machine here reads pictures."""
        return False

    def draw(self, page: int, wide: int = 0) -> Image.Image:
        """The picture upright, on white where it is seen through. Raises `No`."""
        try:
            if self.kind == "tiff":
                self._image.seek(page)
            if self._image.width * self._image.height > MOST_PIXELS:
                raise No("file-too-large")
            seen = _plain(ImageOps.exif_transpose(self._image))
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise No("file-too-large") from None
        except (OSError, SyntaxError, ValueError, TypeError, EOFError, IndexError):
            raise No("file-unreadable") from None
        if wide and seen.width > wide:
            seen = seen.resize((wide, max(round(seen.height * wide / seen.width), 1)))
        return seen

    def find(self, _words: Sequence[str]) -> Iterator[tuple[int, Mark]]:
        """Nothing."""
        yield from ()

    def write(self, pictures: Iterator[Image.Image], out: BinaryIO) -> None:
        """The picture in its own format."""
        made = io.BytesIO()
        first = next(pictures)
        match self.kind:
            case "tiff":
                first.save(made, "TIFF", compression="tiff_deflate", save_all=True, append_images=pictures)
            case "jpeg":
                made.write(_jpeg(first, 92))
            case _:
                first.save(made, self._format, lossless=True)
        out.write(made.getvalue())


def blackened(picture: Image.Image, boxes: Sequence[Box]) -> Image.Image:
    """The picture with these boxes of pixels black."""
    for box in boxes:
        picture.paste((0, 0, 0), box)
    return picture


def _plain(image: Image.Image) -> Image.Image:
    """Pixels in RGB and nothing beside them."""
    if image.mode.startswith("I"):
        image = image.point(lambda value: value / 256).convert("L")  # sixteen bits of grey
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        seen = Image.new("RGB", image.size, (255, 255, 255))
        clear = image.convert("RGBA")
        seen.paste(clear, mask=clear.getchannel("A"))
        return seen
    drawn = image.convert("RGB")
    return Image.frombytes("RGB", drawn.size, drawn.tobytes())


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality, subsampling=0, optimize=True)
    return out.getvalue()
