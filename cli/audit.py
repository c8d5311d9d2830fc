"""`audit`: whether the chain of events is whole."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import AsJson
from cli.voice import Speaking, out, tell_json, working
from domain.errors import BadInput, ChainBroken

if TYPE_CHECKING:
    from cases.audit import Head

app = typer.Typer(cls=Speaking, help="The audit chain.", no_args_is_help=True)

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
    as_json: AsJson = False,
) -> None:
    """Walk the whole chain; name the first link that fails, and exit with 8. Needs no credential: it shows counts."""
    from cli.office import open_house

    head = _head(published) if published else None
    with open_house() as house, working("walking the chain", quiet=as_json):
        try:
            found = house.room.audit.verify(head)
        except ChainBroken as error:
            if as_json:
                tell_json({"intact": False, "first_broken": error.facts})
            raise
    if as_json:
        tell_json({"intact": True, "events": found.count, "head": found.chain})
    else:
        out().print(f"intact: {found.count} events; publish {found.count}:{found.chain}", highlight=False)


def _head(text: str) -> Head:
    from cases.audit import Head

    parts = _HEAD.fullmatch(text.strip())
    if parts is None:
        raise BadInput("malformed-head", "give it as `audit verify` printed it, N:HASH", field="--published")
    return Head(count=int(parts[1]), chain=parts[2])
