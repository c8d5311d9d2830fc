"""What the DPO must sign: what the published policy does not say, and what counsel has not answered.

A signature names an entry by its place and by the SHA-256 of its canonical content: who edits the entry afterwards has
an unsigned entry again. Signatures stand in `signed.yaml` beside the rules and are no part of the policy's version:
signing changes nothing that the engine computes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import yaml
from pydantic import JsonValue

from domain.errors import BadInput, PolicyInvalid
from domain.item import Label
from domain.value import Value
from policy.files import Day, Text, Words
from policy.model import Gap, GapKind, Policy, Signature
from policy.yaml_lines import Document, Place, read_yaml

SIGNED = "signed.yaml"
_HEAD = "# Who signed which entry of this policy, as it stood. Written by `starter.py policy sign`; edit an entry, and it is unsigned.\n"


class CounselEntry(Value):
    """A question of law that nobody has answered yet, and what holds meanwhile."""

    question: Words
    until_answered: Words
    affects: tuple[Text, ...]


class CounselFile(Value):
    """counsel.yaml."""

    counsel: Mapping[str, CounselEntry]


class SignatureEntry(Value):
    """One signature."""

    by: Text
    on: Day
    reason: Text
    sha256: Text


class SignedFile(Value):
    """signed.yaml."""

    signed: Mapping[str, SignatureEntry]


class ClauseEntry(Value):
    """A clause for the next edition of the published policy; `covers` the gaps that it closes."""

    place: Words
    covers: tuple[Text, ...]
    text: Words


class ClausesFile(Value):
    """clauses.yaml."""

    clauses: Mapping[str, ClauseEntry]


class Question(Value):
    """What counsel must answer: the question, what holds until then, and the rules that it bears on."""

    code: str
    question: Label
    until_answered: Label
    affects: tuple[str, ...]


class Clause(Value):
    """A drafted clause, ready to print."""

    code: str
    place: Label
    covers: tuple[str, ...]
    text: Label


def canonical(value: JsonValue) -> str:
    """SHA-256 over the entry's content: its spelling in YAML, comments and order of keys make no difference."""
    written = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()


def entry(documents: Mapping[str, Document], code: str) -> JsonValue:
    """The entry at a place as "units.U06.retention". Raises `KeyError` where nothing stands there."""
    for document in documents.values():
        if isinstance(document.data, dict) and code.partition(".")[0] in document.data:
            return _at(document.data, tuple(code.split(".")))
    raise KeyError(code)


def versions(documents: Mapping[str, Document]) -> dict[str, str]:
    """The version of every rule: the beginning of the hash of its own entry."""
    found: dict[str, str] = {}
    for document in documents.values():
        for top, entries in document.data.items() if isinstance(document.data, dict) else ():
            if top != "holidays" and isinstance(entries, dict):
                found |= {f"{top}.{code}": canonical(value)[:8] for code, value in entries.items()}
    return found


def find(documents: Mapping[str, Document], signatures: Document | None) -> tuple[Gap, ...]:
    """Everything that needs a signature, what counsel must answer first, each with the signature that it has.

    Raises:
        PolicyInvalid: a counsel item names a rule that does not exist.
    """
    counsel = documents["counsel"]
    codes = [(f"counsel.{code}", GapKind.COUNSEL) for code in _counsel(counsel, documents)]
    codes += [(code, GapKind.PROPOSED) for code in _proposed(documents)]
    signed = signatures.read(SignedFile).signed if signatures else {}
    found = []
    for code, why in codes:
        digest, given = canonical(entry(documents, code)), signed.get(code)
        holds = given is not None and given.sha256 == digest
        signature = Signature(by=given.by, on=given.on, reason=given.reason) if given and holds else None
        found.append(Gap(code=code, why=why, digest=digest, signed=signature))
    return tuple(found)


def read_signatures(directory: Path) -> Document | None:
    """The signatures of a folder of rules, if any. Raises `PolicyInvalid`."""
    path = directory / SIGNED
    return read_yaml(path) if path.exists() else None


def sign(directory: Path, policy: Policy, codes: Sequence[str], signature: Signature) -> tuple[str, ...]:
    """Write signatures for these gaps, all unsigned ones when none is named; returns what was signed.

    The file is replaced whole: a crash leaves the old one.

    Raises:
        BadInput: one of the codes is no gap of this policy.
        PolicyInvalid: what was signed before does not read.
    """
    gaps = {gap.code: gap for gap in policy.gaps}
    for code in codes:
        if code not in gaps:
            raise BadInput("gap-unknown", "`policy gaps` lists them", field="entry")
    chosen = tuple(codes) or policy.unsigned
    before = read_signatures(directory)
    kept = before.read(SignedFile).signed if before else {}
    entries = {code: given.model_dump(mode="json") for code, given in kept.items() if code in gaps}
    for code in chosen:
        entries[code] = {**signature.model_dump(mode="json"), "sha256": gaps[code].digest}
    text = _HEAD + yaml.safe_dump({"signed": entries}, allow_unicode=True, sort_keys=True, width=1000)
    fresh = directory / f".{SIGNED}.new"
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(directory / SIGNED)
    return chosen


def require_signed(policy: Policy) -> None:
    """Production rests on nothing that nobody answers for.

    Raises:
        PolicyInvalid: something is proposed and unsigned; facts name the first and how many.
    """
    if policy.unsigned:
        mend = "`policy gaps` lists what the DPO must read, `policy sign` signs it"
        raise PolicyInvalid(
            "policy-unsigned", mend, file=SIGNED, field=policy.unsigned[0], unsigned=len(policy.unsigned)
        )


def read_counsel(directory: Path) -> tuple[Question, ...]:
    """What counsel must answer, the most pressing first. Raises `PolicyInvalid`."""
    items = read_yaml(directory / "counsel.yaml").read(CounselFile).counsel
    return tuple(
        Question(
            code=code,
            question=Label(th=item.question.th, en=item.question.en),
            until_answered=Label(th=item.until_answered.th, en=item.until_answered.en),
            affects=item.affects,
        )
        for code, item in items.items()
    )


def read_clauses(path: Path, policy: Policy) -> tuple[Clause, ...]:
    """The drafted clauses, with the company's facts filled in.

    Raises:
        PolicyInvalid: the file does not fit its schema, or a clause covers what is no gap.
    """
    document = read_yaml(path)
    known = {gap.code for gap in policy.gaps}
    facts = _facts(policy)
    found = []
    for code, clause in document.read(ClausesFile).clauses.items():
        for no, covered in enumerate(clause.covers):
            if covered not in known:
                raise document.error("gap-unknown", "take it out", "clauses", code, "covers", no)
        found.append(
            Clause(
                code=code,
                place=Label(th=clause.place.th, en=clause.place.en),
                covers=clause.covers,
                text=Label(th=clause.text.th.format_map(facts), en=clause.text.en.format_map(facts)),
            )
        )
    return tuple(found)


def signature_of(by: str, reason: str, on: date) -> Signature:
    """A signature. Raises `BadInput` where nobody or no reason is named."""
    for field, text in (("by", by), ("reason", reason)):
        if not text.strip():
            raise BadInput("field-empty", "say who signs, and why", field=field)
    return Signature(by=by.strip(), on=on, reason=reason.strip())


def _facts(policy: Policy) -> dict[str, str]:
    officer = policy.company.officer
    return {
        "officer_address_th": officer.address.th,
        "officer_address_en": officer.address.en,
        "officer_phone": officer.phone,
        "officer_email": officer.email,
    }


def _counsel(document: Document, documents: Mapping[str, Document]) -> Iterator[str]:
    for code, item in document.read(CounselFile).counsel.items():
        for no, affected in enumerate(item.affects):
            try:
                entry(documents, affected)
            except KeyError:
                mend = "name a rule of this policy"
                raise document.error("rule-unknown", mend, "counsel", code, "affects", no) from None
        yield code


def _proposed(documents: Mapping[str, Document]) -> Iterator[str]:
    """Places that their file marks as proposed; the schemas have been read, so the shapes are known."""
    yield from _listed(documents["company"], ())
    yield from (f"record.{field}" for field in _listed(documents["record"], ("record",)))
    for code, basis in _entries(documents["holds"], "bases"):
        if basis.get("proposed"):
            yield f"bases.{code}"
    for code, _unit in _entries(documents["units"], "units"):
        yield from (f"units.{code}.{field}" for field in _listed(documents["units"], ("units", code)))


def _listed(document: Document, place: Place) -> list[str]:
    found = _at(document.data, (*place, "proposed"), missing=[])
    return [str(each) for each in found] if isinstance(found, list) else []


def _entries(document: Document, top: str) -> Iterator[tuple[str, Mapping[str, JsonValue]]]:
    entries = _at(document.data, (top,))
    for code, value in entries.items() if isinstance(entries, dict) else ():
        if isinstance(value, dict):
            yield code, value


def _at(value: JsonValue, place: Place, *, missing: JsonValue = None) -> JsonValue:
    for key in place:
        if not isinstance(value, dict) or key not in value:
            if missing is not None:
                return missing
            raise KeyError(".".join(map(str, place)))
        value = value[str(key)]
    return value
