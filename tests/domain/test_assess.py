"""The law as tables, one a right: facts of a record on the left, what becomes of it and on which ground on the right.

`None` says that the right doesn't speak of the record at all. S-numbers are the scenarios that the rules were drawn
from: S05 a customer who still pays asks for erasure, S13 another's data beside one's own, S17 invoices to carry away,
S19 analytics, S20 security logs, S23 a misspelt name, S26, S28 and S29 restriction, S35 a person in a tenant's CRM.
"""

from __future__ import annotations

from datetime import date

import pytest

from domain.assess import Asked, assess
from domain.holds import Hold
from domain.item import Basis, Consent, Found, Role
from domain.outcomes import Outcome
from domain.rights import Right
from domain.wishes import Because, Use, Wish

OURS, TENANTS = Role
CONSENT, CONTRACT, TASK, INTEREST, DUTY = Basis
MARKETING, INTERESTS, RESEARCH = (Use.MARKETING,), (Use.INTEREST,), (Use.RESEARCH,)
NEWS, NEWS_OVER = (Consent(purpose="news", stands=stands, marketing=True) for stands in (True, False))
COOKIES, COOKIES_OVER = (Consent(purpose="cookies", stands=stands) for stands in (True, False))
SEVERAL, CASCADE = "identifier-of-several", "cascade"
MARKETING_UNITS, RESEARCH_UNITS = frozenset({"U10", "R02"}), frozenset({"R01", "R02"})

LAST = date(2030, 1, 2)
BOOKS = Hold(rule="H-BOOKS", reference="law", ground="EX-LAW", last_day=LAST, release_on=date(2030, 1, 3))

Facts = tuple[Role, Basis, str, Consent | None, str]
"""Role, lawful basis, data unit, record of consent, and what else holds of a record, as words (`record`)."""

COPY, STOP, RESTRICT, REVIEW = Outcome.COPY, Outcome.STOP, Outcome.RESTRICT, Outcome.REVIEW
ERASE, DETACH, HOLD, BLOCKED = Outcome.ERASE, Outcome.DETACH, Outcome.HOLD, Outcome.BLOCKED
CORRECT, FORWARD = Outcome.CORRECT, Outcome.CORRECT_FORWARD
NO_GROUND, NOT_CONTROLLER, NOT_ASKED = Outcome.NO_GROUND, Outcome.NOT_CONTROLLER, Outcome.NOT_ASKED


def record(role: Role, basis: Basis, unit: str, consent: Consent | None, words: str) -> Found:
    """A record of which these words are true: `open`, `shared`, `unsure`, `cascade`, `issued`, `named`.

    `open`: its contract still runs; `named`: it has the field that is asked to be corrected.
    """
    said = words.split()
    return Found(
        no=1,
        system="crm",
        table="rows",
        unit=unit,
        role=role,
        basis=basis,
        consent=consent,
        contract_open="open" in said,
        shared="shared" in said,
        unsure="unsure" in said,
        obstacle=SEVERAL if "unsure" in said else CASCADE if "cascade" in said else "",
        issued="issued" in said,
        fields=("name", "phone") if "named" in said else ("colour",),
    )


def fate(asked: Asked, facts: Facts) -> tuple[Outcome, str] | None:
    """What becomes of it; the words `held`, `ordered` and `rests` are about the day, not about the record."""
    said = facts[-1].split()
    return assess(
        asked,
        record(*facts),
        (BOOKS,) if "held" in said else (),
        kept_on="EX-LAW" if "ordered" in said else "S34-3" if "rests" in said else "",
    )


def words_of(value: object) -> str:
    """How a case of a table is called in a report."""
    parts = value if isinstance(value, tuple) else (value,)
    told = (part.purpose if isinstance(part, Consent) else str(part) for part in parts if part)
    return " ".join(told) or "all"


# Access (s.30): everything, whatever it rests on; a hold keeps a record from being erased, never from being shown

ACCESS = [
    ((OURS, CONSENT, "U11", None, ""), (COPY, "S30-1")),
    ((OURS, CONTRACT, "U01", None, "open"), (COPY, "S30-1")),
    ((OURS, TASK, "U09", None, ""), (COPY, "S30-1")),
    ((OURS, INTEREST, "U07", None, "shared"), (COPY, "S30-1")),  # S13: redacted where it is another's
    ((OURS, DUTY, "U03", None, "held issued"), (COPY, "S30-1")),
    ((OURS, DUTY, "U08", None, "ordered"), (COPY, "S30-1")),
    ((OURS, CONSENT, "U10", NEWS, ""), (COPY, "S30-1")),
    ((OURS, CONSENT, "U10", NEWS_OVER, ""), (COPY, "S30-1")),
    ((OURS, CONTRACT, "U06", None, "cascade"), (COPY, "S30-1")),
    ((OURS, CONTRACT, "U06", None, "unsure"), (REVIEW, SEVERAL)),  # S13: no refusal, an officer looks
    ((TENANTS, CONSENT, "U13", None, ""), (NOT_CONTROLLER, "P-NOTCTRL")),  # S35
    ((TENANTS, CONSENT, "U13", None, "unsure"), (NOT_CONTROLLER, "P-NOTCTRL")),
]


@pytest.mark.parametrize(("facts", "expected"), ACCESS, ids=words_of)
def test_access(facts: Facts, expected: tuple[Outcome, str] | None) -> None:
    assert fate(Asked(right=Right.ACCESS), facts) == expected


# Portability (s.31 ¶2): what rests on consent or on a contract, and nothing else

PORTABILITY = [
    ((OURS, CONSENT, "U11", None, ""), (COPY, "S31-1")),
    ((OURS, CONSENT, "U10", NEWS_OVER, ""), (COPY, "S31-1")),
    ((OURS, CONTRACT, "U01", None, ""), (COPY, "S31-1")),
    ((OURS, CONTRACT, "U01", None, "open held shared"), (COPY, "S31-1")),
    ((OURS, TASK, "U09", None, ""), (NO_GROUND, "R31-SCOPE")),
    ((OURS, INTEREST, "U07", None, ""), (NO_GROUND, "R31-SCOPE")),
    ((OURS, DUTY, "U03", None, "held issued"), (NO_GROUND, "R31-SCOPE")),  # S17: invoices, by access instead
    ((OURS, DUTY, "U08", None, "unsure"), (NO_GROUND, "R31-SCOPE")),
    ((OURS, CONTRACT, "U06", None, "unsure"), (REVIEW, SEVERAL)),
    ((TENANTS, CONSENT, "U13", None, ""), (NOT_CONTROLLER, "P-NOTCTRL")),
    ((TENANTS, DUTY, "U13", None, ""), (NOT_CONTROLLER, "P-NOTCTRL")),
]


@pytest.mark.parametrize(("facts", "expected"), PORTABILITY, ids=words_of)
def test_portability(facts: Facts, expected: tuple[Outcome, str] | None) -> None:
    assert fate(Asked(right=Right.PORTABILITY), facts) == expected


# Objection (s.32 ¶1): (2) marketing, always; (1) what stands on s.24(4) or (5); (3) research

OBJECTION = [
    (MARKETING, (OURS, INTEREST, "U10", None, ""), (STOP, "S32-2")),
    (MARKETING, (OURS, CONTRACT, "U10", None, "open"), (STOP, "S32-2")),
    (
        MARKETING,
        (OURS, INTEREST, "U10", None, "held ordered cascade"),
        (STOP, "S32-2"),
    ),  # nothing stands against it
    (MARKETING, (OURS, INTEREST, "U10", None, "unsure"), (REVIEW, SEVERAL)),
    (MARKETING, (OURS, CONSENT, "U10", NEWS, ""), (STOP, "S32-2")),
    (MARKETING, (OURS, CONSENT, "U11", NEWS, "held"), (STOP, "S32-2")),  # for marketing, whatever the unit
    (MARKETING, (OURS, CONSENT, "U10", NEWS, "unsure"), (REVIEW, SEVERAL)),
    (MARKETING, (OURS, CONSENT, "U10", NEWS_OVER, ""), None),
    (MARKETING, (OURS, CONSENT, "U11", COOKIES, ""), None),  # that consent is withdrawn, not objected to
    (MARKETING, (OURS, INTEREST, "U07", None, ""), None),
    (MARKETING, (OURS, DUTY, "U03", None, ""), None),
    (INTERESTS, (OURS, INTEREST, "U07", None, ""), (STOP, "S32-1")),  # S19: unless shown to be compelling
    (
        INTERESTS,
        (OURS, INTEREST, "U09", None, "held"),
        (HOLD, "EX-LAW"),
    ),  # S20: officers may refuse, no machine does
    (INTERESTS, (OURS, TASK, "U09", None, ""), (STOP, "S32-1")),
    (INTERESTS, (OURS, INTEREST, "U07", None, "unsure"), (REVIEW, SEVERAL)),
    (INTERESTS, (OURS, CONSENT, "U07", None, ""), None),
    (INTERESTS, (OURS, CONTRACT, "U01", None, ""), None),
    (INTERESTS, (OURS, DUTY, "U08", None, ""), None),
    (INTERESTS, (OURS, INTEREST, "U10", None, ""), None),  # marketing is objected to by its name
    (INTERESTS, (OURS, INTEREST, "U10", NEWS, ""), None),
    (INTERESTS, (OURS, INTEREST, "R01", None, ""), (STOP, "S32-1")),
    (RESEARCH, (OURS, INTEREST, "R01", None, ""), (STOP, "S32-3")),
    (RESEARCH, (OURS, CONTRACT, "R01", None, ""), (STOP, "S32-3")),
    (RESEARCH, (OURS, INTEREST, "R01", None, "unsure"), (REVIEW, SEVERAL)),
    (RESEARCH, (OURS, INTEREST, "U07", None, ""), None),
    (RESEARCH, (OURS, INTEREST, "U10", None, ""), None),
    (RESEARCH, (OURS, INTEREST, "R02", None, ""), (STOP, "S32-3")),  # a unit with both uses
    (MARKETING, (OURS, INTEREST, "R02", None, ""), (STOP, "S32-2")),
    (MARKETING + RESEARCH, (OURS, INTEREST, "R02", None, ""), (STOP, "S32-2")),
    (INTERESTS, (OURS, INTEREST, "R02", None, ""), None),
    (INTERESTS + RESEARCH, (OURS, INTEREST, "R01", None, ""), (STOP, "S32-3")),
    (MARKETING + INTERESTS, (OURS, INTEREST, "U10", None, ""), (STOP, "S32-2")),
    (MARKETING + INTERESTS, (OURS, INTEREST, "U07", None, ""), (STOP, "S32-1")),
    (INTERESTS, (TENANTS, INTEREST, "U13", None, ""), (NOT_CONTROLLER, "P-NOTCTRL")),
    (MARKETING, (TENANTS, INTEREST, "U10", None, ""), (NOT_CONTROLLER, "P-NOTCTRL")),
    (MARKETING, (TENANTS, CONSENT, "U13", None, ""), (NOT_CONTROLLER, "P-NOTCTRL")),
]


def test_what_the_policy_has_a_compelling_ground_for_goes_on_and_stays_while_the_contract_runs() -> None:
    """S20: against an objection, and so against the erasure that would stand on one (s.33 ¶1(3))."""
    asked = Asked(right=Right.OBJECTION, wish=Wish(against=INTERESTS), compelled=frozenset({"U09"}))
    assert fate(asked, (OURS, INTEREST, "U09", None, "open")) == (NO_GROUND, "R32-COMPEL")
    assert fate(asked, (OURS, INTEREST, "U07", None, "open")) == (STOP, "S32-1")
    erasure = Asked(right=Right.ERASURE, compelled=frozenset({"U09"}))
    assert fate(erasure, (OURS, INTEREST, "U09", None, "open")) == (NO_GROUND, "NG-33-1")
    assert fate(erasure, (OURS, INTEREST, "U09", None, "")) == (ERASE, "S33-1")


@pytest.mark.parametrize(("against", "facts", "expected"), OBJECTION, ids=words_of)
def test_objection(against: tuple[Use, ...], facts: Facts, expected: tuple[Outcome, str] | None) -> None:
    asked = Asked(
        right=Right.OBJECTION,
        wish=Wish(against=against),
        marketing_units=MARKETING_UNITS,
        research_units=RESEARCH_UNITS,
    )
    assert fate(asked, facts) == expected


# Erasure (s.33), in the order of its questions: tenant, hold (¶2), obstacle, contract, others' row, ground (¶1)

ERASURE = [
    ((TENANTS, CONTRACT, "U13", None, ""), (NOT_CONTROLLER, "P-NOTCTRL")),  # S35
    ((TENANTS, DUTY, "U13", None, "held ordered cascade open shared"), (NOT_CONTROLLER, "P-NOTCTRL")),
    ((OURS, DUTY, "U03", None, "held issued"), (HOLD, "EX-LAW")),  # S01: the invoice
    ((OURS, CONTRACT, "U01", None, "held cascade open shared"), (HOLD, "EX-LAW")),
    (
        (OURS, CONTRACT, "U09", None, "held open"),
        (NO_GROUND, "NG-33-1"),
    ),  # no ground, so no exemption is reached
    ((OURS, CONTRACT, "U09", None, "held open ordered"), (HOLD, "EX-LAW")),
    ((OURS, DUTY, "U03", None, "held open"), (HOLD, "EX-LAW")),
    ((OURS, CONTRACT, "U01", None, "ordered"), (HOLD, "EX-LAW")),  # S38: a court's order
    ((OURS, CONSENT, "U10", NEWS, "ordered"), (HOLD, "EX-LAW")),
    ((OURS, CONTRACT, "U06", None, "rests"), (HOLD, "S34-3")),  # S29: she needs it for a lawsuit of her own
    ((OURS, CONTRACT, "U06", None, "rests open shared cascade"), (HOLD, "S34-3")),
    ((TENANTS, CONTRACT, "U13", None, "rests"), (NOT_CONTROLLER, "P-NOTCTRL")),
    ((OURS, CONTRACT, "U06", None, "cascade open"), (BLOCKED, CASCADE)),
    ((OURS, CONTRACT, "U06", None, "unsure"), (BLOCKED, SEVERAL)),
    ((OURS, CONSENT, "U10", NEWS, "unsure shared"), (BLOCKED, SEVERAL)),
    ((OURS, CONTRACT, "U01", None, "open"), (NO_GROUND, "NG-33-1")),  # S05: still a customer
    ((OURS, CONTRACT, "U01", None, "open shared"), (NO_GROUND, "NG-33-1")),
    ((OURS, CONTRACT, "U01", None, ""), (ERASE, "S33-1")),  # S01: profile, tickets
    ((OURS, CONTRACT, "U06", None, "shared"), (DETACH, "S33-1")),
    ((OURS, CONSENT, "U10", NEWS, "open"), (ERASE, "S33-2")),  # S05: marketing goes all the same
    ((OURS, CONSENT, "U10", NEWS_OVER, ""), (ERASE, "S33-2")),
    ((OURS, CONSENT, "U11", None, "open shared"), (DETACH, "S33-2")),
    ((OURS, INTEREST, "U07", None, "open"), (ERASE, "S33-3")),  # asking for erasure objects to the use
    ((OURS, INTEREST, "U07", None, "open shared"), (DETACH, "S33-3")),
    ((OURS, INTEREST, "U07", None, ""), (ERASE, "S33-1")),
    ((OURS, DUTY, "U08", None, "open"), (ERASE, "S33-1")),  # the duty has lapsed with its hold
    ((OURS, TASK, "U09", None, ""), (ERASE, "S33-1")),
]


@pytest.mark.parametrize(("facts", "expected"), ERASURE, ids=words_of)
def test_erasure(facts: Facts, expected: tuple[Outcome, str] | None) -> None:
    assert fate(Asked(right=Right.ERASURE), facts) == expected


# Erasure of what rested on a consent that was withdrawn: due without being asked for, and of nothing else (s.37(3))

CONSENT_ONLY = [
    ((OURS, CONSENT, "U10", NEWS_OVER, ""), (ERASE, "S33-2")),
    ((OURS, CONSENT, "U11", None, "open"), (ERASE, "S33-2")),
    ((OURS, CONSENT, "U11", None, "shared"), (DETACH, "S33-2")),
    ((OURS, CONSENT, "U11", None, "held"), (HOLD, "EX-LAW")),
    ((OURS, CONSENT, "U11", None, "ordered"), (HOLD, "EX-LAW")),
    ((OURS, CONSENT, "U11", None, "unsure"), (BLOCKED, SEVERAL)),
    ((OURS, CONTRACT, "U01", None, ""), (NOT_ASKED, "")),
    ((OURS, CONTRACT, "U01", None, "open held"), (NOT_ASKED, "")),
    ((OURS, INTEREST, "U10", None, ""), (NOT_ASKED, "")),
    ((OURS, DUTY, "U12", None, ""), (NOT_ASKED, "")),
    ((OURS, TASK, "U09", None, ""), (NOT_ASKED, "")),
    ((TENANTS, CONSENT, "U13", None, ""), (NOT_CONTROLLER, "P-NOTCTRL")),
]


@pytest.mark.parametrize(("facts", "expected"), CONSENT_ONLY, ids=words_of)
def test_erasure_after_withdrawal(facts: Facts, expected: tuple[Outcome, str] | None) -> None:
    assert fate(Asked(right=Right.ERASURE, consent_only=True), facts) == expected


@pytest.mark.parametrize("declared", [Outcome.ERASE, Outcome.ANONYMISE, Outcome.DESTROY])
def test_a_free_record_goes_in_the_way_its_map_declares(declared: Outcome) -> None:
    free = record(OURS, CONTRACT, "U01", None, "").model_copy(update={"on_erase": declared})
    assert assess(Asked(right=Right.ERASURE), free, ()) == (declared, "S33-1")


def test_a_hold_speaks_with_its_own_ground() -> None:
    claim = BOOKS.model_copy(update={"ground": "EX-CLAIM"})
    kept = record(OURS, DUTY, "U03", None, "")
    assert assess(Asked(right=Right.ERASURE), kept, (claim, BOOKS), kept_on="EX-LAW") == (HOLD, "EX-CLAIM")


# Restriction (s.34 ¶1): use rests, whatever the data stands on; nothing is erased and nothing held against it

RESTRICTION = [
    (Because.ACCURACY, (OURS, CONTRACT, "U01", None, "open"), (RESTRICT, "S34-1")),  # S26
    (Because.UNLAWFUL, (OURS, INTEREST, "U07", None, ""), (RESTRICT, "S34-2")),  # S28: instead of erasure
    (Because.CLAIMS, (OURS, CONTRACT, "U01", None, ""), (RESTRICT, "S34-3")),  # S29: for the person's lawsuit
    (Because.OBJECTION, (OURS, INTEREST, "U07", None, ""), (RESTRICT, "S34-4")),
    (Because.UNLAWFUL, (OURS, DUTY, "U03", None, "held ordered shared"), (RESTRICT, "S34-2")),
    (Because.CLAIMS, (OURS, TASK, "U09", None, "cascade"), (RESTRICT, "S34-3")),
    (Because.ACCURACY, (OURS, CONSENT, "U10", NEWS, ""), (RESTRICT, "S34-1")),
    (Because.ACCURACY, (OURS, CONTRACT, "U01", None, "unsure"), (REVIEW, SEVERAL)),
    (Because.CLAIMS, (TENANTS, CONSENT, "U13", None, ""), (NOT_CONTROLLER, "P-NOTCTRL")),
]


@pytest.mark.parametrize(("because", "facts", "expected"), RESTRICTION, ids=words_of)
def test_restriction(because: Because, facts: Facts, expected: tuple[Outcome, str] | None) -> None:
    assert fate(Asked(right=Right.RESTRICTION, wish=Wish(because=because)), facts) == expected


# Rectification (ss.35-36): where the field stands; an issued document is corrected forward, never edited

RECTIFICATION = [
    ((OURS, CONTRACT, "U01", None, "named open"), (CORRECT, "S36-1")),  # S23: the profile
    ((OURS, CONTRACT, "U05", None, "named held ordered"), (CORRECT, "S36-1")),  # S23: a copy elsewhere
    ((OURS, CONSENT, "U10", NEWS, "named shared"), (REVIEW, "row-of-several")),
    ((OURS, DUTY, "U03", None, "named issued held"), (FORWARD, "R36-RECORD")),
    ((OURS, CONTRACT, "U01", None, ""), None),
    ((OURS, DUTY, "U03", None, "issued"), None),
    ((OURS, CONTRACT, "U06", None, "named unsure"), (REVIEW, SEVERAL)),
    ((OURS, DUTY, "U03", None, "named issued unsure"), (REVIEW, SEVERAL)),
    ((OURS, CONTRACT, "U06", None, "unsure"), None),
    ((TENANTS, CONSENT, "U13", None, "named"), (NOT_CONTROLLER, "P-NOTCTRL")),
    ((TENANTS, CONSENT, "U13", None, "named issued"), (NOT_CONTROLLER, "P-NOTCTRL")),
    ((TENANTS, CONSENT, "U13", None, ""), (NOT_CONTROLLER, "P-NOTCTRL")),
]


@pytest.mark.parametrize(("facts", "expected"), RECTIFICATION, ids=words_of)
def test_rectification(facts: Facts, expected: tuple[Outcome, str] | None) -> None:
    asked = Asked(right=Right.RECTIFICATION, wish=Wish(corrections={"name": "สมหญิง", "height": "1.60"}))
    assert fate(asked, facts) == expected


# Withdrawal (s.19 ¶5): consents that stand, all or those that are named, and nothing that is no consent

WITHDRAWAL = [
    ((), (OURS, CONSENT, "U10", NEWS, ""), (STOP, "S19-5")),
    ((), (OURS, CONSENT, "U11", COOKIES, "held ordered open"), (STOP, "S19-5")),
    (("news",), (OURS, CONSENT, "U10", NEWS, ""), (STOP, "S19-5")),
    (("cookies", "news"), (OURS, CONSENT, "U10", NEWS, ""), (STOP, "S19-5")),
    (("news",), (OURS, CONSENT, "U11", COOKIES, ""), None),
    ((), (OURS, CONSENT, "U10", NEWS_OVER, ""), None),
    (("cookies",), (OURS, CONSENT, "U11", COOKIES_OVER, ""), None),
    ((), (OURS, CONSENT, "U11", None, ""), None),  # rests on consent; goes by the erasure that follows
    ((), (OURS, CONTRACT, "U01", None, ""), None),
    ((), (OURS, CONSENT, "U10", NEWS, "unsure"), (REVIEW, SEVERAL)),
    ((), (TENANTS, CONSENT, "U13", NEWS, ""), (NOT_CONTROLLER, "P-NOTCTRL")),
    ((), (TENANTS, CONSENT, "U13", None, ""), (NOT_CONTROLLER, "P-NOTCTRL")),
]


@pytest.mark.parametrize(("purposes", "facts", "expected"), WITHDRAWAL, ids=words_of)
def test_withdrawal(purposes: tuple[str, ...], facts: Facts, expected: tuple[Outcome, str] | None) -> None:
    assert fate(Asked(right=Right.WITHDRAWAL, wish=Wish(purposes=purposes)), facts) == expected


# Units: what the person left out is not asked, and so not refused

WISHES = {
    Right.OBJECTION: Wish(against=INTERESTS),
    Right.RESTRICTION: Wish(because=Because.CLAIMS),
    Right.RECTIFICATION: Wish(corrections={"name": "สมหญิง"}),
}
TOUCHED: dict[Right, Facts] = {
    Right.ACCESS: (OURS, CONTRACT, "U07", None, ""),
    Right.PORTABILITY: (OURS, CONTRACT, "U07", None, ""),
    Right.OBJECTION: (OURS, INTEREST, "U07", None, ""),
    Right.ERASURE: (OURS, CONTRACT, "U07", None, "held"),
    Right.RESTRICTION: (OURS, CONTRACT, "U07", None, "unsure"),
    Right.RECTIFICATION: (OURS, CONTRACT, "U07", None, "named"),
    Right.WITHDRAWAL: (OURS, CONSENT, "U07", NEWS, ""),
}


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("role", Role)
def test_what_lies_outside_the_units_named_is_not_asked(right: Right, role: Role) -> None:
    def narrowed(*units: str) -> tuple[Outcome, str] | None:
        wish = WISHES.get(right, Wish()).model_copy(update={"units": units})
        return fate(Asked(right=right, wish=wish), (role, *TOUCHED[right][1:]))

    assert narrowed() == narrowed("U07") == narrowed("U01", "U07")
    assert narrowed() not in {None, (NOT_ASKED, "")}
    assert narrowed("U01") == narrowed("U01", "U070") == (NOT_ASKED, "")
