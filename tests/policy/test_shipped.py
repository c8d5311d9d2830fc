"""What the shipped policy says: this company's rules, with the law's floors beside them."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from domain.deadlines import extended
from domain.errors import BadInput, Conflict
from domain.holds import CountsFrom
from domain.item import Basis, Role
from domain.rights import Right
from domain.wishes import Use
from policy.load import SHIPPED, load_policy
from policy.model import BasisKind, Policy
from tests.policy.conftest import Edit


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy()


@pytest.mark.parametrize(
    ("rule", "years", "days", "floor", "counts_from"),
    [
        ("H-BOOKS", 7, 0, 5, CountsFrom.CLOSING_DATE),
        ("H-ACC", 5, 0, 5, CountsFrom.CLOSING_DATE),
        ("H-VAT", 5, 0, 5, CountsFrom.FILED_ON),
        ("H-CCA-T", 0, 90, 0, CountsFrom.ENTERED_ON),
        ("H-CCA-U", 0, 90, 0, CountsFrom.SERVICE_ENDED_ON),
        ("H-DOC", 7, 0, 0, CountsFrom.DOCUMENT_DATE),
    ],
)
def test_holds(
    policy: Policy, rule: str, *, years: int, days: int, floor: int, counts_from: CountsFrom
) -> None:
    hold = policy.holds[rule]
    assert (hold.years, hold.days, hold.floor_years, hold.counts_from) == (years, days, floor, counts_from)
    assert hold.reference
    assert hold.law


def test_the_years_above_the_floor_stand_on_a_proposed_necessity(policy: Policy) -> None:
    basis = policy.bases[policy.holds["H-BOOKS"].basis]
    assert (basis.kind, basis.ground, basis.proposed) == (BasisKind.NECESSITY, "EX-CLAIM", True)


def test_nothing_says_that_the_accounting_act_asks_for_seven_years(policy: Policy) -> None:
    """Wherever the Act and the seven years meet in one text, the text says which five are the Act's."""
    texts = [rule.reference for rule in policy.holds.values()]
    texts += [text for rule in policy.holds.values() if rule.law for text in (rule.law.th, rule.law.en)]
    texts += [text for unit in policy.units.values() for text in (unit.retention.th, unit.retention.en)]
    both = [
        text
        for text in texts
        if re.search("Accounting|บัญชี", text) and re.search(r"\b(7 years|years 6-7)|7 ปี|ปีที่ 6-7", text)
    ]
    assert len(both) == 7
    assert all(re.search("first 5|5 ปีแรก", text) for text in both)


def test_a_demonstration_company_with_an_officer_who_can_be_reached(policy: Policy) -> None:
    officer = policy.company.officer
    assert "สาธิต" in policy.company.name.th
    assert officer.email.endswith(".example")
    assert all((officer.phone, officer.address.th, officer.address.en, officer.name.th))


def test_seventeen_units_of_which_one_is_the_tenants(policy: Policy) -> None:
    assert list(policy.units) == [f"U{no:02}" for no in range(1, 18)]
    assert [unit.code for unit in policy.units.values() if unit.role is Role.PROCESSOR] == ["U13"]
    assert [unit.code for unit in policy.units.values() if not unit.bases] == ["U13"]
    assert [unit.code for unit in policy.units.values() if unit.holds] == ["U03", "U04", "U08"]


def test_what_the_published_policy_does_not_say_is_proposed(policy: Policy) -> None:
    """It gives a period for accounts alone that needs no more; and a lawful basis for nothing."""
    assert [unit.code for unit in policy.units.values() if not unit.proposed] == ["U01", "U02", "U05"]
    assert all("bases" in unit.proposed_fields for unit in policy.units.values() if unit.code != "U13")


def test_recipients_and_countries(policy: Policy) -> None:
    assert {name: recipient.countries for name, recipient in policy.recipients.items()} == {
        "stripe": ("US", "IE", "SG"),
        "aws": ("SG", "TH"),
        "sendgrid": ("US",),
    }


def test_who_holds_data_of_its_own_is_told(policy: Policy) -> None:
    """Who lends machines (AWS) holds what we hold, and nothing else."""
    told = {name for name, recipient in policy.recipients.items() if recipient.instructed}
    assert told == {"stripe", "sendgrid"}


def test_marketing_is_one_unit_and_research_none(policy: Policy) -> None:
    assert {unit.code: unit.uses for unit in policy.units.values() if unit.uses} == {"U10": (Use.MARKETING,)}
    assert policy.units_for(Use.MARKETING) == {"U10"}
    assert policy.units_for(Use.RESEARCH) == frozenset()


def test_backups_age_out_within_the_time_for_an_erasure(policy: Policy) -> None:
    """S32: 35 days, the same as their unit says, and less than the ninety of cl.3."""
    assert policy.backup_days == 35
    assert policy.units["U14"].retention.en == f"{policy.backup_days} days"
    assert policy.backup_days < policy.deadlines[Right.ERASURE].days


def test_suspended_use_is_looked_at_again(policy: Policy) -> None:
    assert policy.review_days == 90
    assert policy.lift_notice_days == 7


def test_refusals_are_kept_as_long_as_a_claim_can_be_brought(policy: Policy) -> None:
    assert policy.refusal_years == 10


@pytest.mark.parametrize(
    ("code", "section"),
    [
        ("S31-1", "s.31 ¶1 and ¶2"),
        ("S32-1", "s.32 ¶1(1)"),
        ("S32-2", "s.32 ¶1(2)"),
        ("S32-3", "s.32 ¶1(3)"),
        ("S33-2", "s.33 ¶1(2)"),
        ("S33-3", "s.33 ¶1(3)"),
        ("S34-1", "s.34 ¶1(1)"),
        ("S34-2", "s.34 ¶1(2)"),
        ("S34-3", "s.34 ¶1(3)"),
        ("S34-4", "s.34 ¶1(4)"),
        ("S36-1", "ss.35 and 36 ¶1"),
        ("S19-5", "s.19 ¶5"),
    ],
)
def test_a_code_is_made_of_its_section(policy: Policy, code: str, section: str) -> None:
    """What is granted refuses nothing, and s.39(7) asks for no record of it."""
    ground = policy.grounds[code]
    assert (ground.section, ground.refuses, ground.recorded) == (section, (), False)


def test_the_rules_of_a_record_are_its_units_and_its_tables(policy: Policy) -> None:
    assert [rule.id for rule in policy.hold_rules("U03", ("H-VAT", "H-BOOKS"))] == ["H-BOOKS", "H-VAT"]
    assert policy.hold_rules("U01") == ()


def test_a_unit_or_rule_that_the_policy_lacks_is_named(policy: Policy) -> None:
    with pytest.raises(BadInput, match="unit unknown"):
        policy.hold_rules("U99")
    with pytest.raises(BadInput, match="hold unknown"):
        policy.hold_rules("U03", ("H-TAX",))


REFUSALS = {
    Right.ACCESS: {"R30-LAW"},
    Right.PORTABILITY: {"R31-SCOPE", "R31-DUTY", "R31-OTHERS"},
    Right.OBJECTION: {"R32-COMPEL", "R32-CLAIM", "R32-RESEARCH"},
    Right.ERASURE: {"NG-33-1", "EX-LAW", "EX-CLAIM", "EX-EXPR", "EX-24-1", "EX-24-4", "EX-26-5A", "EX-26-5B"},
    Right.RESTRICTION: {"NG-34-1"},
    Right.RECTIFICATION: {"R36-ACCURATE", "R36-RECORD"},
    Right.WITHDRAWAL: {"R19-LIMIT"},
}
WHATEVER = {"P-NOTCTRL", "P-UNVERIFIED", "P-DECEASED", "P-JURISTIC", "P-NODATA"}


@pytest.mark.parametrize("right", Right)
def test_what_each_right_may_be_refused_on(policy: Policy, right: Right) -> None:
    refusing = {code for code, ground in policy.grounds.items() if right in ground.refuses}
    assert refusing == REFUSALS[right] | WHATEVER
    for code, ground in policy.grounds.items():
        if code in refusing:
            assert policy.refusal(code, right) == ground
        else:
            with pytest.raises(BadInput, match="ground does not refuse"):
                policy.refusal(code, right)


def test_s14_too_many_requests_is_no_ground(policy: Policy) -> None:
    with pytest.raises(BadInput) as caught:
        policy.refusal("TOO-MANY", Right.ACCESS)
    assert "R30-LAW" in caught.value.mend


def test_what_section_39_7_demands_recorded(policy: Policy) -> None:
    recorded = {code for code, ground in policy.grounds.items() if ground.recorded}
    assert recorded == {
        "R30-LAW",
        "R31-DUTY",
        "R31-OTHERS",
        "R32-COMPEL",
        "R32-CLAIM",
        "R32-RESEARCH",
        "R36-ACCURATE",
        "R36-RECORD",
        "P-UNVERIFIED",
    }


def test_access_alone_needs_both_limbs(policy: Policy) -> None:
    assert [code for code, ground in policy.grounds.items() if ground.needs_both_limbs] == ["R30-LAW"]


def test_every_ground_has_a_section_and_words_in_both_languages(policy: Policy) -> None:
    for ground in policy.grounds.values():
        assert ground.section
        assert ground.wording.en
        assert re.search("[\u0e00-\u0e7f]", ground.wording.th)


def test_the_calendar_says_what_is_projected(policy: Policy) -> None:
    assert policy.holidays_announced_to == date(2027, 12, 31)
    years = [day.year for day in policy.calendar.holidays]
    assert (min(years), max(years)) == (2018, 2035)


def test_bases_are_those_of_the_register(policy: Policy) -> None:
    assert policy.units["U03"].bases == (Basis.LEGAL_OBLIGATION,)
    assert policy.units["U11"].bases == (Basis.CONSENT,)


def test_no_law_on_file_lets_the_company_take_longer(policy: Policy) -> None:
    for right, rule in policy.deadlines.items():
        terms = policy.terms(right, datetime(2026, 11, 22, 3, tzinfo=UTC))
        with pytest.raises(Conflict, match="no power to extend"):
            extended(rule, terms, 1, policy.calendar)


def test_an_extension_that_a_law_allows_is_read_with_its_name(edit: Edit) -> None:
    """What counsel may find in the access notification B.E. 2569."""
    law = "    days: 30\n    extension: {days: 15, reference: PDPC Notification B.E. 2569}\n"
    policy = load_policy(edit("deadlines.yaml", "    days: 30\n", law))
    terms = policy.terms(Right.ACCESS, datetime(2026, 11, 22, 3, tzinfo=UTC))
    longer = extended(policy.deadlines[Right.ACCESS], terms, 15, policy.calendar)
    assert (longer.strict, longer.version) == (date(2027, 1, 6), 2)
    assert "B.E. 2569" in longer.reference


# Versions


def test_a_version_is_what_was_declared_and_what_is_there(policy: Policy, edit: Edit) -> None:
    assert re.fullmatch(r"2026-11-22\.1\+[0-9a-f]{8}", policy.version)
    changed = load_policy(edit("units.yaml", 'th: "35 วัน"', 'th: "36 วัน"'))
    assert changed.version.partition("+")[0] == policy.version.partition("+")[0]
    assert changed.version != policy.version
    assert changed.calendar.version == policy.calendar.version


def test_a_comment_makes_no_new_version(policy: Policy, edit: Edit) -> None:
    assert load_policy(edit("units.yaml", "# The data units", "# Our data units")).version == policy.version


def test_a_holiday_makes_a_new_calendar(policy: Policy, edit: Edit) -> None:
    changed = load_policy(edit("calendar.yaml", "  2026-12-31:", "  2026-12-30:"))
    assert changed.calendar.version != policy.calendar.version


def test_an_overlay_replaces_whole_files(policy: Policy, tmp_path: Path) -> None:
    shutil.copy(SHIPPED / "holds.yaml", tmp_path)
    path = tmp_path / "holds.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace('"12-31"', '"03-31"'), encoding="utf-8")
    changed = load_policy(SHIPPED, tmp_path)
    assert changed.books.ends == "03-31"
    assert changed.units == policy.units
    assert changed.version != policy.version
