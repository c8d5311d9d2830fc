"""The company's accounts at its vendors: what stands there fits the CRM, and what is wrong there is found."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import httpx
import pikepdf
import pytest
from sqlalchemy import Engine, create_engine, text

from connectors.registry import open_connectors
from demo import files, kept, scenarios
from demo.at_vendors import Place, Snapshot, Standing, snapshot
from demo.cast import SCENARIOS
from demo.check_vendors import certified, known_by, wrongs
from demo.company import build
from demo.elsewhere import ELSEWHERE
from demo.sendgrid_account import Account
from demo.sendgrid_company import sendgrid_account
from demo.sendgrid_kept import Kept
from demo.sendgrid_standin import SCOPES, StandIn
from demo.stack import name_systems
from demo.stripe_company import stripe_account
from demo.stripe_routes import VERSION
from demo.stripe_serve import REVOKED, standin_of
from demo.stripe_standin import TEST_KEY, serve
from demo.stripe_store import Store
from demo.vendors import Where, furnish
from domain.outcomes import DESTROYING, KEEPING, Outcome
from embedded.objects import ObjectServer


@pytest.fixture(scope="module")
def crm(database: Callable[[], str]) -> Iterator[Engine]:
    engine = create_engine(database())
    build(engine)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def where(crm: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Where]:
    home = tmp_path_factory.mktemp("vendors")
    server = ObjectServer(home / "s3")
    server.start()
    found = Where(server, home / "stripe.json", home / "sendgrid.json")
    furnish(found, crm)
    yield found
    server.stop()


@pytest.fixture(scope="module")
def before(where: Where) -> Snapshot:
    return snapshot(where)


@pytest.fixture(scope="module")
def told(before: Snapshot) -> dict[Place, Standing]:
    """The vendors as they stand once everybody's requests ended as their scenarios tell."""
    after = dict(before)
    for who in (who for who in SCENARIOS if who.key in ELSEWHERE):
        for there in ELSEWHERE[who.key]:
            mine = sorted(
                place
                for place, one in after.items()
                if place[:2] == (there.system, there.table)
                and one.owner in known_by(who)
                and one.content == before[place].content
            )
            for place in mine[: there.records]:
                if there.outcome is Outcome.ERASE:
                    del after[place]
                elif there.outcome in DESTROYING or there.outcome is Outcome.STOP:
                    after[place] = replace(after[place], content="{}")
    return after


def test_whom_the_crm_names_by_a_stripe_customer_is_that_customer(crm: Engine) -> None:
    store = stripe_account(crm)
    with crm.connect() as connection:
        query = "select s.stripe_customer_id, u.email, u.phone from subscriptions s join users u on u.id = s.user_id"
        known = {row[0]: (row[1], row[2]) for row in connection.execute(text(query))}
        query = "select round(sum(i.total) * 100) from invoices i join subscriptions s on s.user_id = i.billed_user_id"
        total = connection.execute(text(query)).scalar_one()
        query = (
            "select round(p.amount * 100) from payments p join invoices i on i.id = p.invoice_id"
            " join subscriptions s on s.user_id = i.billed_user_id where p.method = 'card' order by 1"
        )
        charged = list(connection.execute(text(query)).scalars())
    assert {key: (one["email"], one["phone"]) for key, one in store.kinds["customers"].items()} == known
    assert len(known) > 15
    assert sum(one["total"] for one in store.kinds["invoices"].values()) == total
    assert sorted(one["amount"] for one in store.kinds["charges"].values()) == charged
    assert len(charged) > 5


def test_who_let_the_company_write_is_a_contact_and_nobody_else(crm: Engine) -> None:
    account = sendgrid_account(crm)
    with crm.connect() as connection:
        query = """select lower(coalesce(u.email, k.email)), c.withdrawn_at is not null
            from consents c left join users u on u.id = c.user_id left join contacts k on k.id = c.contact_id
            where c.purpose_code = 'marketing_email'"""
        readers = {(row[0], row[1]) for row in connection.execute(text(query))}
    (news,) = [one for one, name in account.lists.items() if name == account.groups[101]["name"]]
    on = {one["email"] for one in account.contacts.values() if news in one["list_ids"]}
    assert on == {email for email, withdrawn in readers if not withdrawn}
    assert account.unsubscribed[101] == {email for email, withdrawn in readers if withdrawn} - on
    assert account.unsubscribed[101]
    everybody = {one["email"] for one in account.contacts.values()}
    assert not {scenarios.TENANT_CONTACT.email, scenarios.SAME_EMAIL.email} & everybody


def test_the_same_company_has_the_same_accounts(crm: Engine) -> None:
    assert stripe_account(crm).told() == stripe_account(crm).told()
    assert sendgrid_account(crm).told() == sendgrid_account(crm).told()


@pytest.mark.parametrize("who", [who for who in SCENARIOS if who.key in ELSEWHERE], ids=lambda who: who.key)
def test_a_scenario_tells_of_all_that_the_vendors_have_of_its_person(
    before: Snapshot, who: scenarios.Scenario
) -> None:
    found = Counter(place[:2] for place, one in before.items() if one.owner in known_by(who))
    expected = Counter[tuple[str, ...]]()
    for there in ELSEWHERE[who.key]:
        expected[there.system, there.table] += there.records
    assert found == expected


def test_one_person_is_everywhere(before: Snapshot) -> None:
    who = scenarios.FORMER_CUSTOMER
    assert {place[0] for place, one in before.items() if one.owner in known_by(who)} == {
        "siamfiles",
        "stripe",
        "sendgrid",
    }


def test_nothing_is_wrong_where_all_fared_as_told(before: Snapshot, told: dict[Place, Standing]) -> None:
    assert wrongs(SCENARIOS, before, told) == []


@pytest.mark.parametrize(
    ("spoilt", "line"),
    [
        ("stays", "lead: 0 of sendgrid contacts gone, 1 expected"),
        ("goes", "former-customer: 0 of stripe invoices unchanged, 2 expected"),
        ("other", "stripe customers: nobody asked for it, a record is changed"),
        ("new", "sendgrid contacts: nobody asked for a new record"),
        ("named", "former-customer: stripe subscriptions still names them"),
    ],
)
def test_what_fared_otherwise_is_named(
    before: Snapshot, told: dict[Place, Standing], spoilt: str, line: str
) -> None:
    after, who = dict(told), scenarios.FORMER_CUSTOMER

    def of(system: str, table: str, owner: str) -> list[Place]:
        return [p for p, one in before.items() if p[:2] == (system, table) and one.owner == owner]

    customer = f"cus_demo{who.user_ids[0]:06d}"
    match spoilt:
        case "stays":
            [place] = of("sendgrid", "contacts", scenarios.LEAD.email)
            after[place] = before[place]
        case "goes":
            for place in of("stripe", "invoices", customer):
                del after[place]
        case "other":
            [place] = of("stripe", "customers", "cus_demo000104")
            after[place] = replace(after[place], content="{}")
        case "new":
            after["sendgrid", "contacts", "x"] = Standing(who.email, "{}")
        case "named":
            [place] = of("stripe", "subscriptions", customer)
            after[place] = replace(after[place], content=who.people[0].full_name_en)
    assert line in wrongs(SCENARIOS, before, after)


def test_a_certificate_that_says_more_than_was_done_is_found(
    before: Snapshot, told: dict[Place, Standing], tmp_path: Path
) -> None:
    who = scenarios.FORMER_CUSTOMER
    lines = [
        {"system": there.system, "records": there.records, "outcome": there.outcome}
        for there in ELSEWHERE[who.key]
    ]
    erased = [line for line in lines if line["outcome"] in DESTROYING]
    remaining = [line for line in lines if line["outcome"] in KEEPING]

    def certificate() -> Path:
        file = tmp_path / "certificate.pdf"
        with pikepdf.new() as pdf:
            pdf.attachments["certificate.json"] = json.dumps(
                {"erased": erased, "remaining": remaining}
            ).encode()
            pdf.save(file)
        return file

    assert certified(who, certificate(), before, told) == []
    erased.append(remaining.pop())
    assert len(certified(who, certificate(), before, told)) == 2


def test_the_files_are_taken_away_and_brought_again(where: Where, crm: Engine, before: Snapshot) -> None:
    files.empty(where.objects)
    assert files.client(where.objects).list_buckets()["Buckets"] == []
    files.furnish(where.objects, crm)
    there = {place for place in before if place[0] == files.SYSTEM}
    assert {place for place in snapshot(where) if place[0] == files.SYSTEM} == there
    assert len(there) > 40


def test_stripe_remembers_what_was_done_before_it_ended(crm: Engine, tmp_path: Path) -> None:
    state = tmp_path / "stripe.json"
    kept.write(state, stripe_account(crm).told())
    said = {"Authorization": f"Bearer {TEST_KEY}", "Stripe-Version": VERSION}
    customer = "/v1/customers/cus_demo000104"
    with serve(standin_of(state)) as url, httpx.Client(base_url=url, headers=said, trust_env=False) as client:
        assert client.post(customer, data={"description": "VIP"}).status_code == 200
    with serve(standin_of(state)) as url, httpx.Client(base_url=url, headers=said, trust_env=False) as client:
        assert client.get(customer).json()["description"] == "VIP"
        query = "email:'wanna@kaeomanee.example'"
        found = client.get("/v1/customers/search", params={"query": query}).json()["data"]
        assert [one["id"] for one in found] == ["cus_demo000104"]
        state.with_name(REVOKED).touch()
        assert client.get(customer).status_code == 401
        state.with_name(REVOKED).unlink()
        assert client.get(customer).status_code == 200
    again = Store.of(kept.read(state))
    assert again.new_id("customers") not in again.kinds["customers"]
    assert state.stat().st_mode & 0o777 == 0o600


def test_sendgrid_remembers_what_was_done_before_it_ended(crm: Engine, tmp_path: Path) -> None:
    state = tmp_path / "sendgrid.json"
    first = sendgrid_account(crm)
    first.keys["SG.x"] = SCOPES
    standin = StandIn(first, around=lambda app: Kept(app, first, state)).start()
    said = {"Authorization": "Bearer SG.x"}
    lead = scenarios.LEAD.email
    with httpx.Client(base_url=standin.url, headers=said, trust_env=False) as client:
        entered = client.post("/v3/asm/groups/101/suppressions", json={"recipient_emails": [lead]})
    standin.stop()
    assert entered.status_code == 201
    second = Account()
    second.take_up(kept.read(state))
    assert lead in second.unsubscribed[101]
    assert second.told() == first.told()
    assert second.bearing(lead) == first.bearing(lead)


def test_the_systems_file_names_all_four_with_their_keys_in_it(tmp_path: Path) -> None:
    file = tmp_path / "systems.yaml"
    here = {f"DEMO_{name}_URL": "http://127.0.0.1:9" for name in ("S3", "STRIPE", "SENDGRID")}
    keys = {"DEMO_S3_ACCESS_KEY": "a", "DEMO_S3_SECRET_KEY": "s", "DEMO_STRIPE_KEY": TEST_KEY}
    name_systems(file, "sqlite://", here | keys | {"DEMO_SENDGRID_KEY": "SG.x"})
    opened = open_connectors(file, {})  # a command in another terminal has none of the variables
    assert list(opened) == ["siamcrm", "siamfiles", "stripe", "sendgrid"]
    assert file.stat().st_mode & 0o777 == 0o600
    name_systems(file, "sqlite://", {**here, "DEMO_STRIPE_KEY": TEST_KEY})
    assert list(open_connectors(file, {})) == ["siamcrm", "stripe"]
    for one in opened.values():
        one.close()


def test_a_slip_in_the_store_is_the_slip_in_the_database(where: Where, crm: Engine) -> None:
    account = scenarios.FORMER_CUSTOMER.user_ids[0]
    s3 = files.client(where.objects)
    with crm.connect() as connection:
        query = text("select sha256 from transfer_slips where uploaded_by_user_id = :account")
        known = set(connection.execute(query, {"account": account}).scalars())
    listed = s3.list_objects_v2(Bucket=files.BUCKETS[0], Prefix=f"slips/{account}/")["Contents"]
    bodies = [s3.get_object(Bucket=files.BUCKETS[0], Key=one["Key"])["Body"].read() for one in listed]
    assert {sha256(body).hexdigest() for body in bodies} == known
