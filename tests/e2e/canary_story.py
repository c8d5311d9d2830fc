"""What the marked people and the staff do and say, right by right; every word of theirs is a mark."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg

from bootstrap import connect
from cli.standing import For, standing
from cli.voice import in_one_line
from demo.person import fetch_documents
from demo.scenarios import BOTH_ROLES, FORMER_CUSTOMER, LEAD, SAME_EMAIL, UNKNOWN, Scenario
from domain.assurance import Method
from domain.errors import SitthiError
from domain.identifiers import IdentifierKind, identifier
from domain.ports import Intake
from domain.rights import RULES, Right, Verb
from domain.states import State
from tests.e2e.canary_site import Site
from tests.support.house import fresh_company
from tests.support.marked import LATIN, THAI, email_of, mark, phone_of, words_of
from tests.support.people import PATIENCE, People
from workflows.desk import WORKFLOW_OF

WHY = f"{LATIN} {THAI}"
QUOTED_BY_THE_DATABASE = """
create function quote_the_row() returns trigger language plpgsql as
$$ begin raise exception 'refused: %', old using errcode = '23514'; end $$;
create trigger quote_the_row before delete or update on notes for each row execute function quote_the_row();
"""
_FIELD = re.compile(r'<input[^>]*type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"')
_MARKED = (FORMER_CUSTOMER, SAME_EMAIL, LEAD, BOTH_ROLES)


@dataclass
class Story:
    """The cast, and the site that they act on."""

    site: Site
    people: People

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

    async def until_decision(self, right: Right, who: Scenario) -> str:
        reference = await self.ask(right, who)
        await self._answer(For.IDENTITY, reference, who)
        await self.people.until(reference, State.DECIDING)
        return reference

    async def ask(self, right: Right, who: Scenario) -> str:
        changes = {"full_name_th": words_of(who)} if RULES[right].verb is Verb.CORRECT else {}
        intake = Intake(
            rights=(right,),
            channel="web",
            received=self.site.house.tools.clock.now(),
            language="en" if who is LEAD else "th",
            identifiers=(identifier(IdentifierKind.EMAIL, email_of(who)),),
            name=words_of(who),
            message=words_of(who),
            changes=changes,
        )
        return (await self.people.desk.open(intake))[0].case.reference

    async def ask_at_the_counter(self, right: Right, who: Scenario, credential: str) -> str:
        """By the command line; who asks is told on standard input and in files, not in arguments."""
        desk = self.site.home / "desk"
        for name, text in (("email", email_of(who)), ("phone", phone_of(who)), ("words", words_of(who))):
            (desk / name).write_text(text, "utf-8")
        told = await asyncio.to_thread(
            self.site.command,
            *("open", "--right", right, "--email", f"@{desk}/email", "--phone", f"@{desk}/phone"),
            *("--name", f"@{desk}/words", "--message", f"@{desk}/words"),
            credential=credential,
        )
        found = re.search(r"DSR-\d{4}-\d{6}", told)
        assert found is not None
        return found[0]

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
            case For.IDENTITY:
                await self._press(reference, who)
                await people.desk.record_identity(
                    reference, Method.MASKED_DOCUMENT, actor=officer, reason=WHY
                )
            case For.DECISION:
                await self._say_what_is_refused(reference)
                await self._decide(reference)
            case For.COOLING:
                await people.desk.call_off(reference, proceed=True)
            case For.REPAIR:
                self._mend_the_company()
                await people.desk.repair(reference, "siamcrm", retry=True, actor=officer, reason=WHY)

    async def _decide(self, reference: str, *, ground: str = "") -> None:
        desk, approved = self.people.desk, not ground
        decision = await desk.propose(
            reference, approved=approved, ground=ground, harm=WHY, actor=self.people.officer, reason=WHY
        )
        if decision is None:
            await desk.confirm(reference, actor=self.people.approver, reason=WHY)

    async def refuse(self, right: Right, who: Scenario) -> None:
        reference = await self.until_decision(right, who)
        grounds = self.site.house.policy.grounds.values()
        await self._decide(reference, ground=next(g.code for g in grounds if right in g.refuses))
        self.site.endings[right].append(str((await self.people.closed(reference)).ending))

    async def stop(self, right: Right, who: Scenario) -> None:
        reference = await self.ask(right, who)
        await self.people.until(reference, State.VERIFYING, State.CHOOSING)
        await self.people.desk.cancel(reference, actor=self.people.officer, reason=WHY)
        self.site.endings[right].append(str((await self.people.closed(reference)).ending))

    async def _press(self, reference: str, who: Scenario) -> None:
        """Open the link, type a wrong code, then the right one."""
        token, code = await self.people.challenge(email_of(who), reference)
        wrong = "000000" if code != "000000" else "000001"
        link = f"{self.site.installation.settings.portal_url}/v/{token}"
        async with httpx.AsyncClient(follow_redirects=True, trust_env=False) as browser:
            page = await _opened(browser, link)
            for typed in (wrong, code):
                form = dict(_FIELD.findall(page.text))
                page = await browser.post(str(page.url), data={**form, "code": typed})
        assert page.url.path.endswith("/done"), page.status_code

    def _mend_the_company(self) -> None:
        with psycopg.connect(self.site.installation.crm.replace("+psycopg", "")) as connection:
            connection.execute("drop trigger if exists quote_the_row on notes")

    async def _say_what_is_refused(self, reference: str) -> None:
        """What people mistype goes into an error, and some of it through an update that is refused."""
        desk, officer = self.people.desk, self.people.officer
        refused: list[Callable[[], Awaitable[object]]] = [
            lambda: desk.repair(reference, WHY, retry=True, actor=officer, reason=WHY),
            lambda: desk.repair(reference, "siamcrm", retry=False, ground=WHY, actor=officer, reason=WHY),
            lambda: desk.propose(reference, approved=True, digest=WHY, actor=officer, reason=WHY),
            lambda: desk.propose(reference, approved=False, ground=WHY, actor=officer, reason=WHY),
            lambda: desk.confirm(WHY, actor=officer, reason=WHY),
            lambda: desk.choose(reference, 99, actor=officer, reason=WHY),
            lambda: desk.extend(reference, 5, actor=officer, reason=WHY),
            lambda: desk.answer_challenge(WHY, WHY),
            lambda: desk.call_off(reference, proceed=True),
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


async def _opened(browser: httpx.AsyncClient, link: str) -> httpx.Response:
    """The link's page; the portal may still be starting."""
    for _ in range(100):
        try:
            return await browser.get(link)
        except httpx.TransportError:
            await asyncio.sleep(0.1)
    raise AssertionError("the portal does not answer")


async def play(site: Site) -> None:
    """Every right that the engine serves, those that destroy at the end."""
    engine = await asyncio.to_thread(fresh_company, site.installation)
    for who in _MARKED:
        assert mark(engine, who) > 5
    engine.dispose()
    staff = site.house.room.staff
    (officer, first), (approver, second) = [staff.add(WHY, role) for role in ("officer", "approver")]
    site.credentials |= {first.rpartition(".")[2], second.rpartition(".")[2]}
    people = People(site.house, await connect(site.house), officer, approver)
    story = Story(site, people)
    for right in sorted(WORKFLOW_OF, key=lambda right: RULES[right].verb is Verb.ERASE):
        if RULES[right].verb is Verb.ERASE:
            with psycopg.connect(site.installation.crm.replace("+psycopg", "")) as connection:
                connection.execute(QUOTED_BY_THE_DATABASE)
        reference = await story.ask_at_the_counter(right, FORMER_CUSTOMER, first)
        await asyncio.gather(
            story.whole(right, FORMER_CUSTOMER, reference),
            *(story.whole(right, who) for who in (SAME_EMAIL, LEAD, UNKNOWN)),
            *(end(right, BOTH_ROLES) for end in (story.refuse, story.stop)),
        )
        mailbox = site.house.settings.mailbox or Path()
        site.fetched[right] = set(await fetch_documents(mailbox, email_of(FORMER_CUSTOMER), reference))
        await asyncio.to_thread(_export, site, reference, first)
    for command in (("list",), ("status", reference), ("plan", reference, "--json"), ("audit", "verify")):
        await asyncio.to_thread(site.command, *command)


def _export(site: Site, reference: str, credential: str) -> None:
    out = site.home / "desk" / reference
    site.command("export", reference, "--out", str(out), "--reason", "HELP-1", credential=credential)
    site.unpack(out)
