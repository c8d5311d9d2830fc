"""Options that many commands share, so that they are spelt and explained once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def as_kept(reference: str) -> str:
    """A reference as the register writes it, however it was typed: `dsr-2569-000123` in capitals, an id in small."""
    plain = reference.strip()
    return plain.upper() if plain[:4].casefold() == "dsr-" else plain


Reference = Annotated[
    str,
    typer.Argument(help="The case, as DSR-2569-000123.", metavar="REF", show_default=False, callback=as_kept),
]
AnyReference = Annotated[
    str,
    typer.Argument(help="The case; all of them unless said.", metavar="[REF]", callback=as_kept),
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
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help=(
            "What is asked beyond the right's name; the value may be @FILE. against= (objection: marketing, "
            "interest, research), because= (restriction: accuracy, unlawful, claims, objection), purpose= "
            "(withdrawal: codes of consents, all unless said), transfer-to= (portability), a field to correct "
            "(rectification; `fields` lists them), units= (any right: codes of data). Several with commas; for "
            "`amend` an empty value takes it back."
        ),
        metavar="FIELD=VALUE",
    ),
]
Agent = Annotated[
    str, typer.Option(help="Who acts for the person; also @FILE or -. With --authority.", metavar="NAME")
]
Authority = Annotated[
    str, typer.Option(help="What shows that they may; also @FILE or -. With --agent.", metavar="TEXT")
]
ActsAs = Annotated[
    str,
    typer.Option(
        "--capacity",
        help="In which they ask: self, minor, parent, custodian, curator, agent, lawyer, heir, employer; an agent's where one is named.",
        metavar="WORD",
    ),
]
Born = Annotated[
    str,
    typer.Option("--born", help="A minor's date of birth, in either era; also @FILE or -.", metavar="DATE"),
]
To = Annotated[
    str, typer.Option("--to", help="A member of staff, as `staff list` names them.", metavar="S-...")
]
Systems = Annotated[
    Path | None,
    typer.Option(
        "--systems",
        help="Another systems file than the installation's: a stranger's database and its data map.",
        metavar="FILE",
        show_default=False,
    ),
]
Wait = Annotated[
    bool, typer.Option("--wait", help="Come back when the case needs a person or is closed, not before.")
]
