from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from policy.load import FILES, SHIPPED

Edit = Callable[[str, str, str], Path]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped policy that a test may spoil."""
    for name in FILES:
        shutil.copy(SHIPPED / f"{name}.yaml", tmp_path)
    return tmp_path


@pytest.fixture
def edit(folder: Path) -> Edit:
    """Replace the first place where a text stands in a file; it must stand there."""

    def replace(file: str, old: str, new: str) -> Path:
        path = folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return folder

    return replace
