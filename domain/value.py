"""The two bases of every value: one that may be seen, one that may not."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """A frozen value that crosses a border; silent about its input when it is wrong."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Personal(Value):
    """A value that holds personal data: it shows its type and nothing else.

    Lives only behind the vault, in connectors, exports and the activities that join them.
    """

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    __str__ = __repr__
