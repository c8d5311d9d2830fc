"""The two bases of every value: one that may be seen, one that may not."""

from __future__ import annotations

from functools import cache
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

_set = object.__setattr__


class Value(BaseModel):
    """A frozen value that crosses a border; silent about its input when it is wrong."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    @classmethod
    def trusted(cls, fields: dict[str, Any]) -> Self:
        """A value of what this program itself has just computed, unchecked: for rows by the hundred thousand.

        `fields` holds every field, each of its type already, and belongs to the value from now on. What was
        read from anywhere is validated instead.
        """
        made = cls.__new__(cls)
        _set(made, "__dict__", fields)
        _set(made, "__pydantic_fields_set__", _names(cls))
        _set(made, "__pydantic_extra__", None)
        _set(made, "__pydantic_private__", None)
        return made


class Personal(Value):
    """A value that holds personal data: it shows its type and nothing else.

    Lives only behind the vault, in connectors, exports and the activities that join them.
    """

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    __str__ = __repr__


@cache
def _names(kind: type[Value]) -> set[str]:
    return set(kind.model_fields)  # shared: pydantic copies it before it changes it
