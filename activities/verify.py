"""Verify: every address given is challenged alike; what counts is one on file, at the level the right asks."""

from __future__ import annotations

from activities.asked import asked_of
from activities.casefile import case_file
from activities.tools import Step, step
from domain.case import Standing, Task
from domain.documents import Message
from domain.identifiers import ADDRESSES
from domain.wishes import assurance_for


class Verify(Step):
    """Sends challenges and says how far identity is shown."""

    @step("challenge")
    def challenge(self, task: Task) -> None:
        """Send a link and a code to every address given, known or not, save by somebody who acts no more."""
        tools = self.tools
        tools.register.enter(task.case, task.step)
        language = tools.register.view(task.case).language
        for address in tools.vault.reachable(task.case):
            if address.kind not in ADDRESSES:
                continue
            challenge = tools.identity.challenge(task.case, address)
            if challenge is None:
                continue
            file = case_file(
                tools,
                task.case,
                link=f"{tools.portal_url}/v/{challenge.token}?lang={language}",
                code=challenge.code,
                expires=challenge.expires.isoformat(),
            )
            subject, text = tools.exports.mail("L2", file)
            # The link is fresh on every retry, so the dedup key is of the challenge as sent.
            tools.mailer.send(Message(to=address, subject=subject, text=text, dedup=challenge.token))
            tools.identity.sent(challenge.id)

    @step("standing")
    def standing(self, task: Task) -> Standing:
        """The level of assurance reached by now."""
        tools = self.tools
        proved = set(tools.identity.proved(task.case))
        given = [one for one in tools.vault.reachable(task.case) if one.kind in ADDRESSES]
        every = bool(given) and all(one in proved for one in given)
        asked = asked_of(tools, task.case)
        needed = assurance_for(asked.right, asked.wish, consent_only=asked.consent_only)
        standing = tools.identity.standing(task.case)
        return standing.model_copy(update={"all_proved": every, "needed": needed})
