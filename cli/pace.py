"""The clock of a case: more time where a law gives it, another calendar, word to who waits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.days import day_to_come
from cli.given import Given, one_of
from cli.options import AsJson, Credential, Reason, Reference
from cli.voice import out, tell_json

if TYPE_CHECKING:
    from domain.deadlines import Terms

DELAYS = ("volume", "system", "others", "review")


def extend(
    reference: Reference,
    *,
    days: Annotated[int, typer.Option(help="So many calendar days later.", min=1, max=365)],
    reason: Reason,
    credential: Credential = "",
    as_json: AsJson = False,
) -> None:
    """Give a case more time, where a law allows it. The policy names that law; the Act itself does not."""
    from cli.office import open_office

    given = Given()
    why = given.reason(reason)
    with open_office(credential, given) as office:
        terms = office.act(lambda desk: desk.extend(reference, days, actor=office.actor, reason=why))
    _tell(reference, terms, as_json=as_json)


def retime(
    reference: Reference, *, reason: Reason, credential: Credential = "", as_json: AsJson = False
) -> None:
    """Reckon a case's days under the calendar as it is now, after a holiday was announced. No promise gets shorter."""
    from cli.office import open_office

    given = Given()
    why = given.reason(reason)
    with open_office(credential, given) as office:
        moved = office.act(lambda desk: desk.retime(reference, actor=office.actor, reason=why))
        terms = moved or office.view(reference).case.terms
    _tell(reference, terms, moved=moved is not None, as_json=as_json)


def progress(
    reference: Reference,
    *,
    because: Annotated[str, typer.Option(help=f"One of {', '.join(DELAYS)}.", metavar="WHY")],
    expected: Annotated[
        str, typer.Option(help="The day of the answer as it is foreseen, in either era.", metavar="DATE")
    ],
    credential: Credential = "",
    as_json: AsJson = False,
) -> None:
    """Tell the person how it stands (L3), and when the answer is expected. It moves no deadline."""
    from domain.case import Because, Progress

    why = Because(one_of(because, DELAYS, "--because"))
    word = Progress(because=why, expected_on=day_to_come(expected, "--expected"))
    from cli.office import open_office

    with open_office(credential) as office:
        office.act(lambda desk: desk.progress(reference, word, actor=office.actor))
    told = {"reference": reference, "because": why.value, "expected_on": word.expected_on.isoformat()}
    tell_json(told) if as_json else out().print(f"{reference}: told", highlight=False)


def _tell(reference: str, terms: Terms, *, as_json: bool, moved: bool = True) -> None:
    from cli.text import day

    told = {
        "reference": reference,
        "moved": moved,
        "decide_by": terms.decide_by.isoformat(),
        "due_on": terms.strict.isoformat(),
        "terms_version": terms.version,
    }
    if as_json:
        tell_json(told)
        return
    how = f"terms version {terms.version}" if moved else "nothing moves"
    out().print(
        f"{reference}: {how}, decide by {day(terms.decide_by)}, due {day(terms.strict)}", highlight=False
    )
