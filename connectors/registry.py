"""Which kinds of systems there are, and the systems file that names the company's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from connectors.datamap_read import load_map
from connectors.datamap_yaml import Node, read_yaml
from connectors.s3 import S3Connector
from connectors.s3_map_read import load_store_map
from connectors.s3_store import Access
from connectors.sql import SqlConnector
from domain.connector import Connector
from domain.keys import SEPARATOR

Surroundings = Mapping[str, str]
"""Addresses by name, where a systems file says `url_env`; the entry point brings them."""

Opener = Callable[[str, Node, Surroundings, bytes], Connector]


def _address(given: Mapping[str, Node], stanza: Node, surroundings: Surroundings) -> str:
    if ("url" in given) == ("url_env" in given):
        raise stanza.wrong("address-unclear", "give `url` or `url_env`, one of them")
    if "url" in given:
        return given["url"].text()
    name = given["url_env"].text()
    if not surroundings.get(name):
        raise given["url_env"].wrong("address-not-set", f"set {name}")
    return surroundings[name]


def _sql(name: str, stanza: Node, surroundings: Surroundings, secret: bytes) -> Connector:
    given = stanza.fields(needs=("name", "kind", "map"), may=("url", "url_env"))
    datamap = load_map(Path(stanza.file).parent / given["map"].text())
    return SqlConnector(name, _address(given, stanza, surroundings), datamap, secret=secret)


def _s3(name: str, stanza: Node, surroundings: Surroundings, secret: bytes) -> Connector:
    """Without keys those of the machine's own role are used, as AWS gives them; without an address AWS's own."""
    keys = ("access_key_env", "secret_key_env")
    given = stanza.fields(needs=("name", "kind", "map"), may=("endpoint", "endpoint_env", "region", *keys))
    if (keys[0] in given) != (keys[1] in given):
        raise stanza.wrong("keys-unclear", "give both `access_key_env` and `secret_key_env`, or neither")
    if "endpoint" in given and "endpoint_env" in given:
        raise stanza.wrong("address-unclear", "give `endpoint` or `endpoint_env`, one of them")
    access = Access(
        endpoint=given["endpoint"].text()
        if "endpoint" in given
        else _surrounding(given, "endpoint_env", surroundings),
        region=given["region"].text() if "region" in given else "",
        access_key=_surrounding(given, keys[0], surroundings),
        secret_key=_surrounding(given, keys[1], surroundings),
    )
    objects = load_store_map(Path(stanza.file).parent / given["map"].text())
    return S3Connector(name, access, objects, secret=secret)


def _surrounding(given: Mapping[str, Node], key: str, surroundings: Surroundings) -> str:
    """What stands under the name that the stanza gives; empty where it gives none."""
    if key not in given:
        return ""
    name = given[key].text()
    if not surroundings.get(name):
        raise given[key].wrong("address-not-set", f"set {name}")
    return surroundings[name]


KINDS: dict[str, Opener] = {
    "sql": _sql,
    "s3": _s3,
}
"""One line a kind."""


def open_connectors(
    systems_file: Path, surroundings: Surroundings, *, secret: bytes = b""
) -> dict[str, Connector]:
    """The connected systems by name, in the file's order. Nothing is reached yet: `check` does that.

    `secret` keys the hashes that data maps may ask for; keep it the same for ever.

    Raises:
        DataMapInvalid: the systems file or a map breaks its rules; names file and line.
        Refused: an address is none.
    """
    found: dict[str, Connector] = {}
    for stanza in read_yaml(systems_file).fields(needs=("systems",), may=("controllers",))["systems"].parts():
        given = dict(stanza.pairs())
        for key in ("name", "kind"):
            if key not in given:
                raise stanza.wrong("key-missing", f"give `{key}`")
        name = given["name"].text()
        if name in found or SEPARATOR in name:
            raise given["name"].wrong("system-name", f"each name once, without {SEPARATOR!r}")
        opener = KINDS[given["kind"].choice(tuple(KINDS))]
        found[name] = opener(name, stanza, surroundings, secret)
    return found
