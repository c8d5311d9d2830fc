"""The command line of Sitthi: `python starter.py`, or `sitthi` where it is installed."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import suppress
from io import TextIOWrapper

import typer

from cli import (
    audit,
    change,
    datamap,
    decide,
    disclosures,
    doctor,
    drill,
    edit,
    errands,
    files,
    finance,
    hand_over,
    holds,
    intake,
    law,
    letters,
    locate,
    look,
    mend,
    owed,
    pace,
    policy,
    recipients,
    refusals,
    restore,
    retention,
    reveal,
    self_link,
    serve,
    stack,
    staff,
    suppression,
    tasks,
    tenant,
    token,
    webhook,
)
from cli.voice import Speaking

EXIT_CODES = (
    "Exit codes: 0 done; 1 the demonstration went otherwise than told; 2 bad input; 3 not found; 4 not allowed; "
    "5 conflict with what stands; 6 a part cannot be reached, try again; 7 refused, a person must look; "
    "8 what is stored cannot be trusted. An error is one line on standard error: "
    "error: code (what, where): the way out."
)

app = typer.Typer(
    cls=Speaking,
    name="sitthi",
    help="Data-subject rights under Thailand's PDPA, from receipt to proof.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain help: drawing it with Rich takes longer than many commands
    pretty_exceptions_enable=False,
)


@app.callback()
def sitthi() -> None:
    """Data-subject rights under Thailand's PDPA, from receipt to proof."""


for command, name in (
    (stack.up, "up"),
    (stack.demo, "demo"),
    (stack.migrate, "migrate"),
    (doctor.doctor, "doctor"),
    (intake.open_request, "open"),
    (look.fields, "fields"),
    (look.list_cases, "list"),
    (locate.locate, "locate"),
    (look.status, "status"),
    (reveal.wish, "wish"),
    (reveal.candidates, "candidates"),
    (decide.choose, "choose"),
    (decide.verify, "verify"),
    (decide.authorise, "authorise"),
    (decide.identity_copy, "identity-copy"),
    (look.duplicates, "duplicates"),
    (change.merge, "merge"),
    (change.amend, "amend"),
    (change.withdraw, "withdraw"),
    (look.plan, "plan"),
    (edit.edit, "edit"),
    (decide.propose, "propose"),
    (decide.confirm, "confirm"),
    (decide.refuse, "refuse"),
    (mend.proceed, "proceed"),
    (mend.call_off, "call-off"),
    (mend.repair, "repair"),
    (mend.hand, "hand"),
    (pace.progress, "progress"),
    (pace.extend, "extend"),
    (pace.retime, "retime"),
    (mend.cancel, "cancel"),
    (hand_over.export, "export"),
    (change.reopen, "reopen"),
    (change.review, "review"),
    (change.lift, "lift"),
    (change.incident, "incident"),
    (change.redact, "redact"),
    (holds.complaint, "complaint"),
    (owed.obligations, "obligations"),
    (owed.release, "release"),
    (owed.settle, "settle"),
    (restore.replay, "replay"),
    (refusals.refusals, "refusals"),
):
    app.command(name)(command)
app.add_typer(law.app, name="law")
app.add_typer(policy.app, name="policy")
app.add_typer(letters.app, name="letters")
app.add_typer(tasks.app, name="tasks")
app.add_typer(recipients.app, name="recipients")
app.add_typer(errands.app, name="errands")
app.add_typer(finance.app, name="finance")
app.add_typer(files.app, name="files")
app.add_typer(holds.app, name="hold")
app.add_typer(retention.app, name="retention")
app.add_typer(disclosures.app, name="disclose")
app.add_typer(datamap.app, name="datamap")
app.add_typer(drill.app, name="drill")
app.add_typer(suppression.app, name="suppression")
app.add_typer(staff.app, name="staff")
app.add_typer(tenant.app, name="tenant")
app.add_typer(token.app, name="token")
app.add_typer(webhook.app, name="webhook")
app.add_typer(self_link.app, name="link")
app.add_typer(audit.app, name="audit")
app.add_typer(serve.app, name="serve")


def main() -> None:
    """Entry point."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without Thai still gets its facts
    # Not `app()`: Typer would put a hook of its own before ours, and its tracebacks show what variables hold.
    code = 0
    try:
        typer.main.get_command(app)()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    # Threads of Temporal's core may ask for the interpreter while it ends, and abort it (sdk-python #300): what the
    # command did stands by now, and nothing is left to end but its output.
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
