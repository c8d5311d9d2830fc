from __future__ import annotations

import pytest

from domain.item import packed_name


@pytest.mark.parametrize(
    ("name", "packed"),
    [
        ("ใบเสร็จ น้ำ.pdf", "ใบเสร็จ น้ำ.pdf"),
        ("a b-c_(1).tar.gz", "a b-c_(1).tar.gz"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..", "file"),
        ("", "file"),
        (".hidden", "hidden"),
        ("C:\\CON", "C__CON"),
        ("line\nfeed\u202egpj.exe", "line_feed_gpj.exe"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
        ("no-ending." + "y" * 200, ("no-ending." + "y" * 200)[:120]),
    ],
)
def test_a_file_s_name_in_a_package_is_safe_everywhere(name: str, packed: str) -> None:
    assert packed_name("files", 7, name) == f"files/files/000007-{packed}"


def test_thai_is_not_cut_in_the_middle_of_a_letter() -> None:
    name = packed_name("files", 1, "ก้" * 200)
    assert len(name.encode()) < 160
    assert name.removeprefix("files/files/000001-").strip("ก้") == ""


def test_a_system_s_name_leads_nowhere_else() -> None:
    assert packed_name("../x", 1, "a") == "files/.._x/000001-a"
