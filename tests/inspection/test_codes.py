"""No code without words: every column of the report is spelt, listed, explained or a plain value, and every code is known."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping

import pypdf
import pytest

from domain.aftermath import Owed
from domain.assurance import Method
from domain.case import Proof
from domain.delivery import Fate
from domain.entering import CHANNELS
from domain.errands import Asks
from domain.holds import OrderKind
from domain.inspected import ACCESS_EVENTS, BY_NAME, SECTIONS
from domain.inspection import NO_AUTHORITY, STAMPED, Kind
from domain.instructions import CHANNEL, Source, Told
from domain.outcomes import Ending, Outcome
from domain.recipients import Said
from domain.refusals import Scope
from domain.rights import Right, Verb
from domain.seconding import DeathShown
from domain.states import State
from domain.stops import Mistake
from domain.suppression import Why
from domain.wishes import Use
from exports import words
from exports.inspection.about import CATALOGUE, GLOSSARY
from exports.inspection.codes import CITED, EXPLAINED, LISTED, SPELT, Codes
from exports.inspection.report import TOLD
from policy.load import load_policy
from tests.exports.reading import squeezed
from tests.inspection.conftest import Packages, read

POLICY = load_policy()
_BY: Mapping[str, Iterable[str]] = {
    "channel": (*CHANNELS, CHANNEL),
    "language": words.LANGUAGES,
    "method": Method,
    "scope": Scope,
    "result": ("shown", "not-shown"),
    "kind": (*OrderKind, *Owed),
    "step": State,
    "verb": Verb,
    "proof": Proof,
    "fate": Fate,
    "mode": ("minimised", "full"),
    "event": ACCESS_EVENTS,
    "short": Right,
    "mistake": Mistake,
    "shown": DeathShown,
    "told": Told,
    "source": Source,
    "asks": Asks,
    "said": Said,
    "why": Why,
    "purposes": Use,
    "endings": Ending,
    "outcomes": (*Outcome, "copy", "pending"),
    "who": ("person", "engine"),
    "timestamp": (STAMPED, NO_AUTHORITY, "tsa-away", "tsa-refuses"),
}
"""Every code that a column of that group may hold."""


@pytest.fixture
def codes() -> Codes:
    return Codes(POLICY, words.load(), words.load(CATALOGUE))


def shown() -> Iterator[tuple[str, str]]:
    """Columns of the report that hold text and name nobody."""
    for section in SECTIONS:
        kinds = {column.name: column.kind for column in section.columns}
        for name in TOLD[section.name].split():
            if not section.personal and kinds[name] in {Kind.TEXT, Kind.WORDS, Kind.COUNTS}:
                yield section.name, name


def test_every_column_is_spelt_listed_or_explained() -> None:
    found = dict.fromkeys(name for _, name in shown())
    assert [name for name in found if not ({name} & (SPELT.keys() | CITED | LISTED | EXPLAINED.keys()))] == []
    assert set(EXPLAINED.values()) <= set(GLOSSARY) >= {"staff", "system"}
    assert {SPELT[name] for name in found if name in SPELT} == _BY.keys()
    for name in TOLD.values():
        assert set(name.split()) - {column.name for each in SECTIONS for column in each.columns} == set()


@pytest.mark.parametrize("group", _BY)
def test_every_code_of_a_group_has_words_in_both_languages(codes: Codes, group: str) -> None:
    column = next(name for name in SPELT if SPELT[name] == group)
    for code in _BY[group]:
        assert codes.shown("any", column, str(code)) != str(code)
    assert len(codes.met()) == len({str(code) for code in _BY[group]})


def test_what_stays_a_code_is_in_the_table_of_codes(codes: Codes) -> None:
    letters = [
        key.removeprefix("letters.") for key in words.load()["th"]._entries if key.startswith("letters.")
    ]
    for section, column, all_of in (
        ("decisions", "ground", POLICY.grounds),
        ("units", "holds", POLICY.holds),
        ("units", "unit", POLICY.units),
        ("recipients", "recipient", POLICY.recipients),
        ("letters", "code", letters),
        ("left_out", "code", ("mail-away", "capability-missing")),
    ):
        assert column in {each.name for each in BY_NAME[section].columns}
        for code in all_of:
            assert codes.shown(section, column, code) == code
    known = {(met.column, met.code): met for met in codes.met()}
    assert known["ground", "R30-LAW"].th.startswith("มาตรา 30")
    assert known["ground", "R30-LAW"].en.startswith("section 30")
    assert (
        len(known)
        == sum(map(len, (POLICY.grounds, POLICY.holds, POLICY.units, POLICY.recipients, letters))) + 2
    )


def test_the_report_lists_the_codes_that_it_met(packages: Packages) -> None:
    pages = pypdf.PdfReader(io.BytesIO(read(packages.period)["report.pdf"])).pages
    said = squeezed("".join(page.extract_text() for page in pages))
    for expected in ("รหัสที่ใช้ในรายงานนี้", "R30-LAW", "แจ้งการรับคำขอใช้สิทธิ", "เจ้าหน้าที่เปิดดูแฟ้ม", "carrying out"):
        assert squeezed(expected) in said, expected
