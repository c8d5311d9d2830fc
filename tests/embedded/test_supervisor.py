from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import psycopg
import pytest

from domain.errors import BadInput, Conflict, Unavailable
from embedded.lock import attach
from embedded.ports import LOOPBACK
from embedded.supervisor import Supervisor
from settings import Settings

pytestmark = pytest.mark.slow

LISTENER = """
import os, socket, sys
server = socket.create_server(("127.0.0.1", int(os.environ["SITTHI_PORTAL_PORT"])))
while True:
    server.accept()[0].sendall(os.environ["DATABASE_URL"].encode())
"""
HOLDER = """
import sys
from embedded.supervisor import Supervisor
from settings import Settings
with Supervisor(Settings.from_environment()) as stack:
    stack.run("sleeper", [sys.executable, "-c", "import time; time.sleep(600)"])
    print("up", flush=True)
    stack.wait()
print("down", flush=True)
"""


@pytest.fixture
def settings(var: Path) -> Settings:
    return Settings.load({"SITTHI_VAR": str(var)})


def eventually(holds: Callable[[], bool], seconds: float = 15.0) -> bool:
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.05)
    return holds()


def first_value(settings: Settings, field: str, query: str) -> object:
    address = getattr(settings, field).get_secret_value().replace("+psycopg", "")
    with psycopg.connect(address) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def test_it_completes_the_settings_and_a_second_start_finds_everything_again(
    settings: Settings, var: Path
) -> None:
    with Supervisor(settings) as stack:
        first = stack.settings
        assert first_value(first, "database_url", "SELECT current_user::text") == "sitthi_app"
        assert first_value(first, "database_owner_url", "SELECT current_user::text") == "sitthi_owner"
        assert first_value(first, "keystore_url", "SELECT current_database()::text") == "sitthi_keys"
        demo = stack.database("siam_crm")
    began = time.monotonic()
    with Supervisor(settings) as stack:
        assert time.monotonic() - began < 5
        assert stack.settings == first
        assert stack.database("siam_crm") == demo
    assert not (var / "running.json").exists()


def test_an_s3_server_is_started_when_it_is_asked_for_and_comes_back_when_it_dies(settings: Settings) -> None:
    with Supervisor(settings) as stack:
        server = stack.objects()
        assert stack.objects() is server
        keys, dead = server.keys(), server.pid
        assert dead is not None
        os.kill(dead, signal.SIGKILL)
        assert eventually(lambda: server.pid not in {None, dead})
    assert not server.alive()
    with Supervisor(settings) as stack:
        assert stack.objects().keys() == keys


def test_a_command_beside_it_finds_the_addresses(settings: Settings, var: Path) -> None:
    with pytest.raises(Unavailable, match="not running"):
        attach(settings)
    with Supervisor(settings) as stack:
        assert attach(settings) == stack.settings
        assert stat.S_IMODE((var / "running.json").stat().st_mode) == 0o600
    with pytest.raises(Unavailable, match="not running"):
        attach(settings)


def test_the_second_supervisor_is_refused_and_told_who_has_it(settings: Settings) -> None:
    with Supervisor(settings) as stack:
        with (
            pytest.raises(Conflict, match=f"already running .pid {os.getpid()}") as told,
            Supervisor(settings),
        ):
            pass
        assert "stop it first" in told.value.mend
        assert stack.postgres.alive()


def test_production_is_not_its_business(settings: Settings) -> None:
    with pytest.raises(BadInput, match="SITTHI_PROFILE"):
        Supervisor(settings.model_copy(update={"profile": "production"}))


def test_programs_get_the_settings_and_come_back_when_they_die(settings: Settings) -> None:
    lines: list[str] = []
    with Supervisor(settings, say=lines.append) as stack:
        port = stack.settings.portal_port
        assert port is not None
        program = stack.run("portal", [sys.executable, "-c", LISTENER], port=port)
        with socket.create_connection((LOOPBACK, port)) as asked:
            told = asked.recv(500).decode()
        assert stack.settings.database_url is not None
        assert told == stack.settings.database_url.get_secret_value()
        before = program.pid
        program.kill()
        assert eventually(lambda: program.pid not in {None, before})
    assert not program.alive()
    assert any("portal" in line for line in lines)


def test_a_program_runs_where_it_is_told_and_its_port_is_remembered(
    settings: Settings, tmp_path: Path
) -> None:
    writes = "import time; open('here', 'w').close(); time.sleep(600)"
    with Supervisor(settings) as stack:
        assert stack.port("vendor") == stack.port("vendor")
        stack.run("vendor", [sys.executable, "-c", writes], home=tmp_path)
        assert eventually((tmp_path / "here").exists)


def test_killed_servers_come_back_with_their_data_on_the_same_ports(settings: Settings) -> None:
    with Supervisor(settings) as stack:
        before = stack.settings
        assert stack.postgres.pid is not None
        assert stack.temporal.pid is not None
        dead = {stack.postgres.pid, stack.temporal.pid}
        for pid in dead:
            os.kill(pid, signal.SIGKILL)
        assert eventually(lambda: not dead & {stack.postgres.pid, stack.temporal.pid, None})
        assert eventually(lambda: stack.postgres.alive() and stack.temporal.alive())
        with stack.paused():
            assert stack.settings == before
            assert first_value(stack.settings, "database_url", "SELECT 1") == 1


def test_a_program_that_does_not_start_is_told_with_its_log(settings: Settings) -> None:
    with Supervisor(settings) as stack, pytest.raises(Unavailable, match="program broken") as told:
        stack.run("broken", [sys.executable, "-c", "raise SystemExit('no such luck')"], port=1)
    assert "no such luck" in Path(str(told.value.facts["log"])).read_text()
    assert not stack.postgres.alive()


def start_holder(settings: Settings) -> subprocess.Popen[str]:
    held = subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        env={**os.environ, **settings.as_environment()},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert held.stdout is not None
    assert held.stdout.readline() == "up\n"
    return held


def alive_beneath(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_everything_in_order(settings: Settings, how: signal.Signals) -> None:
    held = start_holder(settings)
    children = alive_beneath(held.pid)
    assert len(children) > 3
    held.send_signal(how)
    out, _ = held.communicate(timeout=30)
    assert (out, held.returncode) == ("down\n", 0)
    assert not [child for child in children if child.is_running()]


def test_after_kill_9_of_the_supervisor_the_next_one_ends_what_was_left_and_starts(
    settings: Settings, var: Path
) -> None:
    held = start_holder(settings)
    orphans = alive_beneath(held.pid)
    ports = json.loads((var / "embedded.json").read_text())
    held.kill()
    held.communicate()
    with pytest.raises(Unavailable, match="not running"):
        attach(settings)
    with Supervisor(settings) as stack:
        assert first_value(stack.settings, "database_url", "SELECT 1") == 1
        assert not [p for p in orphans if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
    # A port that something else took in the meantime is replaced (`test_ports`), so only the names are the same.
    assert json.loads((var / "embedded.json").read_text())["ports"].keys() == ports["ports"].keys()
