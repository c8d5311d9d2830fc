"""Sends packages to other controllers over HTTPS (s.31 ¶1(1)): one PUT, streamed, under a key that makes it once.

The systems file names who takes packages by machine; nobody else can be sent anything:

    controllers:
      - {name: othercrm, url: "https://dsr.othercrm.example/packages", token_env: OTHERCRM_TOKEN}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import httpx

from connectors.datamap_yaml import Node, read_yaml
from connectors.registry import Surroundings
from domain.case import Bundle
from domain.errors import NotFound, Refused, Unavailable

_BLOCK = 1 << 18
_PATIENCE = httpx.Timeout(30.0, write=120.0)
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True)
class Controller:
    """Another controller and where it takes packages; `token` is what it knows us by."""

    url: str
    token: str = ""


class HttpTransfers:
    """Implements `domain.documents.Transfers`."""

    def __init__(self, controllers: Mapping[str, Controller]) -> None:
        self._controllers = dict(controllers)

    def knows(self, to: str) -> bool:
        """Whether that controller takes packages by machine."""
        return to in self._controllers

    def send(self, to: str, key: str, bundle: Bundle, content: BinaryIO) -> None:
        """Hand the package over, streamed. The receiver tells a repetition by `Idempotency-Key` and the digest.

        Raises:
            NotFound: no such controller.
            Unavailable: it can't be reached, or can't take it now.
            Refused: it will not take it.
        """
        controller = self._controllers.get(to)
        if controller is None:
            raise NotFound("controller-unknown", "name it in the systems file", system=to)
        headers = {
            "Content-Type": "application/zip",
            "Content-Length": str(bundle.size),
            "Idempotency-Key": key,
            "Digest": f"sha-256={bundle.sha256}",
        }
        if controller.token:
            headers["Authorization"] = f"Bearer {controller.token}"
        try:
            # No redirect is followed: a package goes where the company said, and nowhere else.
            answer = httpx.put(
                controller.url, content=_blocks(content), headers=headers, timeout=_PATIENCE, trust_env=False
            )
        except httpx.HTTPError:
            raise Unavailable("controller-unreachable", "it is tried again", system=to) from None
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS or answer.is_server_error:
            raise Unavailable(
                "controller-not-ready", "it is tried again", system=to, status=answer.status_code
            )
        if not answer.is_success:
            raise Refused("controller-refuses", "ask them", system=to, status=answer.status_code)


def open_transfers(systems_file: Path, surroundings: Surroundings) -> HttpTransfers:
    """The controllers of the systems file.

    Raises:
        DataMapInvalid: a stanza breaks its rules, or an address is not HTTPS; names file and line.
    """
    file = read_yaml(systems_file).fields(needs=("systems",), may=("controllers",))
    found: dict[str, Controller] = {}
    for stanza in file["controllers"].parts() if "controllers" in file else ():
        given = stanza.fields(needs=("name", "url"), may=("token_env",))
        token = surroundings.get(given["token_env"].text(), "") if "token_env" in given else ""
        found[given["name"].text()] = Controller(_address(given["url"]), token)
    return HttpTransfers(found)


def _address(node: Node) -> str:
    url = node.text()
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise node.wrong("address-not-https", "personal data travels under TLS only")
    return url


def _blocks(content: BinaryIO) -> Iterator[bytes]:
    while block := content.read(_BLOCK):
        yield block
