"""What the marked people and the staff do and say about one request; every word of theirs is a mark."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

import httpx
import psycopg

from bootstrap import desk_of
from cases.standing import For
from cli.standing import standing
from cli.voice import in_one_line
from demo.scenarios import LEAD, Scenario
from domain.assurance import Method
from domain.case import Because, Moved, Progress
from domain.errors import BadInput, SitthiError, TooLate
from domain.identifiers import IdentifierKind, identifier
from domain.links import Amendment
from domain.ports import Intake
from domain.rights import Right
from domain.states import State
from domain.stops import Mistake
from tests.e2e.canary_site import RECEIVER, Site
from tests.support.marked import DIGITS, LATIN, THAI, email_of, phone_of, words_of
from tests.support.people import PATIENCE, People
from workflows.desk import Desk

WHY = f"{LATIN} {THAI}"
SYSTEM = "siamcrm"
ASKED: Mapping[Right, Mapping[str, str]] = {
    Right.PORTABILITY: {"transfer-to": RECEIVER},
    Right.OBJECTION: {"against": "marketing,interest"},
    Right.RESTRICTION: {"because": "accuracy"},
    Right.RECTIFICATION: {"name-th": WHY, "name-en": LATIN, "phone": f"0{DIGITS}77"},
}
"""What a request of the right says beyond its name; corrections are marks."""

ACTS = frozenset(
    name
    for kind in Desk.__mro__[:-1]
    for name, member in vars(kind).items()
    if callable(member) and not name.startswith("_")
)
"""Everything that anybody may do at the desk, by the class itself."""

QUOTED_BY_THE_DATABASE = """
create function quote_the_row() returns trigger language plpgsql as
$$ begin raise exception 'refused: %', old using errcode = '23514'; end $$;
create trigger quote_the_row before delete or update on notes for each row execute function quote_the_row();
"""
HIDDEN = re.compile(r'<input[^>]*type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"')


class NotedDesk(Desk):
    """The desk, where it is noted who was asked to do what."""

    said: set[str]

    def __getattribute__(self, name: str) -> Any:
        if name in ACTS:
            super().__getattribute__("said").add(name)
        return super().__getattribute__(name)


class NotedPeople(People):
    """People at a desk where everything is noted."""

    said: set[str]

    @property
    def desk(self) -> Desk:
        desk = NotedDesk(**vars(desk_of(self.house, self.client)))
        object.__setattr__(desk, "said", self.said)
        return desk


@dataclass
class Story:
    """The cast, and the site that they act on."""

    site: Site
    people: People
    at_the_portal: bool = False
    """Whether the next proof is given at the portal, which takes so many forms in ten minutes from one place."""

    async def whole(self, right: Right, who: Scenario, reference: str = "") -> str:
        """From the request to the end, answering whatever the case waits for."""
        reference = reference or await self.ask(right, who)
        room = self.site.house.room
        answered: set[tuple[str, int]] = set()
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while True:
            view = await asyncio.to_thread(room.register.view, reference)
            waits = await asyncio.to_thread(standing, room, view)
            if waits.waits_for is For.NOTHING:
                break
            assert asyncio.get_running_loop().time() < deadline, f"{reference} stands in {view.state}"
            version = len(answered) if waits.waits_for is For.REPAIR else await self._version(view.case.id)
            if waits.waits_for is For.ENGINE or (waits.waits_for, version) in answered:
                await asyncio.sleep(0.1)
                continue
            answered.add((waits.waits_for, version))
            self.site.waited[right].add(waits.waits_for)
            await self._answer(waits.waits_for, reference, who)
        self.site.endings[right].append(str(view.ending))
        return reference

    async def until_decision(
        self, right: Right, who: Scenario, changes: Mapping[str, str] | None = None
    ) -> str:
        reference = await self.ask(right, who, changes)
        await self._answer(For.IDENTITY, reference, who)
        await self.people.until(reference, State.DECIDING)
        return reference

    async def ask(self, right: Right, who: Scenario, changes: Mapping[str, str] | None = None) -> str:
        intake = Intake(
            rights=(right,),
            channel="web",
            received=self.site.house.tools.clock.now(),
            language="en" if who is LEAD else "th",
            identifiers=(identifier(IdentifierKind.EMAIL, email_of(who)),),
            name=words_of(who),
            message=words_of(who),
            changes=dict(ASKED.get(right, {}) if changes is None else changes),
        )
        return (await self.people.desk.open(intake))[0].case.reference

    async def ask_at_the_counter(self, right: Right, who: Scenario, credential: str) -> str:
        """By the command line; who asks is told on standard input and in files, not in arguments."""
        email, phone = self.written("email", email_of(who)), self.written("phone", phone_of(who))
        words = self.written("words", words_of(who))
        asked = ASKED.get(right, {})
        given = [(f"set-{field}", value, field) for field, value in asked.items()]
        sets = [("--set", f"{field}={self.written(name, value)}") for name, value, field in given]
        told = await asyncio.to_thread(
            self.site.command,
            *("open", "--right", right, "--email", email, "--phone", phone, "--name", words),
            *("--message", words, "--agent", words, "--authority", words, *sum(sets, ())),
            credential=credential,
        )
        found = re.search(r"DSR-\d{4}-\d{6}", told)
        assert found is not None
        return found[0]

    def written(self, name: str, text: str) -> str:
        """A file on the officer's desk that holds a text, as commands take it."""
        file = self.site.home / "desk" / name
        file.write_text(text, "utf-8")
        return f"@{file}"

    async def _version(self, case: str) -> int:
        try:
            return (await asyncio.to_thread(self.site.house.room.plans.summary, case)).version
        except SitthiError:
            return 0

    async def _answer(self, waits: For, reference: str, who: Scenario) -> None:
        people, officer = self.people, self.people.officer
        match waits:
            case For.CHOICE:
                await people.desk.choose(reference, 1, actor=officer, reason=WHY)
            case For.AUTHORITY:
                view = await people.desk.view(reference)
                await people.authorise(reference, covers=(view.case.right,))
                await people.desk.second_authority(reference, actor=people.approver, reason=WHY)
            case For.IDENTITY:
                await self.press(reference, email_of(who))
                with suppress(TooLate):  # whom nobody knows, or who withdraws a consent, is answered already
                    await people.desk.record_identity(
                        reference, Method.MASKED_DOCUMENT, actor=officer, reason=WHY
                    )
            case For.DECISION:
                await self._say_what_is_refused(reference)
                await self.decide(reference)
            case For.COOLING:
                await people.desk.call_off(reference, proceed=True)
            case For.REPAIR:
                view = await asyncio.to_thread(self.site.house.room.register.view, reference)
                for parked in view.parked:
                    if parked.system == SYSTEM:
                        self._mend_the_company()
                        await self._would_leave_out(reference, view.case.right)
                    await people.desk.repair(reference, parked.system, retry=True, actor=officer, reason=WHY)

    async def decide(self, reference: str, *, ground: str = "") -> None:
        desk, approved = self.people.desk, not ground
        await desk.files_to_review(reference)
        await desk.review_files(reference, actor=self.people.officer, reason=WHY)
        decision = await desk.propose(
            reference, approved=approved, ground=ground, harm=WHY, actor=self.people.officer, reason=WHY
        )
        if decision is None:
            await desk.confirm(reference, actor=self.people.approver, reason=WHY)

    async def refuse(self, right: Right, who: Scenario) -> None:
        # Never against direct marketing, which nobody may refuse.
        changes = {"against": "interest"} if right is Right.OBJECTION else None
        reference = await self.until_decision(right, who, changes)
        await self.decide(reference, ground=self._refusing(right))
        self.site.endings[right].append(str((await self.people.closed(reference)).ending))

    async def stop(self, right: Right, who: Scenario) -> None:
        reference = await self.ask(right, who)
        await self.people.until(reference, State.VERIFYING, State.CHOOSING)
        await self.people.desk.cancel(reference, actor=self.people.officer, reason=WHY, mistake=Mistake.TEST)
        self.site.endings[right].append(str((await self.people.closed(reference)).ending))

    async def press(self, reference: str, email: str, after: tuple[str, str] = ("", "")) -> None:
        """Answer the newest challenge, that `after` another; the first of every right at the portal."""
        for _ in range(600):
            token, code = await self.people.challenge(email, reference)
            if (token, code) != after:
                break
            await asyncio.sleep(0.1)
        at_the_portal, self.at_the_portal = self.at_the_portal, False
        if at_the_portal:
            await self._type(token, code)
        else:
            await self.people.desk.answer_challenge(token, code)

    async def _type(self, token: str, code: str) -> None:
        """Open the link, type a wrong code, then the right one."""
        wrong = "000000" if code != "000000" else "000001"
        link = f"{self.site.installation.settings.portal_url}/v/{token}"
        async with httpx.AsyncClient(follow_redirects=True, trust_env=False) as browser:
            page = await _opened(browser, link)
            for typed in (wrong, code):
                page = await _typed(browser, page, typed)
        assert page.url.path.endswith("/done"), page.status_code

    async def _would_leave_out(self, reference: str, right: Right) -> None:
        """One officer's word, which no second one says: it was mended meanwhile."""
        said = {"ground": self._refusing(right), "actor": self.people.officer, "reason": WHY}
        with suppress(BadInput):  # marketing is never left out
            assert not await self.people.desk.repair(reference, SYSTEM, retry=False, **said)

    def _refusing(self, right: Right) -> str:
        grounds = self.site.house.policy.grounds.values()
        return next(ground.code for ground in grounds if right in ground.refuses)

    def _mend_the_company(self) -> None:
        with psycopg.connect(self.site.installation.crm.replace("+psycopg", "")) as connection:
            connection.execute("drop trigger if exists quote_the_row on notes")

    async def _say_what_is_refused(self, reference: str) -> None:
        """What people mistype goes into an error, and some of it through an update that is refused."""
        desk, officer = self.people.desk, self.people.officer
        refused: list[Callable[[], Awaitable[object]]] = [
            lambda: desk.repair(reference, WHY, retry=True, actor=officer, reason=WHY),
            lambda: desk.repair(reference, SYSTEM, retry=False, ground=WHY, actor=officer, reason=WHY),
            lambda: desk.propose(reference, approved=True, digest=WHY, actor=officer, reason=WHY),
            lambda: desk.propose(reference, approved=False, ground=WHY, actor=officer, reason=WHY),
            lambda: desk.confirm(WHY, actor=officer, reason=WHY),
            lambda: desk.choose(reference, 99, actor=officer, reason=WHY),
            lambda: desk.extend(reference, 5, actor=officer, reason=WHY),
            lambda: desk.answer_challenge(WHY, WHY),
            lambda: desk.call_off(reference, proceed=True),
            lambda: desk.hand(reference, WHY, WHY, actor=officer),
            lambda: desk.merge(reference, WHY, actor=officer, reason=WHY),
            lambda: desk.reopen(reference, actor=officer, reason=WHY),
            lambda: desk.lift(reference, actor=officer, reason=WHY),
            lambda: desk.progress(WHY, Progress(because=Because.OTHERS, expected_on=date.max), actor=officer),
            *(self._amended(reference, said) for said in self._amendments_refused()),
            lambda: asyncio.to_thread(identifier, IdentifierKind.EMAIL, WHY),
            lambda: asyncio.to_thread(identifier, IdentifierKind.PHONE, WHY),
        ]
        for number, act in enumerate(refused):
            try:
                await act()
            except SitthiError as error:
                told = f"{error!s}\n{error!r}\n{in_one_line(error)}\n{error.facts}\n{error.__context__!r}"
                self.site.note("errors", f"{number} {error.code}", told)
            else:
                raise AssertionError(f"{number} was not refused")

    def _amended(self, reference: str, said: Amendment) -> Callable[[], Awaitable[object]]:
        return lambda: self.people.desk.amend(reference, said, actor=self.people.officer, reason=WHY)

    def _amendments_refused(self) -> tuple[Amendment, ...]:
        return (
            Amendment(moved=Moved.SCOPE, changes={LATIN: WHY}),
            Amendment(moved=Moved.SCOPE, changes={"units": WHY}),
            Amendment(moved=Moved.AGENT, agent=WHY),
            Amendment(moved=Moved.RIGHT),
        )


async def _opened(browser: httpx.AsyncClient, link: str) -> httpx.Response:
    """The link's page; the portal may still be starting."""
    for _ in range(100):
        try:
            return await browser.get(link)
        except httpx.TransportError:
            await asyncio.sleep(0.1)
    raise AssertionError("the portal does not answer")


async def _typed(browser: httpx.AsyncClient, page: httpx.Response, code: str) -> httpx.Response:
    """The page after a code was typed; who is told to wait waits."""
    form = {**dict(HIDDEN.findall(page.text)), "code": code}
    answer = await browser.post(str(page.url), data=form)
    while answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        await asyncio.sleep(float(answer.headers["retry-after"]))
        answer = await browser.post(str(page.url), data=form)
    return answer
