"""The composition root: settings -> adapters -> ports. Every entry point builds its house here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import make_url
from temporalio.client import Client
from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter
from temporalio.service import RPCError, TLSConfig

from activities.answer import Conclude
from activities.copy import Copy
from activities.follow_up import FollowUp
from activities.fulfil import Fulfil
from activities.keep import Keep
from activities.letters import Correspond
from activities.locate import Locate
from activities.others import PassOn
from activities.plan import MakePlan
from activities.prove import Prove
from activities.reconcile import Reconcile
from activities.release import Release
from activities.resolve import Resolve
from activities.stop import Stop
from activities.suspend import Suspend
from activities.sweep import Sweeping
from activities.tools import Tools
from activities.verify import Verify
from cases import migrate
from cases.keystore import SqlKeyStore, open_keystore, prepare_keystore
from cases.room import Room, open_room
from connectors.mailbox import MailboxMailer
from connectors.registry import open_connectors
from connectors.transfer import open_transfers
from domain.connector import FieldRole
from domain.errors import BadInput, Unavailable
from domain.ports import Clock
from exports.handover import Handover
from exports.room import Documents
from exports.signing import Signer
from policy.gaps import require_signed
from policy.load import load_policy
from policy.model import Policy
from security.case_files import CaseFiles
from security.codec import data_converter
from security.files import SealedFiles
from security.keyfile import LocalKeyFile
from security.keyring import ENGINE_OWNER, LOOKUP_OWNER, KeyRing
from security.ports import KeyPurpose
from settings import Settings, outside_environment
from workflows.calls import CASES, RENDER, connector_queue
from workflows.desk import Desk
from workflows.letterbox import Letterbox

Activities = dict[str, list[Callable[..., Any]]]
"""Activity methods by task queue."""


class SystemClock:
    """The time of this machine, in UTC."""

    def now(self) -> datetime:
        """The current instant."""
        return datetime.now(UTC)


@dataclass(frozen=True)
class House:
    """Everything that an entry point needs, short of a Temporal client."""

    settings: Settings
    policy: Policy
    ring: KeyRing
    room: Room
    tools: Tools
    handover: Handover
    store: SqlKeyStore

    def close(self) -> None:
        """Let go of every connection."""
        for connector in self.tools.connectors.values():
            connector.close()
        self.room.close()
        self.store.close()


def prepare(settings: Settings) -> None:
    """Bring the register and the key store to the shape that this version reads. Raises `Unavailable`."""
    application = _secret(settings.database_url, "database_url")
    migrate.upgrade(_secret(settings.database_owner_url, "database_owner_url"), _role(application))
    keys = _secret(settings.keystore_url, "keystore_url")
    prepare_keystore(keys, _role(keys))


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
    store = open_keystore(_secret(settings.keystore_url, "keystore_url"))
    ring = KeyRing(store, LocalKeyFile(_path(settings.key_file, "key_file")))
    ring.ensure(KeyPurpose.ENGINE, ENGINE_OWNER)
    ring.ensure(KeyPurpose.LOOKUP, LOOKUP_OWNER)
    room = open_room(_secret(settings.database_url, "database_url"), ring, clock, policy)
    tools = Tools(
        clock=clock,
        policy=policy,
        register=room.register,
        vault=room.vault,
        identity=room.identity,
        plans=room.plans,
        effects=room.effects,
        blocks=room.blocks,
        sweeps=room.sweeps,
        findings=room.findings,
        obligations=room.obligations,
        disclosures=room.disclosures,
        refusals=room.refusals,
        certificates=room.certificates,
        tasks=room.tasks,
        letters=room.letters,
        deliveries=room.deliveries,
        files=CaseFiles(SealedFiles(_path(settings.files, "files"), ring), ring),
        mailer=MailboxMailer(_path(settings.mailbox, "mailbox"), clock),
        transfers=open_transfers(_path(settings.systems, "systems"), outside_environment()),
        exports=Documents(policy, clock, signer=_signer(settings), portal_url=settings.portal_url or ""),
        connectors=open_connectors(
            _path(settings.systems, "systems"),
            outside_environment(),
            secret=ring.for_owner(KeyPurpose.LOOKUP, LOOKUP_OWNER).derive(b"surrogates/1"),
        ),
        portal_url=settings.portal_url or "",
    )
    handover = Handover(room.register, room.letters, tools.files)
    return House(
        settings=settings, policy=policy, ring=ring, room=room, tools=tools, handover=handover, store=store
    )


async def connect(house: House) -> Client:
    """A client of the Temporal cluster, sealing everything it sends. Raises `Unavailable`."""
    settings = house.settings
    try:
        return await Client.connect(
            settings.temporal_address or "",
            namespace=settings.temporal_namespace,
            data_converter=data_converter(house.ring),
            tls=_tls(settings),
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
        obligations=room.obligations,
        tasks=room.tasks,
        policy=house.policy,
        fields=lambda: fields_of(house),
    )


def fields_of(house: House) -> dict[str, frozenset[FieldRole]]:
    """What a person may ask to correct, over all systems, with what any of them is to it."""
    found: dict[str, set[FieldRole]] = {}
    for connector in house.tools.connectors.values():
        for field, role in connector.fields().items():
            found.setdefault(field, set()).add(role)
    return {field: frozenset(roles) for field, roles in found.items()}


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


def activities_of(house: House, desk: Desk) -> Activities:
    """What each task queue serves: our own steps, rendering, and one queue a system."""
    tools = house.tools
    located, fulfilled, copied, proved = Locate(tools), Fulfil(tools), Copy(tools), Prove(tools)
    kept, verified, concluded, told = Keep(tools), Verify(tools), Conclude(tools), Correspond(tools)
    suspended, released, followed = Suspend(tools), Release(tools), FollowUp(tools, desk)
    stopped, swept = Stop(tools), Reconcile(tools.register, tools.plans, desk, tools.clock)
    sweeping = Sweeping(tools)
    queues: Activities = {
        CASES: [
            *(Resolve(tools).resolve, verified.challenge, verified.standing, MakePlan(tools).plan),
            *(kept.enter, kept.park, kept.remind, kept.asked, kept.amend, kept.turn, kept.begin, kept.unpark),
            *(followed.erasure, followed.instead, followed.waiting),
            *(stopped.left, stopped.by_hand, stopped.leave),
            *(suspended.suspended, released.due, released.ends, released.lifted, released.failed),
            *(concluded.close, swept.reconcile, sweeping.end),
        ],
        RENDER: [
            *(told.letter, told.progress, concluded.answer, released.release, released.notice),
            *(copied.bundle, copied.transfer, copied.not_transferred, PassOn(tools).pass_on, sweeping.plan),
        ],
    }
    for system in tools.connectors:
        queues[connector_queue(system)] = [
            *(located.locate, fulfilled.fulfil, copied.copy, proved.prove),
            *(stopped.marketing, suspended.suspend, suspended.resume, released.release, sweeping.sweep),
        ]
    return queues


_shared_runtime: list[Runtime] = []


def _runtime() -> Runtime:
    # One a process, made before any client; the core's own log passes no redactor, so it tells errors only.
    if not _shared_runtime:
        quiet = LoggingConfig(filter=TelemetryFilter(core_level="ERROR", other_level="ERROR"))
        _shared_runtime.append(Runtime(telemetry=TelemetryConfig(logging=quiet)))
    return _shared_runtime[0]


def _secret(value: SecretStr | None, field: str) -> str:
    if value is None:
        raise BadInput("setting-missing", "start the stack with `make run`, or set it", field=field)
    return value.get_secret_value()


def _signer(settings: Settings) -> Signer | None:
    if settings.signing_certificate is not None:
        passphrase = settings.signing_passphrase
        return Signer.open(settings.signing_certificate, passphrase.get_secret_value() if passphrase else "")
    if settings.profile == "embedded":
        return Signer.for_development(settings.var / "keys" / "development.p12")
    return None


def _path(value: Path | None, field: str) -> Path:
    if value is None:
        raise BadInput("setting-missing", "set it", field=field)
    return value


def _role(address: str) -> str:
    return make_url(address).username or ""


def _tls(settings: Settings) -> TLSConfig | bool:
    if not settings.temporal_tls:
        return False
    return TLSConfig(
        server_root_ca_cert=settings.temporal_tls_ca.read_bytes() if settings.temporal_tls_ca else None,
        client_cert=settings.temporal_tls_cert.read_bytes() if settings.temporal_tls_cert else None,
        client_private_key=settings.temporal_tls_key.read_bytes() if settings.temporal_tls_key else None,
    )
