"""Every policy that does not hold together is refused, with file, line and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.errors import PolicyInvalid
from policy.load import FILES, load_policy
from policy.rules import SPOKEN_GROUNDS, read_grounds
from policy.yaml_lines import read_yaml
from tests.policy.conftest import Edit
from tests.policy.faults import FAULTS, Fault
from tests.policy.faults_of_law import FAULTS_OF_LAW

ALL = [*FAULTS, *FAULTS_OF_LAW]


@pytest.mark.parametrize("fault", ALL, ids=[f"{fault.code}:{fault.field}" for fault in ALL])
def test_a_fault_is_named_where_it_stands(fault: Fault, edit: Edit) -> None:
    folder = edit(fault.file, fault.old, fault.new)
    with pytest.raises(PolicyInvalid) as caught:
        load_policy(folder)
    error = caught.value
    assert (error.code, error.facts["file"], error.facts["field"]) == (fault.code, fault.file, fault.field)
    line = (folder / fault.file).read_text(encoding="utf-8").splitlines()[int(error.facts["line"]) - 1]
    assert fault.at in line
    assert error.mend


def test_the_message_is_one_readable_line(edit: Edit) -> None:
    with pytest.raises(PolicyInvalid) as caught:
        load_policy(edit("units.yaml", "holds: [H-BOOKS]", "holds: [H-TAX]"))
    told = "hold unknown (file units.yaml, line 45, field units.U03.holds.0): use one of H-BOOKS, H-ACC, H-VAT, H-CCA-T, H-CCA-U, H-DOC"
    assert str(caught.value) == told


@pytest.mark.parametrize("code", sorted(SPOKEN_GROUNDS))
def test_every_ground_that_the_engine_writes_must_stand_in_the_register(edit: Edit, code: str) -> None:
    folder = edit("grounds.yaml", f"\n  {code}:\n", f"\n  {code}-X:\n")
    with pytest.raises(PolicyInvalid) as caught:
        read_grounds(read_yaml(folder / "grounds.yaml"))
    assert (caught.value.code, caught.value.facts["field"]) == ("ground-missing", f"grounds.{code}")


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / f"{name}.yaml").unlink()
    with pytest.raises(PolicyInvalid) as caught:
        load_policy(folder)
    assert (caught.value.code, caught.value.facts["file"]) == ("file-missing", f"{name}.yaml")


@pytest.mark.parametrize("name", FILES)
def test_an_empty_file_is_named(folder: Path, name: str) -> None:
    (folder / f"{name}.yaml").write_text("")
    with pytest.raises(PolicyInvalid) as caught:
        load_policy(folder)
    assert (caught.value.code, caught.value.facts["file"]) == ("field-wrong", f"{name}.yaml")


def test_broken_yaml_is_named_by_its_line(folder: Path) -> None:
    (folder / "units.yaml").write_text("units:\n  U01: {name: [\n")
    with pytest.raises(PolicyInvalid) as caught:
        load_policy(folder)
    assert (caught.value.code, caught.value.facts) == (
        "not-yaml",
        {"file": "units.yaml", "line": 3, "field": "file"},
    )


def test_bytes_that_are_no_text_are_refused(folder: Path) -> None:
    (folder / "units.yaml").write_bytes(b"units: \xff\xfe")
    with pytest.raises(PolicyInvalid, match="not yaml"):
        load_policy(folder)


@pytest.mark.parametrize("right", ["access", "erasure", "withdrawal"])
def test_every_right_needs_its_deadline(folder: Path, right: str) -> None:
    path = folder / "deadlines.yaml"
    head, *parts = path.read_text(encoding="utf-8").split("\n  ")
    kept, skipping = [head], False
    for part in parts:
        if not part.startswith(" "):
            skipping = part.startswith(f"{right}:")
        if not skipping:
            kept.append(part)
    path.write_text("\n  ".join(kept), encoding="utf-8")
    with pytest.raises(PolicyInvalid) as caught:
        load_policy(folder)
    assert (caught.value.code, caught.value.facts["field"]) == (
        "right-without-deadline",
        f"deadlines.{right}",
    )


def test_an_overlay_with_a_file_that_nobody_reads_is_refused(folder: Path, tmp_path: Path) -> None:
    overlay = tmp_path / "overlay"
    overlay.mkdir()
    (overlay / "hold.yaml").write_text("holds: {}\n")
    with pytest.raises(PolicyInvalid) as caught:
        load_policy(folder, overlay)
    assert (caught.value.code, caught.value.facts["file"]) == ("file-unknown", "hold.yaml")


def test_a_missing_overlay_is_refused(folder: Path) -> None:
    with pytest.raises(PolicyInvalid, match="folder missing"):
        load_policy(folder, folder / "nowhere")
