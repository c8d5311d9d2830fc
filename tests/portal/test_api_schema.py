"""The document is true: what it tells is answered, and what it forbids is refused, whatever schemathesis thinks of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from jsonschema.validators import Draft202012Validator
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig

from domain.programs import Scope
from portal.api import routes
from portal.safety import Throttle
from tests.portal.calling import calling, portal_of, token_of
from tests.portal.world import World

pytestmark = pytest.mark.slow

SEED = 2569
EXAMPLES = 40
OWN_STATUS = ["2xx", "401", "403", "404", "409", "422"]
"""What data of the right shape may be answered; 422 is for what no schema can say."""
OLDER = {"checkSuppressions", "mintLink", "revokeLink"}
"""They tell both kinds of wrong by 400."""


@pytest.fixture(scope="module")
def token(world: World) -> str:
    return token_of(world, *Scope)


@pytest.fixture(scope="module")
def schema(world: World) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("_PLACE_ASKS", "_TOKEN_ASKS", "_IMPORT_ASKS"):
            patch.setattr(routes, name, (1_000_000, 1))
        patch.setattr(Throttle, "wait", lambda *_: 0.0)
        config = SchemathesisConfig.from_dict(
            {"checks": {"positive_data_acceptance": {"expected-statuses": [*OWN_STATUS, "400"]}}}
        )
        yield schemathesis.openapi.from_asgi(routes.DOCUMENT, portal_of(world), config=config)


async def test_every_operation_is_told_whole(world: World) -> None:
    async with calling(world, "") as client:
        told = (await client.get(routes.DOCUMENT)).json()
    assert told["openapi"].startswith("3.1")
    ids = []
    for path, methods in told["paths"].items():
        for method, one in methods.items():
            where = f"{method} {path}"
            ids.append(one["operationId"])
            assert one["summary"], where
            assert one["security"] == [{"token": []}], where
            for status, answer in one["responses"].items():
                if int(status) >= 400:
                    shape = answer["content"]["application/json"]["schema"]
                    assert shape == {"$ref": "#/components/schemas/Failure"}, (where, status)
            assert {"401", "403", "429", "503"} <= set(one["responses"]), where
    assert len(ids) == len(set(ids)) == 7
    for name, shape in told["components"]["schemas"].items():
        Draft202012Validator.check_schema(shape)
        if shape["type"] == "object":
            assert shape["description"], name
    assert "http" not in str([told["paths"]])


CALLS = [
    "openRequest",
    "readRequest",
    "readCase",
    "listCases",
    "checkSuppressions",
    "mintLink",
    "revokeLink",
]


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("name", CALLS)
def test_it_answers_as_it_is_told(schema: Any, token: str, name: str, mode: GenerationMode) -> None:
    operation = schema.find_operation_by_id(name)
    seen: set[int] = set()

    @seed(SEED)
    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def called(case: Any) -> None:
        response = case.call(headers={"Authorization": f"Bearer {token}"})
        seen.add(response.status_code)
        case.validate_response(response)
        if mode is GenerationMode.POSITIVE and name not in OLDER:
            assert response.status_code != 400

    called()
    good = {200, 201, 204} & seen
    # Of the right shape and fit besides is what lists are asked; references that stand must be known.
    assert good or name != "listCases" or mode is not GenerationMode.POSITIVE
