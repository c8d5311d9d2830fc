"""Which kinds of systems there are, and the systems file that names the company's own.

A vendor's SDK weighs some ten megabytes in every process, so a kind is loaded when a company has a system of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from pathlib import Path

from connectors.datamap_bases import check_bases
from connectors.datamap_read import load_map
from connectors.datamap_yaml import Node, read_yaml
from connectors.manual import Desk, ManualConnector
from connectors.manual_map import load_manual_map
from connectors.sql import SqlConnector
from domain.connector import Connector
from domain.item import Basis
from domain.keys import SEPARATOR

Surroundings = Mapping[str, str]
"""Addresses by name, where a systems file says `url_env`; the entry point brings them."""

Opener = Callable[[str, Node, Surroundings, bytes], Connector]

MANUAL = "manual"


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


_KEYS = ("access_key", "secret_key")


def _s3(name: str, stanza: Node, surroundings: Surroundings, secret: bytes) -> Connector:
    """Without keys those of the machine's own role are used, as AWS gives them; without an address AWS's own."""
    from connectors.s3 import S3Connector
    from connectors.s3_map_read import load_store_map
    from connectors.s3_store import Access

    said = tuple(word for one in ("endpoint", *_KEYS) for word in (one, f"{one}_env"))
    given = stanza.fields(needs=("name", "kind", "map"), may=("region", *said))
    endpoint, *keys = (_said(stanza, given, one, surroundings) for one in ("endpoint", *_KEYS))
    if not all(keys) and any(keys):
        raise stanza.wrong("keys-unclear", "give `access_key` and `secret_key`, or neither")
    region = given["region"].text() if "region" in given else ""
    access = Access(endpoint=endpoint, region=region, access_key=keys[0], secret_key=keys[1])
    objects = load_store_map(Path(stanza.file).parent / given["map"].text())
    return S3Connector(name, access, objects, secret=secret)


def _said(stanza: Node, given: Mapping[str, Node], key: str, surroundings: Surroundings) -> str:
    """What the stanza says, or the surroundings under the name that it gives in `<key>_env`; empty where neither."""
    named = f"{key}_env"
    if key in given and named in given:
        raise stanza.wrong("address-unclear", f"give `{key}` or `{named}`, one of them")
    if key in given:
        return given[key].text()
    if named not in given:
        return ""
    name = given[named].text()
    if not surroundings.get(name):
        raise given[named].wrong("address-not-set", f"set {name}")
    return surroundings[name]


def _key(given: Mapping[str, Node], stanza: Node, surroundings: Surroundings) -> str:
    if ("key" in given) == ("key_env" in given):
        raise stanza.wrong("key-unclear", "give `key` or `key_env`, one of them")
    if "key" in given:
        return given["key"].text()
    name = given["key_env"].text()
    if not surroundings.get(name):
        raise given["key_env"].wrong("key-not-set", f"set {name}")
    return surroundings[name]


def _sendgrid(name: str, stanza: Node, surroundings: Surroundings, _secret: bytes) -> Connector:
    from connectors.sendgrid import SendgridConnector
    from connectors.sendgrid_api import BASE, Api
    from connectors.sendgrid_map import SHIPPED, load_sendgrid_map, read_account

    given = stanza.fields(
        needs=("name", "kind", "purposes"),
        may=("key", "key_env", "url", "url_env", "map", "activity", "global", "settles_minutes"),
    )
    key = _key(given, stanza, surroundings)
    base = _address(given, stanza, surroundings) if {"url", "url_env"} & given.keys() else BASE
    file = Path(stanza.file).parent / given["map"].text() if "map" in given else SHIPPED
    api = Api(name, key, base=base)
    return SendgridConnector(api, load_sendgrid_map(name, file), read_account(given))


def _stripe(name: str, stanza: Node, surroundings: Surroundings, _secret: bytes) -> Connector:
    """`mode` says whether real payments are meant: a key of the other mode is refused before anything is asked."""
    from connectors.stripe import Account, StripeConnector
    from connectors.stripe_api import BASE
    from connectors.stripe_map import SHIPPED

    may = ("key", "key_env", "url", "url_env", "map", "redaction", "events")
    given = stanza.fields(needs=("name", "kind", "mode"), may=may)
    key = _key(given, stanza, surroundings)
    base = _address(given, stanza, surroundings) if {"url", "url_env"} & given.keys() else BASE
    if not base.startswith(_SAFE):
        raise stanza.wrong("address-unsafe", "a key travels over https:// only")
    account = Account(
        key=key,
        live=given["mode"].choice(("test", "live")) == "live",
        base=base,
        redaction="redaction" in given and given["redaction"].choice(("yes", "no")) == "yes",
        events="events" not in given or given["events"].choice(("read", "leave")) == "read",
    )
    file = Path(stanza.file).parent / given["map"].text() if "map" in given else SHIPPED
    return StripeConnector(name, account, file)


def _manual(
    desk: Desk | None, name: str, stanza: Node, _surroundings: Surroundings, secret: bytes
) -> Connector:
    """What people keep: they are asked at the desk, and `owner` sees to it."""
    given = stanza.fields(needs=("name", "kind", "map"), may=("owner",))
    kept = load_manual_map(name, Path(stanza.file).parent / given["map"].text())
    owner = given["owner"].text() if "owner" in given else ""
    return ManualConnector(name, kept, desk, owner=owner, secret=secret)


_SAFE = ("https://", "http://127.0.0.1:", "http://localhost:")

KINDS: dict[str, Opener] = {
    "sendgrid": _sendgrid,
    "sql": _sql,
    "s3": _s3,
    "stripe": _stripe,
}
"""One line a kind; `MANUAL` beside them, which asks at the desk."""


Bases = Mapping[str, Collection[Basis]]
"""The lawful bases that the policy states for each data unit."""


def open_connectors(
    systems_file: Path,
    surroundings: Surroundings,
    *,
    secret: bytes = b"",
    bases: Bases | None = None,
    desk: Desk | None = None,
) -> dict[str, Connector]:
    """The connected systems by name, in the file's order. Nothing is reached yet: `check` does that.

    `secret` keys the hashes that data maps may ask for; keep it the same for ever. `bases` are the policy's: a table
    on another basis than its unit's is refused. `desk` is where people are asked; without one they can't be.

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
        kind = given["kind"].choice((*KINDS, MANUAL))
        opener = partial(_manual, desk) if kind == MANUAL else KINDS[kind]
        found[name] = opened = opener(name, stanza, surroundings, secret)
        if bases is not None and isinstance(opened, SqlConnector):
            check_bases(opened.datamap, bases)
    return found
