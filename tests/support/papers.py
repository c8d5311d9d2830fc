"""Files as strangers send them: with words, pictures, and everything that hides behind what is seen."""

from __future__ import annotations

import io

import pikepdf
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

SECRET = "SECRET-OTHER-PERSON"
"""Stands in everything that must not come along."""
NAME = "Somchai Otherman"


def document(*lines: str, pages: int = 1, turned: int = 0) -> bytes:
    """A PDF of text, with an attachment, a form, a remark, metadata and a script; each page bears the lines."""
    pdf = pikepdf.new()
    for _ in range(pages):
        page = pdf.add_blank_page(page_size=(595, 842))
        font = pdf.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
            )
        )
        page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
        text = "\n".join(
            f"BT /F1 18 Tf 60 {742 - 60 * number} Td ({line}) Tj ET" for number, line in enumerate(lines)
        )
        page.Contents = pdf.make_stream(text.encode())
        page.Rotate = turned
        page.Annots = pikepdf.Array([pdf.make_indirect(_remark()), pdf.make_indirect(_field())])
    fields = [page.Annots[1] for page in pdf.pages]
    pdf.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array(fields))
    pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=f"app.alert('{SECRET}')")
    pdf.attachments["other.txt"] = pikepdf.AttachedFileSpec(  # type: ignore[call-arg]
        pdf, SECRET.encode(), filename="other.txt"
    )
    with pdf.open_metadata() as about:
        about["dc:title"] = SECRET
    pdf.docinfo["/Author"] = SECRET
    out = io.BytesIO()
    pdf.save(out, compress_streams=False)
    return out.getvalue()


def _remark() -> pikepdf.Dictionary:
    return pikepdf.Dictionary(
        Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Text, Rect=[10, 10, 30, 30], Contents=SECRET
    )


def _field() -> pikepdf.Dictionary:
    return pikepdf.Dictionary(
        Type=pikepdf.Name.Annot,
        Subtype=pikepdf.Name.Widget,
        FT=pikepdf.Name.Tx,
        T="other",
        V=SECRET,
        Rect=[60, 40, 300, 60],
    )


def picture(kind: str = "JPEG", size: tuple[int, int] = (400, 300), *, turned: bool = False) -> bytes:
    """A picture, red on the left and blue on the right, with all that cameras write beside the pixels."""
    image = Image.new("RGB", size, (200, 30, 30))
    ImageDraw.Draw(image).rectangle((size[0] // 2, 0, *size), fill=(30, 30, 200))
    exif = Image.Exif()
    exif[0x010E] = SECRET
    exif[0x0112] = 6 if turned else 1
    out = io.BytesIO()
    match kind:
        case "PNG":
            told = PngInfo()
            told.add_text("Comment", SECRET)
            told.add_itxt("XML:com.adobe.xmp", f"<x>{SECRET}</x>")
            image.save(out, kind, pnginfo=told, exif=exif, icc_profile=SECRET.encode())
        case "JPEG":
            image.save(out, kind, exif=exif, comment=SECRET, icc_profile=SECRET.encode(), quality=95)
        case "WEBP":
            image.save(out, kind, exif=exif, xmp=SECRET.encode(), icc_profile=SECRET.encode(), lossless=True)
        case _:
            second = Image.new("RGB", size, (30, 200, 30))
            image.save(out, kind, exif=exif, save_all=True, append_images=[second])
    return out.getvalue()
