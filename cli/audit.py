"""`audit`: whether the chain of events is whole."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import audit_export
from cli.options import AsJson
from cli.voice import Speaking, out, tell_json, working
from domain.errors import BadInput, ChainBroken, Integrity

if TYPE_CHECKING:
    from bootstrap import House
    from cases.audit import Head

app = typer.Typer(cls=Speaking, help="The audit chain.", no_args_is_help=True)

app.command("export")(audit_export.export)
app.command("approve")(audit_export.approve)
app.command("exports")(audit_export.exports)
app.command("key")(audit_export.key)

_HEAD = re.compile(r"(\d{1,18}):([0-9a-f]{64})")


@app.callback()
def _audit() -> None:
    """The audit chain."""


@app.command()
def verify(
    *,
    published: Annotated[
        str,
        typer.Option(
            help="An end that was published earlier: the chain must pass through it.", metavar="N:HASH"
        ),
    ] = "",
    heads: Annotated[
        Path | None,
        typer.Option(
            help="Directory of published heads: the chain must pass through all of them.", metavar="DIR"
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Walk the whole chain; name the first link that fails, and exit with 8. Needs no credential: it shows counts."""
    from cli.office import open_house

    given = [_head(published)] if published else []
    with open_house() as house, working("walking the chain", quiet=as_json):
        given += _published(house, heads) if heads else []
        try:
            found = house.room.audit.verify(*given)
        except ChainBroken as error:
            if as_json:
                tell_json({"intact": False, "first_broken": error.facts})
            raise
    if as_json:
        tell_json({"intact": True, "events": found.count, "head": found.chain, "published": len(given)})
    else:
        out().print(f"intact: {found.count} events; publish {found.count}:{found.chain}", highlight=False)


@app.command("publish-head")
def publish_head(*, as_json: AsJson = False) -> None:
    """Publish the chain's head now, as a schedule does every day. Needs no credential: it shows counts and hashes."""
    from cli.office import open_house

    with open_house() as house, working("signing the head", quiet=as_json):
        head, places = house.publish.publish()
    if as_json:
        tell_json({"head": head.model_dump(), "places": list(places)})
        return
    out().print(f"{head.count} events, head {head.chain}, signed by {head.key}", highlight=False)
    for place in places:
        out().print(place, highlight=False)


def _published(house: House, directory: Path) -> list[Head]:
    """The heads of a directory, if this engine signed them all. Raises `BadInput`, `Integrity`."""
    from cases.audit import Head
    from connectors.heads import DirectoryHeads, name_of
    from security.signing import is_signed

    if not directory.is_dir():
        raise BadInput("not-a-directory", "name the directory of the heads", field="--heads")
    found = DirectoryHeads(directory).heads()
    own = house.publish.signing.public()
    for head in found:
        if head.key != own or not is_signed(own, "audit-head", head.signed_part(), head.signature):
            raise Integrity("published-head-forged", "this engine did not sign it", file=name_of(head))
    return [Head(count=head.count, chain=head.chain) for head in found if head.count]


def _head(text: str) -> Head:
    from cases.audit import Head

    parts = _HEAD.fullmatch(text.strip())
    if parts is None:
        raise BadInput("malformed-head", "give it as `audit verify` printed it, N:HASH", field="--published")
    return Head(count=int(parts[1]), chain=parts[2])
