"""What `doctor` looks at in Temporal: search attributes, workers, schedules."""

from __future__ import annotations

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from bootstrap import House
from domain.errors import Unavailable
from embedded.temporal import SEARCH_ATTRIBUTES
from workflows.calls import CASES, RENDER, connector_queue

_WORKFLOWS = TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW
_ACTIVITIES = TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY


async def namespace(house: House, client: Client) -> str:
    """Where the cluster is, and in which namespace."""
    return f"{house.settings.temporal_address}, namespace {client.namespace}"


async def search_attributes(_house: House, client: Client) -> str:
    """By what cases are found in Temporal. Raises `Unavailable` that names a missing one."""
    asked = ListSearchAttributesRequest(namespace=client.namespace)
    known = (await client.operator_service.list_search_attributes(asked)).custom_attributes
    for name, kind in SEARCH_ATTRIBUTES.items():
        if name not in known:
            mend = f"`temporal operator search-attribute create --name {name} --type {kind}`"
            raise Unavailable("search-attribute-missing", mend, attribute=name)
    return ", ".join(SEARCH_ATTRIBUTES)


async def workers(house: House, client: Client) -> str:
    """Every queue has a worker. Raises `Unavailable` that names one without."""
    systems = [connector_queue(system) for system in house.tools.connectors]
    for queue, kind in ((CASES, _WORKFLOWS), *((name, _ACTIVITIES) for name in (CASES, RENDER, *systems))):
        asked = DescribeTaskQueueRequest(
            namespace=client.namespace, task_queue=TaskQueue(name=queue), task_queue_type=kind
        )
        if not (await client.workflow_service.describe_task_queue(asked)).pollers:
            raise Unavailable("queue-without-worker", "start `python worker.py`; read its log", queue=queue)
    return f"{len(systems) + 2} queues served"


async def schedule(_house: House, client: Client, *, name: str) -> str:
    """A schedule is there and runs. Raises `Unavailable`."""
    try:
        told = await client.get_schedule_handle(name).describe()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        raise Unavailable(
            "schedule-missing", "start `python worker.py`: it makes it", schedule=name
        ) from None
    if told.schedule.state.paused:
        raise Unavailable("schedule-paused", "resume the schedule in Temporal", schedule=name)
    to_come = told.info.next_action_times
    return f"ran {told.info.num_actions} times" + (
        f", next {to_come[0]:%Y-%m-%d %H:%M} UTC" if to_come else ""
    )
