"""Who may open what: every address of the desk, by every role. An address that is not in the table fails here.

A page that is added to the desk is added to the table, with its deed; what a role may do stands in `domain.staffing`.
"""

from __future__ import annotations

import re
from itertools import product

import pytest
from starlette.routing import Route

from domain.staffing import MAY, Deed, Role, may
from policy.load import load_policy
from portal.desk.routes import desk_routes
from portal.pages import Pages
from portal.safety import Cookies
from tests.portal.desk_world import DeskWorld, proof_of
from tests.portal.reading import Page

OPEN = {("GET", "/desk/sign-in"), ("POST", "/desk/sign-in")}
OPEN |= {
    ("GET", "/desk/first"),
    ("POST", "/desk/first"),
    ("GET", "/desk/first/set"),
    ("POST", "/desk/first/set"),
    ("GET", "/desk/lost"),
    ("POST", "/desk/lost"),
}
"""What is there for who is not signed in."""

TABLE: dict[tuple[str, str], Deed] = {
    ("POST", "/desk/sign-out"): Deed.OWN_ACCOUNT,
    ("GET", "/desk/account"): Deed.OWN_ACCOUNT,
    ("POST", "/desk/account/self"): Deed.OWN_ACCOUNT,
    ("POST", "/desk/account/deputy"): Deed.OWN_ACCOUNT,
    ("GET", "/desk"): Deed.SEE_CASES,
    ("POST", "/desk/search"): Deed.SEE_CASES,
    ("POST", "/desk/assign"): Deed.ASSIGN,
    ("POST", "/desk/views"): Deed.SEE_CASES,
    ("GET", "/desk/systems"): Deed.SEE_SYSTEMS,
    ("POST", "/desk/systems"): Deed.SEE_SYSTEMS,
    ("GET", "/desk/settings"): Deed.SEE_SETTINGS,
    ("GET", "/desk/drill"): Deed.REHEARSE,
    ("POST", "/desk/drill"): Deed.REHEARSE,
    ("GET", "/desk/holds"): Deed.SEE_HOLDS,
    ("POST", "/desk/holds"): Deed.PLACE_HOLD,
    ("POST", "/desk/holds/{order}"): Deed.RELEASE_HOLD,
    ("GET", "/desk/incidents"): Deed.SEE_INCIDENTS,
    ("GET", "/desk/incidents/{incident}"): Deed.SEE_INCIDENTS,
    ("POST", "/desk/incidents/{incident}/{form}"): Deed.HANDLE_INCIDENT,
    ("GET", "/desk/audit"): Deed.SEE_AUDIT,
    ("POST", "/desk/audit/export"): Deed.MAKE_EXPORT,
    ("POST", "/desk/audit/approve"): Deed.APPROVE_EXPORT,
    ("GET", "/desk/reports"): Deed.SEE_REPORTS,
    ("GET", "/desk/reports.csv"): Deed.SEE_REPORTS,
    ("GET", "/desk/staff"): Deed.MANAGE_STAFF,
    ("POST", "/desk/staff"): Deed.MANAGE_STAFF,
    ("POST", "/desk/staff/{member}"): Deed.MANAGE_STAFF,
    ("GET", "/desk/resets"): Deed.CONFIRM_RESET,
    ("POST", "/desk/resets"): Deed.CONFIRM_RESET,
    ("GET", "/desk/new"): Deed.OPEN_REQUEST,
    ("POST", "/desk/new"): Deed.OPEN_REQUEST,
    ("GET", "/desk/receipt/{reference}"): Deed.SEE_CASES,
    ("GET", "/desk/case/{reference}"): Deed.SEE_CASES,
    ("GET", "/desk/case/{reference}/do/{act}"): Deed.STOP_CASE,
    ("POST", "/desk/case/{reference}/do/{act}"): Deed.STOP_CASE,
    ("POST", "/desk/case/{reference}/look"): Deed.SEE_DATA,
    ("POST", "/desk/case/{reference}/document"): Deed.SEE_DATA,
    ("POST", "/desk/case/{reference}/preview"): Deed.SEE_DATA,
    ("GET", "/desk/case/{reference}/identity/{document}"): Deed.RECORD_IDENTITY,
    ("POST", "/desk/case/{reference}/identity/{document}"): Deed.RECORD_IDENTITY,
    ("GET", "/desk/case/{reference}/identity/{document}/picture"): Deed.RECORD_IDENTITY,
    ("GET", "/desk/case/{reference}/files"): Deed.REDACT,
    ("POST", "/desk/case/{reference}/files"): Deed.REDACT,
    ("GET", "/desk/case/{reference}/files/{file}/check"): Deed.REDACT,
    ("POST", "/desk/case/{reference}/files/{file}/check"): Deed.REDACT,
    ("GET", "/desk/case/{reference}/files/{file}/{page}"): Deed.REDACT,
    ("POST", "/desk/case/{reference}/files/{file}/{page}"): Deed.REDACT,
    ("GET", "/desk/case/{reference}/files/{file}/{page}/picture"): Deed.REDACT,
}
"""The deed that each address asks for."""

STANDS_IN = {"member": "S-000000000000", "order": "h-0", "reference": "DSR-2569-999999", "act": "stop"}
STANDS_IN |= {"incident": "i-0", "form": "close"}
STANDS_IN |= {"file": "r0000000000000000", "page": "1", "document": "d0000000000000000"}
"""For the names in addresses: nothing stands there, which only who may look is told."""


def addresses(world: DeskWorld) -> set[tuple[str, str]]:
    pages = Pages.of(load_policy().company, Cookies(https=True))
    routes: list[Route] = desk_routes(world.parts, pages)
    return {(method, route.path) for route in routes for method in (route.methods or set()) - {"HEAD"}}


def test_every_address_stands_in_the_table(desk_world: DeskWorld) -> None:
    assert addresses(desk_world) == OPEN | TABLE.keys()


def test_every_deed_has_its_roles_and_none_has_all_but_what_is_ones_own() -> None:
    assert MAY.keys() == set(Deed)
    assert all(MAY.values())
    assert [deed for deed, roles in MAY.items() if roles == set(Role)] == [Deed.OWN_ACCOUNT]
    two = {
        Deed.PROPOSE: Deed.CONFIRM,
        Deed.PLACE_HOLD: Deed.RELEASE_HOLD,
        Deed.MAKE_EXPORT: Deed.APPROVE_EXPORT,
    }
    assert [MAY[first] & MAY[second] for first, second in two.items()] == [set()] * len(two)
    reads = {
        Deed.SEE_CASES,
        Deed.SEE_HOLDS,
        Deed.SEE_INCIDENTS,
        Deed.SEE_SYSTEMS,
        Deed.SEE_SETTINGS,
        Deed.SEE_REPORTS,
        Deed.SEE_AUDIT,
    }
    assert {deed for deed, roles in MAY.items() if Role.AUDITOR in roles} == reads | {Deed.OWN_ACCOUNT}
    assert not may(Role.ADMINISTRATOR, Deed.SEE_CASES)


@pytest.mark.parametrize(
    ("asked", "role"), list(product(TABLE, Role)), ids=lambda each: "-".join(each).strip("-")
)
async def test_a_role_opens_what_it_may_and_nothing_else(
    desk_world: DeskWorld, asked: tuple[str, str], role: Role
) -> None:
    method, path = asked[0], asked[1].format(**STANDS_IN)
    before = len(desk_world.events())
    async with desk_world.signed(role) as client:
        # Without its proof a form is refused after the door: that page is another.
        answer = await client.request(method, path)
    told = [each for each in desk_world.events()[before:] if each[0] == "staff:turned-away"]
    if may(role, TABLE[asked]):
        there = 404 if {"reference", "incident"} & set(re.findall(r"{(\w+)}", asked[1])) else 200
        assert answer.status_code == (there if method == "GET" else 403)
        assert ("แบบฟอร์มยังไม่ได้ส่ง" in answer.text) is (method == "POST")
        assert told == []
    else:
        assert answer.status_code == 403
        assert "บทบาทของท่านไม่รวมถึงส่วนนี้" in answer.text
        who = desk_world.of(role).member
        assert told == [("staff:turned-away", who, {"staff": who, "role": role, "code": TABLE[asked]})]


@pytest.mark.parametrize("asked", TABLE, ids=" ".join)
async def test_nobody_gets_in_without_signing_in(desk_world: DeskWorld, asked: tuple[str, str]) -> None:
    method, path = asked[0], asked[1].format(**STANDS_IN)
    async with desk_world.browser() as client:
        answer = await client.request(method, path, data={"proof": "0" * 64} if method == "POST" else None)
    assert answer.status_code == 303
    assert answer.headers["location"].partition("?")[0] == "/desk/sign-in"
    assert answer.text == ""


@pytest.mark.parametrize("role", Role)
async def test_the_navigation_leads_nowhere_that_is_closed(desk_world: DeskWorld, role: Role) -> None:
    async with desk_world.signed(role) as client:
        page = await client.get("/desk/account")
        links = {a["href"] for a in Page(page).all("a") if a.get("href", "").startswith("/desk")}
        for link in links - {"/desk"}:
            assert (await client.get(link)).status_code == 200
        assert proof_of(page, "/desk/sign-out")
        home = await client.get("/desk/sign-in")
        assert (await client.get(home.headers["location"])).status_code == 200
