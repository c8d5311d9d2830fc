"""Copy: what is disclosed, read from each system into a sealed file, then packed for the person (s.30)."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator

from activities.asked import wish_of
from activities.casefile import case_file, told_disclosures
from activities.elsewhere import Origins, treat
from activities.file_redaction import Burnt
from activities.freezing import must_not_be_frozen
from activities.look_again import StillTheirs
from activities.redact import Redaction
from activities.tools import Step, Tools, step
from domain.case import Bundle, Receipt, Task, Untaken
from domain.connector import Capability, Connector, FileSource, KeptByPeople
from domain.documents import Packed
from domain.errors import CapabilityMissing
from domain.item import Attached, Item, Record
from domain.outcomes import DISCLOSING, Outcome
from domain.rights import Verb
from domain.third_persons import without_files

BUNDLE = "bundle.zip"
FILE = "file"
"""The column that names a record's file, in the systems that hand files over."""


class Copy(Step):
    """Reads one system's part, and packs all parts."""

    @step("copy")
    def copy(self, task: Task) -> Receipt:
        """Write the system's records to a sealed file; reading twice harms nobody, so it is simply redone.

        Days have passed since the plan was read: what is another person's now is given to nobody, and reviewed.
        """
        tools = self.tools
        connector = tools.connector(task.system, Capability.COPY)
        tools.register.enter(task.case, task.step)
        must_not_be_frozen(tools, task.case)
        if done := tools.effects.receipt(task.key):
            return done
        redaction, reviewed = Redaction(tools, connector, task.case), _reviewed(tools, task.case)
        burnt = Burnt(tools, task.case)
        theirs, origins = StillTheirs(tools, connector, task.case), Origins(connector)
        numbers: dict[int, Outcome] = {}
        in_part: set[int] = set()

        def still_theirs() -> Iterator[Item]:
            for entry in tools.plans.items(task.case, task.system, DISCLOSING):
                if entry.item in theirs:
                    if entry.row.planned is Outcome.REDACT:
                        in_part.add(entry.row.no)
                    yield entry.item
                else:
                    numbers[entry.row.no] = Outcome.REVIEW

        with tools.files.write(task.case, _records(task.system)) as out:
            for whole in connector.copy(still_theirs()):
                looked_at = isinstance(connector, KeptByPeople) or reviewed(whole)
                partly = whole.no in in_part
                record = whole if not whole.files or (looked_at and not partly) else without_files(whole)
                kept = burnt.put(record, _keep_files(tools, connector, task.case, record))
                told = redaction.in_part(kept) if partly else redaction.of(kept)
                out.write(told.model_dump_json().encode() + b"\n")
                numbers[record.no] = Outcome.REDACT if partly else Outcome.COPY
                origins.see(told)
        if origins.elsewhere:
            treat(tools, task.case, task.system)
        achieved = Counter(numbers.values())
        receipt = Receipt(key=task.key, system=task.system, verb=Verb.COPY, achieved=achieved)
        return tools.effects.done(receipt, task.case, numbers)

    @step("bundle")
    def bundle(self, task: Task) -> Bundle:
        """Make the package of all systems' records and note it in the register."""
        tools = self.tools
        tools.register.enter(task.case, task.step)
        must_not_be_frozen(tools, task.case)
        file = case_file(tools, task.case, told_disclosures(tools, task.case))
        # A system that was left out on a ground has no receipt, and no records to pack.
        copied = {r.system for r in tools.effects.receipts(task.case) if r.verb is Verb.COPY}
        systems = tuple(system for system in tools.connectors if system in copied)
        tables = [table for system in systems for table in tools.connectors[system].describe()]
        with tools.files.write(task.case, BUNDLE) as out:
            records = _read(tools, task.case, systems)
            tools.exports.dossier(file, tables, records, out, _files(tools, task.case, systems))
        bundle = tools.files.measure(task.case, BUNDLE)
        tools.letters.seal_bundle(task.case, bundle)
        return bundle

    @step("transfer")
    def transfer(self, task: Task) -> bool:
        """Send the package to the controller whom the person named; False where that can't be done by machine."""
        tools, case = self.tools, task.case
        to, bundle = wish_of(tools, case).transfer_to, tools.letters.bundle(case)
        if not to or bundle is None:
            return False
        sent = _transferred(task, to)
        if tools.effects.receipt(sent.key):
            return True
        must_not_be_frozen(tools, case)
        if not tools.transfers.knows(to):
            return False
        with tools.files.read(case, bundle.ref) as content:
            tools.transfers.send(to, sent.key, bundle, content)
        tools.effects.done(sent, case, {})
        return True

    @step("not-transferred")
    def not_transferred(self, task: Task) -> None:
        """It did not get there, for the reason of `task.detail`: the person has it, and an officer sees to the transfer."""
        self.tools.register.open_task(task.case, _BY_HAND[Untaken(task.detail)], once=True)


_BY_HAND = {Untaken.REFUSED: "transfer-refused", Untaken.UNREACHED: "transfer-unreached"}


def why_not_transferred(tools: Tools, case: str) -> Untaken | None:
    """Why a transfer that was tried did not get there; None where there is no way by machine at all."""
    asked = {task.code for task in tools.tasks.of(case, open_only=False)}
    return next((reason for reason, code in _BY_HAND.items() if code in asked), None)


def attaching(tools: Tools) -> frozenset[tuple[str, str]]:
    """The tables, by system, of whose records files are handed over that nobody made for the person.

    People who copy paper (`KeptByPeople`) see what they copy, and are asked only once it is decided.
    """
    return frozenset(
        (connector.name, table.name)
        for connector in tools.connectors.values()
        if isinstance(connector, FileSource) and not isinstance(connector, KeptByPeople)
        for table in connector.describe()
        if any(column.name == FILE for column in table.columns)
    )


def given_in_part(tools: Tools) -> frozenset[tuple[str, str]]:
    """The tables, by system, of whose records something can be left out: what was written freely, and files."""
    written = (
        (connector.name, table.name)
        for connector in tools.connectors.values()
        for table in connector.describe()
        if any(column.written for column in table.columns)
    )
    return attaching(tools) | frozenset(written)


def _reviewed(tools: Tools, case: str) -> Callable[[Record], bool]:
    """Whether the files of a record were looked at for third persons, in the plan that is carried out (s.30 ¶2)."""
    review = tools.file_reviews.of(case, tools.plans.summary(case).digest)
    without = frozenset(review.without) if review else frozenset[int]()
    return lambda record: review is not None and record.no not in without


def _transferred(task: Task, to: str) -> Receipt:
    key = task.model_copy(update={"system": f"to-{to}", "verb": Verb.COPY}).key
    return Receipt(key=key, system=f"to-{to}", verb=Verb.COPY, achieved={Outcome.COPY: 1})


def _records(system: str) -> str:
    return f"records/{system}"


def _sealed(system: str, file: Attached) -> str:
    return f"attached/{system}/{hashlib.sha256(file.path.encode()).hexdigest()[:32]}"


def _keep_files(tools: Tools, connector: Connector, case: str, record: Record) -> list[str]:
    """Read a record's files as they are now: the package shows what the record tells, whatever comes later. Where each is."""
    kept = [_sealed(record.system, file) for file in record.files]
    for file, ref in zip(record.files, kept, strict=True):
        if not isinstance(connector, FileSource):
            raise CapabilityMissing("capability-missing", system=record.system, capability=Capability.COPY)
        with tools.files.write(case, ref) as out:
            for piece in connector.open(file):
                out.write(piece)
    return kept


def _files(tools: Tools, case: str, systems: tuple[str, ...]) -> Iterator[Packed]:
    """The files of all records, each opened when its turn comes."""
    for record in _read(tools, case, systems):
        for file in record.files:
            yield Packed(
                system=record.system,
                table=record.table,
                path=file.path,
                content=tools.files.read(case, _sealed(record.system, file)),
                redacted=file.redacted,
            )


def _read(tools: Tools, case: str, systems: tuple[str, ...]) -> Iterator[Record]:
    for system in systems:
        with tools.files.read(case, _records(system)) as lines:
            for line in lines:
                yield Record.model_validate_json(line)
