"""What Temporal keeps is sealed: a payload codec with one data key a case.

The codec opens and makes no key: a case's key is made at intake, the engine's at start. A payload
that is not sealed is refused, so who can reach Temporal alone can't slip in a decision in plain words.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import (
    ActivitySerializationContext,
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)

from domain.errors import SealBroken
from security.keyring import ENGINE_OWNER, DataKey, KeyRing
from security.ports import KeyPurpose
from security.seal import key_id_of, seal, unseal_with

ENCODING = b"binary/sitthi-sealed"
ENGINE_PREFIX = "engine:"
_Owner = tuple[KeyPurpose, str]


class CaseCodec(PayloadCodec, WithSerializationContext):
    """Seals each payload under the key of the case whose workflow it belongs to.

    The workflow id is the case id; workflows whose id starts with `engine:` use the engine's key.
    Without a workflow in the context it refuses. Raises `SealBroken`, `KeyShredded`, `NotFound`.
    """

    def __init__(self, ring: KeyRing, owner: _Owner | None = None) -> None:
        self._ring, self._owner = ring, owner

    def with_context(self, context: SerializationContext) -> CaseCodec:
        """Give the codec of one workflow; of none for contexts that name no workflow."""
        match context:
            case WorkflowSerializationContext() | ActivitySerializationContext() if context.workflow_id:
                return CaseCodec(self._ring, owner_of(context.workflow_id))
            case _:
                return CaseCodec(self._ring)

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Seal payloads whole, their metadata inside."""
        purpose, owner = self._bound()
        key = self._ring.cached_for(purpose, owner) or await _off_loop(
            lambda: self._ring.for_owner(purpose, owner)
        )
        return [
            Payload(metadata={"encoding": ENCODING}, data=seal(key, it.SerializeToString(), place_of(owner)))
            for it in payloads
        ]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Open payloads of this workflow; one of another workflow, or in plain words, is refused."""
        _, owner = self._bound()
        return [open_payload(await self._key(it), it, owner) for it in payloads]

    def _bound(self) -> _Owner:
        if self._owner is None:
            raise SealBroken("codec-without-workflow")
        return self._owner

    async def _key(self, payload: Payload) -> DataKey:
        key_id = payload_key_id(payload)
        return self._ring.cached(key_id) or await _off_loop(lambda: self._ring.get(key_id))


def owner_of(workflow_id: str) -> _Owner:
    """Tell whose key a workflow's payloads are under."""
    if workflow_id.startswith(ENGINE_PREFIX):
        return KeyPurpose.ENGINE, ENGINE_OWNER
    return KeyPurpose.CASE, workflow_id


def place_of(owner: str) -> str:
    """Name the place of a payload for its seal (see `security.seal`)."""
    return f"temporal:{owner}"


def payload_key_id(payload: Payload) -> str:
    """Read which key sealed a payload; raises `SealBroken` if it is not sealed."""
    if payload.metadata.get("encoding") != ENCODING:
        raise SealBroken("payload-not-sealed")
    return key_id_of(payload.data)


def open_payload(key: DataKey, payload: Payload, owner: str) -> Payload:
    """Open one payload; raises `SealBroken`."""
    opened = Payload()
    opened.ParseFromString(unseal_with(key, payload.data, place_of(owner)))
    return opened


class _SharedConverters(PydanticPayloadConverter):
    """The SDK makes a payload converter for every payload that it seals; the parts, which hold no state, are made once.

    With them stays what pydantic has worked out about the types.
    """

    def __init__(self) -> None:
        self.converters = _PARTS.converters


_PARTS = PydanticPayloadConverter()


def data_converter(ring: KeyRing) -> DataConverter:
    """Give the converter of every client and worker: pydantic values, sealed, failures' words inside."""
    return replace(
        DataConverter.default,
        payload_converter_class=_SharedConverters,
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
        payload_codec=CaseCodec(ring),
    )


async def _off_loop(look_up: Callable[[], DataKey]) -> DataKey:
    # The store blocks (it is SQL); a blocked loop stalls every workflow task of the worker.
    return await asyncio.get_running_loop().run_in_executor(None, look_up)
