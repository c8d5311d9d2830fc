"""Forms with files: read into memory within a bound, so that no plain copy of what was sent ever touches a disk."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from domain.answer_links import Upload
from domain.uploads import LARGEST, MOST

BODY_LIMIT = LARGEST + (1 << 20)
"""Bytes of such a form: the files, and what is written beside them."""

_FIELDS = 400
_FIELD = 16 * 1024
AT_ONCE = 4
"""So many are read at a time: memory is bounded by these, whoever sends."""
WITHIN = 300.0
"""Seconds that one may take: who sends a byte now and then must not keep everybody else's turn."""


class _InMemory(MultiPartParser):
    spool_max_size = BODY_LIMIT


async def read_form(request: Request, turn: asyncio.Semaphore) -> FormData:
    """The fields and files of a form, when its turn has come.

    Raises `HTTPException`: 400 for what is none, 408 for one that takes too long, 413 for one that is too large.
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await request.form(max_files=0, max_fields=_FIELDS)
    async with turn, aclosing(request.stream()) as stream:
        parser = _InMemory(request.headers, stream, max_files=MOST, max_fields=_FIELDS, max_part_size=_FIELD)
        try:
            async with asyncio.timeout(WITHIN):
                return await parser.parse()
        except MultiPartException:
            raise HTTPException(400) from None
        except TimeoutError:
            raise HTTPException(408) from None


def uploads(form: FormData, name: str, *, ref: str = "") -> list[Upload]:
    """The files of one field, those left out that are empty: a browser sends one where nothing was chosen."""
    return [
        Upload(title=one.filename or "", size=one.size, content=one.file, ref=ref)
        for one in form.getlist(name)
        if isinstance(one, UploadFile) and one.size
    ]
