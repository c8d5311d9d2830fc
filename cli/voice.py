"""How the command line speaks: facts on standard output, everything else on standard error, an error in one line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from domain.errors import SitthiError

if TYPE_CHECKING:
    from rich.console import Console

# Typer carries Click's exceptions without naming this one in public; it is the base of the one that it does.
_UsageError: type[Any] = typer.BadParameter.__mro__[1]
_USAGE = 2


class Speaking(TyperGroup):
    """A group of commands that ends in one line and an exit code, whatever error of ours it meets."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command.

        Raises:
            typer.Exit: with `SitthiError.exit_code`, or 2 for a command that was not understood.
        """
        try:
            return super().invoke(ctx)
        except SitthiError as error:
            typer.echo(in_one_line(error), err=True)
            raise typer.Exit(error.exit_code) from None
        except ExceptionGroup as group:  # what went wrong side by side
            ours, foreign = group.split(SitthiError)
            if ours is None or foreign is not None:
                raise
            raise typer.Exit(_tell_each(ours)) from None
        except _UsageError as error:
            typer.echo(_misunderstood(error, error.ctx or ctx), err=True)
            raise typer.Exit(_USAGE) from None


def _tell_each(group: BaseExceptionGroup[SitthiError]) -> int:
    """A line an error; the exit code is the first one's."""
    codes: list[int] = []
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            codes.append(_tell_each(error))
        else:
            typer.echo(in_one_line(error), err=True)
            codes.append(error.exit_code)
    return codes[0]


def in_one_line(error: SitthiError) -> str:
    """The error as people read it: `error: malformed-email (field --email): write one address as ...`."""
    named = ", ".join(f"{key} {_option(error, key, value)}" for key, value in error.facts.items())
    told = f"error: {error.code}" + (f" ({named})" if named else "")
    return " ".join((f"{told}: {error.mend}" if error.mend else told).split())


def _misunderstood(error: Any, ctx: Any) -> str:
    told: str = error.format_message()
    if "\n" in told:  # a group without a command: its help
        return told
    return f"error: usage: {told} (`{ctx.command_path} --help` tells more)"


def _option(error: SitthiError, key: str, value: object) -> object:
    # Of a file a field is a field; of a command it is an option.
    if key != "field" or "file" in error.facts or str(value).startswith("-"):
        return value
    return f"--{value}"


def out() -> Console:
    """Where facts go. As wide as the terminal; in a pipe wide enough not to break a reference or a name."""
    from rich.console import Console

    return Console() if sys.stdout.isatty() else Console(width=160)


def aside() -> Console:
    """Where progress and remarks go."""
    from rich.console import Console

    return Console(stderr=True)


def tell_json(facts: Mapping[str, object]) -> None:
    """One JSON object on standard output: keys as they are documented, dates in ISO, Thai as it is."""
    typer.echo(json.dumps(facts, ensure_ascii=False, indent=2, default=str))


@contextmanager
def working(what: str, *, quiet: bool = False) -> Iterator[None]:
    """Show that something takes its time, to a person at a terminal only."""
    console = aside()
    if quiet or not console.is_terminal:
        yield
        return
    with console.status(what):
        yield
