"""Letters: rendered, kept sealed with the hash of their text, announced by e-mail once."""

from __future__ import annotations

import hashlib

from activities.casefile import case_file
from activities.tools import Step, Tools, step
from domain.case import Task
from domain.identifiers import ADDRESSES, Identifier
from domain.ports import CaseFile, Letter, Message

TO_ADDRESSES_GIVEN = frozenset({"L1", "L12", "L-NODATA", "L-CLOSED"})
"""Letters that hold nothing but what the sender wrote, and so may go where the sender asked."""


class Correspond(Step):
    """Tells the person; `task.detail` is the letter's code (L1 ... L12)."""

    @step("letter")
    def letter(self, task: Task) -> None:
        """Enter the step, render, keep and announce the letter; each version of a plan has its own."""
        self.tools.register.enter(task.case, task.step)
        send_letter(self.tools, task.case, task.detail, edition=task.version)


def send_letter(
    tools: Tools, case: str, code: str, file: CaseFile | None = None, *, edition: int = 0
) -> Letter:
    """Send one letter of a case once; doing it again after any failure goes on where it stopped."""
    name = f"{code}-{edition}" if edition > 1 else code
    letter = tools.letters.find(case, name)
    file = file or case_file(tools, case)
    if letter is None:
        rendered = tools.exports.letter(code, file)
        ref = f"letters/{name}.pdf"
        with tools.files.write(case, ref) as out:
            out.write(rendered.pdf)
        letter = tools.letters.queue(case, name, ref, hashlib.sha256(rendered.text.encode()).hexdigest())
    if letter.sent is None:
        subject, text = tools.exports.mail(code, file)
        for number, address in enumerate(_addresses(tools, case, code)):
            tools.mailer.send(Message(to=address, subject=subject, text=text, dedup=f"{letter.id}:{number}"))
        tools.letters.sent(letter.id, tools.clock.now())
    return letter


def _addresses(tools: Tools, case: str, code: str) -> tuple[Identifier, ...]:
    """Where a letter may be announced.

    Until identity is shown every address given hears the same, so that nothing tells who is known; what
    follows a decision goes only to addresses that were proved and are on file.
    """
    given = tuple(i for i in tools.vault.subject(case).identifiers if i.kind in ADDRESSES)
    return given if code in TO_ADDRESSES_GIVEN else tools.identity.reply_addresses(case)
