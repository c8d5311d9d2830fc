"""The command line of Sitthi: `python starter.py`, or `sitthi` where it is installed."""

from __future__ import annotations

import sys

import typer

from cli import audit, decide, doctor, hand_over, holds, intake, look, mend, serve, stack, staff
from cli.voice import Speaking

EXIT_CODES = (
    "Exit codes: 0 done; 1 the demonstration went otherwise than told; 2 bad input; 3 not found; 4 not allowed; "
    "5 conflict with what stands; 6 a part cannot be reached, try again; 7 refused, a person must look; "
    "8 what is stored cannot be trusted. An error is one line on standard error: "
    "error: code (what, where): the way out."
)
SERVE, CASES, OFFICE, STACK = "Programs", "Cases", "Office", "This machine"

app = typer.Typer(
    cls=Speaking,
    name="sitthi",
    help="Data-subject rights under Thailand's PDPA, from receipt to proof.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def sitthi() -> None:
    """Data-subject rights under Thailand's PDPA, from receipt to proof."""


for command, name, panel in (
    (stack.up, "up", STACK),
    (stack.demo, "demo", STACK),
    (stack.migrate, "migrate", STACK),
    (doctor.doctor, "doctor", STACK),
    (intake.open_request, "open", CASES),
    (look.list_cases, "list", CASES),
    (look.status, "status", CASES),
    (look.candidates, "candidates", CASES),
    (decide.choose, "choose", CASES),
    (decide.verify, "verify", CASES),
    (look.plan, "plan", CASES),
    (decide.propose, "propose", CASES),
    (decide.confirm, "confirm", CASES),
    (decide.refuse, "refuse", CASES),
    (mend.proceed, "proceed", CASES),
    (mend.call_off, "call-off", CASES),
    (mend.repair, "repair", CASES),
    (mend.extend, "extend", CASES),
    (mend.cancel, "cancel", CASES),
    (hand_over.export, "export", CASES),
):
    app.command(name, rich_help_panel=panel)(command)
app.add_typer(holds.app, name="hold", rich_help_panel=OFFICE)
app.add_typer(staff.app, name="staff", rich_help_panel=OFFICE)
app.add_typer(audit.app, name="audit", rich_help_panel=OFFICE)
app.add_typer(serve.app, name="serve", rich_help_panel=STACK)


def main() -> None:
    """Entry point."""
    # Not `app()`: Typer would put a hook of its own before ours, and its tracebacks show what variables hold.
    sys.exit(typer.main.get_command(app)())


if __name__ == "__main__":
    main()
