"""`tasks`: what people must do by hand; listed, handed to somebody, done."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any

import typer

from cli import known
from cli.given import Given
from cli.options import AnyReference, AsJson, Credential, Reason, To
from cli.voice import Speaking, out, tell_json

_LIST = "list"


class _Listing(Speaking):
    """`tasks`, `tasks REF` and `tasks --all` list, without saying so."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As the group does, with `list` put before what is no command of it."""
        if not args or args[0] not in {*self.commands, *ctx.help_option_names}:
            args = [_LIST, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(cls=_Listing, help="What people must do by hand: `tasks [REF] [--all]` lists.")

Number = Annotated[int, typer.Argument(metavar="ID", help="As `tasks` numbers them.", min=1)]


@app.command(_LIST)
def list_tasks(
    reference: AnyReference = "",
    *,
    every: Annotated[bool, typer.Option("--all", help="Also those that are done.")] = False,
    as_json: AsJson = False,
) -> None:
    """Tasks of one case or of all, the oldest first. Shows nothing of the persons."""
    from cli import particulars, show
    from cli.office import open_house

    with open_house() as house:
        case = house.room.register.view(reference).case.id if reference else ""
        told = particulars.tasks(house.room, case, done=every)
    tell_json({"tasks": told}) if as_json else out().print(show.task_table(told))


@app.command()
def hand(number: Number, *, to: To, credential: Credential = "") -> None:
    """Give a task to a member of staff."""
    from cli.office import open_office

    given, member = Given(), to.strip()
    with open_office(credential, given) as office:
        known.check_staff(office, member)
        office.house.room.tasks.hand(number, member, actor=office.actor)
    out().print(f"{number}: in the hand of {member}", highlight=False)


@app.command()
def done(number: Number, *, reason: Reason, credential: Credential = "") -> None:
    """Say that a task is done, and how: that a letter was delivered, say. Saying it again changes nothing."""
    _close(number, reason, credential, done=True)


@app.command()
def drop(number: Number, *, reason: Reason, credential: Credential = "") -> None:
    """Close a task that was not done. Nobody is told that it was, and what still needs it asks anew."""
    _close(number, reason, credential, done=False)


def _close(number: int, reason: str, credential: str, *, done: bool) -> None:
    from cli.office import open_office
    from domain.errors import Unavailable
    from domain.staffing import Deed, deed_of_task

    given = Given()
    why = given.reason(reason)
    with open_office(credential, given) as office:
        for code in {one.code for one in office.house.room.tasks.of() if one.id == number}:
            if (deed := deed_of_task(code)) is Deed.SETTLE:
                office.must_do(deed)
        case = office.house.room.tasks.close(number, actor=office.actor, reason=why, done=done)
        with suppress(Unavailable):  # Temporal is away: whoever waits looks by themself
            office.act(lambda desk: desk.wake(case))
    out().print(f"{number}: {'done' if done else 'dropped'}", highlight=False)
