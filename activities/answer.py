"""Answer: the certificate, the letter that fits the ending, what stays owed; then the case closes."""

from __future__ import annotations

from temporalio import activity

from activities.casefile import case_file
from activities.letters import send_letter
from activities.tools import Step
from domain.case import Task
from domain.outcomes import DESTROYING, Ending
from domain.rights import Right
from domain.states import State

CERTIFICATE = "certificate.pdf"

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

    @activity.defn(name="answer")
    def answer(self, task: Task) -> None:
        """Write down what is owed, certify what was destroyed, and tell the person; `task.detail` is the ending."""
        tools, case, ending = self.tools, task.case, Ending(task.detail)
        tools.register.enter(case, State.ANSWERING)
        view = tools.register.view(case)
        if view.case.right is Right.ERASURE and ending in {Ending.FULFILLED, Ending.PARTIAL}:
            obligations = tools.obligations.owe(case)
            file = case_file(tools, case, erased_on=tools.clock.now().isoformat(), owed=len(obligations))
            if file.plan and file.plan.total(DESTROYING):
                with tools.files.write(case, CERTIFICATE) as out:
                    tools.exports.certificate(file, out)
        else:
            file = case_file(tools, case)
        send_letter(tools, case, LETTER_OF[ending], file)

    @activity.defn(name="close")
    def close(self, task: Task) -> None:
        """Close the case with its ending (`task.detail`)."""
        self.tools.register.close(task.case, Ending(task.detail))
