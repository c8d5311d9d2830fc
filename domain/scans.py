"""Scans of requests that came on paper: kept sealed with the case, and gone with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

from domain.case import Bundle
from domain.value import Value

MEDIA: Mapping[str, str] = MappingProxyType(
    {
        "pdf": "application/pdf",
        "jpeg": "image/jpeg",
        "png": "image/png",
        "webp": "image/webp",
        "tiff": "image/tiff",
        "heif": "image/heif",
    }
)
"""The kinds that are taken by their usual ending, and how a browser calls them."""

MOST = 10
"""Files of one request."""


class Scan(Value):
    """One scan; its id is of its content, so that the same one kept again is no other."""

    id: str
    case: str
    kind: str
    size: int
    sha256: str
    by: str
    at: datetime

    @property
    def ref(self) -> str:
        """Where it lies sealed, of its case."""
        return ref_of(self.id, self.kind)


def ref_of(scan: str, kind: str) -> str:
    """Where a scan lies sealed, of its case."""
    return f"scans/{scan}.{kind}"


class Scans(Protocol):
    """The register of scans."""

    def enter(self, case: str, scan: str, kind: str, kept: Bundle, *, actor: str) -> None:
        """It is kept; told once, however often. Raises `NotFound`."""
        ...

    def of(self, case: str) -> tuple[Scan, ...]:
        """Those of a case, the oldest first."""
        ...
