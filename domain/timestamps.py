"""The port to a time stamping authority (TSA, RFC 3161): a third party that says what stood there at which time."""

from __future__ import annotations

from typing import Protocol


class TimeAuthority(Protocol):
    """Stamps digests. It sees nothing else of what is stamped."""

    @property
    def name(self) -> str:
        """The authority's host, as it is told to people."""
        ...

    def stamp(self, digest: bytes) -> bytes:
        """A TimeStampToken (DER) over this SHA-256 digest (32 bytes).

        Raises:
            Unavailable: the authority can't be reached, or can't answer now.
            Refused: it will not stamp, or its answer is none to this request.
        """
        ...
