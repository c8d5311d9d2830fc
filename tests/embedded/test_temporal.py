from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from embedded.ports import LOOPBACK
from embedded.temporal import SEARCH_ATTRIBUTES, TemporalServer


@workflow.defn
class Waits:
    def __init__(self) -> None:
        self.told: str | None = None

    @workflow.run
    async def run(self) -> str:
        await workflow.wait_condition(lambda: self.told is not None, timeout=timedelta(minutes=5))
        return str(self.told)

    @workflow.signal
    def tell(self, word: str) -> None:
        self.told = word


@pytest.fixture
def server(tmp_path: Path) -> Iterator[TemporalServer]:
    made = TemporalServer(tmp_path / "temporal")
    made.start()
    yield made
    made.stop()


async def test_a_workflow_survives_kill_9_of_the_server_on_the_same_port(server: TemporalServer) -> None:
    client = await Client.connect(server.address)
    async with Worker(client, task_queue="q", workflows=[Waits], workflow_runner=UnsandboxedWorkflowRunner()):
        handle = await client.start_workflow(Waits.run, id="w", task_queue="q")
        port = server.port
        server.kill()
        assert not server.alive()
        server.start()
        assert server.port == port
        await handle.signal(Waits.tell, "after")
        assert await handle.result() == "after"


def test_it_listens_on_loopback_only(server: TemporalServer) -> None:
    assert server.pid is not None
    heard = [c for c in psutil.Process(server.pid).net_connections("inet") if c.status == psutil.CONN_LISTEN]
    assert {c.laddr.ip for c in heard} == {LOOPBACK}
    assert {server.port, server.ui_port} <= {c.laddr.port for c in heard}


def test_taken_ports_are_replaced(server: TemporalServer) -> None:
    before = (server.port, server.ui_port)
    server.stop()
    with socket.socket() as one, socket.socket() as two:
        for squatter, port in zip((one, two), before, strict=True):
            squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            squatter.bind((LOOPBACK, port))
            squatter.listen()
        server.start()
        assert not {server.port, server.ui_port} & set(before)


async def test_it_knows_our_search_attributes_when_start_returns(temporal: TemporalServer) -> None:
    from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest

    client = await Client.connect(temporal.address)
    known = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=temporal.namespace)
    )
    assert set(SEARCH_ATTRIBUTES) <= set(known.custom_attributes)
