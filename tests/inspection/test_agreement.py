"""The tables of what officers, tenants, people and recipients said: in the package, and held against the events."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from domain.case import Moved
from domain.delivery import Fate, Notice, mark_of
from domain.errands import Answer, Asks, Evidence, Question
from domain.identifiers import IdentifierKind, identifier
from domain.inspected import BY_NAME
from domain.instructions import Source, Told
from domain.links import Amendment
from domain.recipients import Said
from domain.rights import Right
from domain.seconding import DeathShown
from domain.states import State
from domain.stops import Mistake
from domain.suppression import MARKETING, Why
from exports.inspection.tables import schema
from exports.verifier import sitthi_verify
from tests.cases.conftest import House
from tests.cases.samples import leave_out
from tests.cases.test_merging import merge, pair
from tests.inspection.conftest import (
    EMAIL,
    PHONE,
    TRACKING,
    WORDS,
    Site,
    _letter,
    open_site,
    read,
    rows,
)
from tests.support.marked import MARKS
from tests.support.marks import Search

PROOF = Evidence(file="recipients/bank/1", title="certificate.pdf", size=3, sha256="0" * 64)
HERS = (identifier(IdentifierKind.EMAIL, EMAIL), identifier(IdentifierKind.PHONE, PHONE))


@pytest.fixture(scope="module")
def site(make_house: Callable[[], House], tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A register in which all of it was said once, and some of it twice."""
    made = open_site(make_house(), tmp_path_factory.mktemp("agreement"))
    for said in (_stopped, _died, _left_out, _merged, _instructed, _asked, _told, _suppressed, _sent):
        said(made, made.house.case())
    return made


@pytest.fixture(scope="module")
def period(site: Site) -> Path:
    site.house.clock.pass_by(hours=1)
    site.house.case()  # so that what was said stands within the run of events, and not at its end
    return site.export("period.zip")


def _stopped(site: Site, case: str) -> None:
    stopping, alone = site.house.room.register.stopping, site.house.case()
    for actor in (site.officer, site.approver):
        stopping(case, ground="R33-LEGAL", actor=actor, reason=WORDS)
    stopping(alone, mistake=Mistake.TEST, actor=site.officer, reason=WORDS, alone=True)
    stopping(site.house.case(), mistake=Mistake.DUPLICATE, actor=site.officer, reason=WORDS)


def _died(site: Site, case: str) -> None:
    died = Amendment(moved=Moved.DEATH, shown=DeathShown.CERTIFICATE)
    for actor in (site.officer, site.approver):
        site.house.room.register.amend(case, died, actor=actor, reason=WORDS)


def _left_out(site: Site, case: str) -> None:
    site.house.room.register.park(case, State.FULFILLING, "mail", "mail-away")
    leave_out(site.house.room.register, case, "mail", ground="R-OBSTACLE", reason=WORDS, by=site.officer)


def _merged(site: Site, _: str) -> None:
    earlier, later = pair(site.house)
    merge(site.house, later, earlier)


def _instructed(site: Site, _: str) -> None:
    [case] = site.house.open(Right.ERASURE, controllers=("shop",))
    enter = site.house.room.instructions.enter
    enter(case.id, Told.CARRY_OUT, Source.WRITTEN, actor=site.officer, reason=WORDS)


def _asked(site: Site, case: str) -> None:
    errands = site.house.room.errands
    made = errands.ask(case, "archive", "k1", Question(asks=Asks.FIND, identifiers=HERS), within_days=7)
    for _ in range(2):  # what was found may be told anew
        errands.answer(made.id, Answer(), actor=site.officer)
    errands.ask(case, "cellar", "k1", Question(asks=Asks.FIND, identifiers=HERS), within_days=7)


def _told(site: Site, case: str) -> None:
    register = site.house.room.recipients
    for recipient in ("stripe", "sendgrid"):
        register.tell(case, recipient, date(2026, 12, 2))
    register.answer(case, "stripe", Said.NOTHING, (), actor=site.officer, reason=WORDS)
    register.answer(case, "stripe", Said.DONE, (PROOF,), actor=site.officer, reason=WORDS)


def _suppressed(site: Site, case: str) -> None:
    register = site.house.room.suppressions
    register.enter(case, Why.OBJECTED, HERS, (MARKETING, "research"))
    lifted = site.house.case()
    register.enter(lifted, Why.ERASED, HERS)
    register.lift(lifted, actor=site.officer, reason=WORDS)


def _sent(site: Site, case: str) -> None:
    fates, link = site.house.room.fates, _letter(site, case, "L8")
    now = site.house.clock.now()
    for event, fate in (("cd", Fate.DELIVERED), ("ef", Fate.BOUNCED)):
        fates.take([Notice(mark=mark_of(link.dedup), event=event * 32, fate=fate, at=now)])
        now = now.replace(microsecond=now.microsecond + 1)
    fates.posted(case, "L8", on=date(2026, 11, 24), tracking=TRACKING, actor=site.officer)


NEW = (
    *("stops", "deaths", "left_out", "merges", "instructions", "errands", "recipients", "suppressions"),
    *("fates", "posts", "deliveries", "letters", "cases"),
)


def test_it_is_told_who_said_what_and_nobody_is_named(site: Site, period: Path) -> None:
    found = {name: rows(period, name) for name in NEW}
    both = (site.officer, site.approver)
    stops = [(one["mistake"], one["ground"], one["proposer"], one["decided_by"]) for one in found["stops"]]
    assert set(stops) == {
        (None, "R33-LEGAL", *both),
        ("test", None, None, site.officer),
        ("duplicate", None, site.officer, None),
    }
    [death] = found["deaths"]
    assert (death["shown"], death["proposer"], death["confirmer"]) == ("death-certificate", *both)
    [left] = found["left_out"]
    assert (left["ground"], left["proposer"]) == ("R-OBSTACLE", site.officer)
    assert left["confirmer"] not in {None, site.officer}
    [merged] = found["merges"]
    assert merged["into"] < merged["reference"]
    [instruction] = found["instructions"]
    assert (instruction["told"], instruction["source"]) == ("carry-out", "written")
    assert [one["answered_by"] for one in found["errands"]] == [site.officer, None]
    said = {one["recipient"]: (one["said"], one["evidence"]) for one in found["recipients"]}
    assert said == {"stripe": ("done", 1), "sendgrid": (None, 0)}
    entries = [(one["why"], one["purposes"], one["entries"]) for one in found["suppressions"]]
    assert entries == [("objected", [MARKETING, "research"], 4), ("erased", [], 2)]
    assert [one["fate"] for one in found["fates"]] == ["delivered", "bounced"]
    assert [one["fate"] for one in found["deliveries"]] == ["bounced"]
    search, content = Search(MARKS), read(period)
    for name in NEW:
        assert search.hits(content[f"data/{name}.jsonl"]) == [], name
        for row in found[name]:
            Draft202012Validator(schema(BY_NAME[name]), format_checker=FormatChecker()).validate(row)


def test_linked_data_tells_who_was_told_and_what_went_on_elsewhere(period: Path) -> None:
    graph = json.loads(read(period)["data/register.jsonld"])["@graph"]
    kinds = [tuple(node["@type"]) for node in graph]
    assert kinds.count(("dpv:Notice", "prov:Activity")) == 2
    [answered] = [node for node in graph if node.get("sitthi:answer")]
    assert answered["dpv:hasRecipient"] == {"@id": "sitthi:recipient:stripe"}
    [merged] = [node for node in graph if ":into:" in node["@id"]]
    assert merged["prov:informed"]["@id"] != merged["prov:wasInformedBy"]["@id"]


def verified(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    return sitthi_verify.main([str(path)]), capsys.readouterr().out


def test_as_it_was_made_it_holds(site: Site, period: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verified(period, capsys)[0] == 0
    chosen = site.export("chosen.zip", cases=tuple(sorted(_cases(period))))
    code, told = verified(chosen, capsys)
    assert code == 0, told


def _cases(path: Path) -> set[str]:
    return {row["case"] for row in rows(path, "cases")}


FORGED = [
    ("stops", "decided_by", "S-nobody"),
    ("stops", "ground", "R30-LAW"),
    ("deaths", "shown", "civil-registration"),
    ("deaths", "confirmer", "S-nobody"),
    ("left_out", "ground", "R30-LAW"),
    ("left_out", "confirmer", "S-nobody"),
    ("merges", "merged_by", "S-nobody"),
    ("merges", "into", "DSR-2569-000001"),
    ("instructions", "told", "ourselves"),
    ("instructions", "source", "link"),
    ("errands", "answered_by", "S-nobody"),
    ("errands", "due_on", "2027-01-01"),
    ("recipients", "said", "refused"),
    ("recipients", "by_day", "2027-01-01"),
    ("suppressions", "entries", 1),
    ("suppressions", "lifted_by", "S-nobody"),
    ("fates", "fate", "dropped"),
    ("deliveries", "fate", "delivered"),
    ("posts", "posted_on", "2026-11-01"),
    ("posts", "entered_by", "S-nobody"),
]


@pytest.mark.parametrize("forged", FORGED)
def test_a_lie_in_a_row_is_caught(
    site: Site, period: Path, capsys: pytest.CaptureFixture[str], forged: tuple[str, str, Any]
) -> None:
    """Signed anew by who holds the key, with hashes and counts true to it."""
    table, column, lie = forged
    told, lied = rows(period, table), False
    for row in told:
        if not lied and row[column] is not None:
            row[column], lied = lie, True
    assert lied
    code, said = verified(_with(site, period, table, told), capsys)
    assert (code, f"{table}:" in said or "another fate" in said) == (1, True), said


@pytest.mark.parametrize("table", [name for name in NEW if name not in {"deliveries", "left_out"}])
def test_a_row_taken_out_is_caught(
    site: Site, period: Path, capsys: pytest.CaptureFixture[str], table: str
) -> None:
    told = rows(period, table)
    for place in range(len(told)):
        fewer = told[:place] + told[place + 1 :]
        code, said = verified(_with(site, period, table, fewer), capsys)
        assert (code, "result: BROKEN" in said) == (1, True), (told[place], said)


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("recipients", ("said", "answered", "answered_by")),
        ("errands", ("answered", "answered_by")),
        ("left_out", ("proposer", "confirmer", "decided")),
        ("deaths", ("confirmer", "decided")),
        ("suppressions", ("lifted", "lifted_by")),
        ("deliveries", ("fate", "fate_at")),
    ],
)
def test_what_was_said_and_is_left_blank_is_caught(
    site: Site, period: Path, capsys: pytest.CaptureFixture[str], table: str, columns: tuple[str, ...]
) -> None:
    told = [{**row, **dict.fromkeys(columns)} for row in rows(period, table)]
    assert verified(_with(site, period, table, told), capsys)[0] == 1


def _with(site: Site, path: Path, table: str, told: list[dict[str, Any]]) -> Path:
    sheet = read(path)[f"csv/{table}.csv"].splitlines(keepends=True)[: len(told) + 1]
    content = b"".join(json.dumps(row).encode() + b"\n" for row in told)
    return site.remade(
        path, "forged.zip", **{f"data/{table}.jsonl": content, f"csv/{table}.csv": b"".join(sheet)}
    )
