"""Stripe on the wire: bracketed forms in, error bodies out."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from demo.stripe_shapes import Object

Params = dict[str, Any]


class ApiError(Exception):
    """An answer that Stripe refuses with."""

    def __init__(
        self,
        status: int,
        kind: str,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}
        told = {"type": kind, "message": message, "code": code, "param": param}
        self.body: Object = {"error": {name: value for name, value in told.items() if value is not None}}


def invalid(message: str, *, code: str | None = None, param: str | None = None) -> ApiError:
    """A request that makes no sense."""
    return ApiError(HTTPStatus.BAD_REQUEST, "invalid_request_error", message, code=code, param=param)


def missing(kind: str, key: str, param: str = "id") -> ApiError:
    """There is no such object."""
    message = f"No such {kind}: '{key}'"
    return ApiError(
        HTTPStatus.NOT_FOUND, "invalid_request_error", message, code="resource_missing", param=param
    )


def unrecognised(method: str, path: str) -> ApiError:
    """There is no such address."""
    message = f"Unrecognized request URL ({method}: {path})."
    return ApiError(HTTPStatus.NOT_FOUND, "invalid_request_error", message)


def decode(pairs: Iterable[tuple[str, str]]) -> Params:
    """`a[b]=1`, `a[]=1` and `a[0]=1` as what they mean."""
    found: Params = {}
    for name, value in pairs:
        head, *rest = name.replace("]", "").split("[")
        inner: Any = found
        for step, following in zip([head, *rest], [*rest, None], strict=True):
            if following is None:
                _put(inner, step, value)
            else:
                empty: Any = [] if not following or following.isdigit() else {}
                inner = (
                    inner.setdefault(step, empty) if isinstance(inner, dict) else _part(inner, step, empty)
                )
    return found


def number(params: Params, name: str, default: int) -> int:
    """A whole number that was given as text."""
    try:
        return int(params.get(name, default))
    except ValueError:
        raise invalid(f"Invalid integer: {name}", code="parameter_invalid_integer", param=name) from None


def allow(params: Params, *names: str) -> None:
    """Refuse what the address does not know."""
    for name in params:
        if name not in {*names, "expand"}:
            raise invalid(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)


def _put(inner: Any, step: str, value: str) -> None:
    if isinstance(inner, list):
        inner.append(value)
    else:
        inner[step] = value


def _part(inner: list[Any], step: str, empty: Any) -> Any:
    at = int(step or 0)
    while len(inner) <= at:
        inner.append(empty)
    return inner[at]
