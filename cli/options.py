"""Options that many commands share, so that they are spelt and explained once."""

from __future__ import annotations

from typing import Annotated

import typer

Reference = Annotated[
    str, typer.Argument(help="The case, as DSR-2569-000123.", metavar="REF", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Tell facts as one JSON object, for machines.")]
Credential = Annotated[
    str,
    typer.Option(
        help="@FILE with the credential of who acts, or - for standard input; else SITTHI_STAFF_CREDENTIAL.",
        metavar="@FILE",
        show_default=False,
    ),
]
Reason = Annotated[
    str,
    typer.Option(
        help="Why, in a sentence; kept sealed. @FILE and - are taken too.",
        metavar="TEXT",
        show_default=False,
    ),
]
ReasonCode = Annotated[
    str,
    typer.Option(
        help="Why, as a word or a ticket's number: it stays in the audit chain.",
        metavar="CODE",
        show_default=False,
    ),
]
Wait = Annotated[
    bool, typer.Option("--wait", help="Come back when the case needs a person or is closed, not before.")
]
