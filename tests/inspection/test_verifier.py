"""The verifier, run as strangers run it: on packages as they were made, and on each kind of forgery.

The forger is an insider: who holds the key signs anew what was changed, and makes hashes and counts true to it.
"""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from domain.merkle import Tree, root_of
from exports.inspection.package import VERIFIER
from exports.inspection.tree import TreeFile
from exports.verifier import sitthi_verify
from security.signing import EngineSigning
from tests.inspection.conftest import Packages, Site, read, remade, write

EVENTS, CASES, LETTERS = "chain/events.jsonl", "data/cases.jsonl", "data/letters.jsonl"
Verified = Callable[..., tuple[int, str]]


@pytest.fixture
def verified(capsys: pytest.CaptureFixture[str]) -> Verified:
    """Exit code and output of the verifier on a file."""

    def run(*args: str | Path) -> tuple[int, str]:
        code = sitthi_verify.main([str(each) for each in args])
        return code, capsys.readouterr().out

    return run


def lines(package: Path, name: str = EVENTS) -> list[bytes]:
    return read(package)[name].splitlines(keepends=True)


def test_strangers_run_it_with_nothing_of_ours(packages: Packages, tmp_path: Path) -> None:
    shipped = tmp_path / "sitthi_verify.py"
    shipped.write_bytes(read(packages.period)["sitthi_verify.py"])
    done = subprocess.run(
        [sys.executable, "-I", str(shipped), str(packages.period)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert hashlib.sha256(VERIFIER.read_bytes()).hexdigest() in done.stdout
    for told in ("ผล: ทุกข้อที่ตรวจถูกต้อง", "no --head", "no --key", "nobody else stamped"):
        assert told in done.stdout


@pytest.mark.parametrize("kind", ["period", "case", "full"])
def test_a_package_as_it_was_made_holds(packages: Packages, verified: Verified, kind: str) -> None:
    path = getattr(packages, kind)
    code, told = verified(path, "--head", packages.early)
    assert code == 0, told
    assert "the package goes on from the published head" in told
    assert ("other cases' events" in told) == (kind == "case")
    key = json.loads(read(path)["manifest.sig.json"])["key"]
    assert verified(path, "--key", key)[0] == 0


def test_a_changed_byte(packages: Packages, verified: Verified, tmp_path: Path) -> None:
    content = read(packages.period)
    for name in content:
        changed = bytearray(content[name] or b"{")  # a table may be empty
        changed[len(changed) // 2] ^= 1
        broken = write(tmp_path / "broken.zip", {**content, name: bytes(changed)})
        code, told = verified(broken)
        assert (code, "Traceback" in told) in {(1, False), (2, False)}, name


def test_a_file_taken_out_or_put_in(packages: Packages, verified: Verified, tmp_path: Path) -> None:
    content = read(packages.period)
    less = {name: data for name, data in content.items() if name != "csv/letters.csv"}
    assert "csv/letters.csv: missing" in verified(write(tmp_path / "less.zip", less))[1]
    more = verified(write(tmp_path / "more.zip", {**content, "data/more.jsonl": b"{}\n"}))
    assert more[0] == 1
    assert "data/more.jsonl: not in the manifest" in more[1]


def _removed(found: list[bytes]) -> list[bytes]:
    return found[:20] + found[21:]


def _added(found: list[bytes]) -> list[bytes]:
    return [*found[:20], found[20], *found[20:]]


def _reordered(found: list[bytes]) -> list[bytes]:
    return [*found[:20], found[21], found[20], *found[22:]]


def _edited(found: list[bytes]) -> list[bytes]:
    told = (
        found[20].replace(b'"actor":"engine"', b'"actor":"person"').replace(b'"actor":"S-', b'"actor":"S-9')
    )
    assert told != found[20]
    return [*found[:20], told, *found[21:]]


def _cut(found: list[bytes]) -> list[bytes]:
    return found[:-5]


@pytest.mark.parametrize("forge", [_removed, _added, _reordered, _edited, _cut])
@pytest.mark.parametrize("kind", ["period", "case"])
def test_an_event_removed_added_reordered_edited_or_cut_off(
    packages: Packages, verified: Verified, kind: str, forge: Callable[[list[bytes]], list[bytes]]
) -> None:
    path = getattr(packages, kind)
    forged = packages.site.remade(path, "forged.zip", **{EVENTS: b"".join(forge(lines(path)))})
    code, told = verified(forged)
    if kind == "case" and forge is _cut:  # it says itself that it cannot see this
        assert "each case's last ones" in told
        assert code == 1  # but here the register and the letters tell of what is missing
    assert code == 1, told
    assert "✗" in told


def rewritten(site: Site, path: Path, found: list[bytes], name: str) -> Path:
    """All of the past written anew: chain, tree, proof and head are true to these events, and signed."""
    told = [line[line.index(b',"told":') + 8 : -2] for line in found]
    leaves = [hashlib.sha256(b"\0" + each).digest() for each in told]
    chain, out = bytes(32), []
    for leaf, each in zip(leaves, told, strict=True):
        chain = hashlib.sha256(chain + leaf).digest()
        out.append(b'{"chain":"' + chain.hex().encode() + b'","told":' + each + b"}\n")
    head = {"count": len(told), "chain": chain.hex(), "root": root_of(leaves).hex()}
    proof = {
        "format": "sitthi-audit-proof",
        "version": 1,
        "head": head,
        "segment": {"first": 1, "last": len(told), "before": "00" * 32, "siblings": []},
        "consistency": [],
    }
    manifest = {**json.loads(read(path)["manifest.json"]), "head": head}
    changed = {EVENTS: b"".join(out), "chain/proof.json": json.dumps(proof).encode()}
    return site.remade(path, name, **changed, **{"manifest.json": json.dumps(manifest).encode()})


def test_a_past_rewritten_whole_shows_against_a_published_head_alone(
    packages: Packages, verified: Verified
) -> None:
    forged = rewritten(packages.site, packages.period, _edited(lines(packages.period)), "rewritten.zip")
    assert verified(forged)[0] == 0, "the insider's work is perfect"
    code, told = verified(forged, "--head", packages.early)
    assert code == 1
    assert "rewritten since the head was published" in told


def test_a_tail_cut_off_shows_against_a_published_head_alone(packages: Packages, verified: Verified) -> None:
    fewer = lines(packages.period)[:-2]
    forged = rewritten(packages.site, packages.period, fewer, "cut.zip")
    assert verified(forged)[0] == 0
    code, told = verified(forged, "--head", packages.late)
    assert code == 1
    assert "its end was cut off" in told


def test_an_older_export_played_again(packages: Packages, verified: Verified) -> None:
    code, told = verified(packages.period, "--head", packages.late)
    assert code == 1
    assert "made before the head" in told
    assert "serial 1; 3 were made by then" in told


def test_a_swapped_letter(packages: Packages, verified: Verified) -> None:
    first, second, *rest = lines(packages.period, LETTERS)
    one, two = json.loads(first), json.loads(second)
    one["text_sha256"], two["text_sha256"] = two["text_sha256"], one["text_sha256"]
    swapped = b"".join([json.dumps(one).encode() + b"\n", json.dumps(two).encode() + b"\n", *rest])
    code, told = verified(packages.site.remade(packages.period, "swapped.zip", **{LETTERS: swapped}))
    assert code == 1
    assert "letters: 2 events have no row, or one that says something else" in told


def test_a_swapped_letter_file(packages: Packages, verified: Verified, tmp_path: Path) -> None:
    content = read(packages.full)
    [one, two, *_] = sorted(name for name in content if name.startswith("letters/"))
    content[one], content[two] = content[two] + b" ", content[one]
    code, told = verified(write(tmp_path / "swapped.zip", content))
    assert code == 1
    assert f"{one}: changed" in told or f"{two}: changed" in told


@pytest.mark.parametrize("name", [CASES, LETTERS])
def test_a_row_left_out_of_the_register(packages: Packages, verified: Verified, name: str) -> None:
    found, sheet = lines(packages.case, name), name.replace("data", "csv").replace("jsonl", "csv")
    fewer = read(packages.case)[sheet].splitlines(keepends=True)[:-1]
    changed = {name: b"".join(found[:-1]), sheet: b"".join(fewer)}
    assert verified(packages.site.remade(packages.case, "fewer.zip", **changed))[0] == (
        1 if name == LETTERS else 0
    )
    whole = lines(packages.period, name)
    fewer = read(packages.period)[sheet].splitlines(keepends=True)[:-1]
    changed = {name: b"".join(whole[:-1]), sheet: b"".join(fewer)}
    code, told = verified(packages.site.remade(packages.period, "fewer.zip", **changed))
    if name == CASES:
        assert code == 1
        assert "cases that the events opened are not in the register" in told


def test_another_ending_than_the_one_that_was_told(packages: Packages, verified: Verified) -> None:
    changed = read(packages.period)[CASES].replace(b'"refused"', b'"fulfilled"')
    code, told = verified(packages.site.remade(packages.period, "ending.zip", **{CASES: changed}))
    assert code == 1
    assert "not as the events tell it (case:closed)" in told


def test_a_count_that_does_not_agree(packages: Packages, verified: Verified) -> None:
    fewer = b"".join(read(packages.period)["csv/units.csv"].splitlines(keepends=True)[:-1])
    code, told = verified(packages.site.remade(packages.period, "count.zip", **{"csv/units.csv": fewer}))
    assert code == 1
    assert "units: the manifest says" in told


def test_a_forged_signature(packages: Packages, verified: Verified, tmp_path: Path) -> None:
    content = read(packages.period)
    signature = json.loads(content["manifest.sig.json"])
    own = signature["key"]
    first = int(signature["signature"][:2], 16)
    signature["signature"] = f"{first ^ 1:02x}" + signature["signature"][2:]
    content["manifest.sig.json"] = json.dumps(signature).encode()
    code, told = verified(write(tmp_path / "forged.zip", content))
    assert (code, "the signature is not over these bytes" in told) == (1, True)
    another = remade(packages.period, tmp_path / "another.zip", Forger(packages.site.house.ring), {})
    assert verified(another)[0] == 0  # by itself it does not say whose it is
    for known in (("--key", own), ("--head", packages.early)):
        code, told = verified(another, *known)
        assert (code, "signed by another key" in told) == (1, True)


class Forger(EngineSigning):
    """Somebody with a key of their own."""

    def _key(self) -> Any:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(b"forger's key".ljust(32))


def test_a_forged_head_is_none(packages: Packages, verified: Verified, tmp_path: Path) -> None:
    head = json.loads(packages.early.read_text("utf-8"))
    forged = tmp_path / "head.json"
    forged.write_text(json.dumps({**head, "count": head["count"] - 1}), "utf-8")
    code, told = verified(packages.period, "--head", forged)
    assert (code, "cannot be checked" in told) == (2, True)


def _bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("manifest.json", b"0" * 50_000_000)
        package.writestr("manifest.sig.json", b"{}")


def _named(name: str) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        with zipfile.ZipFile(path, "w") as package:
            for each in ("manifest.json", "manifest.sig.json", name):
                package.writestr(each, b"{}")

    return make


def _link(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as package:
        for each in ("manifest.json", "manifest.sig.json"):
            package.writestr(each, b"{}")
        link = zipfile.ZipInfo("data/link")
        link.external_attr = 0o120777 << 16
        package.writestr(link, b"/etc/passwd")


@pytest.mark.parametrize(
    "make",
    [
        _bomb,
        _named("../outside"),
        _named("/etc/passwd"),
        _named("data\\..\\outside"),
        _named("c:/windows"),
        _link,
        lambda path: path.write_bytes(b"PK\x03\x04" + bytes(100)),
        lambda path: path.write_bytes(b""),
        lambda path: None,
        lambda path: write(path, {"manifest.json": b"[" * 100_000, "manifest.sig.json": b"{}"}),
        lambda path: write(path, {"report.pdf": b"%PDF"}),
    ],
)
def test_what_is_no_package_is_refused(
    verified: Verified, tmp_path: Path, make: Callable[[Path], None]
) -> None:
    path = tmp_path / "strange.zip"
    make(path)
    code, told = verified(path)
    assert code == 2
    assert told.startswith("ตรวจไม่ได้ · cannot be checked: ")


def test_no_package_makes_it_fall_over(packages: Packages, verified: Verified, tmp_path: Path) -> None:
    """Bytes anywhere, changed by an insider who signs anew: an answer each time, never an exception."""
    dice, content = random.Random(7), read(packages.period)
    for _ in range(60):
        name = dice.choice(["chain/proof.json", EVENTS, CASES, LETTERS])
        changed = bytearray(content[name])
        for _ in range(dice.randint(1, 4)):
            changed[dice.randrange(len(changed))] = dice.randrange(256)
        forged = packages.site.remade(packages.period, "garbled.zip", **{name: bytes(changed)})
        assert verified(forged)[0] in {0, 1}


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 64, 100])
def test_every_proof_of_a_tree_checks_in_the_verifier(size: int) -> None:
    leaves = [hashlib.sha256(bytes([number])).digest() for number in range(size)]
    with TreeFile() as file:
        tree: Tree = file.grow(leaves)
        assert tree.root() == root_of(leaves)
        for index in range(size):
            path = tree.inclusion(index)
            assert sitthi_verify.climbed(index, 0, size, leaves[index], path) == tree.root()
            assert path == []
            old = root_of(leaves[: index + 1])
            proof = tree.consistency(index + 1)
            assert sitthi_verify.grown(index + 1, size, True, proof, old) == (old, tree.root())  # noqa: FBT003 - its own
            assert proof == []


def test_the_tree_is_that_of_rfc_6962() -> None:
    """The test vectors that implementations of the RFC share: seven inputs, roots after each."""
    inputs = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]
    leaves = [hashlib.sha256(b"\0" + bytes.fromhex(each)).digest() for each in inputs]
    assert root_of([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert root_of(leaves[:1]).hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert root_of(leaves).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
