"""What was blackened is gone from the bytes, and so is everything that stood beside or behind the pages."""

from __future__ import annotations

import io
import resource
import subprocess
import zlib
from collections.abc import Iterator
from contextlib import suppress

import pikepdf
import pypdfium2  # type: ignore[import-untyped]
import pytest
from PIL import Image

from domain.errors import BadInput
from domain.redacting import Region, of_cells, region, whole
from exports.burning.burner import ProcessBurner
from tests.support.papers import NAME, SECRET, document, picture

BURNER = ProcessBurner()
OWN = "Malee Jaidee"


def burnt(content: bytes, *regions: Region) -> bytes:
    out = io.BytesIO()
    BURNER.burn(content, regions, out)
    return out.getvalue()


def words(pdf: bytes) -> str:
    read = subprocess.run(["pdftotext", "-", "-"], input=pdf, capture_output=True, check=True)
    return read.stdout.decode().strip()


def everything(pdf: bytes) -> bytes:
    """The bytes, and those of all streams unpacked."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        streams = [one.read_raw_bytes() for one in opened.objects if isinstance(one, pikepdf.Stream)]
    return pdf + b"".join(streams) + b"".join(_inflated(streams))


def _inflated(streams: list[bytes]) -> Iterator[bytes]:
    for one in streams:
        try:
            yield zlib.decompress(one)
        except zlib.error:
            continue


def pages(pdf: bytes) -> list[Image.Image]:
    opened = pypdfium2.PdfDocument(pdf)
    return [page.render(scale=1).to_pil().convert("RGB") for page in opened]


def at(image: Image.Image, left: float, top: float) -> tuple[int, ...]:
    found = image.getpixel((int(image.width * left / 100), int(image.height * top / 100)))
    assert isinstance(found, tuple)
    return found


def extremes(image: Image.Image, box: tuple[int, int, int, int]) -> tuple[int, int]:
    """The darkest and the lightest of any colour in a box of pixels."""
    inside = image.crop(box).tobytes()
    return min(inside), max(inside)


def test_a_document_becomes_pictures_with_the_found_words_black_and_nothing_else_of_it() -> None:
    original = document(OWN, NAME, pages=2)
    assert NAME in words(original)
    assert SECRET.encode() in everything(original)
    sheets = BURNER.look(original)
    assert (sheets.kind, sheets.pages, sheets.searchable) == ("pdf", 2, True)
    found = BURNER.find(original, [NAME.upper()])
    assert [one.page for one in found] == [1, 2]
    made = burnt(original, *found)
    assert words(made) == ""
    told = everything(made)
    assert not any(hidden in told for hidden in (SECRET.encode(), NAME.encode(), OWN.encode()))
    with pikepdf.open(io.BytesIO(made)) as opened:
        assert set(opened.Root.keys()) == {"/Type", "/Pages"}
        assert set(opened.trailer.keys()) == {"/Size", "/Root"}
        kinds = {key for page in opened.pages for key in page.obj.keys()}  # noqa: SIM118 - no mapping
        assert kinds == {"/Type", "/Parent", "/MediaBox", "/Resources", "/Contents"}
        assert [page.mediabox[2:] for page in opened.pages] == [[595, 842]] * 2
    for before, after, one in zip(pages(original), pages(made), found, strict=True):
        box = [one.left, one.top, one.left + one.width, one.top + one.height]
        across, down = before.size
        frame = [round(side * of / 100) for side, of in zip(box, (across, down) * 2, strict=True)]
        inside = (frame[0] + 2, frame[1] + 2, frame[2] - 2, frame[3] - 2)
        assert extremes(after, inside)[1] < 12
        assert extremes(before, inside)[1] > 200
        # what is the person's own stays as it was
        own = (0, 0, across, frame[1] - 4)
        assert extremes(after, own)[0] < 100


@pytest.mark.parametrize("turned", [90, 180, 270])
def test_words_of_a_turned_page_are_found_where_they_are_seen(turned: int) -> None:
    original = document(NAME, turned=turned)
    [found] = BURNER.find(original, [NAME])
    [before], [after] = pages(original), pages(burnt(original, found))
    box = (found.left, found.top, found.left + found.width, found.top + found.height)
    left, top, right, bottom = (round(side * of / 100) for side, of in zip(box, after.size * 2, strict=True))
    for page, least in ((before, 255), (after, 200)):
        # all letters are beneath it: its surroundings are bare
        page.paste((255, 255, 255), (left - 3, top - 3, right + 3, bottom + 3))
        assert extremes(page, (left - 20, top - 20, right + 20, bottom + 20))[0] >= least
    [after] = pages(burnt(original, found))
    assert at(after, found.left + found.width / 2, found.top + found.height / 2) == (0, 0, 0)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_keeps_its_format_and_loses_all_but_its_pixels(kind: str) -> None:
    original = picture(kind)
    assert SECRET.encode() in original
    assert BURNER.look(original).kind == kind.lower()
    made = burnt(original, region(1, 60, 10, 30, 80))
    assert SECRET.encode() not in made
    seen = Image.open(io.BytesIO(made))
    assert (seen.format, seen.size) == (kind, (400, 300))
    assert not seen.getexif()
    assert not {"icc_profile", "comment", "exif", "xmp", "Comment", "XML:com.adobe.xmp"} & set(seen.info)
    if kind == "PNG":
        assert not [name for name in (b"tEXt", b"iTXt", b"zTXt", b"eXIf", b"iCCP") if name in made]
    drawn = seen.convert("RGB")
    assert max(at(drawn, 75, 50)) < 8
    assert at(drawn, 20, 50)[0] > 150
    # JPEG spreads an edge over its own block, not beyond
    assert extremes(drawn, (256, 40, 352, 256))[1] < 8


def test_a_picture_is_marked_as_it_is_seen_though_its_camera_was_turned() -> None:
    made = burnt(picture(turned=True), region(1, 0, 0, 100, 50))
    seen = Image.open(io.BytesIO(made))
    assert seen.size == (300, 400)
    assert max(at(seen, 50, 25)) < 8
    assert at(seen, 50, 75)[2] > 150


def test_pages_of_a_tiff_are_pages() -> None:
    original = picture("TIFF")
    assert BURNER.look(original).pages == 2
    made = burnt(original, whole(2))
    assert SECRET.encode() not in made
    seen = Image.open(io.BytesIO(made))
    assert at(seen.convert("RGB"), 20, 50) == (200, 30, 30)
    seen.seek(1)
    assert seen.convert("RGB").getextrema() == ((0, 0),) * 3


def test_what_is_seen_through_shows_nothing_that_was_beneath() -> None:
    clear = Image.new("RGBA", (40, 40), (10, 200, 10, 0))
    out = io.BytesIO()
    clear.save(out, "PNG")
    seen = Image.open(io.BytesIO(burnt(out.getvalue(), region(1, 0, 0, 10, 10))))
    assert at(seen, 50, 50) == (255, 255, 255)


def test_the_page_to_look_at_shows_marks_and_the_check_shows_what_is_handed_over() -> None:
    original = document(OWN)
    here = region(1, 0, 0, 50, 20)
    marked = Image.open(io.BytesIO(BURNER.page(original, 1, [here])))
    given = Image.open(io.BytesIO(BURNER.page(original, 1, [here], burnt=True)))
    assert max(at(given, 25, 15)) < 12
    assert at(marked, 25, 15)[0] > 200
    with pytest.raises(BadInput, match="page unknown"):
        BURNER.page(original, 2)


def bomb() -> bytes:
    """A picture of 60,000 times 60,000 pixels in a few bytes."""
    small = io.BytesIO()
    Image.new("1", (8, 8)).save(small, "PNG")
    whole_file = small.getvalue()
    head = b"IHDR" + (60_000).to_bytes(4, "big") * 2 + whole_file[24:29]
    return whole_file[:12] + head + zlib.crc32(head).to_bytes(4, "big") + whole_file[33:]


def packed_bomb() -> bytes:
    """A document whose only picture unpacks to billions of bytes."""
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=(595, 842))
    data = zlib.compress(bytes(30_000 * 1_000), 9)
    image = pdf.make_stream(data)
    image.update(
        {
            "/Type": pikepdf.Name.XObject,
            "/Subtype": pikepdf.Name.Image,
            "/Width": 30_000,
            "/Height": 60_000,
            "/ColorSpace": pikepdf.Name.DeviceRGB,
            "/BitsPerComponent": 8,
            "/Filter": pikepdf.Name.FlateDecode,
        }
    )
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(P=image))
    page.Contents = pdf.make_stream(b"q 595 0 0 842 0 0 cm /P Do Q")
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def locked() -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(document(OWN))) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(owner="a", user="b"))
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"PK\x03\x04 a word processor's file", "file-not-redactable"),
        (b"GIF89a" + bytes(100), "file-not-redactable"),
        (b"%PDF-1.7 and then nothing", "file-unreadable"),
        (picture()[:300], "file-unreadable"),
        (bomb(), "file-too-large"),
        (locked(), "file-locked"),
        (bytes(33 << 20), "file-too-large"),
    ],
    ids=["office", "gif", "cut", "half", "bomb", "locked", "bytes"],
)
def test_what_cannot_be_drawn_is_refused_by_code(content: bytes, code: str) -> None:
    with pytest.raises(BadInput) as refused:
        burnt(content, whole(1))
    assert refused.value.code == code


def torn() -> bytes:
    """A picture of two pages, of which the second can't be read."""
    first, second = Image.new("RGB", (200, 200), "white"), Image.radial_gradient("L").convert("RGB")
    out = io.BytesIO()
    first.save(out, "TIFF", save_all=True, append_images=[second], compression="tiff_deflate")
    read = Image.open(out)
    read.seek(1)
    content, at_strip = bytearray(out.getvalue()), read.tag_v2[273][0]  # type: ignore[attr-defined]
    content[at_strip : at_strip + 64] = b"\xff" * 64
    return bytes(content)


def test_a_file_that_breaks_off_after_its_first_page_is_no_redacted_file() -> None:
    original = torn()
    assert BURNER.look(original).pages == 2
    with pytest.raises(BadInput, match="file unreadable"):
        burnt(original, whole(1))


def test_words_that_stand_everywhere_are_not_marked_one_by_one() -> None:
    crowded = document(*["a " * 60] * 10)
    with pytest.raises(BadInput, match="regions too many"):
        BURNER.find(crowded, ["a"])


def test_a_document_of_many_pages_is_refused() -> None:
    with pytest.raises(BadInput, match="file too large"):
        ProcessBurner(most_pages=2).look(document(OWN, pages=3))


def test_a_picture_that_unpacks_without_end_takes_neither_our_memory_nor_us() -> None:
    original = packed_bomb()
    # drawn within its bounds without what it could not unpack, or refused
    with suppress(BadInput):
        assert Image.open(io.BytesIO(BURNER.page(original, 1))).width == 1000
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 1 << 20, "in kilobytes"
    assert BURNER.look(document(OWN)).pages == 1


def test_cells_become_few_rectangles() -> None:
    assert of_cells(1, []) == ()
    [one] = of_cells(3, [0, 1, 10, 11])
    assert (one.page, one.left, one.top, one.width) == (3, 0, 0, 20)
    assert one.height == pytest.approx(200 / 14)
    assert len(of_cells(1, [0, 2, 13])) == 3
    assert sum(each.width * each.height for each in of_cells(1, range(140))) == pytest.approx(10_000)
    with pytest.raises(BadInput):
        of_cells(1, [140])


@pytest.mark.parametrize("sides", [(-1, 0, 5, 5), (0, 0, 0, 5), (96, 0, 5, 5), (float("nan"), 0, 5, 5)])
def test_a_region_lies_on_its_page(sides: tuple[float, float, float, float]) -> None:
    with pytest.raises(BadInput, match="outside"):
        region(1, *sides)
