"""Keeping scans of requests: judged by their own first bytes, sealed under each case of the request.

Keeping one is no activity: an officer enters it with the request.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from activities.tools import Tools
from domain.answer_links import Upload
from domain.errors import BadInput
from domain.scans import MEDIA, MOST, ref_of
from domain.uploads import LARGEST
from security.sniffing import HEAD, kind_of


def check(scans: Sequence[Upload]) -> None:
    """Judge them before a request is opened. Raises `BadInput`: too many or too large, or a kind that is not taken."""
    if len(scans) > MOST or sum(one.size for one in scans) > LARGEST:
        raise BadInput(
            "scans-too-large", f"at most {MOST} files of {LARGEST >> 20} MiB together", field="scan"
        )
    for one in scans:
        if _kind(one) not in MEDIA:
            raise BadInput("scan-kind-refused", "give PDF or a picture", field="scan")


def keep(tools: Tools, cases: Sequence[str], scans: Sequence[Upload], *, actor: str) -> None:
    """Keep them with every case; the same ones again change nothing. They were checked.

    Raises:
        KeyShredded, NotFound: of the case.
    """
    for one in scans:
        kind = _kind(one)
        one.content.seek(0)
        content = one.content.read()
        made = f"s{hashlib.sha256(content).hexdigest()[:24]}"
        for case in cases:
            ref = ref_of(made, kind)
            with tools.files.write(case, ref) as out:
                out.write(content)
            tools.scans.enter(case, made, kind, tools.files.measure(case, ref), actor=actor)


def _kind(one: Upload) -> str:
    one.content.seek(0)
    return kind_of(one.content.read(HEAD))
