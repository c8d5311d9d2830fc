from __future__ import annotations

import socket
from pathlib import Path

from embedded.ports import LOOPBACK, Ports, is_free, is_open


def test_a_port_is_remembered_by_name_for_the_next_start(tmp_path: Path) -> None:
    first = Ports(tmp_path / "p.json").take("one")
    assert Ports(tmp_path / "p.json").take("one") == first
    assert Ports(tmp_path / "p.json").take("two") != first


def test_a_taken_one_is_replaced_for_good(tmp_path: Path) -> None:
    ports = Ports(tmp_path / "p.json")
    port = ports.take("one")
    with socket.socket() as squatter:
        squatter.bind((LOOPBACK, port))
        squatter.listen()
        assert is_open(port)
        assert not is_free(port)
        other = ports.take("one")
        assert other != port
    assert ports.take("one") == other


def test_a_port_taken_on_every_address_counts_as_taken(tmp_path: Path) -> None:
    with socket.socket() as squatter:
        squatter.bind(("0.0.0.0", 0))
        squatter.listen()
        assert not is_free(squatter.getsockname()[1])


def test_a_broken_file_loses_nothing(tmp_path: Path) -> None:
    for content in ("", "{", "[]", '{"ports": {"one": "x"}}'):
        (tmp_path / "p.json").write_text(content)
        assert is_free(Ports(tmp_path / "p.json").take("one"))
