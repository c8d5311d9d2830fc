"""What a scenario says must have become of somebody at the vendors, held against what the vendors themselves have.

Nothing here asks Sitthi's connectors: `at_vendors` reads what is there.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path

import pikepdf

from demo.at_vendors import Place, Snapshot
from demo.elsewhere import ELSEWHERE, FILES, SENDGRID, STRIPE, There
from demo.scenarios import Scenario
from domain.outcomes import DESTROYING, Outcome

_NOT_CERTIFIED = frozenset({Outcome.STOP, Outcome.NOT_ASKED})
"""What the erasure was not about; the certificate says that there is such a thing, and no more."""


def wrongs(people: Iterable[Scenario], before: Snapshot, after: Snapshot) -> list[str]:
    """What differs from what the scenarios of those who asked tell, and what moved of anybody else's, a line each."""
    found: list[str] = []
    explained: set[Place] = set()
    asked = [who for who in people if who.key in ELSEWHERE]
    for who in asked:
        mine = {place for place, standing in before.items() if standing.owner in known_by(who)}
        explained |= mine
        became = Counter((*place[:2], _became(place, before, after)) for place in mine)
        expected = Counter[tuple[str, str, str]]()
        for there in ELSEWHERE[who.key]:
            expected[there.system, there.table, _expected(there)] += there.records
        found += [
            f"{who.key}: {became[key]} of {key[0]} {key[1]} {key[2]}, {expected[key]} expected"
            for key in sorted(became.keys() | expected.keys())
            if became[key] != expected[key]
        ]
        found += _still_named(who, mine, before, after)
    found += [
        f"{place[0]} {place[1]}: nobody asked for it, a record is {now}"
        for place in before
        if place not in explained and (now := _became(place, before, after)) != "unchanged"
    ]
    theirs = {name for who in asked for name in known_by(who)}
    return found + [
        f"{place[0]} {place[1]}: nobody asked for a new record"
        for place in after.keys() - before.keys()
        if not (place[:2] == (STRIPE, "events") and after[place].owner in theirs)  # Stripe notes what is done
    ]


def certified(who: Scenario, certificate: Path, before: Snapshot, after: Snapshot) -> list[str]:
    """Where the certificate of an erasure says otherwise than the vendors have it, a line each."""
    with pikepdf.Pdf.open(certificate) as pdf:
        told = json.loads(pdf.attachments["certificate.json"].get_file().read_bytes())
    outside = {
        (there.system, there.table) for there in ELSEWHERE.get(who.key, ()) if there.outcome in _NOT_CERTIFIED
    }
    said = Counter[tuple[str, bool]]()
    for gone, groups in ((True, told["erased"]), (False, told["remaining"])):
        for group in groups:
            said[group["system"], gone] += group["records"]
    stands = Counter[tuple[str, bool]]()
    for place, standing in before.items():
        if standing.owner in known_by(who) and place[:2] not in outside:
            stands[place[0], _became(place, before, after) != "unchanged"] += 1
    found = [
        f"the certificate says {said[key]} records of {key[0]} {'erased' if key[1] else 'kept'}, {stands[key]} are"
        for key in sorted(said.keys() | stands.keys())
        if key[0] in {FILES, STRIPE, SENDGRID} and said[key] != stands[key]
    ]
    hidden = outside and not told["outside"]
    return found + (["the certificate hides that something was not asked for"] if hidden else [])


def packed(who: Scenario, bundle: Path, systems: Collection[str], before: Snapshot) -> list[str]:
    """What is missing in the package of an access request: the part of a system, or a file as the store has it."""
    with zipfile.ZipFile(bundle) as package:
        records = json.loads(package.read("dossier.json"))["records"]
        given = {
            hashlib.md5(package.read(one["values"]["file"]), usedforsecurity=False).hexdigest()
            for one in records
            if one["system"] == FILES and "file" in one["values"]
        }
    parts = {one["system"] for one in records}
    found = [f"the package has no part of {system}" for system in sorted(set(systems) - parts)]
    stored = {
        json.loads(standing.content)[0]["content"]
        for place, standing in before.items()
        if place[0] == FILES and standing.owner in known_by(who)
    }
    return found + (["the files in the package are not those in the store"] if given != stored else [])


def known_by(who: Scenario) -> set[str]:
    """What the vendors know somebody by: the account's number in keys, Stripe's id in the CRM, the address."""
    accounts = {str(number) for number in who.user_ids}
    return accounts | {f"cus_demo{number:06d}" for number in who.user_ids} | {who.email}


def _expected(there: There) -> str:
    if there.outcome in {Outcome.ERASE, Outcome.DESTROY}:
        return "gone"
    return "changed" if there.outcome in DESTROYING | {Outcome.STOP} else "unchanged"


def _became(place: Place, before: Snapshot, after: Snapshot) -> str:
    now = after.get(place)
    if now is None:
        return "gone"
    return "unchanged" if now.content == before[place].content else "changed"


def _still_named(who: Scenario, mine: Iterable[Place], before: Snapshot, after: Snapshot) -> list[str]:
    """What was emptied of the person and names them all the same."""
    destroyed = {(there.system, there.table) for there in ELSEWHERE[who.key] if there.outcome in DESTROYING}
    words = [
        who.email,
        *(name for one in who.people for name in (one.full_name_en, one.full_name_th, one.phone)),
    ]
    return [
        f"{who.key}: {place[0]} {place[1]} still names them"
        for place in sorted(mine)
        if place[:2] in destroyed
        and _became(place, before, after) == "changed"
        and any(word in after[place].content for word in words)
    ]
