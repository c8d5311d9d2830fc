"""What people do with the link that they were sent: see what is asked of them, and answer it.

It stands beside the desk because it needs no workflow: an answer is taken down while Temporal is away, and the
reconcile sweep goes on with the case.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from secrets import token_hex
from typing import Protocol, cast

from activities.others import told_recipient
from activities.tools import Tools
from connectors.manual import ManualConnector
from domain.answer_links import RECIPIENT, About, Job, KindShown, Reply, Upload
from domain.errands import Answer, Errand, Evidence, Question, check_answer
from domain.errors import BadInput, KeyShredded, NotAllowed
from domain.recipients import Said
from domain.self_links import Draft
from domain.uploads import LARGEST, MOST, TAKEN, title_of
from security.sniffing import HEAD, kind_of

_BLOCK = 1 << 18
_LONGEST_WHY = 2000
_MEND = "ask the company for a new link"


class Errands(Protocol):
    """Where an errand is read."""

    def view(self, errand: int) -> Errand:
        """One, with whom it is about. Raises `NotFound`, `KeyShredded`."""
        ...


@dataclass(frozen=True)
class AnswersByLink:
    """The one way to answer by a link. One that is not good raises `NotAllowed`, whyever it is not."""

    tools: Tools
    errands: Errands

    async def about(self, token: str) -> About:
        """What a link is about, and no person; looking changes nothing."""
        return await asyncio.to_thread(self.tools.answer_links.about, token)

    async def open(self, token: str) -> Job:
        """What is to be done and for whom; that it was looked at is told first."""
        return await asyncio.to_thread(self._open, token)

    async def keep(self, token: str, typed: Draft) -> None:
        """Keep what was typed. Raises `BadInput`, `Unavailable`."""
        with _shredded_is_dead():
            await asyncio.to_thread(self.tools.answer_links.keep, token, typed)

    async def kept(self, token: str) -> Draft:
        """What was typed so far. Raises `Unavailable`."""
        with _shredded_is_dead():
            return await asyncio.to_thread(self.tools.answer_links.kept, token)

    async def answer(self, token: str, reply: Reply) -> About:
        """Take an answer down, and its files sealed; the link is used up with it.

        Raises:
            BadInput: it is no answer to what is asked, or a file is none that is taken; the link stays good.
            Unavailable: the register is away.
        """
        return await asyncio.to_thread(self._answer, token, reply)

    def _open(self, token: str) -> Job:
        about = self.tools.answer_links.opened(token)
        with _shredded_is_dead():
            return self._for_recipient(about) if about.asks == RECIPIENT else self._for_people(about)

    def _for_recipient(self, about: About) -> Job:
        file = told_recipient(self.tools, about.case, about.recipient, about.due)
        facts = file.facts
        return Job(
            about=about,
            keeper=str(facts["recipient"]),
            known_by=tuple(map(str, cast("Sequence[object]", facts["identifiers"]))),
            action=str(facts["action"]),
            corrections=cast("Mapping[str, str]", facts.get("corrections", {})),
        )

    def _for_people(self, about: About) -> Job:
        asked = self.errands.view(about.errand).question
        job = Job(
            about=about,
            name=asked.name,
            known_by=tuple(one.value for one in asked.identifiers),
            records=asked.records,
        )
        connector = self.tools.connectors.get(about.system)
        if not isinstance(connector, ManualConnector):
            return job
        kept = connector.map
        kinds = tuple(
            KindShown(name=name, label=kind.table.label, dates=kind.dates)
            for name, kind in kept.kinds.items()
        )
        how = kept.instructions[asked.asks]
        over = {"keeper": kept.keeper, "place": kept.place, "how": how, "kinds": kinds}
        return job.model_copy(update=over)

    def _answer(self, token: str, reply: Reply) -> About:
        links = self.tools.answer_links
        about, why = links.about(token), reply.why.strip()[:_LONGEST_WHY]
        if reply.could_not and about.asks != RECIPIENT:
            if not why:
                raise BadInput("reason-missing", "say why", field="why")
            with _shredded_is_dead():
                return links.could_not(token, why)
        endings = _checked(reply.files)
        if about.asks == RECIPIENT:
            said = _said(reply, why)
            return self._with_files(
                about, reply, endings, lambda kept: links.answer_recipient(token, said, kept, why)
            )
        with _shredded_is_dead():
            question = self.errands.view(about.errand).question
        answer = self._answer_to(question, about.system, reply, endings)
        return self._with_files(
            about,
            reply,
            endings,
            lambda kept: links.answer_errand(token, answer.model_copy(update={"files": kept})),
        )

    def _answer_to(self, question: Question, system: str, reply: Reply, endings: Sequence[str]) -> Answer:
        """The answer, judged before any file is kept. Raises `BadInput`."""
        connector = self.tools.connectors.get(system)
        kinds = {table.name: table.events for table in connector.describe()} if connector else {}
        files = tuple(_drawn(one, ending) for one, ending in zip(reply.files, endings, strict=True))
        answer = Answer(papers=tuple(reply.papers), results=reply.results or {}, files=files)
        check_answer(question, answer, kinds)
        return answer

    def _with_files(
        self,
        about: About,
        reply: Reply,
        endings: Sequence[str],
        taken: Callable[[tuple[Evidence, ...]], About],
    ) -> About:
        """The answer with its files kept; where it is not taken, they are destroyed again."""
        kept: list[Evidence] = []
        over = False
        try:
            with _shredded_is_dead():
                for one, ending in zip(reply.files, endings, strict=True):
                    kept.append(self._kept(about, one, ending))
                told = taken(tuple(kept))
            over = True
        finally:
            for file in [] if over else kept:
                self.tools.files.destroy(about.case, file.file)
        return told

    def _kept(self, about: About, one: Upload, ending: str) -> Evidence:
        """The file, sealed among those of the case, in a place that is never used twice."""
        files = self.tools.files
        of = f"recipients/{about.recipient}" if about.recipient else f"errands/{about.errand}"
        name = f"{of}/link-{token_hex(8)}"
        one.content.seek(0)
        with files.write(about.case, name) as sealed:
            while block := one.content.read(_BLOCK):
                sealed.write(block)
        measured = files.measure(about.case, name)
        over = {"file": name, "size": measured.size, "sha256": measured.sha256}
        return _drawn(one, ending).model_copy(update=over)


def _said(reply: Reply, why: str) -> Said:
    """A recipient's word, with what it must bring. Raises `BadInput`."""
    if reply.said is None:
        raise BadInput("answer-missing", "choose one", field="said")
    if reply.said in {Said.KEPT, Said.REFUSED} and not why:
        raise BadInput("reason-missing", "say which data, and which law", field="why")
    if reply.said is Said.DONE and not reply.files:
        raise BadInput("evidence-missing", "give a certificate or other proof", field="evidence")
    return reply.said


def _checked(files: Sequence[Upload]) -> list[str]:
    """The kind of each file by its own bytes. Raises `BadInput`."""
    if len(files) > MOST or sum(one.size for one in files) > LARGEST:
        raise BadInput(
            "files-too-large", f"at most {MOST} files of {LARGEST >> 20} MiB together", field="files"
        )
    endings = []
    for one in files:
        one.content.seek(0)
        ending = kind_of(one.content.read(HEAD))
        if ending not in TAKEN:
            raise BadInput("file-kind-refused", "give PDF, a picture or a recording", field="files")
        endings.append(ending)
    return endings


def _drawn(one: Upload, ending: str) -> Evidence:
    return Evidence(file="", title=title_of(one.title, ending), size=one.size, sha256="", ref=one.ref)


@contextmanager
def _shredded_is_dead() -> Iterator[None]:
    """Of a case whose key was destroyed nobody is asked anything any more."""
    try:
        yield
    except KeyShredded:
        raise NotAllowed("link-not-good", _MEND) from None
