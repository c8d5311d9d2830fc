"""The register put together: one engine, one unit of work, every adapter on them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypedDict

from sqlalchemy import Engine

from cases import migrate
from cases.access import CaseAccess
from cases.answer_links import AnswerLinkRegister
from cases.blocks import BlockRegister
from cases.board import Board
from cases.certificates import CertificateRegister
from cases.comebacks import Comebacks
from cases.database import engine_for
from cases.decisions import Decisions
from cases.deliveries import DeliveryRegister
from cases.departures import DepartureRegister
from cases.deputies import Deputies
from cases.device_choices import DeviceChoiceRegister
from cases.disclosures import DisclosureRegister
from cases.doors import StaffDoors
from cases.effects import EffectRegister
from cases.enclosing import EnclosingRegister
from cases.errands import ErrandRegister
from cases.event_search import EventSearch
from cases.exports import ExportRegister
from cases.fates import FateRegister
from cases.file_redactions import FileRedactionRegister
from cases.file_reviews import FileReviewRegister
from cases.findings import FindingRegister
from cases.following import FollowRegister
from cases.hands import CaseHands
from cases.histories import Histories
from cases.holds import HoldOrders
from cases.identity import IdentityProofs
from cases.identity_documents import IdentityDocumentRegister
from cases.incidents import IncidentBook
from cases.inspection import RegisterInspection
from cases.instructions import InstructionRegister
from cases.letters import LetterRegister
from cases.messages import MessageRegister
from cases.notes import NoteBook
from cases.obligations import ObligationRegister
from cases.phone_codes import PhoneCodeRegister
from cases.plan_edits import PlanEditRegister
from cases.plans import PlanRegister
from cases.pulse import Pulse
from cases.recipients import RecipientRegister
from cases.refusals import RefusalRegister
from cases.register import CaseRegister
from cases.reports import Reports
from cases.saved_views import SavedViews
from cases.scans import ScanRegister
from cases.sealing import Sealing
from cases.self_links import SelfLinkRegister
from cases.service_tokens import ServiceTokens
from cases.sessions import StaffSessions
from cases.staff import StaffRegister
from cases.standing_systems import SystemStandings
from cases.suppressions import SuppressionRegister
from cases.sweeps import SweepRegister
from cases.tasks import TaskRegister
from cases.tombstones import Tombstones
from cases.traces import Traces
from cases.trail import AuditTrail
from cases.unit_of_work import UnitOfWork, remembering
from cases.vault import SealedVault
from cases.watches import WatchRegister
from cases.webhooks import WebhookRegister
from domain.errors import Unavailable
from domain.ports import Clock
from policy.model import Policy
from security.keyring import KeyRing

_CONNECTIONS = 8
"""Kept open, for transactions and for readings each; opening one costs more than many statements."""


@dataclass(frozen=True)
class Room:
    """The register's adapters for the ports of `domain.ports` (and `security.ports.AuditSink`)."""

    register: CaseRegister
    vault: SealedVault
    identity: IdentityProofs
    identity_documents: IdentityDocumentRegister
    plans: PlanRegister
    plan_edits: PlanEditRegister
    effects: EffectRegister
    findings: FindingRegister
    obligations: ObligationRegister
    blocks: BlockRegister
    sweeps: SweepRegister
    departures: DepartureRegister
    tasks: TaskRegister
    disclosures: DisclosureRegister
    refusals: RefusalRegister
    certificates: CertificateRegister
    instructions: InstructionRegister
    letters: LetterRegister
    deliveries: DeliveryRegister
    fates: FateRegister
    enclosing: EnclosingRegister
    holds: HoldOrders
    incidents: IncidentBook
    notes: NoteBook
    board: Board
    saved_views: SavedViews
    hands: CaseHands
    access: CaseAccess
    deputies: Deputies
    reports: Reports
    pulse: Pulse
    events: EventSearch
    systems: SystemStandings
    staff: StaffRegister
    doors: StaffDoors
    comebacks: Comebacks
    sessions: StaffSessions
    errands: ErrandRegister
    recipients: RecipientRegister
    answer_links: AnswerLinkRegister
    file_reviews: FileReviewRegister
    file_redactions: FileRedactionRegister
    scans: ScanRegister
    suppressions: SuppressionRegister
    watches: WatchRegister
    service_tokens: ServiceTokens
    webhooks: WebhookRegister
    self_links: SelfLinkRegister
    device_choices: DeviceChoiceRegister
    following: FollowRegister
    messages: MessageRegister
    phone_codes: PhoneCodeRegister
    tombstones: Tombstones
    traces: Traces
    histories: Histories
    audit: AuditTrail
    exports: ExportRegister
    inspection: RegisterInspection
    check: Callable[[], None]
    """Reaches the database and its shape. Raises `Unavailable`."""
    close: Callable[[], None]
    """Closes all connections."""
    remembering: Callable[[], AbstractContextManager[None]] = remembering
    """Around one step (`cases.unit_of_work`)."""


@dataclass(frozen=True)
class _Database:
    """The register's connections: for transactions, and for readings that need none."""

    engine: Engine
    glancing: Engine
    work: UnitOfWork

    @classmethod
    def at(cls, url: str, clock: Clock) -> _Database:
        engine = engine_for(url, connections=_CONNECTIONS)
        glancing = engine_for(url, connections=_CONNECTIONS, autocommit=True)
        return cls(engine, glancing, UnitOfWork(engine, glancing, clock))

    def check(self) -> None:
        with self.work.read() as connection:
            if migrate.current(connection) != migrate.head():
                raise Unavailable("database-not-migrated", "run the migrations as the owner")

    def close(self) -> None:
        self.engine.dispose()
        self.glancing.dispose()


def open_room(url: str, ring: KeyRing, clock: Clock, policy: Policy) -> Room:
    """The register at that address, as the application's role; connects when first used. Raises `BadInput`: malformed."""
    database = _Database.at(url, clock)
    work, sealing, attempts = database.work, Sealing(ring), policy.challenge_attempts
    vault, decisions = SealedVault(work, sealing), Decisions(work, sealing)
    life = timedelta(hours=policy.challenge_hours)
    errands, recipients = ErrandRegister(work, sealing), RecipientRegister(work, sealing)
    identity = IdentityProofs(work, sealing, vault, life=life, attempts=attempts)
    return Room(
        register=CaseRegister(work, sealing),
        vault=vault,
        identity=identity,
        plans=PlanRegister(work, sealing, decisions),
        plan_edits=PlanEditRegister(work, sealing),
        effects=EffectRegister(work, sealing),
        findings=FindingRegister(work),
        obligations=ObligationRegister(work, sealing),
        blocks=BlockRegister(work, sealing),
        sweeps=SweepRegister(work, sealing),
        departures=DepartureRegister(work, sealing),
        tasks=TaskRegister(work, sealing),
        disclosures=DisclosureRegister(work, sealing, vault),
        refusals=RefusalRegister(work, sealing),
        certificates=CertificateRegister(work),
        instructions=InstructionRegister(work, sealing, attempts=attempts),
        letters=LetterRegister(work),
        deliveries=DeliveryRegister(work, sealing, attempts=attempts),
        fates=FateRegister(work, sealing),
        enclosing=EnclosingRegister(work),
        holds=HoldOrders(work, sealing),
        incidents=IncidentBook(work, sealing),
        notes=NoteBook(work, sealing),
        board=Board(work, sealing),
        **_of_staff(work, sealing),
        reports=Reports(work),
        events=EventSearch(work),
        systems=SystemStandings(work),
        errands=errands,
        recipients=recipients,
        answer_links=AnswerLinkRegister(work, sealing, errands, recipients),
        suppressions=SuppressionRegister(work, sealing),
        watches=WatchRegister(work, sealing),
        service_tokens=ServiceTokens(work, sealing),
        webhooks=WebhookRegister(work, sealing),
        self_links=SelfLinkRegister(work, sealing),
        device_choices=DeviceChoiceRegister(work, sealing),
        following=FollowRegister(work, sealing),
        messages=MessageRegister(work, sealing),
        phone_codes=PhoneCodeRegister(work, sealing, vault, identity, attempts=attempts),
        tombstones=Tombstones(work, sealing),
        traces=Traces(work, decisions),
        histories=Histories(work, sealing),
        audit=AuditTrail(work),
        exports=ExportRegister(work, sealing),
        inspection=RegisterInspection(work, sealing),
        check=database.check,
        close=database.close,
        **_of_files(work, sealing),
    )


class _OfFiles(TypedDict):
    file_reviews: FileReviewRegister
    file_redactions: FileRedactionRegister
    identity_documents: IdentityDocumentRegister
    scans: ScanRegister


def _of_files(work: UnitOfWork, sealing: Sealing) -> _OfFiles:
    """The registers of files that lie sealed beside the register."""
    return _OfFiles(
        file_reviews=FileReviewRegister(work, sealing),
        file_redactions=FileRedactionRegister(work, sealing),
        identity_documents=IdentityDocumentRegister(work, sealing),
        scans=ScanRegister(work),
    )


def _of_staff(work: UnitOfWork, sealing: Sealing) -> dict[str, Any]:
    """The adapters of who works here: how they come in, what they have in hand, and what is closed to them."""
    staff = StaffRegister(work, sealing)
    return {
        "staff": staff,
        "doors": StaffDoors(work, sealing, staff),
        "comebacks": Comebacks(work, sealing),
        "sessions": StaffSessions(work, sealing),
        "hands": CaseHands(work),
        "access": CaseAccess(work, sealing),
        "deputies": Deputies(work),
        "saved_views": SavedViews(work, sealing),
        "pulse": Pulse(work),
    }
