"""What happens to a request on its way: amended, withdrawn, merged, taken up again, reviewed, a restriction lifted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli import known
from cli.given import Given, one_of, reason_code
from cli.options import Agent, AsJson, Authority, Credential, Reason, ReasonCode, Reference, Set, as_kept
from cli.voice import out, tell_json
from domain.errors import BadInput
from domain.seconding import DeathShown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.links import Amendment, Relation


ReplyTo = Annotated[
    str, typer.Option("--reply-to", help="Answers go there, once it is proved. @FILE or -.", metavar="E")
]
OfAge = Annotated[
    bool,
    typer.Option(
        "--of-age",
        help="A minor came of age: nobody acts for them any more, nor is written to. Their own address: --reply-to.",
    ),
]
Instead = Annotated[
    str, typer.Option(help="Another right instead: this case ends, and that one begins.", metavar="RIGHT")
]
Died = Annotated[
    str,
    typer.Option(
        help=f"The person died, and this was seen of it: {', '.join(DeathShown)}. Once a second member of staff says"
        " the same, the request ends (s.6).",
        metavar="CODE",
    ),
]


def amend(  # noqa: PLR0913 - a request changes in so many ways, and in one at a time
    reference: Reference,
    *,
    reason: Reason,
    change: Set = None,
    reply_to: ReplyTo = "",
    agent: Agent = "",
    authority: Authority = "",
    of_age: OfAge = False,
    right: Instead = "",
    died: Died = "",
    credential: Credential = "",
    as_json: AsJson = False,
) -> None:
    """Change a request before fulfilment begins. It is planned anew; what was decided on the older plan is void."""
    from domain.case import Moved

    given = Given()
    kinds = {
        Moved.SCOPE: bool(change),
        Moved.REPLY_TO: bool(reply_to) and not of_age,
        Moved.AGENT: bool(agent or authority),
        Moved.OF_AGE: of_age,
        Moved.RIGHT: bool(right),
        Moved.DEATH: bool(died),
    }
    said = [kind for kind, is_said in kinds.items() if is_said]
    if len(said) != 1:
        mend = "give one of --set, --reply-to, --agent with --authority, --of-age, --right and --died"
        raise BadInput("one-change-at-a-time", mend, count=len(said))
    amendment = _amendment(given, said[0], change or [], reply_to, (agent, authority), right, died)
    why = given.reason(reason)
    from cli.office import open_office

    with open_office(credential, given) as office:
        known.check_units(office.house.policy, {key: str(value) for key, value in amendment.changes.items()})
        done = office.act(lambda desk: desk.amend(reference, amendment, actor=office.actor, reason=why))
    kind = said[0].value
    line = f"amended ({kind})" if done else f"{kind} told; another member of staff says the same"
    if as_json:
        tell_json({"reference": reference, "amended" if done else "proposed": kind})
    else:
        _say(f"{reference}: {line}")


def _amendment(  # noqa: PLR0917 - the values of the six kinds
    given: Given,
    moved: str,
    change: Sequence[str],
    reply_to: str,
    acting: tuple[str, str],
    right: str,
    died: str,
) -> Amendment:
    from domain.case import Moved
    from domain.links import Amendment
    from domain.rights import right_named

    who, shown = given.agent(*acting)
    return Amendment(
        moved=Moved(moved),
        changes=given.changes(change),
        address=given.address(reply_to, "--reply-to") if reply_to else None,
        agent=who,
        authority=shown,
        right=right_named(right) if right else None,
        shown=DeathShown(one_of(died, tuple(DeathShown), "--died")) if died else None,
    )


def withdraw(reference: Reference, *, reason: ReasonCode, credential: Credential = "") -> None:
    """Take a request back, on the person's word. For who phones or writes; not once fulfilment has begun."""
    from cli.office import open_office

    given = Given()
    why = reason_code(given.reason(reason))
    with open_office(credential, given) as office:
        office.act(lambda desk: desk.withdraw(reference, actor=office.actor, reason_code=why))
    _say(f"{reference}: withdrawn")


def merge(
    reference: Reference,
    *,
    into: Annotated[
        str, typer.Option(help="The earlier case, in which it goes on.", metavar="REF", callback=as_kept)
    ],
    reason: Reason,
    credential: Credential = "",
) -> None:
    """Two requests of one verified person are one, and it goes on in the earlier. `duplicates` finds them."""
    given = Given()
    why = given.reason(reason)
    if reference == into:
        raise BadInput("merged-with-itself", "name the earlier case", field="--into")
    from cli.office import open_office

    with open_office(credential, given) as office:
        office.act(lambda desk: desk.merge(reference, into, actor=office.actor, reason=why))
    _say(f"{reference}: goes on in {into}")


def reopen(
    reference: Reference, *, reason: Reason, credential: Credential = "", as_json: AsJson = False
) -> None:
    """Take a closed request up again: a new case, linked to it, with a clock of its own from today."""
    from domain.links import Relation

    _again(reference, reason, credential, Relation.REOPENS, as_json=as_json)


def review(
    reference: Reference, *, reason: Reason, credential: Credential = "", as_json: AsJson = False
) -> None:
    """Have other people look at how a closed request was decided: a new case, linked to it."""
    from domain.links import Relation

    _again(reference, reason, credential, Relation.REVIEWS, as_json=as_json)


def redact(
    reference: Reference,
    *,
    word: Annotated[
        list[str], typer.Option(help="A third person's name or words; @FILE or -. May be given again.")
    ],
    reason: Reason,
    credential: Credential = "",
) -> None:
    """Have words of a third person shown as a code in the package; the rest is supplied (s.30 ¶2)."""
    from cli.office import open_office

    given = Given()
    words, why = [given.text(one, "--word") for one in word], given.reason(reason)
    with open_office(credential, given) as office:
        office.act(lambda desk: desk.redact(reference, words, actor=office.actor, reason=why))
    _say(f"{reference}: {len(words)} marked")


def incident(
    reference: Reference,
    *,
    happened: Annotated[
        str, typer.Option(help="The Bangkok day on which it was sent, in either era.", metavar="DATE")
    ],
    reason: Reason,
    credential: Credential = "",
) -> None:
    """Marketing reached somebody who had objected (s.32 ¶2). Noted, stopped again, and the person has an apology."""
    from cli.days import any_day
    from cli.office import open_office

    given = Given()
    why, day = given.reason(reason), any_day(happened, "--happened")
    if day is None:
        raise BadInput("day-missing", "say when it was sent", field="--happened")
    with open_office(credential, given) as office:
        office.act(lambda desk: desk.incident(reference, day, actor=office.actor, reason=why))
    _say(f"{reference}: noted, and the person is told")


def lift(reference: Reference, *, reason: Reason, credential: Credential = "") -> None:
    """Lift a restriction that stands. The person hears of it before the data are used again (s.34)."""
    from cli.office import open_office

    given = Given()
    why = given.reason(reason)
    with open_office(credential, given) as office:
        office.act(lambda desk: desk.lift(reference, actor=office.actor, reason=why))
    _say(f"{reference}: lifting")


def _again(reference: str, reason: str, credential: str, relation: Relation, *, as_json: bool) -> None:
    from cli.intake import tell
    from cli.office import open_office

    given = Given()
    why = given.reason(reason)
    with open_office(credential, given) as office:
        opened = office.act(
            lambda desk: desk.reopen(reference, actor=office.actor, reason=why, relation=relation)
        )
        tell(office, (opened,), as_json=as_json)


def _say(line: str) -> None:
    out().print(line, highlight=False)
