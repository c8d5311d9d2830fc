"""What keeps a case moving, or stops it: repairs, more time, the person's word while it cools, a stop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.given import Given
from cli.options import AsJson, Credential, Reason, Reference
from cli.voice import out, tell_json
from domain.errors import BadInput

if TYPE_CHECKING:
    from policy.model import Policy


def repair(
    reference: Reference,
    system: Annotated[str, typer.Argument(help="The parked system, as `status` names it.")],
    *,
    reason: Reason,
    retry: Annotated[bool, typer.Option("--retry", help="It was mended: try again.")] = False,
    skip: Annotated[bool, typer.Option("--skip", help="Go on without it, on a ground.")] = False,
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
        _known(office.house.policy, ground)
        office.act(
            lambda desk: desk.repair(
                reference.strip(), system, retry=retry, actor=office.actor, reason=why, ground=ground
            )
        )
    out().print(f"{reference.strip()}: {system} {'tried again' if retry else 'left out'}", highlight=False)


def extend(
    reference: Reference,
    *,
    days: Annotated[int, typer.Option(help="So many calendar days later.", min=1, max=365)],
    reason: Reason,
    credential: Credential = "",
    as_json: AsJson = False,
) -> None:
    """Give a case more time, where a law allows it. The policy names that law; the Act itself does not."""
    from cli import show
    from cli.office import open_office

    given = Given()
    why = given.reason(reason)
    with open_office(credential, given) as office:
        terms = office.act(lambda desk: desk.extend(reference.strip(), days, actor=office.actor, reason=why))
    told = {
        "reference": reference.strip(),
        "due_on": terms.strict.isoformat(),
        "terms_version": terms.version,
    }
    if as_json:
        tell_json(told)
    else:
        out().print(f"{told['reference']}: due {show.day(terms.strict)}", highlight=False)


def proceed(reference: Reference, *, credential: Credential = "") -> None:
    """Erase at once, on the person's word. For who phones while an approved erasure cools off."""
    _call(reference, credential, proceeds=True)


def call_off(reference: Reference, *, credential: Credential = "") -> None:
    """Call a cooling erasure off, on the person's word. For who phones instead of pressing the link."""
    _call(reference, credential, proceeds=False)


def cancel(reference: Reference, *, reason: Reason, credential: Credential = "") -> None:
    """Stop a case. It is answered and closed as stopped, never cut off."""
    from cli.office import open_office

    given = Given()
    why = given.reason(reason)
    with open_office(credential, given) as office:
        office.act(lambda desk: desk.cancel(reference.strip(), actor=office.actor, reason=why))
    out().print(f"{reference.strip()}: stopping", highlight=False)


def _call(reference: str, credential: str, *, proceeds: bool) -> None:
    from cli.office import open_office

    with open_office(credential) as office:
        office.act(lambda desk: desk.call_off(reference.strip(), proceed=proceeds, actor=office.actor))
    out().print(f"{reference.strip()}: {'goes on' if proceeds else 'called off'}", highlight=False)


def _known(policy: Policy, ground: str) -> None:
    if ground and ground not in policy.grounds:
        raise BadInput("ground-unknown", f"use one of {', '.join(policy.grounds)}", field="--ground")
