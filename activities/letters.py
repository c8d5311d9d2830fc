"""Letters: rendered, kept sealed with the hash of their text, announced once by an e-mail that carries a link."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pydantic import JsonValue

from activities.asked import asked_of, by_device
from activities.by_hand import left_to_people
from activities.casefile import case_file, wish_facts
from activities.freezing import must_not_be_frozen
from activities.stop import marketing_facts
from activities.tools import Step, Tools, instructed, step
from domain.calendar import day_in_bangkok, end_of_day
from domain.case import Task
from domain.delivery import Document
from domain.documents import CaseFile, Enclosed, Letter, Message
from domain.identifiers import ADDRESSES, Identifier
from domain.states import State
from domain.wishes import assurance_for

TO_ADDRESSES_GIVEN = frozenset(
    {"L1", "L2-AUTHORITY", "L3", "L12", "L-APOLOGY", "L-SILENT", "L-NODATA", "L-CLOSED", "L-REPLACED"}
)
"""Letters that hold nothing but what the sender wrote, and so may go where the sender asked."""

OF_INCIDENTS = frozenset({"L-BREACH", "L-APOLOGY"})
"""Letters that tell what went wrong: they go out of a case that an incident freezes."""

TO_OTHERS = frozenset({"L10", "L11"})
"""Letters to tenants and recipients: an officer sees to it that they get there."""


class Correspond(Step):
    """Tells the person; `task.detail` is the letter's code (L1 ... L12)."""

    @step("letter")
    def letter(self, task: Task) -> bool:
        """Enter the step, render, keep and announce the letter; each version of a plan has its own.

        False when there is no address that it may go to, and the officer who was asked to hand it over has not said
        yet that it is done.
        """
        tools = self.tools
        tools.register.enter(task.case, task.step)
        if instructed(tools, task.case):
            return (
                True  # what the tenant is to hear stands in one letter, at the end (`activities.instructing`)
            )
        if task.detail == "DECISION":
            file = decision_file(tools, task.case, version=task.version, left_out=task.grounds)
        else:
            file = case_file(tools, task.case, told=_told_back(tools, task.case), edition=task.version)
        letter = send_letter(tools, task.case, task.detail, file, edition=task.version)
        return letter.sent is not None or handed_over(tools, task.case, letter.code) is not None

    @step("progress")
    def progress(self, task: Task) -> None:
        """Tell how it stands (L3): `task.detail` is the reason's code and the day on which the answer is expected.

        It goes out beside the steps, so it enters none.
        """
        tools = self.tools
        if instructed(tools, task.case):
            return
        because, _, expected = task.detail.partition(":")
        file, shown = (
            case_file(tools, task.case, because=because, expected_on=expected),
            is_shown(tools, task.case),
        )
        if not shown:
            # It goes to addresses that nobody has proved: no step may tell them whether a name is known.
            file = file.model_copy(update={"view": file.view.model_copy(update={"state": State.VERIFYING})})
        send_letter(tools, task.case, "L3", file, edition=task.version, known=shown)


def decision_file(tools: Tools, case: str, *, version: int, left_out: Sequence[str] = ()) -> CaseFile:
    """What the letter on an approved erasure is made from; `left_out` are the grounds of systems that were left out."""
    file = case_file(tools, case, told=_told_back(tools, case), edition=version)
    left = {"left_out": [*dict.fromkeys(left_out)], **left_to_people(tools, file)}
    return file.model_copy(update={"facts": {**file.facts, **left}})


def _told_back(tools: Tools, case: str) -> dict[str, JsonValue]:
    return {**wish_facts(tools, case), **marketing_facts(tools, case)}


def send_letter(
    tools: Tools,
    case: str,
    code: str,
    file: CaseFile | None = None,
    *,
    edition: int = 0,
    to: str = "",
    known: bool = False,
    enclosed: Sequence[Document] = (),
) -> Letter:
    """Send one letter of a case once, with what is `enclosed` behind the same link; `to` names one of several others.

    One that only somebody `known` may read goes to nobody else, though others of its kind go to whoever asked. Doing it again after any failure goes on where it stopped.
    """
    name = "-".join([code, *([str(edition)] if edition > 1 else []), *([to] if to else [])])
    until = day_in_bangkok(tools.clock.now()) + timedelta(days=tools.policy.delivery_days)
    to_given = (code in TO_ADDRESSES_GIVEN and not known) or _of_nobody(file)
    addresses = _addresses(tools, case, code, to_given=to_given)
    # Without an address to announce it to, no letter promises a link: an officer hands it over.
    file = _told(file or case_file(tools, case), until, tools.portal_url if addresses else "")
    if code == "DECISION" and not addresses:
        file = file.model_copy(update={"facts": {**file.facts, "by_hand": True}})
    letter = tools.letters.find(case, name)
    if letter is None:
        rendered = tools.exports.letter(code, file)
        ref = f"letters/{name}.pdf"
        with tools.files.write(case, ref) as out:
            out.write(rendered.pdf)
        letter = tools.letters.queue(case, name, ref, hashlib.sha256(rendered.text.encode()).hexdigest())
    if letter.sent is None:
        if code not in OF_INCIDENTS:
            must_not_be_frozen(tools, case)
        own = document_of(tools, case, letter.ref, name=f"{name}.pdf", kind=code)
        news = _News(letter, code, file, (own, *enclosed), end_of_day(until), proved=not to_given)
        if not addresses:
            if not by_device(tools, case):  # the page told the visitor; there is nobody to hand it to
                tools.register.open_task(case, f"hand-over-{name}", once=True)
            return letter
        for address in addresses:
            if code not in OF_INCIDENTS:
                must_not_be_frozen(tools, case)  # the e-mail before took its time
            _announce(tools, news, address)
        now = tools.clock.now()
        tools.letters.sent(letter.id, now)
        return letter.model_copy(update={"sent": now})
    return letter


def is_shown(tools: Tools, case: str) -> bool:
    """Whether identity is shown to the level that the request asks."""
    asked = asked_of(tools, case)
    needed = assurance_for(asked.right, asked.wish, consent_only=asked.consent_only)
    return tools.identity.standing(case).level >= needed


def handed_over(tools: Tools, case: str, name: str) -> datetime | None:
    """When an officer had handed a letter over that no address could be told of; None while nobody says so."""
    by_hand = f"hand-over-{name}"
    asked = [task for task in tools.tasks.of(case, open_only=False) if task.code == by_hand]
    return min((task.closed for task in asked if task.closed and not task.undone), default=None)


def document_of(tools: Tools, case: str, ref: str, *, name: str, kind: str) -> Document:
    """A sealed file as it is sent. Raises `NotFound`."""
    measured = tools.files.measure(case, ref)
    return Document(name=name, kind=kind, ref=ref, sha256=measured.sha256, size=measured.size)


@dataclass(frozen=True)
class _News:
    """What is announced: a letter with what it brings, and until when."""

    letter: Letter
    code: str
    file: CaseFile
    documents: tuple[Document, ...]
    expires: datetime
    proved: bool


def _announce(tools: Tools, news: _News, address: Identifier) -> None:
    """One e-mail to one address, with a link of its own.

    Whatever dies in between, one e-mail goes out and its link is good: before the link is kept, nothing was
    sent; after it, and before the mailer took the message, a retry makes another link and sends that; once the
    mailer has the message, the same dedup key sends no second, and the link in the first stays good beside the
    one that the retry made in vain. A retry on a later day makes a link that ends later than the letter says,
    never earlier.
    """
    link = tools.deliveries.link(
        news.letter.id,
        address,
        news.documents,
        expires=news.expires,
        proved=news.proved,
    )
    if link is None:
        return
    facts = dict(news.file.facts)
    if tools.portal_url:
        facts["link"] = f"{tools.portal_url}/d/{link.token}?lang={news.file.view.language}"
    enclosed = _enclosed(tools, news)
    facts["enclosed"] = bool(enclosed)
    subject, text = tools.exports.mail(news.code, news.file.model_copy(update={"facts": facts}))
    tools.mailer.send(Message(to=address, subject=subject, text=text, dedup=link.dedup, enclosed=enclosed))
    tools.deliveries.sent(link.id)


def _enclosed(tools: Tools, news: _News) -> tuple[Enclosed, ...]:
    """The letter itself, where the person asked for it so and the address is proved to be theirs; never the package."""
    case = news.letter.case
    if not news.proved or not tools.enclosing.asked(case):
        return ()
    with tools.files.read(case, news.letter.ref) as source:
        name = f"{news.file.view.case.reference}-{news.letter.code}.pdf"
        return (Enclosed(name=name, content=source.read()),)


def _told(file: CaseFile, until: date, portal_url: str) -> CaseFile:
    """The file with the day until which the letter can be fetched; a company without a portal promises none."""
    if not portal_url:
        return file
    return file.model_copy(update={"facts": {**file.facts, "until": until.isoformat()}})


def _of_nobody(file: CaseFile | None) -> bool:
    """Whether a confirmation tells whoever asked no more than that: what they wrote is kept from marketing."""
    return file is not None and bool(file.facts.get("whoever"))


def _addresses(tools: Tools, case: str, code: str, *, to_given: bool) -> tuple[Identifier, ...]:
    """Where a letter may be announced.

    Until identity is shown every address given hears the same, so that nothing tells who is known, and no
    address that was found on the way hears of a request that its owner may not have made; what follows a
    decision goes only to addresses that were proved and are on file.
    """
    if code in TO_OTHERS:
        return ()
    if instructed(tools, case):
        given = tools.instructions.behind(case)
        contact = tools.instructions.contact(given.id) if given else None
        return (contact,) if contact else ()
    if to_given:
        return tuple(i for i in tools.vault.reachable(case) if i.kind in ADDRESSES)
    return tools.identity.reply_addresses(case)
