"""What a person asks for, as letters repeat it: which use, which consent, which fields, which data."""

from __future__ import annotations

from collections.abc import Iterator

from domain.assurance import Assurance
from domain.case import Case
from domain.rights import Right
from domain.wishes import Use, Wish, assurance_for
from exports.facts import Facts, number, text, texts
from exports.lines import unit_name
from exports.words import Words
from policy.model import Policy


def asked(right: Right, facts: Facts, policy: Policy, words: Words) -> tuple[str, ...]:
    """The wish in sentences, one a part; nothing where the right is asked for as it stands."""
    return tuple(_asked(right, facts, policy, words))


def address_suffices(case: Case, facts: Facts) -> bool:
    """Whether control of the address is proof enough, so that no letter may ask for a document."""
    wish = Wish(against=_uses(facts))
    return assurance_for(case.right, wish, consent_only=case.consent_only) is Assurance.ADDRESS


def at_once(facts: Facts, words: Words) -> tuple[str, ...]:
    """What was done before anything was decided.

    The letter goes to addresses that nobody has proved yet, so no sentence tells whether data were found.
    """
    done = []
    if stopped := number(facts, "marketing_stopped"):
        done.append(words("at_once.marketing-stopped", count=stopped))
    if facts.get("marketing_open"):
        done.append(words("at_once.marketing-open"))
    if facts.get("suspended"):
        done.append(words("at_once.suspended"))
    return tuple(done) or (words("at_once.none"),)


def marketing_stays(facts: Facts, words: Words) -> str:
    """What a letter that closes a case may say of direct marketing: what has stopped stays so, the rest is on its way."""
    if facts.get("marketing_passed_on"):
        return words("marketing.passed-on")
    stopped, still = number(facts, "marketing_stopped"), bool(facts.get("marketing_open"))
    if still:
        return words("marketing.stays-in-part" if stopped else "marketing.open", count=stopped)
    return words("marketing.stays") if stopped or facts.get("marketing_stopped_at") else ""


def field_names(facts: Facts, words: Words) -> tuple[str, ...]:
    """The fields to be corrected, by the names that people call them; a field with no such name, by its own."""
    return tuple(words.get(f"fields.{name}") or name for name in texts(facts, "fields"))


def recipient_name(code: str, policy: Policy) -> str:
    """The name of a recipient that the policy knows; of another, the name that was given."""
    known = policy.recipients.get(code)
    return known.name if known else code


def _uses(facts: Facts) -> tuple[Use, ...]:
    given = texts(facts, "against")
    return tuple(use for use in Use if use in given)


def _asked(right: Right, facts: Facts, policy: Policy, words: Words) -> Iterator[str]:
    for use in _uses(facts):
        yield words(f"asked.against.{use}")
    if because := words.get(f"asked.because.{text(facts, 'because')}"):
        yield because
    if purposes := texts(facts, "purposes"):
        yield words(
            "asked.purposes", names=", ".join(words.get(f"purposes.{code}") or code for code in purposes)
        )
    elif right is Right.WITHDRAWAL:
        yield words("asked.every-consent")
    if fields := field_names(facts, words):
        yield words("asked.fields", names=", ".join(fields))
    if to := text(facts, "transfer_to"):
        yield words("asked.transfer", name=recipient_name(to, policy))
    if units := texts(facts, "units"):
        yield words("asked.units", names=", ".join(unit_name(unit, policy, words) for unit in units))
