"""Findings, obligations, letters and packages: each once, each with its event."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest

from domain.case import Bundle, Located, Proof, Proved, Receipt, Task
from domain.errors import KeyShredded, NotFound
from domain.outcomes import Outcome
from domain.rights import Verb
from domain.states import State
from security.ports import KeyPurpose
from tests.cases.conftest import House
from tests.cases.samples import RELEASE, hold, planned
from tests.cases.test_register import events_of, names_of

LATER = date(2033, 1, 1)
DIGEST = "ab" * 32


def test_the_newest_manifest_of_every_system_stands(house: House) -> None:
    findings, case = house.room.findings, house.case()
    old = Located(system="crm", count=3, manifest="m-1", digest=DIGEST, identifiers=1)
    new = Located(system="crm", count=4, manifest="m-2", digest=DIGEST)
    billing = Located(system="billing", count=0, manifest="m-3", digest=DIGEST)
    for located in (old, old, billing, new, new):
        findings.located(case, located)
    assert findings.manifests(case) == (new, billing)
    assert names_of(house, case).count("system:located") == 3
    proved = Proved(system="crm", proof=Proof.LEFTOVER, left=2, leftover=1)
    for _ in range(2):
        findings.proved(case, proved)
    assert findings.proofs(case) == (proved,)
    facts = {"system": "crm", "proof": "leftover", "left": 2, "leftover": 1}
    assert events_of(house, case)[-1] == ("system:proved", "engine", facts)


def test_what_is_held_is_owed_by_system_and_release_day(house: House) -> None:
    obligations, case = house.room.obligations, house.case()
    rows = [
        planned(1),
        planned(2, Outcome.HOLD, holds=(hold(), hold("tax"))),
        planned(3, Outcome.HOLD, holds=(hold("tax", LATER),)),
        planned(4, Outcome.HOLD, holds=(hold(),)),
        planned(5, Outcome.HOLD, system="billing", holds=(hold(),)),
    ]
    house.room.plans.write(case, rows)
    owed = obligations.owe(case)
    assert [(o.system, o.due_on, o.items, o.rules) for o in owed] == [
        ("billing", RELEASE, 1, ("accounting",)),
        ("crm", RELEASE, 2, ("accounting", "tax")),
        ("crm", LATER, 1, ("tax",)),
    ]
    assert obligations.owe(case) == owed == obligations.of(case)
    assert not any(o.met for o in owed)
    assert {o.kind for o in owed} == {"held-records"}
    assert [item.locator["invoice_id"] for item in obligations.items(owed[1].id)] == [2, 4]
    assert names_of(house, case).count("obligation:owed") == 3


def test_an_obligation_opens_when_the_case_s_key_is_gone_and_not_when_its_own_is(house: House) -> None:
    case = house.case()
    rows = [planned(1, Outcome.HOLD, holds=(hold(),)), planned(2, Outcome.HOLD, holds=(hold("t", LATER),))]
    house.room.plans.write(case, rows)
    first, second = house.room.obligations.owe(case)
    house.ring.shred(house.ring.for_owner(KeyPurpose.CASE, case).key_id, "case-over")
    with pytest.raises(KeyShredded):
        list(house.room.plans.items(case, "crm", frozenset({Outcome.HOLD})))
    assert [item.found.no for item in house.room.obligations.items(first.id)] == [1]
    house.ring.shred(house.ring.for_owner(KeyPurpose.OBLIGATION, first.id).key_id, "obligation-met")
    with pytest.raises(KeyShredded):
        list(house.room.obligations.items(first.id))
    assert [item.found.no for item in house.room.obligations.items(second.id)] == [2]


def test_what_an_order_keeps_is_owed_at_once_so_that_it_is_asked_again(house: House) -> None:
    case = house.case()
    rows = [planned(1, Outcome.HOLD), planned(2), planned(3, Outcome.HOLD, holds=(hold(),))]
    house.room.plans.write(case, rows)
    task = Task(case=case, step=State.FULFILLING, system="crm", verb=Verb.ERASE)
    held_back = Receipt(key=task.key, system="crm", verb=Verb.ERASE, achieved={Outcome.HOLD: 1})
    house.room.effects.done(held_back, case, {2: Outcome.HOLD})
    ordered, held = sorted(house.room.obligations.owe(case), key=lambda each: each.due_on)
    assert (ordered.kind, ordered.due_on, ordered.items, ordered.rules) == (
        "ordered-records",
        (house.clock.at + timedelta(hours=7)).date(),
        2,
        (),
    )
    assert (held.kind, held.due_on, held.items) == ("held-records", RELEASE, 1)


def test_owing_twice_at_once_is_owing_once(house: House) -> None:
    case = house.case()
    house.room.plans.write(case, [planned(1, Outcome.HOLD, holds=(hold(),))])
    with ThreadPoolExecutor(4) as pool:
        told = set(pool.map(lambda _: house.room.obligations.owe(case), range(4)))
    assert len(told) == 1
    assert names_of(house, case).count("obligation:owed") == 1


def test_nothing_held_is_nothing_owed(house: House) -> None:
    case = house.case()
    with pytest.raises(NotFound):
        house.room.obligations.owe(case)
    house.room.plans.write(case, [planned(1)])
    assert house.room.obligations.owe(case) == house.room.obligations.of(case) == ()


def test_a_letter_is_queued_once_and_sent_once(house: House) -> None:
    letters, case = house.room.letters, house.case()
    assert letters.find(case, "L1") is None
    first = letters.queue(case, "L1", "letters/l1", DIGEST)
    assert letters.queue(case, "L1", "letters/other", "cd" * 32) == first
    second = letters.queue(case, "L2", "letters/l2", DIGEST)
    at = house.clock.at
    letters.sent(first.id, at)
    letters.sent(first.id, at + timedelta(hours=1))
    sent = first.model_copy(update={"sent": at})
    assert letters.find(case, "L1") == sent
    assert set(letters.of(case)) == {sent, second}
    assert names_of(house, case)[2:] == ["letter:queued", "letter:queued", "letter:sent"]
    with pytest.raises(NotFound):
        letters.sent("l-none", at)
    with pytest.raises(NotFound):
        letters.queue("c-none", "L1", "x", DIGEST)


def test_the_newest_package_stands(house: House) -> None:
    letters, case = house.room.letters, house.case()
    assert letters.bundle(case) is None
    first = Bundle(ref="bundle-1", sha256=DIGEST, size=6_000_000_000)
    second = Bundle(ref="bundle-2", sha256=DIGEST, size=1)
    for bundle in (first, first, second):
        letters.seal_bundle(case, bundle)
    assert letters.bundle(case) == second
    assert names_of(house, case).count("bundle:sealed") == 2
