"""The rules of the house that a machine can check."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LINTER = PROJECT["tool"]["importlinter"]
LAYERS: list[set[str]] = [set(re.findall(r"\w+", layer)) for layer in LINTER["contracts"][0]["layers"]]
STAND_ALONE = {"settings", "adapters", "bootstrap", "worker", "starter"}

LONGEST_MODULE = 500
LONGER = {"exports/verifier/sitthi_verify.py": 650}
"""A stranger reads one file and takes it along: the verifier can't be cut in two, and holds its own words."""

LONGEST_FUNCTION = 60

MAY_READ_THE_ENVIRONMENT = {
    "settings.py": "it is the one that does",
    "tools/pip_index.py": "runs before anything is installed and must not overrule what uv was told already",
}


def sources(*, tests: bool) -> Iterator[Path]:
    """Every Python file that git knows or would take."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    for name in listed:
        if (ROOT / name).exists() and (tests or not name.startswith("tests/")):
            yield ROOT / name


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"]
    return subprocess.run(
        [*command, "--config", str(root / "pyproject.toml"), "--no-cache"],
        cwd=root,
        env={"PYTHONPATH": str(root), "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy_of_the_house(tmp_path: Path) -> Path:
    for path in sources(tests=False):
        target = tmp_path / name_of(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_imports_point_inward() -> None:
    told = lint_imports(ROOT)
    assert told.returncode == 0, told.stdout + told.stderr
    assert " 0 broken" in told.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("domain/outward.py", "import cases", "imports point inward"),
        ("domain/outward.py", "import settings", "imports point inward"),
        ("domain/outward.py", "import sqlalchemy", "the domain is pure"),
        ("security/outward.py", "import cases", "imports point inward"),
        ("cases/outward.py", "import connectors", "imports point inward"),
        ("activities/outward.py", "import workflows", "imports point inward"),
        ("workflows/outward.py", "import sqlalchemy", "workflows touch no input or output"),
    ],
)
def test_an_import_that_runs_outward_is_caught(
    copy_of_the_house: Path, module: str, line: str, contract: str
) -> None:
    (copy_of_the_house / module).write_text(f"{line}\n")
    told = lint_imports(copy_of_the_house)
    assert told.returncode == 1, told.stdout + told.stderr
    assert re.search(rf"^{contract} BROKEN$", told.stdout, re.MULTILINE), told.stdout


def runs_outward(name: str, tree: ast.Module) -> set[str]:
    """What the module of that name imports from its own layer or from one further out."""
    imported = {
        target.split(".")[0]
        for node in ast.walk(tree)
        for target in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    own = next(number for number, layer in enumerate(LAYERS) if name in layer)
    return imported & set.union(*LAYERS[: own + 1]) - {name}


@pytest.mark.parametrize("name", sorted(STAND_ALONE))
def test_the_files_that_stand_alone_import_inward_too(name: str) -> None:
    """import-linter can't have a single file as a root: it sees who imports them, this sees what they import."""
    assert runs_outward(name, parsed(ROOT / f"{name}.py")) == set()


def test_a_file_that_stands_alone_and_imports_outward_is_seen() -> None:
    code = "import json\nfrom domain import errors\ndef f():\n    import cases.store\n    from policy import load\n"
    assert runs_outward("settings", ast.parse(code)) == {"cases", "policy"}


def test_every_package_of_ours_is_under_the_contracts() -> None:
    outside = {"tests", "tools", "bench"}
    found = {name_of(path).split("/")[0].removesuffix(".py") for path in sources(tests=False)}
    assert found - outside == set(LINTER["root_packages"]) | STAND_ALONE == set.union(*LAYERS)


def reads_environment(tree: ast.Module) -> bool:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "environb", "getenv", "getenvb"}:
            return True
        taken = {alias.name for alias in node.names} if isinstance(node, ast.ImportFrom) else set()
        if taken & {"environ", "environb", "getenv", "getenvb"}:
            return True
    return False


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import os\nos.environ['A']", True),
        ("import os as o\no.getenv('A')", True),
        ("from os import environ", True),
        ("import os\nos.getpid()", False),
    ],
)
def test_the_scan_sees_a_reading_of_the_environment(code: str, *, expected: bool) -> None:
    assert reads_environment(ast.parse(code)) is expected


def test_only_the_settings_read_the_environment() -> None:
    readers = {name_of(path) for path in sources(tests=False) if reads_environment(parsed(path))}
    assert readers == set(MAY_READ_THE_ENVIRONMENT)


def test_no_module_is_too_long_to_know() -> None:
    lengths = {name_of(path): path.read_text("utf-8").count("\n") for path in sources(tests=True)}
    assert {name: lines for name, lines in lengths.items() if lines > LONGER.get(name, LONGEST_MODULE)} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    long = {
        f"{name_of(path)}:{node.lineno} {node.name}": length
        for path in sources(tests=True)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST_FUNCTION
    }
    assert long == {}


def test_no_place_of_one_machine_stands_in_any_file() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    # put together here, or this file would be the first find
    somewhere = re.compile("/" + r"(?:root|work|home/\w+|Users/\w+)/[\w.]")
    found = [
        f"{name}:{number}"
        for name in listed
        if (ROOT / name).is_file()
        for number, line in enumerate((ROOT / name).read_text("utf-8", "ignore").splitlines(), 1)
        if somewhere.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("words", [b"TO" + b"DO", b"FIX" + b"ME", b"X" + b"XX:"])
def test_nothing_is_left_for_later(words: bytes) -> None:
    assert [name_of(path) for path in sources(tests=True) if words in path.read_bytes()] == []
