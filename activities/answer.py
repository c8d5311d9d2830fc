"""Answer: the certificate, the letter that fits the ending, what stays owed; then the case closes."""

from __future__ import annotations

import hashlib
from contextlib import suppress

from pydantic import JsonValue

from activities.casefile import case_file
from activities.letters import document_of, send_letter
from activities.tools import Step, step
from domain import delivery
from domain.case import Receipt, Task
from domain.delivery import Document
from domain.errors import NotFound
from domain.outcomes import DESTROYING, Ending, Outcome
from domain.rights import Right
from domain.states import State

CERTIFICATE = "certificate.pdf"

_DONE = frozenset({Ending.FULFILLED, Ending.PARTIAL})

LETTER_OF: dict[Ending, str] = {
    Ending.FULFILLED: "L4",
    Ending.PARTIAL: "L5",
    Ending.REFUSED: "L6",
    Ending.NO_DATA: "L-NODATA",
    Ending.UNVERIFIED: "L12",
    Ending.NOT_CONTROLLER: "L7",
    Ending.WITHDRAWN: "L-CLOSED",
    Ending.CALLED_OFF: "L-CALLEDOFF",
    Ending.STOPPED: "L-CLOSED",
}


class Conclude(Step):
    """The end of every case, however it ends."""

    @step("answer")
    def answer(self, task: Task) -> None:
        """Write down what is owed, certify what was destroyed, and tell the person.

        `task.detail` is the ending, `task.grounds` those on which systems were left out.
        """
        tools, case, ending = self.tools, task.case, Ending(task.detail)
        tools.register.enter(case, State.ANSWERING)
        facts = self._facts(case, ending, task.grounds)
        tried = ending in _DONE or self._refused_by_plan(case, ending)
        file = case_file(tools, case, carried_out=tried or ending is Ending.NOT_CONTROLLER, **facts)
        if any(group["outcome"] == Outcome.NOT_CONTROLLER for group in file.groups):
            tools.register.open_task(case, "forward-to-controller")
        if file.view.case.right is Right.ERASURE and tried:
            for owed in tools.obligations.owe(case):
                tools.register.open_task(case, "separate-held-records", owed.system)
            destroyed = any(group["outcome"] in DESTROYING for group in file.groups)
            # Once announced it stays as it was: its digest went out with the link.
            if destroyed and tools.letters.find(case, LETTER_OF[ending]) is None:
                with tools.files.write(case, CERTIFICATE) as out:
                    tools.exports.certificate(file, out)
        send_letter(tools, case, LETTER_OF[ending], file, enclosed=self._enclosed(case, ending))

    def _refused_by_plan(self, case: str, ending: Ending) -> bool:
        """Whether officers approved a plan that the law lets do nothing now; what it holds is still owed later."""
        decision = self.tools.plans.decision(case)
        return ending is Ending.REFUSED and decision is not None and decision.approved

    def _enclosed(self, case: str, ending: Ending) -> tuple[Document, ...]:
        """What goes out with the letter: the certificate, the package."""
        if ending not in _DONE:
            return ()
        enclosed = []
        with suppress(NotFound):  # nothing was destroyed, so nothing is certified
            enclosed.append(
                document_of(self.tools, case, CERTIFICATE, name=CERTIFICATE, kind=delivery.CERTIFICATE)
            )
        bundle = self.tools.letters.bundle(case)
        if bundle is not None:
            named = {"name": bundle.ref, "kind": delivery.PACKAGE}
            enclosed.append(Document(**named, ref=bundle.ref, sha256=bundle.sha256, size=bundle.size))
        return tuple(enclosed)

    def _facts(self, case: str, ending: Ending, left_out: tuple[str, ...]) -> dict[str, JsonValue]:
        receipts = self.tools.effects.receipts(case)
        facts: dict[str, JsonValue] = {"receipts": _digest(receipts), "left_out": list(left_out)}
        if ending in _DONE:
            facts["done_on"] = self.tools.clock.now().isoformat()
        if ending is Ending.WITHDRAWN:
            facts["withdrawn"] = True
        decision = self.tools.plans.decision(case) if ending is Ending.REFUSED else None
        if decision is not None and not decision.approved:
            facts["ground"] = decision.ground
        return facts

    @step("close")
    def close(self, task: Task) -> None:
        """Close the case with its ending (`task.detail`)."""
        self.tools.register.close(task.case, Ending(task.detail))


def _digest(receipts: tuple[Receipt, ...]) -> str:
    """What was done, as one hash: a certificate's proof changes with any of its receipts."""
    told = "\n".join(receipt.model_dump_json() for receipt in sorted(receipts, key=lambda r: r.key))
    return hashlib.sha256(told.encode()).hexdigest()
