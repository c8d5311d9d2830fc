"""What the child process and who asks it have in common."""

from __future__ import annotations

HEAD = 8
"""Digits that tell the length of a question."""

Box = tuple[int, int, int, int]
"""Left, top, right and bottom in pixels."""


class No(Exception):  # noqa: N818 - what the child answers
    """It is not drawn, for that code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
