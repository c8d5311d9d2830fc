"""A cabinet of papers and the clerk who keeps it, as a world for the contract: the errands are the register's own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pydantic import JsonValue

from cases import Room
from connectors.manual import Desk, ManualConnector
from connectors.manual_map import load_manual_map
from domain.connector import Ended
from domain.deadlines import Authority, Terms
from domain.documents import Files
from domain.errands import Answer, Asks, Errand, Evidence, Paper, Question, Result, check_answer
from domain.identifiers import Identifier, IdentifierKind, identifier
from domain.item import Item, Subject
from domain.ports import Intake
from domain.rights import Right
from tests.contract.world import Fault

MAP = Path(__file__).with_name("manual.map.yaml")
SYSTEM = "archive"
HERS = identifier(IdentifierKind.EMAIL, "malee.jaidee@example.com")
HIS = identifier(IdentifierKind.EMAIL, "somchai.rakdee@example.com")
START = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
TERMS = Terms(
    received_on=date(2026, 11, 22),
    strict=date(2026, 12, 22),
    rolled=date(2026, 12, 22),
    target=date(2026, 12, 22),
    decide_by=date(2026, 12, 1),
    verify_by=START,
    due=START,
    authority=Authority.STATUTE,
    reference="s.30 ¶4",
    policy="1",
    calendar="1",
)


@dataclass(frozen=True)
class Office:
    """A register and its sealed files; an officer who sees to the archive, and one who left."""

    room: Room
    files: Files
    owner: str
    gone: str

    def case(self) -> str:
        intake = Intake(
            rights=(Right.ERASURE,), channel="web", received=START, language="th", identifiers=(HERS,)
        )
        [case] = self.room.register.open_request(intake, {Right.ERASURE: TERMS})
        return case.id


class Clerk:
    """Errands of the register, answered at once by somebody who goes and looks."""

    def __init__(self, office: Office, cabinet: Path) -> None:
        self._office, self._cabinet = office, cabinet
        self.asked: list[Question] = []
        self.away = False

    def ask(
        self, case: str, system: str, key: str, question: Question, *, within_days: int, owner: str = ""
    ) -> Errand:
        errands = self._office.room.errands
        errand = errands.ask(case, system, key, question, within_days=within_days, owner=owner)
        if errand.answer is not None or self.away:
            return errand
        self.asked.append(question)
        return self.answer(errand)

    def answer(self, errand: Errand) -> Errand:
        said = {
            Asks.FIND: self._find,
            Asks.COPY: self._copy,
            Asks.DESTROY: self._destroy,
            Asks.CORRECT: self._correct,
        }
        answer = said[errand.question.asks](errand)
        check_answer(errand.question, answer, {"personnel_file": ("contract_ended_on",), "call": ()})
        return self._office.room.errands.answer(errand.id, answer, actor=self._office.owner)

    def of(self, case: str, system: str) -> tuple[Errand, ...]:
        return self._office.room.errands.of(case, system)

    def may_be_asked(self, owner: str) -> bool:
        return self._office.room.errands.may_be_asked(owner)

    def _find(self, errand: Errand) -> Answer:
        wanted = {one.value for one in errand.question.identifiers}
        papers = [json.loads(file.read_text("utf-8")) for file in sorted(self._cabinet.glob("*.json"))]
        mine = [one for one in papers if one["of"] in wanted]
        fields = ("kind", "ref", "note", "dates")
        told = ({name: one[name] for name in fields if name in one} for one in mine)
        return Answer(papers=tuple(Paper.model_validate(one) for one in told))

    def _copy(self, errand: Errand) -> Answer:
        return Answer(files=tuple(self._scan(errand, one.ref) for one in errand.question.records))

    def _destroy(self, errand: Errand) -> Answer:
        for one in errand.question.records:
            (self._cabinet / f"{one.ref}.json").unlink()
        results = {one.ref: Result.DONE for one in errand.question.records}
        minute = self._scan(errand, "minute").model_copy(update={"ref": ""})
        return Answer(results=results, files=(minute,))

    def _correct(self, errand: Errand) -> Answer:
        for one in errand.question.records:
            file = self._cabinet / f"{one.ref}.json"
            paper = json.loads(file.read_text("utf-8"))
            file.write_text(json.dumps({**paper, "corrected": dict(one.values)}, ensure_ascii=False), "utf-8")
        results = {one.ref: Result.DONE for one in errand.question.records}
        return Answer(results=results, files=(self._scan(errand, "minute").model_copy(update={"ref": ""}),))

    def _scan(self, errand: Errand, ref: str) -> Evidence:
        name, content = f"errands/{errand.id}/{ref}", f"%PDF-1.7 {ref}".encode()
        with self._office.files.write(errand.case, name) as out:
            out.write(content)
        digest = hashlib.sha256(content).hexdigest()
        return Evidence(file=name, title=f"{ref}.pdf", size=len(content), sha256=digest, ref=ref)


class ManualWorld:
    """One person's papers among another's."""

    transactional = True
    movable, many = "personnel_file", "call"
    withholds = True
    faults: frozenset[Fault] = frozenset()
    as_of = date(2026, 11, 22)
    stranger: Identifier = identifier(IdentifierKind.EMAIL, "nobody.here@example.net")

    def __init__(self, office: Office, home: Path) -> None:
        self._office, self._cabinet = office, home / "cabinet"
        self._cabinet.mkdir()
        self.corrections: Mapping[str, JsonValue] = {"name-th": "มาลัย ใจดี", "phone": "069-000-2569"}
        self.ended: Ended = {}
        for who in (HERS, HIS):
            for number in range(24):
                self._put(who, number)
        self.clerk = Clerk(office, self._cabinet)
        self.connector = self._open(office.owner)
        self.subject = Subject(identifiers=(HERS,), case=office.case())

    def _put(self, who: Identifier, number: int) -> None:
        kind = self.movable if number < 6 else self.many
        ref = f"{'HR' if who == HERS else 'XR'}-{number:04d}"
        paper: dict[str, Any] = {"kind": kind, "ref": ref, "note": f"เล่มที่ {number}", "of": who.value}
        if kind == self.movable:
            paper["dates"] = {"contract_ended_on": "2020-03-31"}
        (self._cabinet / f"{ref}.json").write_text(json.dumps(paper, ensure_ascii=False), "utf-8")

    def _open(self, owner: str) -> ManualConnector:
        desk = Desk(errands=self.clerk, papers=self._office.files)
        return ManualConnector(
            SYSTEM, load_manual_map(SYSTEM, MAP), desk, owner=owner, secret=b"s" * 32, page=7
        )

    def reopened(self) -> ManualConnector:
        return self._open(self._office.owner)

    def refused(self) -> ManualConnector:
        """Who saw to the archive has left."""
        return self._open(self._office.gone)

    def others(self) -> dict[str, str]:
        return {
            file.name: hashlib.sha256(file.read_bytes()).hexdigest()
            for file in sorted(self._cabinet.glob("XR-*"))
        }

    def suppressed(self) -> list[str]:
        return []

    def touch(self, item: Item) -> None:
        """Somebody adds a page, and the clerk says so."""
        file = self._cabinet / f"{item.locator['ref']}.json"
        paper = json.loads(file.read_text("utf-8"))
        file.write_text(json.dumps({**paper, "note": "มีเอกสารเพิ่ม"}, ensure_ascii=False), "utf-8")
        [find] = [one for one in self.clerk.of(self.subject.case, SYSTEM) if one.question.asks is Asks.FIND]
        self.clerk.answer(find)

    @contextmanager
    def cut(self, after: int = 1) -> Iterator[None]:
        """The register goes away half-way through putting a question."""
        engine: sa.Engine = self._office.room.errands._work._engine
        writes = 0

        def end_session(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            nonlocal writes
            writes += statement.startswith(("INSERT", "UPDATE", "DELETE"))
            if writes == min(after, 1) + 1:
                pid = connection.connection.driver_connection.info.backend_pid
                killer = sa.create_engine(engine.url)
                with killer.connect() as other:
                    other.execute(sa.text("select pg_terminate_backend(:pid, 5000)"), {"pid": pid})
                killer.dispose()

        sa.event.listen(engine, "before_cursor_execute", end_session)
        try:
            yield
        finally:
            sa.event.remove(engine, "before_cursor_execute", end_session)

    def failing(self, fault: Fault) -> AbstractContextManager[None]:
        raise NotImplementedError

    def close(self) -> None:
        self.connector.close()
