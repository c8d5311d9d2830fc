"""The whole story of the canary: every right, what happens on the way, the counter; what destroys comes last."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from pathlib import Path

import psycopg

from bootstrap import connect
from demo.person import fetch_documents
from demo.scenarios import BOTH_ROLES, FORMER_CUSTOMER, LEAD, SAME_EMAIL, UNKNOWN, Scenario
from domain.links import Relation
from domain.rights import RULES, Right, Verb
from tests.e2e.canary_counter import Counter
from tests.e2e.canary_site import Site
from tests.e2e.canary_story import QUOTED_BY_THE_DATABASE, WHY, NotedPeople, Story
from tests.e2e.canary_way import turns
from tests.support.house import fresh_company
from tests.support.marked import email_of, mark
from workflows.desk import WORKFLOW_OF

MARKED = (FORMER_CUSTOMER, SAME_EMAIL, LEAD, BOTH_ROLES)
NOBODY_DECIDES = frozenset({Right.WITHDRAWAL})


async def play(site: Site) -> None:
    """Every right that the engine serves, every act, every command."""
    engine = await asyncio.to_thread(fresh_company, site.installation)
    for who in MARKED:
        assert mark(engine, who) > 5
    engine.dispose()
    staff = site.house.room.staff
    (officer, first), (approver, second) = [staff.add(WHY, role) for role in ("officer", "approver")]
    site.credentials |= {first.rpartition(".")[2], second.rpartition(".")[2]}
    people = NotedPeople(site.house, await connect(site.house), officer, approver)
    people.said = site.said
    story = Story(site, people)
    before = [right for right in WORKFLOW_OF if RULES[right].verb is not Verb.ERASE]
    references = {right: await _one(story, right, first) for right in before}
    counter = Counter(story, first, second)
    await asyncio.gather(asyncio.to_thread(counter.work), turns(story, references[Right.RESTRICTION]))
    with psycopg.connect(site.installation.crm.replace("+psycopg", "")) as connection:
        connection.execute(QUOTED_BY_THE_DATABASE)
    reference = await _one(story, Right.ERASURE, first)
    await asyncio.to_thread(counter.settles, reference)
    await asyncio.to_thread(counter.sweep)
    await asyncio.to_thread(site.command, "status", reference)


async def _one(story: Story, right: Right, credential: str) -> str:
    """A right, by the command line and by the web; granted, refused, stopped, for nobody known."""
    site, story.at_the_portal = story.site, True
    reference = await story.ask_at_the_counter(right, FORMER_CUSTOMER, credential)
    ends: list[Awaitable[object]] = [story.stop(right, BOTH_ROLES)]
    if right not in NOBODY_DECIDES:
        ends.append(story.refuse(right, FORMER_CUSTOMER if right is Right.OBJECTION else BOTH_ROLES))
    await asyncio.gather(
        story.whole(right, FORMER_CUSTOMER, reference),
        *(story.whole(right, who) for who in (SAME_EMAIL, LEAD, _nobody_of(right))),
        *ends,
    )
    case = site.house.room.register.view(reference).case.id
    for link in site.house.room.register.links(case):
        if link.relation is Relation.FOLLOWS:
            await story.whole(link.right, FORMER_CUSTOMER, link.reference)
    mailbox = site.house.settings.mailbox or Path()
    site.fetched[right] = set(await fetch_documents(mailbox, email_of(FORMER_CUSTOMER), reference))
    await asyncio.to_thread(_export, site, reference, credential)
    return reference


def _nobody_of(right: Right) -> Scenario:
    """Who objected to marketing is known from then on, by the address alone: each right has a stranger of its own."""
    return replace(UNKNOWN, key=f"{UNKNOWN.key}.{right}")


def _export(site: Site, reference: str, credential: str) -> None:
    out = site.home / "desk" / reference
    site.command("export", reference, "--out", str(out), "--reason", "HELP-1", credential=credential)
    site.unpack(out)
