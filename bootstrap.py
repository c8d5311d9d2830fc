"""The composition root: settings -> adapters -> ports. Every entry point builds its house here and nowhere else."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from temporalio.client import Client
from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter
from temporalio.service import RPCError

from activities.answer import Conclude
from activities.answering import ask_by_mail
from activities.copy import Copy, attaching, given_in_part
from activities.follow_up import FollowUp
from activities.fulfil import Fulfil
from activities.incident import Incidents
from activities.keep import Keep
from activities.letters import Correspond
from activities.locate import Locate
from activities.others import PassOn
from activities.plan import MakePlan
from activities.prove import Prove
from activities.publish import Publish
from activities.reconcile import Reconcile
from activities.release import Release
from activities.resolve import Resolve
from activities.stop import Stop
from activities.suspend import Suspend
from activities.sweep import Sweeping
from activities.tools import Tools
from activities.verify import Verify
from activities.watch import Watch
from activities.webhooks import SendWebhooks
from adapters import (
    SystemClock,
    documents_of,
    dpo_address,
    head_places,
    mailer_of,
    path_of,
    role_of,
    secret,
    time_authority,
    tls_of,
)
from cases import migrate
from cases.keystore import SqlKeyStore, open_keystore, prepare_keystore
from cases.room import Room, open_room
from connectors.heads import DirectoryHeads, MailedAlarm
from connectors.manual import Desk as PeopleDesk
from connectors.registry import open_connectors
from connectors.sendgrid_events import SendgridEvents
from connectors.transfer import open_transfers
from connectors.webhook_post import HttpPost
from domain.connector import Connector, FieldRole
from domain.errors import Unavailable
from domain.inspection import Export, Made, Order
from domain.ports import Clock
from exports.burning.burner import ProcessBurner
from exports.handover import Handover
from exports.inspection.about import alarm_mail
from exports.inspection.package import AuditPackages, Commission, Signer
from policy.gaps import require_signed
from policy.load import load_policy
from policy.model import Policy
from security.case_files import CaseFiles
from security.codec import data_converter
from security.files import SealedFiles
from security.keyfile import LocalKeyFile
from security.keyring import ENGINE_OWNER, LOOKUP_OWNER, KeyRing
from security.ports import KeyPurpose
from security.signing import EngineSigning
from settings import Settings, outside_environment
from workflows.by_link import AnswersByLink
from workflows.calls import CASES, RENDER, connector_queue
from workflows.desk import Desk
from workflows.devices import Devices
from workflows.hooks import MailHook
from workflows.identifying import Identifying
from workflows.import_check import ImportCheck
from workflows.letterbox import Letterbox
from workflows.programs import Counter, Gate
from workflows.reception import FrontDoor, Reception
from workflows.self_service import SelfService
from workflows.whereabouts import Progressing

Activities = dict[str, list[Callable[..., Any]]]
"""Activity methods by task queue."""


@dataclass(frozen=True)
class House:
    """Everything that an entry point needs, short of a Temporal client."""

    settings: Settings
    policy: Policy
    ring: KeyRing
    room: Room
    tools: Tools
    handover: Handover
    packages: AuditPackages
    publish: Publish
    store: SqlKeyStore

    def close(self) -> None:
        """Let go of every connection."""
        for connector in self.tools.connectors.values():
            connector.close()
        self.room.close()
        self.store.close()


def prepare(settings: Settings) -> None:
    """Bring the register and the key store to the shape that this version reads. Raises `Unavailable`."""
    application = secret(settings.database_url, "database_url")
    migrate.upgrade(secret(settings.database_owner_url, "database_owner_url"), role_of(application))
    keys = secret(settings.keystore_url, "keystore_url")
    prepare_keystore(keys, role_of(keys))


def build(settings: Settings, clock: Clock | None = None) -> House:
    """Open every part but Temporal; all of them ask the same `clock`, this machine's where none is given.

    Raises:
        BadInput: a setting, policy file or data map does not hold together; it is named. In production also
            what the policy proposes and nobody has signed.
        Unavailable: a database cannot be reached.
    """
    policy = load_policy(settings.policy)
    if settings.profile == "production":
        require_signed(policy)
    clock = clock or SystemClock()
    store = open_keystore(secret(settings.keystore_url, "keystore_url"))
    ring = _ring(settings, store)
    room = open_room(secret(settings.database_url, "database_url"), ring, clock, policy)
    tools = _tools(settings, policy, clock, ring, room)
    signing = EngineSigning(ring)
    return House(
        settings=settings,
        policy=policy,
        ring=ring,
        room=room,
        tools=tools,
        handover=Handover(room.register, room.letters, room.scans, tools.files),
        packages=AuditPackages(room.inspection, policy, signing, tools.files, time_authority(settings)),
        publish=_publisher(settings, policy, tools, room, signing),
        store=store,
    )


def _tools(settings: Settings, policy: Policy, clock: Clock, ring: KeyRing, room: Room) -> Tools:
    """What every step works with: the register's adapters, and what the settings open."""
    files = CaseFiles(SealedFiles(path_of(settings.files, "files"), ring), ring)
    return Tools(
        clock=clock,
        policy=policy,
        register=room.register,
        vault=room.vault,
        identity=room.identity,
        identity_documents=room.identity_documents,
        plans=room.plans,
        plan_edits=room.plan_edits,
        effects=room.effects,
        blocks=room.blocks,
        sweeps=room.sweeps,
        findings=room.findings,
        obligations=room.obligations,
        incidents=room.incidents,
        disclosures=room.disclosures,
        refusals=room.refusals,
        certificates=room.certificates,
        instructions=room.instructions,
        errands=room.errands,
        recipients=room.recipients,
        answer_links=room.answer_links,
        file_reviews=room.file_reviews,
        file_redactions=room.file_redactions,
        scans=room.scans,
        suppressions=room.suppressions,
        watches=room.watches,
        tasks=room.tasks,
        letters=room.letters,
        deliveries=room.deliveries,
        fates=room.fates,
        enclosing=room.enclosing,
        files=files,
        mailer=mailer_of(settings, clock),
        transfers=open_transfers(path_of(settings.systems, "systems"), outside_environment()),
        exports=documents_of(settings, policy, clock),
        burner=ProcessBurner(),
        connectors=_connectors(settings, policy, ring, PeopleDesk(errands=room.errands, papers=files)),
        portal_url=settings.portal_url or "",
    )


def _ring(settings: Settings, store: SqlKeyStore) -> KeyRing:
    ring = KeyRing(store, LocalKeyFile(path_of(settings.key_file, "key_file")))
    ring.ensure(KeyPurpose.ENGINE, ENGINE_OWNER)
    ring.ensure(KeyPurpose.LOOKUP, LOOKUP_OWNER)
    return ring


def _connectors(settings: Settings, policy: Policy, ring: KeyRing, desk: PeopleDesk) -> dict[str, Connector]:
    return open_connectors(
        path_of(settings.systems, "systems"),
        outside_environment(),
        secret=ring.for_owner(KeyPurpose.LOOKUP, LOOKUP_OWNER).derive(b"surrogates/1"),
        bases={code: unit.bases for code, unit in policy.units.items()},
        desk=desk,
    )


def make_package(
    house: House,
    export: Export,
    out: Path,
    *,
    actor: str,
    order: Order | None = None,
    enclosures: Sequence[tuple[str, Path]] = (),
) -> Made:
    """Make the audit export that was begun, in the name of who acts, and note it.

    Written beside its place and then named: a broken one never looks whole.

    Raises:
        Unavailable: the register cannot be reached.
        OSError: the file cannot be written.
    """
    shelf = DirectoryHeads(path_of(house.settings.heads, "heads"))
    member = next(each for each in house.room.staff.members() if each.id == actor)
    commission = Commission(
        export=export,
        signer=Signer(id=actor, name=house.room.staff.name(actor), role=member.role),
        made=house.tools.clock.now(),
        order=order,
        enclosures=enclosures,
        published=shelf.heads(),
    )
    part = out.with_name(f".{out.name}.part")
    try:
        handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w+b") as target:
            issued = house.packages.write(commission, target)
            target.flush()
            os.fsync(target.fileno())
            size = target.seek(0, os.SEEK_END)
            target.seek(0)
            digest = hashlib.file_digest(target, "sha256").hexdigest()
        part.rename(out)
    finally:
        part.unlink(missing_ok=True)
    made = Made(digest, size, issued.head, issued.timestamp)
    house.room.exports.made(export.id, made, actor=actor)
    return made


def _publisher(
    settings: Settings, policy: Policy, tools: Tools, room: Room, signing: EngineSigning
) -> Publish:
    return Publish(
        inspection=room.inspection,
        exports=room.exports,
        signing=signing,
        places=head_places(settings, policy, tools),
        trail=room.audit,
        clock=tools.clock,
        alarm=MailedAlarm(tools.mailer, dpo_address(policy), *alarm_mail()),
    )


async def connect(house: House) -> Client:
    """A client of the Temporal cluster, sealing everything it sends. Raises `Unavailable`."""
    settings = house.settings
    try:
        return await Client.connect(
            settings.temporal_address or "",
            namespace=settings.temporal_namespace,
            data_converter=data_converter(house.ring),
            tls=tls_of(settings),
            api_key=settings.temporal_api_key.get_secret_value() if settings.temporal_api_key else None,
            runtime=_runtime(),
        )
    except (RPCError, RuntimeError):
        raise Unavailable(
            "temporal-unreachable",
            "start the stack with `make run`, or set SITTHI_TEMPORAL_ADDRESS",
            address=settings.temporal_address or "",
        ) from None


def desk_of(house: House, client: Client) -> Desk:
    """The desk at which officers, persons and sweeps act."""
    room = house.room
    return Desk(
        client=client,
        clock=house.tools.clock,
        register=room.register,
        vault=room.vault,
        identity=room.identity,
        plans=room.plans,
        plan_edits=room.plan_edits,
        obligations=room.obligations,
        incidents=room.incidents,
        tasks=room.tasks,
        deliveries=room.deliveries,
        instructions=room.instructions,
        policy=house.policy,
        fields=lambda: fields_of(house),
        file_reviews=room.file_reviews,
        attaching=lambda: attaching(house.tools),
        given_in_part=lambda: given_in_part(house.tools),
    )


def fields_of(house: House) -> dict[str, frozenset[FieldRole]]:
    """What a person may ask to correct, over all systems, with what any of them is to it."""
    found: dict[str, set[FieldRole]] = {}
    for connector in house.tools.connectors.values():
        for field, role in connector.fields().items():
            found.setdefault(field, set()).add(role)
    return {field: frozenset(roles) for field, roles in found.items()}


def reception_of(house: House) -> Reception:
    """Where requests come in; needs no Temporal."""
    return Reception(house.room.register, house.policy, lambda: fields_of(house))


def gate_of(house: House) -> Gate:
    """What lets programs in."""
    return Gate(house.room.service_tokens, house.room.audit)


def counter_of(house: House, door: FrontDoor) -> Counter:
    """Where programs bring requests and ask after them; needs no Temporal."""
    return Counter(gate_of(house), door, house.room.register)


def self_service_of(house: House, door: FrontDoor) -> SelfService:
    """Links for known customers: made by programs, opened by persons; needs no Temporal."""
    room, url = house.room, house.settings.portal_url or ""
    return SelfService(room.self_links, gate_of(house), door, house.tools.clock, url)


def devices_of(house: House, door: FrontDoor) -> Devices:
    """Where visitors without an account choose cookies; needs no Temporal."""
    return Devices(house.room.device_choices, door, EngineSigning(house.ring))


def progressing_of(house: House, desk: Callable[[], Awaitable[Desk]]) -> Progressing:
    """Where requests are, as persons see it; `desk` is asked for only when somebody acts."""
    room = house.room
    return Progressing(room.following, room.register, room.identity, room.letters, desk)


def identifying_of(house: House, desk: Callable[[], Awaitable[Desk]]) -> Identifying:
    """Where persons send copies of identity documents."""
    return Identifying(house.room.following, progressing_of(house, desk), house.tools)


def letterbox_of(house: House) -> Letterbox:
    """Where persons fetch what was sent to them; needs no Temporal."""
    tools = house.tools
    return Letterbox(
        deliveries=tools.deliveries,
        register=tools.register,
        files=tools.files,
        mailer=tools.mailer,
        exports=tools.exports,
        certificates=tools.certificates,
    )


def answers_of(house: House) -> AnswersByLink:
    """Where people answer by a link what they were asked; needs no Temporal: the sweep goes on with the case."""
    return AnswersByLink(house.tools, house.room.errands)


def hook_of(house: House) -> MailHook | None:
    """What takes the mail provider's word on deliveries; None where it is given none. Raises `BadInput`."""
    key = house.settings.sendgrid_events_key
    if key is None:
        return None
    return MailHook(SendgridEvents(key, house.tools.clock), house.room.fates)


def import_check_of(house: House) -> ImportCheck:
    """What imports ask before they load somebody; needs no Temporal."""
    room = house.room
    return ImportCheck(room.suppressions, room.service_tokens, room.audit)


def activities_of(house: House, desk: Desk) -> Activities:
    """What each task queue serves: our own steps, rendering, and one queue a system."""
    tools = house.tools
    located, fulfilled, copied, proved = Locate(tools), Fulfil(tools), Copy(tools), Prove(tools)
    kept, verified, concluded, told = Keep(tools), Verify(tools), Conclude(tools), Correspond(tools)
    suspended, released, followed = Suspend(tools), Release(tools), FollowUp(tools, desk)
    stopped = Stop(tools)
    ask = partial(ask_by_mail, tools)
    swept = Reconcile(
        tools.register,
        tools.plans,
        tools.plan_edits,
        desk,
        tools.clock,
        errands=tools.errands,
        ask=ask,
    )
    sweeping, watched = Sweeping(tools), Watch(tools)
    post = HttpPost(tools.clock, loopback=house.settings.profile == "embedded")
    queues: Activities = {
        CASES: [
            *(Resolve(tools).resolve, verified.challenge, verified.standing, MakePlan(tools).plan),
            *(kept.enter, kept.park, kept.remind, kept.asked, kept.amend, kept.turn, kept.begin, kept.unpark),
            *(followed.erasure, followed.instead, followed.waiting),
            *(stopped.left, stopped.by_hand, stopped.leave),
            *(suspended.suspended, released.due, released.ends, released.lifted, released.failed),
            *(released.refusals_over, released.unread),
            *(concluded.close, swept.reconcile, sweeping.end, watched.systems, watched.overdue),
        ],
        RENDER: [
            *(told.letter, told.progress, concluded.answer, released.release, released.notice),
            *(copied.bundle, copied.transfer, copied.not_transferred, PassOn(tools).pass_on, sweeping.plan),
            Incidents(tools).incident,
            house.publish.publish_head,
            SendWebhooks(house.room.webhooks, post).send,
        ],
    }
    for system in tools.connectors:
        queues[connector_queue(system)] = [
            *(located.locate, fulfilled.fulfil, copied.copy, proved.prove),
            *(
                stopped.marketing,
                suspended.suspend,
                suspended.resume,
                released.release,
                sweeping.sweep,
                watched.watch,
            ),
        ]
    return queues


_shared_runtime: list[Runtime] = []


def _runtime() -> Runtime:
    # One a process, made before any client; the core's own log passes no redactor, so it tells errors only.
    if not _shared_runtime:
        quiet = LoggingConfig(filter=TelemetryFilter(core_level="ERROR", other_level="ERROR"))
        _shared_runtime.append(Runtime(telemetry=TelemetryConfig(logging=quiet)))
    return _shared_runtime[0]
