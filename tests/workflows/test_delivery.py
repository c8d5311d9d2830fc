"""What a case sends reaches the person: announced once, opened by link and code, the package as it was made."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import re
from collections import Counter
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pypdf
import pytest

from activities.letters import send_letter
from activities.tools import Tools
from bootstrap import House, letterbox_of
from demo import scenarios
from domain.errors import NotAllowed, NotFound
from domain.identifiers import IdentifierKind, identifier
from domain.outcomes import Ending
from domain.rights import Right
from domain.states import State
from exports.signing import DEVELOPMENT, verify
from tests.support.people import CODE, People, newest_first

pytestmark = pytest.mark.slow

LINK = re.compile(r"https?://\S+/d/([^\s?]+)\S*")


def announced(mailbox: Path, email: str, reference: str) -> list[tuple[str, str]]:
    """Token and text of the mails that announced letters of a case, the newest first."""
    told = [text for text in newest_first(mailbox, email) if reference in text]
    return [(found[1], text) for text in told if (found := LINK.search(text))]


def mails_about(mailbox: Path, email: str, reference: str) -> list[EmailMessage]:
    """All mails to an address about a case."""
    mails = [message_from_bytes(file.read_bytes(), policy=default) for file in mailbox.glob("*.eml")]
    return [mail for mail in mails if mail["To"] == email and reference in mail["Subject"]]


async def opened(house: House, email: str, reference: str, token: str) -> str:
    """A session, by the code that came."""
    await letterbox_of(house).request_code(token)
    mailbox = house.settings.mailbox or Path()
    text = next(t for t in newest_first(mailbox, email) if reference in t and "://" not in t)
    code = CODE.search(text.replace(reference, ""))
    assert code is not None
    return await letterbox_of(house).open_documents(token, code[0])


async def names(house: House, session: str) -> set[str]:
    return {sent.document.name for sent in (await letterbox_of(house).documents(session)).documents}


async def test_the_package_is_fetched_as_it_was_made(people: People, house: House, mailbox: Path) -> None:
    email = scenarios.SHARED_ADDRESS_OTHER.email
    reference = await people.ask(Right.ACCESS, email)
    await people.identify(email, reference)
    await people.decide(reference)
    view = await people.closed(reference)
    assert view.ending is Ending.FULFILLED
    (late, text), (early, _) = announced(mailbox, email, reference)
    session = await opened(house, email, reference, late)
    assert await names(house, session) == {"L1.pdf", "L4.pdf", "bundle.zip"}
    fetched = await letterbox_of(house).fetch(session, "bundle.zip")
    bundle = house.room.letters.bundle(view.case.id)
    assert bundle is not None
    digest = hashlib.sha256(b"".join(fetched.content)).hexdigest()
    assert (digest, fetched.size) == (bundle.sha256, bundle.size)
    assert fetched.file_name == f"{reference}-bundle.zip"
    # What was known before identity was shown opens nothing else.
    before = await opened(house, email, reference, early)
    assert await names(house, before) == {"L1.pdf"}
    with pytest.raises(NotFound):
        await letterbox_of(house).fetch(before, "bundle.zip")
    letter = b"".join((await letterbox_of(house).fetch(session, "L4.pdf")).content)
    assert late.encode() not in letter
    assert "2569" in text


async def test_an_erasure_brings_its_certificate(people: People, house: House, mailbox: Path) -> None:
    email = scenarios.BOTH_ROLES.email
    reference = await people.ask(Right.ERASURE, email)
    await people.identify(email, reference)
    await people.decide(reference)
    await people.until(reference, State.COOLING)
    await people.desk.call_off(reference, proceed=True)
    await people.closed(reference)
    session = await opened(house, email, reference, announced(mailbox, email, reference)[0][0])
    assert await names(house, session) == {"L1.pdf", "DECISION.pdf", "L4.pdf", "certificate.pdf"}
    certificate = await letterbox_of(house).fetch(session, "certificate.pdf")
    content = b"".join(certificate.content)
    signature = await asyncio.to_thread(verify, content)
    assert signature.signer == DEVELOPMENT
    inside = json.loads(pypdf.PdfReader(io.BytesIO(content)).attachments["certificate.json"][0])
    assert inside["check"] == f"{house.settings.portal_url}/check/{inside['proof']}"
    found = await letterbox_of(house).certified(inside["proof"])
    assert found.sha256 == hashlib.sha256(content).hexdigest()


async def test_who_asks_for_it_gets_letters_with_the_mail_and_never_the_package(
    people: People, house: House, mailbox: Path
) -> None:
    email = scenarios.ACTIVE_CUSTOMER.email
    reference = await people.ask(Right.ACCESS, email)
    await people.challenge(email, reference)
    case = (await people.until(reference, State.VERIFYING)).case.id
    house.room.enclosing.ask(case, wanted=True, actor=people.officer)
    await people.identify(email, reference)
    await people.decide(reference)
    await people.closed(reference)
    hers = mails_about(mailbox, email, reference)
    enclosed = [part for mail in hers for part in mail.iter_attachments()]
    assert [part.get_filename() for part in enclosed] == [f"{reference}-L4.pdf"]
    with house.tools.files.read(case, "letters/L4.pdf") as kept:
        assert enclosed[0].get_payload(decode=True) == kept.read()
    for mail in hers:
        body = mail.get_body()
        assert body is not None
        assert ("แนบหนังสือฉบับนี้" in body.get_content()) == bool(list(mail.iter_attachments()))


async def test_an_address_that_is_not_on_file_gets_no_more_than_it_gave(
    people: People, house: House, mailbox: Path
) -> None:
    email = scenarios.UNKNOWN.email
    reference = await people.ask(Right.ACCESS, email)
    await people.prove(email, reference)
    await people.closed(reference)
    for token, _ in announced(mailbox, email, reference):
        session = await opened(house, email, reference, token)
        assert await names(house, session) == {"L1.pdf", "L-NODATA.pdf"}


async def test_the_officer_revokes_what_went_to_the_wrong_person(
    people: People, house: House, mailbox: Path
) -> None:
    email = scenarios.LEAD.email
    reference = await people.ask(Right.ACCESS, email)
    await people.challenge(email, reference)
    ((token, _),) = announced(mailbox, email, reference)
    session = await opened(house, email, reference, token)
    assert await letterbox_of(house).revoke(reference, actor=people.officer, reason="wrong person") == 1
    with pytest.raises(NotAllowed):
        await letterbox_of(house).documents(session)
    with pytest.raises(NotAllowed):
        await letterbox_of(house).request_code(token)
    await people.desk.withdraw(reference)
    await people.closed(reference)


class DiedError(RuntimeError):
    """The process died here."""


class Dying:
    """An adapter that dies once, just before or just after a method did its work."""

    def __init__(self, inner: Any, method: str, *, after: bool) -> None:
        self._inner, self._method, self._after, self._died = inner, method, after, False

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)
        if name != self._method or self._died:
            return method

        def dying(*args: Any, **kwargs: Any) -> Any:
            self._died = True
            if self._after:
                method(*args, **kwargs)
            raise DiedError

        return dying


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(
    ("port", "method"),
    [
        ("letters", "queue"),
        ("deliveries", "link"),
        ("mailer", "send"),
        ("deliveries", "sent"),
        ("letters", "sent"),
    ],
)
async def test_whatever_dies_in_between_one_mail_goes_out_and_its_link_opens(
    people: People, house: House, mailbox: Path, port: str, method: str, *, after: bool
) -> None:
    email = scenarios.LEAD.email
    reference = await people.ask(Right.ACCESS, email)
    await people.challenge(email, reference)
    case = house.room.register.view(reference).case.id
    tools: Tools = replace(
        house.tools,
        **{port: Dying(getattr(house.tools, port), method, after=after)},  # type: ignore[arg-type]
    )
    with pytest.raises(DiedError):
        await asyncio.to_thread(send_letter, tools, case, "L12")
    for _ in range(2):
        await asyncio.to_thread(send_letter, tools, case, "L12")
    mails = announced(mailbox, email, reference)
    assert Counter(text.partition("\n")[0] for _, text in mails).most_common(1)[0][1] == 1
    session = await opened(house, email, reference, mails[0][0])
    assert await names(house, session) == {"L1.pdf", "L12.pdf"}
    await people.desk.withdraw(reference)
    await people.closed(reference)


async def test_an_address_found_on_the_way_hears_nothing_of_a_request(
    people: People, house: House, mailbox: Path
) -> None:
    given, found = scenarios.LEAD.email, "found.on.the.way@example.com"
    reference = await people.ask(Right.ACCESS, given)
    await people.challenge(given, reference)
    case = house.room.register.view(reference).case.id
    house.room.vault.add_identifiers(case, [identifier(IdentifierKind.EMAIL, found)])
    await people.desk.withdraw(reference)
    view = await people.closed(reference)
    assert view.ending is Ending.WITHDRAWN
    assert len(announced(mailbox, given, reference)) == 2
    assert announced(mailbox, found, reference) == []
