"""What somebody wrote into the form by which an errand, or a recipient's instruction, is answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from starlette.datastructures import FormData

from domain.answer_links import RECIPIENT, Job, Reply, Upload
from domain.calendar import parse_day
from domain.errands import EFFECTS, Asks, Paper, Result
from domain.errors import BadInput
from domain.recipients import Said
from domain.self_links import Draft
from portal.forms import SPEAK
from portal.uploads import uploads

ROWS, MORE, MOST_ROWS = 3, 5, 40
"""Lines for records: at first, more at a press, and at most."""

_OURS = frozenset({"proof", "save", "more", SPEAK})
_LONGEST = 300
_WHY = 2000


@dataclass(frozen=True)
class Row:
    """A line for one record that was found, as it was typed."""

    kind: str = ""
    mark: str = ""
    note: str = ""
    dates: Mapping[str, str] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Whether nothing was typed: a kind is always chosen."""
        return not any((self.mark.strip(), self.note.strip(), *(day.strip() for day in self.dates.values())))


@dataclass(frozen=True)
class Typed:
    """A form as it came back, for showing it again."""

    did: str = ""
    why: str = ""
    rows: Sequence[Row] = tuple(Row() for _ in range(ROWS))
    results: Mapping[str, str] = field(default_factory=dict)
    files: bool = False

    @classmethod
    def of(cls, form: FormData, job: Job) -> Typed:
        """What was typed, cut to what is ever read of it."""
        rows = [_row(form, no, job.dates) for no in range(MOST_ROWS) if f"mark_{no}" in form]
        if _text(form, "more"):
            rows += [Row()] * MORE
        return cls(
            did=_text(form, "did"),
            why=_text(form, "why", _WHY),
            rows=tuple(rows[:MOST_ROWS]) or cls.rows,
            results={one.ref: _text(form, f"result_{no}") for no, one in enumerate(job.records)},
            files=any(True for _ in _files(form, job)),
        )

    def reply(self, form: FormData, job: Job) -> Reply:
        """The answer in it. Raises `BadInput`: nothing chosen, or a line that says nothing."""
        files, asks = list(_files(form, job)), job.about.asks
        if asks == RECIPIENT:
            if self.did not in set(Said):
                raise BadInput("answer-missing", "choose one", field="did")
            return Reply(said=Said(self.did), why=self.why, files=files)
        if self.did == "could-not":
            return Reply(could_not=True, why=self.why)
        if asks == Asks.FIND:
            return Reply(papers=self._papers(), files=files)
        if self.did != "done":
            raise BadInput("answer-missing", "choose one", field="did")
        return Reply(results=self._results() if Asks(asks) in EFFECTS else {}, files=files)

    def _papers(self) -> list[Paper]:
        """Every line that is not empty. To find nothing is said, never left to be understood."""
        told = [row for row in self.rows if not row.empty]
        if self.did not in {"found", "none"}:
            raise BadInput("answer-missing", "choose one", field="did")
        if (self.did == "found") is not bool(told):
            raise BadInput("found-or-none", "give each record, or choose that there is none", field="did")
        return [
            Paper(kind=row.kind, ref=row.mark.strip(), note=row.note.strip(), dates=dict(_dates(row)))
            for row in told
        ]

    def _results(self) -> dict[str, Result]:
        if any(each not in set(Result) for each in self.results.values()):
            raise BadInput("record-not-answered", "say of each record what became of it", field="record")
        return {ref: Result(each) for ref, each in self.results.items()}


def kept_of(form: FormData) -> Draft:
    """All that was typed, for a draft; files are not kept, and what is ours is not theirs."""
    found: dict[str, tuple[str, ...]] = {}
    for name, value in form.multi_items():
        if isinstance(value, str) and name not in _OURS:
            found[name] = (value[:_WHY],)
    return found


def form_of(typed: Draft) -> FormData:
    """A draft as the form that it was."""
    return FormData([(name, value) for name, values in typed.items() for value in values])


def _dates(row: Row) -> Iterator[tuple[str, date]]:
    for name, day in row.dates.items():
        if day.strip():
            yield name, parse_day(day, field="date")


def _row(form: FormData, no: int, dates: Sequence[str]) -> Row:
    return Row(
        kind=_text(form, f"kind_{no}"),
        mark=_text(form, f"mark_{no}"),
        note=_text(form, f"note_{no}"),
        dates={name: _text(form, f"{name}_{no}") for name in dates},
    )


def _files(form: FormData, job: Job) -> Iterator[Upload]:
    if job.about.asks == Asks.COPY:
        for no, one in enumerate(job.records):
            yield from uploads(form, f"copy_{no}", ref=one.ref)
    else:
        yield from uploads(form, "evidence")


def _text(form: FormData, name: str, longest: int = _LONGEST) -> str:
    value = form.get(name, "")
    return value[:longest] if isinstance(value, str) else ""
