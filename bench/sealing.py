"""How fast payloads and files are sealed and opened; nothing is promised, but it should not surprise."""

from __future__ import annotations

import asyncio
import secrets

from temporalio.api.common.v1 import Payload
from temporalio.converter import WorkflowSerializationContext

from bench.place import Place
from bench.rows import Row, seconds_of
from security.codec import CaseCodec
from security.ports import KeyPurpose

_PAYLOADS, _SIZE = 2_000, 1_024
_PIECE, _PIECES = 1 << 20, 64
_CASE = "c-bench"


def measure(place: Place) -> list[Row]:
    place.house.ring.ensure(KeyPurpose.CASE, _CASE)
    context = WorkflowSerializationContext(namespace="default", workflow_id=_CASE)
    codec = CaseCodec(place.house.ring).with_context(context)
    payload, piece, files = (
        Payload(data=secrets.token_bytes(_SIZE)),
        secrets.token_bytes(_PIECE),
        place.house.tools.files,
    )

    async def there_and_back() -> None:
        for _ in range(_PAYLOADS):
            await codec.decode(await codec.encode([payload]))

    def write() -> None:
        with files.write(_CASE, "bench") as out:
            for _ in range(_PIECES):
                out.write(piece)

    def read() -> None:
        with files.read(_CASE, "bench") as source:
            while source.read(_PIECE):
                pass

    asyncio.run(there_and_back())
    per_second = _PAYLOADS / seconds_of(lambda: asyncio.run(there_and_back()))
    written, opened = (_PIECES / seconds_of(work) for work in (write, read))
    return [
        Row("payloads of 1 kB sealed and opened", per_second, "/s", rate=True),
        Row("sealed file written", written, "MB/s", rate=True),
        Row("sealed file read", opened, "MB/s", rate=True),
    ]
