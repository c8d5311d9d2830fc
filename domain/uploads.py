"""Files that come over the network: which kinds are taken, and what they are called. Their first bytes say what they are."""

from __future__ import annotations

TAKEN = frozenset({"pdf", "jpeg", "png", "tiff", "heif", "webp", "mp3", "wav", "m4a"})
"""By usual ending: documents, pictures and recordings; nothing that a program would run, nor archives, nor web pages."""

LARGEST = 16 << 20
"""Bytes of all files of one answer together."""

MOST = 20
"""Files of one answer."""

_LONGEST = 80


def title_of(name: str, ending: str) -> str:
    """What a file is called: what its sender called it, without a path or a false ending, with its true one."""
    bare = name.replace("\\", "/").rpartition("/")[2]
    stem = bare.rpartition(".")[0] or bare
    clean = "".join(char for char in stem if char.isprintable()).strip(" .")
    return f"{clean[:_LONGEST] or 'file'}.{ending}"
