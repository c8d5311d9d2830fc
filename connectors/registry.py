"""Which kinds of systems there are, and the systems file that names the company's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from connectors.datamap_read import load_map
from connectors.datamap_yaml import Node, read_yaml
from connectors.sendgrid import SendgridConnector
from connectors.sendgrid_api import BASE as SENDGRID
from connectors.sendgrid_api import Api as SendgridApi
from connectors.sendgrid_map import SHIPPED as SENDGRID_MAP
from connectors.sendgrid_map import load_sendgrid_map, read_account
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


def _sendgrid(name: str, stanza: Node, surroundings: Surroundings, _secret: bytes) -> Connector:
    given = stanza.fields(
        needs=("name", "kind", "key_env", "purposes"),
        may=("url", "url_env", "map", "activity", "global", "settles_minutes"),
    )
    asked = given["key_env"].text()
    if not surroundings.get(asked):
        raise given["key_env"].wrong("key-not-set", f"set {asked}")
    base = _address(given, stanza, surroundings) if {"url", "url_env"} & given.keys() else SENDGRID
    file = Path(stanza.file).parent / given["map"].text() if "map" in given else SENDGRID_MAP
    api = SendgridApi(name, surroundings[asked], base=base)
    return SendgridConnector(api, load_sendgrid_map(name, file), read_account(given))


KINDS: dict[str, Opener] = {
    "sendgrid": _sendgrid,
    "sql": _sql,
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
