"""What every document about a case says in the same way: who writes, to whom, about what, by when."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from markupsafe import Markup

from domain.calendar import day_in_bangkok
from domain.deadlines import Authority, cooling_ends
from domain.documents import CaseFile
from domain.item import Label
from domain.outcomes import KEEPING, SUSPENDING, Outcome
from domain.rights import Right
from exports import asked, lines, pdf
from exports.facts import Facts, entries, text, texts
from exports.words import Words
from policy.model import Policy

BACKUPS = "U14"
"""The data unit whose retention is the cycle of the backups."""

_OTHER_METHODS = frozenset({Outcome.ANONYMISE, Outcome.DETACH})


def of(file: CaseFile, policy: Policy, words: Words, now: datetime) -> dict[str, Any]:
    """The values that templates are given, ready to print; `facts` are passed on as they came."""
    case, terms, facts = file.view.case, file.view.case.terms, dict(file.facts)
    today = date.fromisoformat(str(facts["date"])) if "date" in facts else day_in_bangkok(now)
    told = lines.lines(file.groups, policy, words, today)
    within = [line for line in told if line.outcome is not Outcome.NOT_ASKED]
    return {
        "words": words,
        "fonts": Markup(pdf.font_faces()),  # noqa: S704 - our own style rules
        "page_number": Markup(page_number(words)),  # noqa: S704
        "company": _company(policy, words),
        "officer": _officer(policy, words),
        "reference": case.reference,
        # Only e-mails are given a link; a company without a portal is reached through its officer.
        "action_link": facts.get("link") or policy.company.officer.email,
        "until": words.day(str(facts["until"])) if "until" in facts else "",
        "facts": facts,
        "on": today,
        "today": words.day(today),
        "made_at": now.isoformat(),
        "dear": words.dear(file.subject.name),
        "name": file.subject.name,
        "received": words.day(terms.received_on),
        "received_on": words.day(terms.received_on),
        "right": {
            "code": case.right.value,
            "name": words(f"rights.{case.right}.name"),
            "section": words(f"rights.{case.right}.section"),
        },
        "due": words.day(terms.strict),
        "decide_by": words.day(terms.decide_by),
        "verify_by": words.day(day_in_bangkok(terms.verify_by)),
        "authority": _authority(terms.authority, terms.reference, words),
        "extension": _extension(file, policy, words),
        "state": words(f"states.{file.view.state}"),
        "asked": asked.asked(case.right, facts, policy, words),
        "at_once": asked.at_once(facts, words),
        "address_suffices": asked.address_suffices(case, facts),
        "reason_told": text(facts, "reason_told") or words.get(f"delays.{text(facts, 'because')}") or "",
        "fields": asked.field_names(facts, words),
        "transfer_to": asked.recipient_name(text(facts, "transfer_to"), policy),
        "stopped_at": words.moment(text(facts, "stopped_at")) if facts.get("stopped_at") else "",
        "marketing_stopped_at": words.moment(since) if (since := text(facts, "marketing_stopped_at")) else "",
        "marketing_stays": asked.marketing_stays(facts, words),
        "continues": _continuing(facts, policy, words),
        "linked_right": words.get(f"rights.{text(facts, 'linked_right')}.name") or "",
        "cooling_ends": words.moment(str(facts.get("cooling_until") or cooling_ends(terms, now).isoformat())),
        "done_on": words.day(str(facts.get("erased_on") or facts.get("done_on") or today.isoformat())),
        "backups": _backups(facts.get("backups_gone_by"), policy, words),
        "lines": within,
        "outside": len(within) < len(told),
        "left_out": [lines.ground(code, policy, words) for code in texts(facts, "left_out")],
        "by_hand": _by_hand(facts, words),
        "recorded": words(f"recorded.{text(facts, 'recorded') or 'nowhere'}"),
        **_of_others(case.right, facts, words),
        **_became(told),
    }


def _of_others(right: Right, facts: Facts, words: Words) -> dict[str, Any]:
    """In which capacity somebody asks and what is missing of it; on which day something went wrong."""
    name = words(f"rights.{right}.name")
    return {
        "happened_on": words.day(day) if (day := text(facts, "happened_on")) else "",
        "acts_as": words.get(f"capacities.{text(facts, 'capacity')}") or "",
        "lacking": [words(f"lacking.{code}", right=name) for code in texts(facts, "lacking")],
    }


def _by_hand(facts: Facts, words: Words) -> list[str]:
    """What people do of a decision, a sentence each."""
    names = ", ".join(texts(facts, "to_instruct"))
    return [words(f"by_hand.{code}", names=names) for code in texts(facts, "by_hand_tasks")]


def _became(told: Sequence[lines.Line]) -> dict[str, Any]:
    """The lines by what became of them, as templates list them."""
    return {
        "otherwise": any(line.outcome in _OTHER_METHODS for line in told),
        "done": [line for line in told if line.done],
        "gone": [line for line in told if line.gone],
        "given": [line for line in told if line.given],
        "forward": [line for line in told if line.outcome is Outcome.CORRECT_FORWARD],
        "refused": [line for line in told if line.refused],
        "grounds": list(dict.fromkeys(line.why for line in told if line.outcome in SUSPENDING and line.why)),
    }


def reasons(file: CaseFile, policy: Policy, words: Words) -> list[str]:
    """Why a request is refused: the decision's ground, else the grounds of what the plan keeps."""
    named = str(file.facts.get("ground", ""))
    kept = (group for group in file.groups if group.get("outcome") in KEEPING)
    codes = [named] if named else [str(group.get("ground", "")) for group in kept]
    return [lines.ground(code, policy, words) for code in dict.fromkeys(codes) if code]


def in_language(label: Label, words: Words) -> str:
    """A label in the language of the document."""
    return label.th if words.language == "th" else label.en


def proof_id(file: CaseFile) -> str:
    """What a certificate is checked by: SHA-256 over the plan's digest and the hash of the receipts."""
    digest = file.plan.digest if file.plan else ""
    return hashlib.sha256(f"{digest}:{file.facts.get('receipts', '')}".encode()).hexdigest()


def _company(policy: Policy, words: Words) -> dict[str, str]:
    company = policy.company
    return {"name": in_language(company.name, words), "address": in_language(company.address, words)}


def _officer(policy: Policy, words: Words) -> dict[str, str]:
    officer = policy.company.officer
    return {
        "name": in_language(officer.name, words),
        "address": in_language(officer.address, words),
        "email": officer.email,
        "phone": officer.phone,
    }


def _authority(authority: Authority, reference: str, words: Words) -> str:
    return words(f"authorities.{authority}", reference=words.cite(reference))


def _extension(file: CaseFile, policy: Policy, words: Words) -> str:
    """The law under which the pinned terms were extended; empty where they were not."""
    terms = file.view.case.terms
    law = policy.deadlines[file.view.case.right].extension_reference
    return words.cite(law) if law and law in terms.reference else ""


def _continuing(facts: Facts, policy: Policy, words: Words) -> list[str]:
    """What goes on all the same: each data unit and the basis that carries it."""
    return [
        words(
            "reasons.continues",
            unit=lines.unit_name(text(entry, "unit"), policy, words),
            basis=words.get(f"bases.{text(entry, 'basis')}") or text(entry, "basis"),
        )
        for entry in entries(facts, "continues")
    ]


def _backups(gone_by: object, policy: Policy, words: Words) -> str:
    if gone_by:
        return words("letterhead.backups_by", day=words.day(str(gone_by)))
    unit = policy.units.get(BACKUPS)
    cycle = lines.retention(unit, words) if unit else "–"
    return words("letterhead.backups_cycle", cycle=cycle)


def page_number(words: Words) -> str:
    """The page's number as a CSS `content`."""
    text = words("page", number="\0n", total="\0t")
    return f'"{text}"'.replace("\0n", '" counter(page) "').replace("\0t", '" counter(pages) "')
