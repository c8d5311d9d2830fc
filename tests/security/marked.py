"""Workflows and activities that pass a name through every place where Temporal keeps payloads."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from pydantic import BaseModel
from temporalio import activity, workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError

SOON = timedelta(seconds=20)


class Asked(BaseModel):
    name: str


@activity.defn
def greet(asked: Asked) -> Asked:
    activity.heartbeat(Asked(name=asked.name))
    if activity.info().attempt == 1:
        raise ValueError(f"lost {asked.name}")
    return Asked(name=f"{asked.name} greeted")


@activity.defn
def refuse(asked: Asked) -> None:
    raise ApplicationError(f"no {asked.name}", Asked(name=asked.name), type="refused", non_retryable=True)


@activity.defn
async def hang(asked: Asked) -> None:
    while True:
        activity.heartbeat(asked)
        await asyncio.sleep(0.2)


@workflow.defn
class Marked:
    def __init__(self) -> None:
        self.names: list[str] = []
        self.refusal = ""

    @workflow.run
    async def run(self, asked: Asked) -> Asked:
        await workflow.wait_condition(lambda: len(self.names) >= 2)
        greeted = await workflow.execute_activity(
            greet,
            asked,
            start_to_close_timeout=SOON,
            retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=50)),
        )
        await workflow.execute_local_activity(greet, asked, start_to_close_timeout=SOON)
        await workflow.sleep(0.01, summary=f"for {asked.name}")
        try:
            await workflow.execute_activity(refuse, asked, start_to_close_timeout=SOON, summary=asked.name)
        except ActivityError as error:
            self.refusal = str(error.cause)
        child = await workflow.execute_child_workflow(
            Echo.run, greeted, id=f"engine:{workflow.info().workflow_id}", memo={"who": asked.name}
        )
        workflow.upsert_memo({"later": asked.name})
        return child

    @workflow.signal
    def tell(self, asked: Asked) -> None:
        self.names.append(asked.name)

    @workflow.update
    def decide(self, asked: Asked) -> Asked:
        self.names.append(asked.name)
        return asked

    @decide.validator
    def _check(self, asked: Asked) -> None:
        if asked.name.startswith("bad"):
            raise ApplicationError(f"not {asked.name}")

    @workflow.query
    def told(self) -> list[str]:
        return [*self.names, self.refusal]


@workflow.defn
class Echo:
    @workflow.run
    async def run(self, asked: Asked) -> Asked:
        return asked


@workflow.defn
class Failing:
    @workflow.run
    async def run(self, asked: Asked) -> None:
        raise ApplicationError(f"lost {asked.name}", asked.name, type="lost")


@workflow.defn
class Hanging:
    @workflow.run
    async def run(self, asked: Asked) -> None:
        await workflow.execute_activity(hang, asked, start_to_close_timeout=SOON, heartbeat_timeout=SOON)
