"""Links by which whoever was asked answers without an account: made, sent or shown once, and revoked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.given import Given
from cli.options import AsJson, Credential, Reference
from cli.voice import out, tell_json
from domain.errors import BadInput

if TYPE_CHECKING:
    from cli.office import Office
    from domain.answer_links import AnswerLink
    from domain.identifiers import Identifier

Number = Annotated[int, typer.Argument(metavar="ID", help="As `errands list` numbers them.", min=1)]
Code = Annotated[str, typer.Argument(metavar="CODE", help="As `recipients list` names it.")]
To = Annotated[
    str,
    typer.Option(
        "--to",
        help="The e-mail address it is sent to, @FILE or -. Without one it is shown here, once, to hand over.",
        metavar="E",
    ),
]


def link_errand(number: Number, *, to: To = "", credential: Credential = "", as_json: AsJson = False) -> None:
    """Let somebody answer an errand by a link, without an account. It takes one answer; those before it are void."""
    from activities.answering import ends
    from cli.office import open_office

    given = Given()
    address = given.address(to, "--to") if to else None
    with open_office(credential, given) as office:
        _portal(office)
        links, until = office.house.room.answer_links, ends(office.house.tools)
        made = links.for_errand(number, address, actor=office.actor, expires=until)
        _told(office, str(number), made, address, as_json=as_json)


def link_recipient(
    reference: Reference, code: Code, *, to: To = "", credential: Credential = "", as_json: AsJson = False
) -> None:
    """Let a recipient answer L11 by a link, without an account. It takes one answer; those before it are void."""
    from activities.answering import ends
    from cli.office import open_office

    given = Given()
    address = given.address(to, "--to") if to else None
    with open_office(credential, given) as office:
        _portal(office)
        case, until = office.view(reference).case.id, ends(office.house.tools)
        links = office.house.room.answer_links
        made = links.for_recipient(case, code.strip(), address, actor=office.actor, expires=until)
        _told(office, f"{reference} {code.strip()}", made, address, as_json=as_json)


def revoke_errand(number: Number, *, credential: Credential = "") -> None:
    """Void the links to an errand: they open nothing any more."""
    from cli.office import open_office

    with open_office(credential) as office:
        case = office.house.room.errands.case(number)
        count = office.house.room.answer_links.revoke(case, errand=number, actor=office.actor)
    out().print(f"{number}: {count} revoked", highlight=False)


def revoke_recipient(reference: Reference, code: Code, *, credential: Credential = "") -> None:
    """Void the links to a recipient's answer: they open nothing any more."""
    from cli.office import open_office

    with open_office(credential) as office:
        case, recipient = office.view(reference).case.id, code.strip()
        count = office.house.room.answer_links.revoke(case, recipient=recipient, actor=office.actor)
    out().print(f"{reference} {recipient}: {count} revoked", highlight=False)


def _portal(office: Office) -> None:
    if not office.house.tools.portal_url:
        raise BadInput("portal-missing", "without one, enter what they answer yourself", field="--to")


def _told(office: Office, about: str, made: AnswerLink, address: Identifier | None, *, as_json: bool) -> None:
    """Send it, or show it this once."""
    from activities.answering import address_of, mail_link

    tools, until = office.house.tools, made.expires.isoformat()
    if address:
        mail_link(tools, made)
    link = "" if address else address_of(tools, made.token)
    if as_json:
        tell_json({"about": about, "sent": bool(address), "until": until, "link": link})
        return
    out().print(f"{about}: {'sent' if address else link}, until {until}", highlight=False, soft_wrap=True)
