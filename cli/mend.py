"""What keeps a case moving, or stops it: repairs, who sees to them, the person's word while it cools, a stop."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import known
from cli.given import Given, one_of, reason_code
from cli.options import Credential, Reason, ReasonCode, Reference, To
from cli.voice import out
from domain.errors import BadInput
from domain.stops import Mistake

System = Annotated[
    str, typer.Argument(help="The parked system, as `status` names it.", metavar="SYSTEM", show_default=False)
]


def repair(
    reference: Reference,
    system: System,
    *,
    reason: Reason,
    retry: Annotated[bool, typer.Option("--retry", help="It was mended: try again.")] = False,
    skip: Annotated[
        bool,
        typer.Option("--skip", help="Go on without it, on a ground. A second member of staff says the same."),
    ] = False,
    ground: Annotated[str, typer.Option(help="Code of the ground to skip on.", metavar="CODE")] = "",
    credential: Credential = "",
) -> None:
    """Answer a system that could not do its part."""
    from cli.office import open_office

    given = Given()
    why = given.reason(reason)
    if retry == skip:
        raise BadInput("retry-or-skip", "say one of --retry and --skip", field="--retry")
    if bool(ground) != skip:
        raise BadInput("skip-names-a-ground", "give --ground with --skip, and only there", field="--ground")
    with open_office(credential, given) as office:
        known.check_ground(office.house.policy, ground)
        known.check_system(office, office.view(reference), system)
        done = office.act(
            lambda desk: desk.repair(
                reference, system, retry=retry, actor=office.actor, reason=why, ground=ground
            )
        )
    left = "left out" if done else "left out once another member of staff says the same"
    out().print(f"{reference}: {system} {'tried again' if retry else left}", highlight=False)


def hand(
    reference: Reference,
    system: System,
    *,
    to: To,
    credential: Credential = "",
) -> None:
    """Give a parked system to a member of staff to see to."""
    from cli.office import open_office

    member = to.strip()
    with open_office(credential) as office:
        known.check_system(office, office.view(reference), system)
        known.check_staff(office, member)
        office.act(lambda desk: desk.hand(reference, system, member, actor=office.actor))
    out().print(f"{reference}: {system} in the hand of {member}", highlight=False)


def proceed(reference: Reference, *, reason: ReasonCode, credential: Credential = "") -> None:
    """Erase at once, on the person's word. For who phones while an approved erasure cools off."""
    _call(reference, reason, credential, proceeds=True)


def call_off(reference: Reference, *, reason: ReasonCode, credential: Credential = "") -> None:
    """Call a cooling erasure off, on the person's word. For who phones instead of pressing the link."""
    _call(reference, reason, credential, proceeds=False)


def cancel(
    reference: Reference,
    *,
    reason: Reason,
    mistake: Annotated[
        str,
        typer.Option(help=f"Nobody asked for anything: {', '.join(Mistake)}.", metavar="CODE"),
    ] = "",
    ground: Annotated[
        str, typer.Option(help="Refused on it: code of the ground, as the policy lists it.", metavar="CODE")
    ] = "",
    credential: Credential = "",
) -> None:
    """Stop a case that was opened by mistake, or on a ground that refuses it. It is answered and closed.

    A second member of staff says the same; one suffices for a mistake while nobody has shown who they are. What the
    person takes back is `withdraw`, and what is decided on a plan is `refuse`.
    """
    from cli.office import open_office

    given = Given()
    why = given.reason(reason)
    if bool(mistake) == bool(ground):
        raise BadInput("mistake-or-ground", "give one of --mistake and --ground", field="--mistake")
    code = Mistake(one_of(mistake, tuple(Mistake), "--mistake")) if mistake else None
    with open_office(credential, given) as office:
        known.check_ground(office.house.policy, ground)
        stop = office.act(
            lambda desk: desk.cancel(reference, actor=office.actor, reason=why, mistake=code, ground=ground)
        )
    said = "stopping" if stop.complete else "stop proposed; another member of staff says the same"
    out().print(f"{reference}: {said}", highlight=False)


def _call(reference: str, reason: str, credential: str, *, proceeds: bool) -> None:
    from cli.office import open_office

    given = Given()
    why = reason_code(given.reason(reason))
    with open_office(credential, given) as office:
        office.act(
            lambda desk: desk.call_off(reference, proceed=proceeds, actor=office.actor, reason_code=why)
        )
    out().print(f"{reference}: {'goes on' if proceeds else 'called off'}", highlight=False)
