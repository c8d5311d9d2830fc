"""What a file is, by its own first bytes: neither its name nor what its sender says is believed."""

from __future__ import annotations

import puremagic

HEAD = 4096
"""Bytes that are looked at."""

_ENDINGS = {
    ".pdf": "pdf",
    **dict.fromkeys((".jpeg", ".jpg", ".jpe", ".jfif"), "jpeg"),
    ".png": "png",
    **dict.fromkeys((".tiff", ".tif"), "tiff"),
    **dict.fromkeys((".heif", ".heic"), "heif"),
    ".webp": "webp",
    **dict.fromkeys((".mp3", ".mpga"), "mp3"),
    ".wav": "wav",
    ".m4a": "m4a",
}


def kind_of(head: bytes) -> str:
    """The usual ending of a file's kind, as `pdf`; empty for one that is none of those that we know."""
    try:
        likeliest = puremagic.magic_string(head[:HEAD])[0]
    except (puremagic.PureError, ValueError, IndexError):
        return ""
    return _ENDINGS.get(likeliest.extension, "")
