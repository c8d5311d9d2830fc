from __future__ import annotations

import fcntl
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).parent.parent / "tools"


@pytest.fixture
def python_with_pip() -> str:
    """The python that made the virtual environment: setting up began with its pip."""
    return str(Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}")


def carried(python: str, tmp_path: Path, env: dict[str, str]) -> dict[str, str]:
    bare = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PIP_CONFIG_FILE": str(tmp_path / "pip.conf")}
    told = subprocess.run(
        [python, TOOLS / "pip_index.py"], env={**bare, **env}, capture_output=True, text=True, check=True
    )
    words = [shlex.split(line) for line in told.stdout.splitlines()]
    assert all(len(line) == 2 and line[0] == "export" for line in words), told.stdout
    return dict(line[1].split("=", 1) for line in words)


def test_what_pip_is_configured_with_reaches_uv(python_with_pip: str, tmp_path: Path) -> None:
    (tmp_path / "pip.conf").write_text(
        "[global]\nindex-url = https://user:it's@one.example/simple\ncert = /a b/ca.pem\n"
        "extra-index-url =\n    https://two.example/simple\n    https://three.example/simple\n"
        "[install]\nfind-links = /wheels /more\n"
    )
    found = carried(python_with_pip, tmp_path, {})
    assert found["UV_DEFAULT_INDEX"] == "https://user:it's@one.example/simple"
    assert found["UV_EXTRA_INDEX_URL"] == "https://two.example/simple https://three.example/simple"
    assert found["UV_FIND_LINKS"] == "/wheels,/more"
    assert found["SSL_CERT_FILE"] == "/a b/ca.pem"


def test_the_environment_overrules_the_file_and_uv_is_not_overruled(
    python_with_pip: str, tmp_path: Path
) -> None:
    (tmp_path / "pip.conf").write_text("[global]\nindex-url = https://file.example/simple\n")
    told = {"PIP_INDEX_URL": "https://env.example/simple"}
    assert carried(python_with_pip, tmp_path, told)["UV_DEFAULT_INDEX"] == told["PIP_INDEX_URL"]
    assert "UV_DEFAULT_INDEX" not in carried(
        python_with_pip, tmp_path, {**told, "UV_INDEX_URL": "https://mine.example"}
    )


@pytest.fixture
def house(tmp_path: Path) -> Path:
    (tmp_path / "tools").mkdir()
    shutil.copy(TOOLS / "clean.sh", tmp_path / "tools")
    (tmp_path / "var" / "postgres").mkdir(parents=True)
    (tmp_path / "var" / "supervisor.lock").write_text("1\n")
    return tmp_path


def clean(house: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", house / "tools" / "clean.sh"], capture_output=True, text=True, check=False
    )


def test_clean_removes_the_state_and_nothing_that_is_not_ours(house: Path) -> None:
    (house / "precious").mkdir()
    (house / "var" / "postgres" / "elsewhere").symlink_to(house / "precious")
    told = clean(house)
    assert (told.returncode, (house / "var").exists(), (house / "precious").exists()) == (0, False, True)
    assert "not removing" in told.stderr


def test_clean_refuses_while_the_servers_run(house: Path) -> None:
    with (house / "var" / "supervisor.lock").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        told = clean(house)
    assert told.returncode == 1
    assert "stop them first" in told.stderr
    assert (house / "var").exists()


def test_apt_is_asked_once_more_after_its_lists_are_fetched(house: Path) -> None:
    shutil.copy(TOOLS / "apt.sh", house / "tools")
    (house / ".boot").mkdir()
    fakes = {
        "id": "echo 0",
        "apt-get": f'echo "$1" >>{house}/asked; [ "$1" = update ] || [ "$(grep -c install {house}/asked)" -gt 1 ]',
    }
    for name, does in fakes.items():
        (house / name).write_text(f"#!/bin/sh\n{does}\n")
        (house / name).chmod(0o755)
    told = subprocess.run(
        ["/bin/sh", "-euc", 'say() { echo "$*"; }; . ./tools/apt.sh; apt_install one two'],
        cwd=house,
        env={"PATH": f"{house}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.returncode, told.stdout) == (0, "installing one two with apt-get\n")
    assert (house / "asked").read_text().split() == ["install", "update", "install"]


@pytest.mark.parametrize("name", ["setup.sh", "browser.sh"])
def test_how_apt_is_asked_stands_once(name: str) -> None:
    script = (TOOLS / name).read_text()
    assert ". ./tools/apt.sh" in script
    assert "apt-get install -q" not in script
