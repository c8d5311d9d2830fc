"""Files that come over the network: judged by their own bytes before any of them is kept."""

from __future__ import annotations

from collections.abc import Sequence

from domain.answer_links import Upload
from domain.errors import BadInput
from domain.uploads import LARGEST, MOST, TAKEN
from security.sniffing import HEAD, kind_of

BLOCK = 1 << 18
"""Bytes that are copied at a time."""


def endings_of(files: Sequence[Upload]) -> list[str]:
    """The kind of each file by its own bytes, as its usual ending.

    Raises:
        BadInput: too many or too large together (`files-too-large`), or of a kind that is not taken
            (`file-kind-refused`).
    """
    if len(files) > MOST or sum(one.size for one in files) > LARGEST:
        raise BadInput(
            "files-too-large", f"at most {MOST} files of {LARGEST >> 20} MiB together", field="files"
        )
    endings = []
    for one in files:
        one.content.seek(0)
        ending = kind_of(one.content.read(HEAD))
        if ending not in TAKEN:
            raise BadInput("file-kind-refused", "give PDF, a picture or a recording", field="files")
        endings.append(ending)
    return endings
