"""`law`: until when, and why. Answers from the policy alone; needs no database, no server and no credential."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.days import any_day
from cli.given import one_of
from cli.options import AsJson
from cli.voice import Speaking, out, tell_json
from domain.entering import day_or_instant
from domain.errors import BadInput

if TYPE_CHECKING:
    from policy.answers import Answer, Step
    from policy.model import Policy

app = typer.Typer(
    cls=Speaking, help="The law, computed: dates and where they come from.", no_args_is_help=True
)

_MOST_YEARS = 100
_MOST_DAYS = 3650


@app.command()
def due(
    *,
    right: Annotated[str, typer.Option(help="The right, as access or erasure.", metavar="RIGHT")],
    received: Annotated[
        str,
        typer.Option(
            help="The Bangkok day of receipt, in either era, or an instant as 2026-11-22T17:00:00Z.",
            metavar="DATE",
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """By when a request must be answered. Strict day, day rolled over holidays, and day to plan for."""
    from domain.rights import right_named
    from policy import answers

    asked, instant = right_named(right), day_or_instant(received, "--received")
    _tell(answers.due(_policy(), asked, instant), as_json=as_json)


@app.command()
def order(
    *,
    served: Annotated[
        str,
        typer.Option(
            help="The Bangkok day on which it was served, in either era, or an instant.", metavar="DATE"
        ),
    ],
    days: Annotated[
        int, typer.Option(help="Within how many days, as the order itself says.", min=1, max=_MOST_DAYS)
    ] = 30,
    as_json: AsJson = False,
) -> None:
    """By when an order of the Expert Committee or สคส. must be done. Strict day, day rolled over holidays, day to plan for."""
    from policy import answers

    _tell(answers.ordered(_policy(), day_or_instant(served, "--served"), days), as_json=as_json)


@app.command()
def hold(
    *,
    rule: Annotated[
        str, typer.Option(help="A rule's code, as H-ACC; or a data unit's, as U01, for its retention.")
    ],
    document_date: Annotated[
        str,
        typer.Option(
            help="The document's own date, for rules that count from a closing date.", metavar="DATE"
        ),
    ] = "",
    event_date: Annotated[
        str, typer.Option(help="The day that the rule counts from: filed, entered, ended.", metavar="DATE")
    ] = "",
    fiscal_year_end: Annotated[
        str, typer.Option(help="Month and day; the policy's unless said.", metavar="MM-DD")
    ] = "",
    years: Annotated[
        int | None,
        typer.Option(help="Another period; never less than the law's.", min=1, max=_MOST_YEARS),
    ] = None,
    since: Annotated[str, typer.Option(help="Which of a unit's events it is.", metavar="EVENT")] = "",
    as_json: AsJson = False,
) -> None:
    """How long a record must be kept. First day on which it may be erased, and what the law's own part of it is."""
    from policy import answers

    document, event = any_day(document_date, "--document-date"), any_day(event_date, "--event-date")
    policy, code = _policy(), rule.strip().upper()
    if code in policy.units:
        _tell(_kept(policy, code, event, since), as_json=as_json)
        return
    books = _books(fiscal_year_end) if fiscal_year_end else None
    _tell(
        answers.hold(policy, code, document=document, event=event, books=books, years=years or 0),
        as_json=as_json,
    )


def _kept(policy: Policy, unit: str, event: Any, since: str) -> Answer:
    from domain.retention import Since
    from policy import answers

    if event is None:
        raise BadInput("hold-without-date", "give the day that it counts from", field="--event-date")
    named = Since(one_of(since, tuple(Since), "--since")) if since else None
    return answers.kept(policy, unit, event, named)


def _books(ends: str) -> Any:
    from datetime import date

    from domain.holds import FiscalYear

    try:
        date.fromisoformat(f"2000-{ends.strip()}")  # a leap year: 02-29 is a year end too
    except ValueError:
        raise BadInput("no-such-day", "write month and day as 12-31", field="--fiscal-year-end") from None
    return FiscalYear(ends=ends.strip())


def _policy() -> Policy:
    from policy.load import load_policy
    from settings import Settings

    return load_policy(Settings.from_environment().policy)


def told(answer: Answer) -> dict[str, Any]:
    """An answer for machines, each step in words of both languages."""
    return {**answer.model_dump(mode="json"), "why": [_step(step) for step in answer.why]}


def _step(step: Step) -> dict[str, Any]:
    from cli.text import catalogues

    words = {
        language: catalogue(
            f"law.steps.{step.code}",
            to=catalogue.day(step.to),
            since=catalogue.day(step.since) if step.since else "",
            count=step.count,
        ).replace("\u00a0", " ")
        for language, catalogue in catalogues().items()
    }
    return {**step.model_dump(mode="json"), **words}


def _tell(answer: Answer, *, as_json: bool) -> None:
    if as_json:
        tell_json(told(answer))
        return
    from cli import show_law

    for each in show_law.answer(told(answer)):
        out().print(each)
