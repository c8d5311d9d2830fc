"""The codec on a real Temporal server: a marked person passes through every place that keeps payloads."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.api.workflowservice.v1 import (
    DescribeWorkflowExecutionRequest,
    GetWorkflowExecutionHistoryRequest,
    ListWorkflowExecutionsRequest,
)
from temporalio.client import (
    Client,
    WorkflowFailureError,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
)
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.converter import (
    ActivitySerializationContext,
    DataConverter,
    NexusSerializationContext,
    SerializationContext,
    WorkflowSerializationContext,
)
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from domain.errors import KeyShredded, NotFound, SealBroken
from embedded.temporal import TemporalServer
from security.codec import ENCODING, CaseCodec, data_converter, open_payload, payload_key_id
from security.keyfile import LocalKeyFile
from security.keyring import ENGINE_OWNER, KeyRing
from security.ports import KeyPurpose
from tests.security.fake_store import MemoryKeyStore
from tests.security.marked import Asked, Echo, Failing, Hanging, Marked, greet, hang, refuse

CANARY = "Somchai-Jaidee-0812345678"


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> KeyRing:
    root: Path = tmp_path_factory.mktemp("codec")
    ring = KeyRing(MemoryKeyStore(), LocalKeyFile(root / "keys" / "keks.json"))
    ring.ensure(KeyPurpose.ENGINE, ENGINE_OWNER)
    return ring


@pytest.fixture(scope="module")
async def client(ring: KeyRing, temporal: TemporalServer) -> Client:
    return await Client.connect(
        temporal.address, namespace=temporal.namespace, data_converter=data_converter(ring)
    )


@pytest.fixture(scope="module")
async def queue(client: Client) -> AsyncIterator[str]:
    name = f"q-{uuid.uuid4().hex}"
    with ThreadPoolExecutor(4) as pool:
        async with Worker(
            client,
            task_queue=name,
            workflows=[Marked, Echo, Failing, Hanging],
            activities=[greet, refuse, hang],
            activity_executor=pool,
            graceful_shutdown_timeout=timedelta(0),
        ):
            yield name


@pytest.fixture
def case_id(ring: KeyRing) -> str:
    made = uuid.uuid4().hex
    ring.create(KeyPurpose.CASE, made)
    return made


async def kept(client: Client, workflow_id: str) -> bytes:
    """Give all bytes that the server tells of a workflow."""
    service, described = client.workflow_service, DescribeWorkflowExecutionRequest(namespace=client.namespace)
    described.execution.workflow_id = workflow_id
    asked = GetWorkflowExecutionHistoryRequest(namespace=client.namespace, execution=described.execution)
    listed = ListWorkflowExecutionsRequest(namespace=client.namespace)
    answers = (
        await service.describe_workflow_execution(described),
        await service.get_workflow_execution_history(asked),
        await service.list_workflow_executions(listed),
    )
    return b"".join(it.SerializeToString() for it in answers)


async def test_a_marked_person_is_nowhere_on_the_server(
    client: Client, queue: str, case_id: str, temporal: TemporalServer
) -> None:
    asked = Asked(name=CANARY)
    handle = await client.start_workflow(
        Marked.run,
        asked,
        id=case_id,
        task_queue=queue,
        memo={"who": CANARY},
        static_summary=CANARY,
        static_details=CANARY,
    )
    await handle.signal(Marked.tell, asked)
    assert await handle.execute_update(Marked.decide, asked) == asked
    with pytest.raises(WorkflowUpdateFailedError):
        await handle.execute_update(Marked.decide, Asked(name=f"bad {CANARY}"))
    assert (await handle.result()).name == f"{CANARY} greeted"
    assert await handle.query(Marked.told) == [CANARY, CANARY, f"refused: no {CANARY}"]
    told = await handle.describe()
    assert await told.memo() == {"who": CANARY, "later": CANARY}
    assert await told.static_summary() == CANARY
    for workflow_id in (case_id, f"engine:{case_id}"):
        everything = await kept(client, workflow_id)
        assert ENCODING in everything
        assert CANARY.encode() not in everything
        assert b"Somchai" not in everything
    # Its database, write-ahead log and own log.
    stored = b"".join(it.read_bytes() for it in temporal.home.iterdir() if it.is_file())
    assert case_id.encode() in stored
    assert ENCODING in stored
    assert CANARY.encode() not in stored


async def test_a_failure_keeps_its_words_sealed_and_the_client_reads_them(
    client: Client, queue: str, case_id: str
) -> None:
    with pytest.raises(WorkflowFailureError) as failed:
        await client.execute_workflow(Failing.run, Asked(name=CANARY), id=case_id, task_queue=queue)
    assert isinstance(failed.value.cause, ApplicationError)
    assert failed.value.cause.message == f"lost {CANARY}"
    everything = await kept(client, case_id)
    assert b"lost" in everything  # the type stays readable, so it must be a code
    assert CANARY.encode() not in everything


async def test_heartbeats_under_way_are_sealed(client: Client, queue: str, case_id: str) -> None:
    handle = await client.start_workflow(Hanging.run, Asked(name=CANARY), id=case_id, task_queue=queue)
    for _ in range(100):
        told = (await handle.describe()).raw_description.pending_activities
        if told and told[0].heartbeat_details.payloads:
            break
        await asyncio.sleep(0.1)
    assert told[0].heartbeat_details.payloads[0].metadata["encoding"] == ENCODING
    assert CANARY.encode() not in await kept(client, case_id)
    await handle.cancel()


async def test_starting_twice_is_harmless_and_a_plain_client_can_say_nothing(
    client: Client, queue: str, case_id: str
) -> None:
    for _ in range(2):
        handle = await client.start_workflow(
            Marked.run,
            Asked(name="x"),
            id=case_id,
            task_queue=queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )
    plain = Client(client.service_client, namespace=client.namespace, data_converter=DataConverter.default)
    with pytest.raises(WorkflowQueryFailedError):
        await plain.get_workflow_handle(case_id).query(
            "told", {"name": "intruder"}, rpc_timeout=timedelta(seconds=5)
        )
    await handle.terminate()


async def test_no_case_key_no_workflow(client: Client, queue: str) -> None:
    with pytest.raises(NotFound):
        await client.start_workflow(Marked.run, Asked(name=CANARY), id=uuid.uuid4().hex, task_queue=queue)


def of(workflow_id: str) -> SerializationContext:
    return WorkflowSerializationContext(namespace="default", workflow_id=workflow_id)


def standalone(workflow_id: str | None) -> SerializationContext:
    return ActivitySerializationContext("default", "1", "greet", "q", workflow_id, None, is_local=False)


async def test_payloads_open_in_their_own_case_only(ring: KeyRing, case_id: str) -> None:
    other = uuid.uuid4().hex
    ring.create(KeyPurpose.CASE, other)
    codec = CaseCodec(ring)
    payload = Payload(metadata={"encoding": b"json/plain", "n": b"1"}, data=b'"x"')
    [sealed] = await codec.with_context(of(case_id)).encode([payload])
    assert set(sealed.metadata) == {"encoding"}
    assert await codec.with_context(standalone(case_id)).decode([sealed]) == [payload]
    for foreign in (other, "engine:sweep"):
        with pytest.raises(SealBroken):
            await codec.with_context(of(foreign)).decode([sealed])
    key = ring.get(payload_key_id(sealed))
    assert open_payload(key, sealed, case_id) == payload


@pytest.mark.parametrize(
    "context",
    [None, standalone(None), NexusSerializationContext("e", "s", "o"), WorkflowSerializationContext("d", "")],
)
async def test_without_a_workflow_it_refuses(ring: KeyRing, context: SerializationContext | None) -> None:
    codec = CaseCodec(ring) if context is None else CaseCodec(ring).with_context(context)
    for act in (codec.encode, codec.decode):
        with pytest.raises(SealBroken) as refused:
            await act([Payload()])
        assert refused.value.code == "codec-without-workflow"


async def test_plain_and_mangled_payloads_are_refused(ring: KeyRing, case_id: str) -> None:
    codec = CaseCodec(ring).with_context(of(case_id))
    for payload in (
        Payload(metadata={"encoding": b"json/plain"}, data=b"1"),
        Payload(metadata={"encoding": ENCODING}),
    ):
        with pytest.raises(SealBroken):
            await codec.decode([payload])


async def test_a_shredded_key_opens_and_seals_nothing_and_is_not_made_again(
    ring: KeyRing, case_id: str
) -> None:
    codec = CaseCodec(ring).with_context(of(case_id))
    sealed = await codec.encode([Payload(data=b"x")])
    ring.shred(ring.for_owner(KeyPurpose.CASE, case_id).key_id, "case-done")
    with pytest.raises(KeyShredded):
        await codec.decode(sealed)
    with pytest.raises(KeyShredded):
        await codec.encode([Payload(data=b"x")])


async def test_rotation_leaves_payloads_readable_by_a_new_process(tmp_path: Path) -> None:
    store, key_file = MemoryKeyStore(), LocalKeyFile(tmp_path / "keys" / "keks.json")
    ring = KeyRing(store, key_file)
    ring.create(KeyPurpose.CASE, "case-1")
    sealed = await CaseCodec(ring).with_context(of("case-1")).encode([Payload(data=b"x")])
    old = key_file.current
    key_file.rotate()
    assert ring.rotate().broken == ()
    key_file.retire(old)
    assert await CaseCodec(KeyRing(store, key_file)).with_context(of("case-1")).decode(sealed) == [
        Payload(data=b"x")
    ]
