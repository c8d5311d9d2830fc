"""Who of the staff may do what: the one table. Each role has the least that its work needs.

What is irreversible or refused stays the word of two persons beside this (`errors.SamePerson`): a role opens a door,
it does not make one person two.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from domain.errors import BadInput


class Role(StrEnum):
    """What a member of staff is hired to do here; each has one."""

    INTAKE = "intake"  # receives requests by letter, telephone or at the counter
    OFFICER = "officer"  # the data protection officer's desk: leads cases, proposes (s.41, s.42)
    APPROVER = "approver"  # the second person, who confirms
    FINANCE = "finance"  # keeps the records that accounting and tax law hold
    AUDITOR = "auditor"  # reads what was done, never whose data it was
    ADMINISTRATOR = "administrator"  # lets people in and out; sees no case


class Deed(StrEnum):
    """Everything that staff can do in the portal; a deed has a door, or it is not here."""

    SEE_CASES = "see-cases"  # references, rights, dates, counts
    FIND_PERSON = "find-person"  # whether somebody is known, by an address or a number of theirs
    SEE_DATA = "see-data"  # who is meant, and what was found
    OPEN_REQUEST = "open-request"
    RECORD_IDENTITY = "record-identity"
    WRITE_NOTE = "write-note"
    PROPOSE = "propose"
    CONFIRM = "confirm"
    REPAIR = "repair"
    SETTLE = "settle"  # what finance alone says: of money, and of records that the books need
    AMEND = "amend"
    REDACT = "redact"
    EXTEND = "extend"
    STOP_CASE = "stop-case"
    HAND_OVER = "hand-over"  # the evidence of a case as a file
    ASSIGN = "assign"
    SEE_INCIDENTS = "see-incidents"
    HANDLE_INCIDENT = (
        "handle-incident"  # stops what went to the wrong hands, assesses, tells, closes (s.37(4))
    )
    CONFIDE = "confide"  # who alone handles a confidential case
    OPEN_UP = "open-up"  # end that
    REHEARSE = "rehearse"  # a drill: what a request would find and do
    SEE_HOLDS = "see-holds"
    PLACE_HOLD = "place-hold"
    RELEASE_HOLD = "release-hold"
    SEE_SYSTEMS = "see-systems"
    SEE_SETTINGS = "see-settings"
    SEE_REPORTS = "see-reports"
    SEE_AUDIT = "see-audit"
    MAKE_EXPORT = "make-export"
    APPROVE_EXPORT = "approve-export"
    MANAGE_STAFF = "manage-staff"
    CONFIRM_RESET = "confirm-reset"  # of a colleague's lost factor, as the second person
    OWN_ACCOUNT = "own-account"


_EVERYBODY = frozenset(Role)
_OFFICER, _APPROVER = frozenset({Role.OFFICER}), frozenset({Role.APPROVER})
_COUNTER = frozenset({Role.INTAKE, Role.OFFICER})
_DECIDERS = frozenset({Role.OFFICER, Role.APPROVER})
_OVERSIGHT = _DECIDERS | {Role.AUDITOR}

MAY: Mapping[Deed, frozenset[Role]] = MappingProxyType(
    {
        Deed.SEE_CASES: _EVERYBODY - {Role.ADMINISTRATOR},
        Deed.FIND_PERSON: _COUNTER | {Role.APPROVER, Role.FINANCE},
        Deed.SEE_DATA: _DECIDERS | {Role.FINANCE},
        Deed.OPEN_REQUEST: _COUNTER,
        Deed.RECORD_IDENTITY: _COUNTER,
        Deed.WRITE_NOTE: _EVERYBODY - {Role.AUDITOR, Role.ADMINISTRATOR},
        Deed.PROPOSE: _OFFICER,
        Deed.CONFIRM: _APPROVER,
        Deed.REPAIR: _OFFICER,
        Deed.SETTLE: frozenset({Role.FINANCE}),
        Deed.AMEND: _OFFICER,
        Deed.REDACT: _OFFICER,
        Deed.EXTEND: _OFFICER,
        Deed.STOP_CASE: _OFFICER,
        Deed.HAND_OVER: _OFFICER,
        Deed.ASSIGN: _OFFICER,
        Deed.SEE_INCIDENTS: _OVERSIGHT,
        Deed.HANDLE_INCIDENT: _OFFICER,
        # Of a case of staff nobody else knows: an approver names its first handler.
        Deed.CONFIDE: _DECIDERS,
        Deed.OPEN_UP: _APPROVER,
        Deed.REHEARSE: _OFFICER,
        Deed.SEE_HOLDS: _OVERSIGHT | {Role.FINANCE},
        Deed.PLACE_HOLD: _OFFICER,
        # What an order kept can go once it is released: not by the hand that placed it alone.
        Deed.RELEASE_HOLD: _APPROVER,
        Deed.SEE_SYSTEMS: _OVERSIGHT | {Role.ADMINISTRATOR},
        Deed.SEE_SETTINGS: _OVERSIGHT | {Role.ADMINISTRATOR},
        Deed.SEE_REPORTS: _OVERSIGHT,
        Deed.SEE_AUDIT: _OVERSIGHT,
        Deed.MAKE_EXPORT: _OFFICER,
        Deed.APPROVE_EXPORT: _APPROVER,
        Deed.MANAGE_STAFF: frozenset({Role.ADMINISTRATOR}),
        Deed.CONFIRM_RESET: _DECIDERS | {Role.ADMINISTRATOR},
        Deed.OWN_ACCOUNT: _EVERYBODY,
    }
)
"""The roles that may do each deed; nobody else may."""


def may(role: Role, deed: Deed) -> bool:
    """Whether that role may do that."""
    return role in MAY[deed]


_OF_FINANCE = ("settle-", "subscription-over", "separate-held-records", "review-held-records")


def deed_of_task(code: str) -> Deed:
    """What closing a task of that code is: money and the records that laws on accounts and tax keep are finance's."""
    return Deed.SETTLE if code.startswith(_OF_FINANCE) else Deed.REPAIR


def role_of(word: str) -> Role:
    """The role of that name.

    Raises:
        BadInput: there is no such role.
    """
    try:
        return Role(word)
    except ValueError:
        raise BadInput("role-unknown", f"use one of {', '.join(Role)}", field="role") from None
