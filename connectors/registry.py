"""Which kinds of systems there are, and the systems file that names the company's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from connectors.datamap_read import load_map
from connectors.datamap_yaml import Node, read_yaml
from connectors.sql import SqlConnector
from connectors.stripe import Account, StripeConnector
from connectors.stripe_api import BASE as STRIPE
from connectors.stripe_map import SHIPPED as STRIPE_MAP
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


def _stripe(name: str, stanza: Node, surroundings: Surroundings, _secret: bytes) -> Connector:
    """`mode` says whether real payments are meant: a key of the other mode is refused before anything is asked."""
    may = ("url", "url_env", "map", "redaction", "events")
    given = stanza.fields(needs=("name", "kind", "key_env", "mode"), may=may)
    asked = given["key_env"].text()
    if not surroundings.get(asked):
        raise given["key_env"].wrong("key-not-set", f"set {asked}")
    base = _address(given, stanza, surroundings) if {"url", "url_env"} & given.keys() else STRIPE
    if not base.startswith(_SAFE):
        raise stanza.wrong("address-unsafe", "a key travels over https:// only")
    account = Account(
        key=surroundings[asked],
        live=given["mode"].choice(("test", "live")) == "live",
        base=base,
        redaction="redaction" in given and given["redaction"].choice(("yes", "no")) == "yes",
        events="events" not in given or given["events"].choice(("read", "leave")) == "read",
    )
    file = Path(stanza.file).parent / given["map"].text() if "map" in given else STRIPE_MAP
    return StripeConnector(name, account, file)


_SAFE = ("https://", "http://127.0.0.1:", "http://localhost:")

KINDS: dict[str, Opener] = {
    "sql": _sql,
    "stripe": _stripe,
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
