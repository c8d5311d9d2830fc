"""Verify: every address given is challenged alike; what counts is one on file, at the level the right asks."""

from __future__ import annotations

from activities.asked import asked_of
from activities.casefile import case_file
from activities.letters import send_letter
from activities.tools import Step, Tools, instructed, step
from domain.acting import Lack, lacking
from domain.assurance import Assurance
from domain.calendar import day_in_bangkok
from domain.case import Standing, Task
from domain.documents import Message
from domain.identifiers import ADDRESSES
from domain.wishes import assurance_for

SHOW_AUTHORITY, SUCCESSION = "show-authority", "succession-procedure"
"""Tasks: see what shows that they may act; an heir is led to the procedure for accounts of the deceased (s.6)."""


class Verify(Step):
    """Sends challenges and says how far identity is shown."""

    @step("challenge")
    def challenge(self, task: Task) -> None:
        """Send a link and a code to every address given, known or not, save by somebody who acts no more."""
        tools = self.tools
        tools.register.enter(task.case, task.step)
        if instructed(tools, task.case):
            return  # they may not even know of it: the tenant answers them
        language = tools.register.view(task.case).language
        if not self._ask_authority(task.case):
            return
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
        asked = asked_of(tools, task.case)
        needed = assurance_for(asked.right, asked.wish, consent_only=asked.consent_only)
        standing = tools.identity.standing(task.case)
        # A device has no address to challenge: what it is known by, it brought itself.
        every = (
            standing.level > Assurance.NONE if asked.by_device else bool(given) and proved.issuperset(given)
        )
        if instructed(tools, task.case):
            # The tenant was verified when it instructed; whoever it means has nothing to show (s.40 ¶1(1)).
            return Standing(level=needed, needed=needed, address_proved=True, all_proved=True)
        if authority_lacks(tools, task.case):
            # Whoever they are, they may not act yet: nothing counts, and the case ends as unverified (L12) in time.
            standing = standing.model_copy(update={"level": Assurance.NONE, "address_proved": False})
        return standing.model_copy(update={"all_proved": every, "needed": needed})

    def _ask_authority(self, case: str) -> bool:
        """Ask for what is missing of their authority, by a task and a letter; False where nobody is to be challenged."""
        tools, missing = self.tools, authority_lacks(self.tools, case)
        if not missing:
            return True
        if Lack.NEVER in missing:
            tools.register.open_task(case, SUCCESSION, once=True)
            return False  # nobody writes to the dead
        tools.register.open_task(case, SHOW_AUTHORITY, once=True)
        acting = tools.identity.acting(case)
        terms = tools.register.view(case).case.terms
        file = case_file(
            tools,
            case,
            capacity=acting.capacity.value,
            lacking=[*missing],
            by=day_in_bangkok(terms.verify_by).isoformat(),
        )
        send_letter(tools, case, "L2-AUTHORITY", file, edition=acting.version)
        return True


def authority_lacks(tools: Tools, case: str) -> tuple[str, ...]:
    """What is missing of the authority of whoever asks, by code (`domain.acting`). Marketing stops on anybody's word."""
    asked = asked_of(tools, case)
    if asked.wish.marketing_only or asked.consent_only:
        return ()
    return lacking(tools.identity.acting(case), asked.right, day_in_bangkok(tools.clock.now()))
