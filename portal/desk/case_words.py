"""A case's codes in words, in one language: for templates. What the law says comes from the policy and the letters' catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from cases.histories import Happened
from domain.calendar import BANGKOK, day_in_bangkok
from domain.plan_edits import Edit
from domain.rights import RULES, Right
from exports import parked, todo
from exports import words as letters
from exports.owed import OWED
from policy.answers import Answer, Step
from policy.model import Policy
from portal import words

_DATES = ("until", "due", "strict")
_PLAIN = (
    "count",
    "items",
    "candidates",
    "done",
    "leftover",
    "days",
    "version",
    "reference",
    "task",
    "system",
)
_HERE = frozenset({"engine", "letters"})


@dataclass(frozen=True)
class Sayings:
    """Words for codes. `names` are those of members of staff, by id."""

    t: words.Words
    policy: Policy
    names: Mapping[str, str]

    @property
    def law(self) -> letters.Words:
        """The catalogue of letters, in this language."""
        return letters.load()[self.t.language]

    def right(self, right: Right) -> str:
        """Its short name."""
        return self.t(f"rights.{right}.name")

    def section(self, right: Right) -> str:
        """The section that a right stands on."""
        return self.law.cite(RULES[right].section)

    def cite(self, citation: str) -> str:
        """A citation of the policy as people write it."""
        return self.law.cite(citation)

    def day(self, day: date | datetime) -> str:
        """A day in the Buddhist Era; of an instant its Bangkok day."""
        return self.law.day(day_in_bangkok(day) if isinstance(day, datetime) else day)

    def moment(self, instant: datetime) -> str:
        """Day and time in Bangkok."""
        return self.law.moment(instant)

    def items(self, count: int) -> str:
        """So many records."""
        return self.t("case.item" if count == 1 else "case.items", count=count)

    def stamp(self, instant: datetime) -> str:
        """Day and time, as short as can be."""
        return f"{self.day(instant)} {instant.astimezone(BANGKOK):%H:%M}"

    def unit(self, code: str) -> str:
        """The name of a data unit; the code of one that the policy no longer has."""
        unit = self.policy.units.get(code)
        return str(getattr(unit.name, self.t.language)) if unit else code

    def units(self, codes: Iterable[str]) -> str:
        """Several."""
        return ", ".join(self.unit(code) for code in codes)

    def ground(self, code: str) -> str:
        """The wording of a ground, an obstacle or a doubt."""
        ground = self.policy.grounds.get(code)
        if ground:
            return str(getattr(ground.wording, self.t.language))
        return self.law.get(f"reasons.obstacles.{code}") or code

    def grounded(self, code: str) -> str:
        """The same with its section."""
        ground = self.policy.grounds.get(code)
        return f"{self.ground(code)} ({self.cite(ground.section)})" if ground else self.ground(code)

    def edit(self, edit: Edit) -> str:
        """What an officer changed, from what to what, on which ground and until when."""
        change, key = edit.change, "case.plan.outcomes"
        told = self.t(
            "case.plan.edits.said",
            unit=self.unit(change.unit),
            where=f"{change.system} · {change.table}",
            was=self.t(f"{key}.{change.was}"),
            becomes=self.t(f"case.plan.edits.becomes.{change.becomes}"),
        )
        ground = f", {self.grounded(change.ground)}" if change.ground else ""
        until = f", {self.t('case.plan.until', day=self.day(change.until))}" if change.until else ""
        return f"{told}{ground}{until}"

    def ending(self, ending: str) -> str:
        """How a case ended."""
        return self.law(f"endings.{ending}")

    def named(self, section: str, code: str) -> str:
        """A code's name in a section of the letters' catalogue; itself where it has none."""
        return self.law.get(f"{section}.{code}") or code

    def all(self, section: str, codes: Iterable[str]) -> str:
        """Several of them."""
        return ", ".join(self.named(section, code) for code in codes)

    def lack(self, code: str, right: Right) -> str:
        """What is missing before somebody may act for the person."""
        wording = self.law.get(f"lacking.{code}")
        return (
            wording.format_map({"right": self.right(right)})
            if wording
            else self.t("acts.errors.other", code=code)
        )

    def step(self, step: Step) -> str:
        """One step of the arithmetic of a date."""
        since = self.law.day(step.since) if step.since else ""
        return self.law(f"law.steps.{step.code}", to=self.law.day(step.to), since=since, count=step.count)

    def under(self, answers: Iterable[Answer]) -> tuple[str, ...]:
        """The provisions that the steps of these answers stand on, each once; names of events are none."""
        cited = (step.reference for one in answers for step in one.why if " " in step.reference)
        return tuple(self.cite(one) for one in dict.fromkeys(cited))

    def parked(self, code: str) -> tuple[str, str]:
        """What a waiting system's code means, and what mends it."""
        meaning, mend = parked.explain(code, self.t.language)
        return meaning, self._here("parked", code) or mend

    def task(self, code: str) -> tuple[str, str]:
        """What a task means, and how it is done."""
        meaning, mend = todo.explain(code, self.t.language)
        family = next((name for name in todo.FAMILIES if code.startswith(f"{name}-")), code)
        return meaning, self._here("todo", family) or mend

    def _here(self, section: str, code: str) -> str:
        """What mends it, by what the pages offer; nothing where the catalogue's own words name no command."""
        key = f"mends.{section}.{code}"
        return self.t(key) if key in self.t else ""

    def system(self, name: str) -> str:
        """A system by its name; our own steps in words."""
        return self.t(f"case.parked.{name}") if name in _HERE else name

    def who(self, actor: str) -> str:
        """Who acted: a colleague by name, the person, or the engine."""
        if actor in {"engine", "person"}:
            return self.t(f"case.{actor}")
        return self.names.get(actor) or self.t("case.somebody")

    def event(self, event: Happened) -> str:
        """What happened."""
        key = f"happened.{event.event}"
        return self.t(key) if key in self.t else self.t("happened.other", name=event.event)

    def facts(self, event: Happened) -> tuple[str, ...]:
        """What is told beside it, in words; digests, ids and what no officer asks for are left out."""
        return (*self._coded(event), *self._counted(event))

    def _coded(self, event: Happened) -> Iterator[str]:
        told, subject = event.facts, event.event.partition(":")[0]
        state = told.get("state") or (told.get("to") if subject == "case" else "")
        for key in (
            f"case.states.{state}",
            f"case.identity.methods.{told.get('method')}",
            f"case.looks.reasons.{told.get('reason_code')}",
            f"case.plan.outcomes.{told.get('outcome')}",
        ):
            if key in self.t:
                yield self.t(key)
        if ending := told.get("ending"):
            yield self.named("endings", str(ending))
        if ground := told.get("ground"):
            yield self.ground(str(ground))
        if code := told.get("code"):
            yield self._code(subject, str(code))

    def _counted(self, event: Happened) -> Iterator[str]:
        for key in _PLAIN:
            if value := event.facts.get(key):
                yield self.t(f"case.facts.{key}", value=self.system(str(value)) if key == "system" else value)
        for key in _DATES:
            if value := event.facts.get(key):
                yield self.t(f"case.facts.{key}", value=self.law.day(str(value)))

    def _code(self, subject: str, code: str) -> str:
        match subject:
            case "letter" | "delivery":
                return self.named("letters", title_of(code))
            case "system":
                return self.parked(code)[0]
            case "task":
                return self.task(code)[0]
            case "progress":
                return self.named("delays", code)
            case _:
                return code


def title_of(code: str) -> str:
    """Which letter a code with its edition or recipient names: `DECISION-2` is a `DECISION`, `L11-mailer` an `L11`."""
    known = (one for one in OWED if code == one or code.startswith(f"{one}-"))
    return max(known, key=len, default=code)
