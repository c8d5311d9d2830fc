"""SendGrid's own ways: jobs, an index that lags, groups and the global list, objectors, other people's addresses."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.registry import open_connectors
from connectors.sendgrid import SendgridConnector
from connectors.sendgrid_errors import translate
from connectors.sendgrid_map import EVERY_MAILING
from domain.assess import Asked, assess
from domain.connector import EffectKind, Foreseen
from domain.errors import DataMapInvalid, RateLimited, Refused, Unavailable
from domain.identifiers import Identifier, IdentifierKind, identifier
from domain.item import Item, Subject
from domain.outcomes import Outcome
from domain.rights import Right, Verb
from tests.contract.sendgrid_world import EVENTS, KEY, MARKETING, NEWS, OWN, SendgridWorld, list_of, stanza
from tests.contract.test_contract import erasing, located
from tests.contract.test_rights import told

AT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SendgridWorld]:
    made = SendgridWorld(tmp_path)
    yield made
    made.close()


def email(address: str) -> Identifier:
    return identifier(IdentifierKind.EMAIL, address)


def of(items: list[Item], table: str) -> list[Item]:
    return [item for item in items if item.found.table == table]


def erase(connector: SendgridConnector, items: list[Item]) -> set[EffectKind]:
    batch = erasing(items)
    return {effect.kind for effect in connector.apply(batch, connector.foresee(batch))}


def test_an_erasure_is_done_when_the_account_shows_it_not_when_it_is_accepted(world: SendgridWorld) -> None:
    world.account.delay = 0.5
    contacts = of(located(world.connector, world.subject), "contacts")
    assert erase(world.connector, contacts) == {EffectKind.DONE}
    assert not [one for one in world.contacts if one in world.account.contacts]


def test_a_job_that_fails_counts_as_nothing(world: SendgridWorld) -> None:
    world.account.failing_jobs = True
    batch = erasing(of(located(world.connector, world.subject), "contacts"))
    with pytest.raises(Refused, match="system job failed"):
        world.connector.apply(batch, world.connector.foresee(batch))
    assert world.connector.observe(batch) == tuple(
        Foreseen(no=one.no, hash_after=one.hash_before) for one in batch.orders
    )


def test_a_job_that_takes_too_long_is_left_and_found_done_by_the_next_attempt(world: SendgridWorld) -> None:
    now = [0.0]
    world.account.now = lambda: now[0]
    world.account.delay = 3_600
    batch = erasing(of(located(world.connector, world.subject), "contacts"))
    intended = world.connector.foresee(batch)
    impatient = world.connector._changer._patience.__class__(most=0.3)
    world.connector._changer._patience = impatient
    with pytest.raises(Unavailable, match="system job under way"):
        world.connector.apply(batch, intended)
    now[0] = 3_601
    effects = world.reopened().apply(batch, intended)
    assert {effect.kind for effect in effects} == {EffectKind.ALREADY}


def test_an_index_that_lags_shows_nobody_who_is_gone(world: SendgridWorld) -> None:
    world.account.lag = 3_600
    contacts = of(located(world.connector, world.subject), "contacts")
    erase(world.connector, contacts)
    assert world.account.bearing(OWN[0]) is not None  # the index still has her
    assert world.connector.resolve(world.subject.identifiers, "") == ()
    assert of(located(world.connector, world.subject), "contacts") == []


def test_what_was_sent_goes_some_time_later_and_the_connector_says_within_which(world: SendgridWorld) -> None:
    assert world.connector.settles_within == timedelta(minutes=5)
    world.account.delay = 3_600
    sent = of(located(world.connector, world.subject), "email_activity")
    assert erase(world.connector, sent) == {EffectKind.DONE}
    assert of(located(world.connector, world.subject), "email_activity") == sent
    world.account.delay = 0
    for job in world.account.jobs.values():
        job.due = time.monotonic()
    world.account.settle()
    assert of(located(world.connector, world.subject), "email_activity") == []


def test_an_objector_s_entries_outlive_the_erasure_on_a_ground(world: SendgridWorld) -> None:
    world.account.everything.add(OWN[0])
    world.account.failures["spam_reports"].append({"created": 1, "email": OWN[0], "ip": "192.0.2.7"})
    world.connector.stop((email(OWN[0]),), AT)
    items = located(world.connector, world.subject)
    kept = [item for item in items if item.found.kept_on]
    assert {(item.found.table, item.found.unit) for item in kept} == {
        ("subscriptions", "U12"),
        ("unsubscribes", "U12"),
        ("spam_reports", "U12"),
    }
    for item in kept:
        assert assess(Asked(right=Right.ERASURE), item.found, ()) == (Outcome.NO_GROUND, "EX-LAW")
    free = [item for item in items if not item.found.kept_on]
    assert erase(world.connector, free) == {EffectKind.DONE}
    left = located(world.connector, world.subject)
    assert {item.found.table for item in left} == {"subscriptions", "unsubscribes", "spam_reports"}
    assert {item.locator["group"] for item in of(left, "subscriptions")} == set(MARKETING)
    assert all(OWN[0] in world.account.unsubscribed[group] for group in MARKETING)


def test_an_objection_leaves_invoices_alone_unless_the_settings_ask(world: SendgridWorld) -> None:
    world.connector.stop((email(OWN[0]),), AT)
    assert {group for group, found in world.account.unsubscribed.items() if OWN[0] in found} == set(MARKETING)
    assert OWN[0] not in world.account.everything
    world.reopened(**{"global": True}).stop((email(OWN[0]),), AT)
    assert OWN[0] in world.account.everything


def test_a_group_that_is_gone_is_refused_and_nobody_loses_their_invoices(world: SendgridWorld) -> None:
    del world.account.groups[EVENTS]
    with pytest.raises(Refused, match="sendgrid group missing"):
        world.connector.stop((world.stranger,), AT)
    with pytest.raises(Refused, match="sendgrid group missing"):
        world.connector.check()
    assert world.stranger.value not in world.account.everything | world.account.unsubscribed[NEWS]


def test_a_withdrawal_ends_the_one_consent_and_no_other(world: SendgridWorld) -> None:
    items = located(world.connector, world.subject)
    hers = [item for item in of(items, "subscriptions") if item.locator["email"] == OWN[0]]
    one = [item for item in hers if item.locator["group"] == EVENTS]
    batch = told(one, Verb.STOP, Outcome.STOP)
    world.connector.apply(batch, world.connector.foresee(batch))
    assert [group for group, found in world.account.unsubscribed.items() if OWN[0] in found] == [EVENTS]
    assert world.connector.marketing() == {"marketing_email", EVERY_MAILING}


def test_a_subscription_that_goes_alone_leaves_the_contact_and_the_other_lists(world: SendgridWorld) -> None:
    items = located(world.connector, world.subject)
    one = [item for item in of(items, "subscriptions") if item.locator["group"] == EVENTS][:1]
    contact = str(one[0].locator["$contact"])
    before = set(world.account.contacts[contact]["list_ids"])
    assert erase(world.connector, one) == {EffectKind.DONE}
    assert before - set(world.account.contacts[contact]["list_ids"]) == {list_of(EVENTS)}


def test_another_s_contact_that_bears_the_address_beside_its_own_is_unsure(world: SendgridWorld) -> None:
    theirs = world.account.add_contact(
        email="husband@example.net", first_name="สมชาย", alternate_emails=["kitchen@example.net"]
    )
    world.account.failures["bounces"].append(
        {"created": 2, "email": "husband@example.net", "reason": "x", "status": "5.0.0"}
    )
    subject = Subject(identifiers=(email("Kitchen@Example.net"),))
    items = located(world.connector, subject)
    [contact] = items
    assert contact.locator == {"contact": theirs}
    assert contact.found.unsure
    assert assess(Asked(right=Right.ERASURE), contact.found, ()) == (Outcome.BLOCKED, "identifier-of-several")
    assert world.connector.scan(subject) == ()


def test_a_correction_names_every_identifier_and_splits_the_name(world: SendgridWorld) -> None:
    held = world.account.contacts[world.contacts[0]]
    world.account.contacts[world.contacts[0]] = held | {"external_id": "C-1"}
    [mine] = [
        item
        for item in of(located(world.connector, world.subject), "contacts")
        if item.locator["contact"] == world.contacts[0]
    ]
    assert mine.found.fields == ("name-th",)
    batch = told([mine], Verb.CORRECT, Outcome.CORRECT)
    wanted = {"name-th": "ธนากร ศรีสุวรรณ ณ เชียงใหม่"}
    batch = batch.model_copy(update={"orders": (batch.orders[0].model_copy(update={"values": wanted}),)})
    world.connector.apply(batch, world.connector.foresee(batch))
    now = world.account.contacts[world.contacts[0]]
    assert (now["first_name"], now["last_name"]) == ("ธนากร", "ศรีสุวรรณ ณ เชียงใหม่")
    assert now["list_ids"] == held["list_ids"]
    [said] = [one for one in world.listener.heard if one.method == "PUT"]
    [told_of] = json.loads(said.body)["contacts"]
    assert {"email": OWN[0], "external_id": "C-1"}.items() <= told_of.items()


def test_the_dossier_names_lists_segments_and_messages(world: SendgridWorld) -> None:
    items = located(world.connector, world.subject)
    records = {(one.table, one.no): one.values for one in world.connector.copy(iter(items))}
    contact = next(values for values in records.values() if values.get("id") == world.contacts[0])
    assert contact["segments"] == ["Frequent readers"]
    assert isinstance(contact["lists"], list)
    assert "List 101" in contact["lists"]
    assert contact["custom_fields"] == {"shoe_size": "38"}
    [sent, _] = [values for (table, _), values in records.items() if table == "email_activity"]
    assert isinstance(sent["messages"], list)
    [bounce] = [values for (table, _), values in records.items() if table == "bounces"]
    assert bounce["created"] == "2015-09-30T22:12:21+00:00"


def test_more_than_a_hundred_addresses_are_searched_in_pieces(world: SendgridWorld) -> None:
    many = tuple(email(f"p{number}@example.net") for number in range(130))
    found = world.connector.resolve((*many, email(OWN[0])), "")
    assert [one.same_as for one in found] == [OWN[0]]
    searches = [one for one in world.listener.heard if one.path.endswith("/search/emails")]
    assert [len(json.loads(one.body)["emails"]) for one in searches] == [100, 31]


def test_without_activity_what_was_sent_is_erased_along_with_the_contact(world: SendgridWorld) -> None:
    connector = world.reopened(activity=False)
    items = located(connector, world.subject)
    assert of(items, "email_activity") == []
    assert erase(connector, of(items, "contacts")) == {EffectKind.DONE}
    assert not [one for one in world.account.messages if one["to_email"] in OWN]
    assert [one for one in world.account.messages if one["to_email"] == "other1@example.net"]


def test_an_account_without_the_erasure_service_says_so_and_nothing_counts(world: SendgridWorld) -> None:
    world.account.keys[KEY] = world.account.keys[KEY] - {"recipients"}
    batch = erasing(of(located(world.connector, world.subject), "email_activity"))
    with pytest.raises(Refused, match="permission missing"):
        world.connector.apply(batch, world.connector.foresee(batch))


def test_a_tenant_s_people_are_not_in_the_company_s_account(world: SendgridWorld) -> None:
    subject = world.subject.model_copy(update={"tenant": "acme"})
    assert world.connector.resolve(subject.identifiers, "acme") == ()
    assert located(world.connector, subject) == []
    assert world.connector.scan(subject) == ()


def test_nothing_is_logged_of_anybody(world: SendgridWorld, caplog: pytest.LogCaptureFixture) -> None:
    # As `logging.config` leaves it when anything in this process configures logging.
    logging.getLogger("python_http_client.client").disabled = False
    with caplog.at_level(logging.DEBUG):
        located(world.connector, world.subject)
        with pytest.raises(Refused):
            world.refused().resolve(world.subject.identifiers, "")
    assert not [word for word in (*OWN, KEY, "วิภา") if word in caplog.text]


def test_a_limit_is_kept_to_the_instant_that_it_names() -> None:
    for headers, least, most in (
        ({"X-RateLimit-Reset": str(int(time.time()) + 40)}, 30, 40),
        ({"Retry-After": "7", "X-RateLimit-Reset": "1"}, 7, 7),
        ({"X-RateLimit-Reset": "1392815263"}, 1, 1),
        ({"Retry-After": "Mon, 23 Nov 2026 03:00:00 GMT"}, 5, 5),
        ({"X-RateLimit-Reset": "99999999999"}, 900, 900),
    ):
        limited = translate(429, headers, "sendgrid")
        assert isinstance(limited, RateLimited)
        assert least <= limited.retry_after <= most


@pytest.mark.parametrize(
    ("change", "code", "line"),
    [
        ({"key_env": "NOT_SET"}, "key-not-set", 4),
        ({"purposes": [{"purpose": "n", "group": 1}]}, "no-marketing-purpose", 5),
        ({"purposes": [{"purpose": "n", "group": "x", "marketing": True}]}, "not-a-number", 5),
        ({"activity": "perhaps"}, "not-yes-or-no", 6),
        ({"unheard": 1}, "unknown-key", 8),
    ],
)
def test_a_stanza_that_does_not_hold_together_is_refused_with_its_line(
    tmp_path: Path, change: dict[str, Any], code: str, line: int
) -> None:
    told_of = {"name": "sendgrid", "kind": "sendgrid", "key_env": "SENDGRID_KEY", **stanza(), **change}
    lines = [f"    {name}: {json.dumps(value)}" for name, value in told_of.items()]
    file = tmp_path / "systems.yaml"
    file.write_text("systems:\n  -" + "\n".join(lines)[3:] + "\n", "utf-8")
    with pytest.raises(DataMapInvalid) as refused:
        open_connectors(file, {"SENDGRID_KEY": KEY})
    assert (refused.value.code, refused.value.facts["line"]) == (code, line)


def test_a_stanza_makes_a_connector_that_reaches_nothing_before_it_is_asked(tmp_path: Path) -> None:
    told_of = {"name": "news", "kind": "sendgrid", "key_env": "SENDGRID_KEY", **stanza()}
    file = tmp_path / "systems.yaml"
    file.write_text(json.dumps({"systems": [told_of]}), "utf-8")
    connector = open_connectors(file, {"SENDGRID_KEY": KEY})["news"]
    assert {table.system for table in connector.describe()} == {"news"}
    assert connector.suppresses() == {IdentifierKind.EMAIL}
