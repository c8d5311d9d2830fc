"""Deciding: who is meant, who they are, and what becomes of the plan. The register asks for two people where the law does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.given import Given, one_of
from cli.options import AsJson, Born, Credential, Reason, Reference
from cli.voice import out, tell_json
from domain.acting import Acting, Capacity, Shown, lacking
from domain.assurance import STAFF_RECORDED, Method
from domain.calendar import day_in_bangkok
from domain.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from domain.case import Decision
    from domain.identity_copies import Area, Sensitive

_METHODS = ", ".join(sorted(STAFF_RECORDED))
Digest = Annotated[
    str, typer.Option(help="Of the plan that was read; a newer plan is then refused.", metavar="SHA256")
]


def propose(
    reference: Reference,
    *,
    reason: Reason,
    digest: Digest = "",
    credential: Credential = "",
    as_json: AsJson = False,
) -> None:
    """Propose to carry out the newest plan. Where it destroys, a second person confirms."""
    _propose(reference, Given(), reason, credential, digest, as_json=as_json)


def refuse(
    reference: Reference,
    *,
    ground: Annotated[str, typer.Option(help="Code of the ground, as the policy lists it.", metavar="CODE")],
    reason: Reason,
    harm: Annotated[
        str, typer.Option(help="Access only: how it would harm the rights and freedoms of others (s.30).")
    ] = "",
    digest: Digest = "",
    credential: Credential = "",
    as_json: AsJson = False,
) -> None:
    """Propose to refuse on a ground of the law. A second person always confirms."""
    refusal = {"ground": ground, "harm": harm.strip()}
    _propose(reference, Given(), reason, credential, digest, refusal=refusal, as_json=as_json)


def confirm(
    reference: Reference, *, reason: Reason, credential: Credential = "", as_json: AsJson = False
) -> None:
    """Confirm what another member of staff proposed."""
    from cli.office import open_office

    given = Given()
    why = given.reason(reason)
    with open_office(credential, given) as office:
        decision = office.act(lambda desk: desk.confirm(reference, actor=office.actor, reason=why))
    _tell(reference, decision, as_json=as_json)


def choose(
    reference: Reference,
    number: Annotated[str, typer.Argument(metavar="N|none", help="As `candidates` counts, or none of them.")],
    *,
    reason: Reason,
    credential: Credential = "",
) -> None:
    """Say which candidate is meant, or that none is; that it is nobody, a second member of staff says too."""
    from cli.office import open_office

    given = Given()
    meant, why = _number(number), given.reason(reason)
    with open_office(credential, given) as office:
        done = office.act(lambda desk: desk.choose(reference, meant, actor=office.actor, reason=why))
    said = "noted" if done else "noted; another member of staff says the same"
    out().print(f"{reference}: {said}", highlight=False)


def verify(
    reference: Reference,
    *,
    method: Annotated[str, typer.Option(help=f"How identity was shown: {_METHODS}.")],
    reason: Reason,
    credential: Credential = "",
    as_json: AsJson = False,
) -> None:
    """Record how a person showed who they are. The level follows from the method."""
    from cli.office import open_office

    given = Given()
    if method not in STAFF_RECORDED:
        raise BadInput("method-not-recorded", f"use one of {_METHODS}", field="--method")
    shown, why = Method(method), given.reason(reason)
    with open_office(credential, given) as office:
        view = office.view(reference)
        office.act(lambda desk: desk.record_identity(view.case.id, shown, actor=office.actor, reason=why))
        level = office.house.room.identity.standing(view.case.id).level
    told = {"reference": view.case.reference, "method": shown.value, "level": level.name.lower()}
    if as_json:
        tell_json(told)
    else:
        out().print(f"{told['reference']}: {told['method']}, level {told['level']}", highlight=False)


def identity_copy(
    reference: Reference,
    *,
    file: Annotated[
        str, typer.Option(help="PNG or JPEG of the front; it is read, not kept.", metavar="PATH")
    ],
    covered: Annotated[
        str, typer.Option(help="What the copy itself has covered: religion,blood-group.", metavar="WORDS")
    ] = "",
    mask: Annotated[
        list[str] | None,
        typer.Option(
            help="What to black out: religion=LEFT,TOP,WIDTH,HEIGHT in pixels.", metavar="WORD=AREA"
        ),
    ] = None,
    side: Annotated[str, typer.Option(help="front; the back is refused.")] = "front",
    credential: Credential = "",
) -> None:
    """Keep a masked copy of an identity document until identity is decided. Destroyed within 7 days after that."""
    from pathlib import Path

    from activities.identity_copy import receive
    from cli.office import open_office
    from domain.identity_copies import Sensitive, Side

    fields = tuple(Sensitive(one_of(word, tuple(Sensitive), "--covered")) for word in _words(covered))
    masks = dict(_area(one) for one in mask or [])
    face = Side(one_of(side, tuple(Side), "--side"))
    try:
        picture = Path(file).read_bytes()
    except OSError:
        raise BadInput("file-unreadable", "give the path of a picture", field="--file") from None
    with open_office(credential) as office:
        case, tools = office.view(reference).case.id, office.house.tools
        kept = receive(tools, case, picture, actor=office.actor, covered=fields, masks=masks, side=face)
    out().print(f"{reference}: {kept} kept until identity is decided", highlight=False)


def _area(text: str) -> tuple[Sensitive, Area]:
    """`religion=10,20,300,40`."""
    from domain.identity_copies import Area, Sensitive

    word, _, numbers = text.partition("=")
    parts = numbers.split(",")
    if len(parts) != len(Area.model_fields) or not all(part.strip().isdecimal() for part in parts):
        raise BadInput("malformed-area", "write religion=LEFT,TOP,WIDTH,HEIGHT", field="--mask")
    left, top, width, height = map(int, parts)
    area = Area(left=left, top=top, width=width, height=height)
    return Sensitive(one_of(word.strip(), tuple(Sensitive), "--mask")), area


def authorise(
    reference: Reference,
    *,
    reason: Reason,
    capacity: Annotated[str, typer.Option(help=f"One of {', '.join(Capacity)}.")] = "",
    shown: Annotated[
        str, typer.Option(help=f"What you saw, with commas: {', '.join(Shown)}.", metavar="CODES")
    ] = "",
    covers: Annotated[
        str, typer.Option(help="Rights that a power of attorney names, with commas.", metavar="RIGHTS")
    ] = "",
    born: Born = "",
    second: Annotated[
        bool, typer.Option("--second", help="You looked too, at what another member of staff recorded.")
    ] = False,
    credential: Credential = "",
) -> None:
    """Record in which capacity they ask and what shows that they may (s.20). The clock runs meanwhile."""
    from cli.days import any_day
    from cli.office import open_office
    from domain.rights import right_named

    given = Given()
    why = given.reason(reason)
    if second == bool(capacity):
        raise BadInput("capacity-or-second-look", "give --capacity, or --second", field="--capacity")
    acting = Acting(
        capacity=Capacity(one_of(capacity, tuple(Capacity), "--capacity")) if capacity else Capacity.SELF,
        shown=tuple(Shown(one_of(word, tuple(Shown), "--shown")) for word in _words(shown)),
        covers=tuple(right_named(word) for word in _words(covers)),
        born_on=any_day(given.text(born, "--born"), "--born"),
    )
    with open_office(credential, given) as office:
        if second:
            office.act(lambda desk: desk.second_authority(reference, actor=office.actor, reason=why))
        else:
            office.act(lambda desk: desk.authorise(reference, acting, actor=office.actor, reason=why))
        view = office.view(reference)
        today = day_in_bangkok(office.house.tools.clock.now())
        missing = lacking(office.house.room.identity.acting(view.case.id), view.case.right, today)
    out().print(f"{reference}: {'missing ' + ', '.join(missing) if missing else 'may act'}", highlight=False)


def _words(codes: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in codes.split(",") if word.strip())


def _propose(
    reference: str,
    given: Given,
    reason: str,
    credential: str,
    digest: str,
    *,
    as_json: bool,
    refusal: Mapping[str, str] | None = None,
) -> None:
    from cli.office import open_office

    why = given.reason(reason)
    with open_office(credential, given) as office:
        decision = office.act(
            lambda desk: desk.propose(
                reference,
                approved=refusal is None,
                actor=office.actor,
                reason=why,
                digest=digest.strip(),
                **(refusal or {}),
            )
        )
    _tell(reference, decision, as_json=as_json)


def _tell(reference: str, decision: Decision | None, *, as_json: bool) -> None:
    told = {"reference": reference, "complete": decision is not None}
    if decision is not None:
        told |= decision.model_dump(mode="json")
    if as_json:
        tell_json(told)
    elif decision is None:
        out().print(f"{told['reference']}: proposed; another member of staff confirms", highlight=False)
    else:
        what = "approved" if decision.approved else f"refused on {decision.ground}"
        out().print(f"{told['reference']}: {what}", highlight=False)


def _number(text: str) -> int | None:
    if text.strip().lower() == "none":
        return None
    if not text.strip().isdecimal():
        raise BadInput("malformed-number", "give a number as `candidates` counts, or none", field="N")
    return int(text)
