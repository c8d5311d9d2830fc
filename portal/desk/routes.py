"""The addresses of the desk."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from activities.tools import Tools
from portal.desk.account import ACCOUNT, Account
from portal.desk.audit import AUDIT, AuditPages
from portal.desk.board import BOARD, BoardPages
from portal.desk.case_acts import CaseActs
from portal.desk.case_pages import CasePages
from portal.desk.doorway import SIGN_IN, doorway
from portal.desk.drill import DRILL, DrillPages
from portal.desk.file_pages import FilePages
from portal.desk.first import FirstTime
from portal.desk.gate import Gate
from portal.desk.holds import HOLDS, HoldPages
from portal.desk.identity_pages import IdentityPages
from portal.desk.incidents import INCIDENTS, IncidentPages
from portal.desk.intake_pages import IntakePages
from portal.desk.lost import LOST, LostFactor
from portal.desk.pages import DeskPages
from portal.desk.parts import Parts
from portal.desk.reports import AS_CSV, REPORTS, ReportPages
from portal.desk.settings import SETTINGS, SettingPages
from portal.desk.signin import SignIn
from portal.desk.staff import RESETS, STAFF, StaffPages
from portal.desk.systems import SYSTEMS, SystemPages
from portal.pages import Pages

CASE = "/desk/case/{reference}"
_GET, _BOTH, _POST = ["GET"], ["GET", "POST"], ["POST"]


Address = tuple[str, Callable[[Request], Coroutine[Any, Any, Response]], list[str]]
"""A path, what answers there, and by which methods it is asked."""


def _of_cases(gate: Gate, desk: DeskPages, tools: Tools) -> list[Address]:
    """The page of one case, and everything that is done from it."""
    cases = CasePages.of(gate, desk, tools)
    files = FilePages(gate, desk, tools, cases.reader)
    identity = IdentityPages(gate, desk, tools, cases.reader)
    return [
        (CASE, cases.page, _GET),
        (f"{CASE}/do/{{act}}", CaseActs(gate, desk, cases.reader).act, _BOTH),
        (f"{CASE}/look", cases.look, _POST),
        (f"{CASE}/document", cases.document, _POST),
        (f"{CASE}/preview", cases.preview, _POST),
        (f"{CASE}/identity/{{document}}", identity.page, _BOTH),
        (f"{CASE}/identity/{{document}}/picture", identity.picture, _GET),
        (f"{CASE}/files", files.files, _BOTH),
        (f"{CASE}/files/{{file}}/check", files.check, _BOTH),
        (f"{CASE}/files/{{file}}/{{page}}", files.file, _BOTH),
        (f"{CASE}/files/{{file}}/{{page}}/picture", files.picture, _GET),
    ]


def desk_routes(parts: Parts, pages: Pages) -> list[Route]:
    """Every page of the desk, behind its gate."""
    gate = Gate(parts, pages)
    desk = DeskPages(gate, pages)
    signing, first = SignIn(gate, desk, parts.tries), FirstTime(gate, desk, parts.tries)
    lost, account = LostFactor(gate, desk, parts.tries), Account(gate, desk)
    holds, audit = HoldPages(gate, desk), AuditPages(gate, desk)
    reports = ReportPages(gate, desk)
    board, staff = BoardPages(gate, desk), StaffPages(gate, desk)
    routes: list[Address] = [
        (SIGN_IN, signing.page, _BOTH),
        ("/desk/sign-out", signing.out, _POST),
        ("/desk/first", first.page, _BOTH),
        ("/desk/first/set", first.set_up, _BOTH),
        (LOST, lost.page, _BOTH),
        (ACCOUNT, account.page, _GET),
        (f"{ACCOUNT}/self", account.know_oneself, _POST),
        (f"{ACCOUNT}/deputy", account.deputy, _POST),
        (BOARD, board.page, _GET),
        ("/desk/search", board.search, _POST),
        ("/desk/assign", board.assign, _POST),
        ("/desk/views", board.views, _POST),
        (SYSTEMS, SystemPages(gate, desk).page, _BOTH),
        (SETTINGS, SettingPages(gate, desk).page, _GET),
        (HOLDS, holds.page, _GET),
        (HOLDS, holds.place, _POST),
        ("/desk/holds/{order}", holds.release, _POST),
        (DRILL, DrillPages(gate, desk).page, _BOTH),
        (AUDIT, audit.page, _GET),
        ("/desk/audit/export", audit.export, _POST),
        ("/desk/audit/approve", audit.approve, _POST),
        (REPORTS, reports.page, _GET),
        (AS_CSV, reports.csv, _GET),
        (STAFF, staff.page, _BOTH),
        ("/desk/staff/{member}", staff.change, _POST),
        (RESETS, staff.resets, _BOTH),
    ]
    incidents = IncidentPages(gate, desk)
    routes += [
        (INCIDENTS, incidents.page, _GET),
        (f"{INCIDENTS}/{{incident}}", incidents.one, _GET),
        (f"{INCIDENTS}/{{incident}}/{{form}}", incidents.act, _POST),
    ]
    intake = IntakePages(gate, desk)
    routes += [("/desk/new", intake.page, _BOTH), ("/desk/receipt/{reference}", intake.receipt, _GET)]
    if parts.tools is not None:
        routes += _of_cases(gate, desk, parts.tools)
    inside = doorway(gate, desk)
    return [Route(path, inside(endpoint), methods=methods) for path, endpoint, methods in routes]
