"""What is taken out of a measured case: rendering, and the time in which people think."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from typing import Any, BinaryIO

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from domain.case import Task
from domain.documents import CaseFile, Packed, Rendered
from domain.identity_copies import Area
from domain.item import Record, Table
from domain.states import State
from tests.support.people import People

_TEXT = "rendering is measured by itself"


class NothingRendered:
    """`domain.documents.Exports` without the rendering: every document is one short text."""

    def letter(self, code: str, file: CaseFile) -> Rendered:  # noqa: ARG002
        return Rendered(subject=code, text=_TEXT, html=_TEXT, pdf=_TEXT.encode())

    def mail(self, code: str, file: CaseFile) -> tuple[str, str]:  # noqa: ARG002
        return code, _TEXT

    def sms(self, file: CaseFile) -> str:  # noqa: ARG002
        return _TEXT

    def dossier(
        self,
        file: CaseFile,  # noqa: ARG002
        tables: Sequence[Table],  # noqa: ARG002
        records: Iterator[Record],
        out: BinaryIO,
        files: Iterable[Packed] = (),  # noqa: ARG002
    ) -> None:
        for _ in records:  # unsealing and reading them is the case's own work
            pass
        out.write(_TEXT.encode())

    def identity_picture(self, picture: bytes, areas: Sequence[Area]) -> bytes:  # noqa: ARG002
        return picture

    def certificate(self, file: CaseFile, out: BinaryIO) -> str:  # noqa: ARG002
        out.write(_TEXT.encode())
        return hashlib.sha256(_TEXT.encode()).hexdigest()


class AtOnce(Interceptor):
    """Officers and a person without a pulse: the word is given as soon as the register shows that it is waited for.

    A plan is proposed, and confirmed where a second person is due; an erasure that cools off is told to go on.
    """

    def __init__(self) -> None:
        self.people: People | None = None
        self._saying: set[asyncio.Task[None]] = set()

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        return _Listening(next, self)

    def hear(self, step: str, task: Task) -> None:
        """A step was taken; some wait for a word."""
        if self.people is None:
            raise RuntimeError("nobody is at the desk")
        if step == "enter" and task.step is State.DECIDING:
            self._say(_decide(self.people, task.case))
        elif step == "letter" and task.step is State.COOLING:
            self._say(self.people.desk.call_off(task.case, proceed=True))

    def _say(self, word: Coroutine[Any, Any, None]) -> None:
        said = asyncio.create_task(word)
        self._saying.add(said)
        said.add_done_callback(self._saying.discard)


async def _decide(people: People, case: str) -> None:
    desk = people.desk
    if await desk.files_to_review(case):
        await desk.review_files(case, actor=people.officer, reason="looked at")
    decided = await desk.propose(case, approved=True, actor=people.officer, reason="plan read")
    if decided is None:
        await desk.confirm(case, actor=people.approver, reason="agreed")


class _Listening(ActivityInboundInterceptor):
    def __init__(self, inner: ActivityInboundInterceptor, officer: AtOnce) -> None:
        super().__init__(inner)
        self._officer = officer

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002
        result = await super().execute_activity(input)
        if input.args and isinstance(task := input.args[0], Task):
            self._officer.hear(activity.info().activity_type, task)
        return result
