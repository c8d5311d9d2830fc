"""The demonstration's page of documents: every document is linked, and every link leads to one."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from demo.index import write_index
from demo.scene import Played
from domain.outcomes import Ending
from domain.rights import Right
from tests.exports.samples import case_file


def played(folder: Path, reference: str, *names: str, right: Right = Right.ERASURE) -> Played:
    view = case_file(right=right).view
    view = view.model_copy(
        update={"case": view.case.model_copy(update={"reference": reference}), "ending": Ending.PARTIAL}
    )
    (folder / reference).mkdir(parents=True)
    files = []
    for name in names:
        (folder / reference / name).write_bytes(b"x")
        files.append(folder / reference / name)
    act: Any = SimpleNamespace(key="S1")
    return Played(act=cast("Any", act), view=view, counts=Counter(), files=tuple(files))


def test_every_document_is_linked_and_no_credential(tmp_path: Path) -> None:
    (tmp_path / "staff.json").write_text("{}")
    (tmp_path / "audit-export-1.zip").write_bytes(b"x")
    cases = [
        played(tmp_path, "DSR-2569-000002", "L4.pdf", "bundle.zip", right=Right.ACCESS),
        played(tmp_path, "DSR-2569-000001", "L5.pdf", "certificate.pdf"),
        played(tmp_path, "DSR-2569-000003"),
    ]

    index = write_index(tmp_path, cases)

    page = index.read_text("utf-8")
    links = re.findall(r'href="([^"]+)"', page)
    assert links == [
        "audit-export-1.zip",
        *("DSR-2569-000001/L5.pdf", "DSR-2569-000001/certificate.pdf"),
        *("DSR-2569-000002/L4.pdf", "DSR-2569-000002/bundle.zip"),
    ]
    assert all((tmp_path / link).is_file() for link in links)
    assert "staff.json" not in page
    assert "สิทธิขอเข้าถึง" in page
    assert "ไม่มีเอกสาร" in page
