"""A case's documents out of their seals: into a directory, or into one archive that a passphrase opens."""

from __future__ import annotations

from pathlib import Path

import pytest
import pyzipper

from domain.case import Bundle
from domain.errors import SealBroken
from exports.handover import CERTIFICATE, Handover
from security.tokens import new_passphrase
from tests.portal.conftest import world
from tests.portal.world import World

__all__ = ["world"]

LETTER, PACKED, PROOF = b"%PDF-1.7 a letter", bytes(range(256)) * 9000, b"%PDF-1.7 a certificate"
BUNDLE = "bundle.zip"
TO_ANOTHER = b"%PDF-1.7 a letter to a recipient"


@pytest.fixture
def made(world: World) -> tuple[World, str]:
    """A case with a letter, one to somebody else, a package and a certificate."""
    case = world.case()
    for ref, content in (
        ("letters/L5.pdf", LETTER),
        ("letters/L11-stripe.pdf", TO_ANOTHER),
        (BUNDLE, PACKED),
        (CERTIFICATE, PROOF),
    ):
        with world.files.write(case, ref) as out:
            out.write(content)
    world.room.letters.queue(case, "L5", "letters/L5.pdf", "0" * 64)
    world.room.letters.queue(case, "L11-stripe", "letters/L11-stripe.pdf", "0" * 64)
    world.room.letters.seal_bundle(case, world.files.measure(case, BUNDLE))
    return world, case


def handover(world: World) -> Handover:
    room = world.room
    return Handover(room.register, room.letters, room.scans, world.files, room.messages)


def test_an_archive_opens_with_its_passphrase_and_with_no_other(
    made: tuple[World, str], tmp_path: Path
) -> None:
    world, case = made
    view, phrase = world.room.register.view(case), new_passphrase()
    [path] = handover(world).archive(view, tmp_path / "new", phrase, actor="S-1")
    assert path.name == f"{view.case.reference}.zip"
    assert path.stat().st_mode & 0o777 == 0o600
    sealed = path.read_bytes()
    assert not any(content[:32] in sealed for content in (LETTER, PACKED, PROOF))
    with pyzipper.AESZipFile(path) as archive:
        assert {one.wz_aes_strength for one in archive.infolist()} == {3}  # AES-256
        with pytest.raises(RuntimeError):
            archive.read("L5.pdf")
        with pytest.raises(RuntimeError):
            archive.read("L5.pdf", pwd=new_passphrase().encode())
        opened = {name: archive.read(name, pwd=phrase.encode()) for name in archive.namelist()}
    assert opened == {"L5.pdf": LETTER, BUNDLE: PACKED, CERTIFICATE: PROOF}
    assert [one.name for one in tmp_path.rglob("*.part")] == []


def test_a_directory_holds_the_same(made: tuple[World, str], tmp_path: Path) -> None:
    world, case = made
    written = handover(world).export(world.room.register.view(case), tmp_path, actor="S-1")
    assert {path.name: path.read_bytes() for path in written} == {
        "L5.pdf": LETTER,
        "L11-stripe.pdf": TO_ANOTHER,
        BUNDLE: PACKED,
        CERTIFICATE: PROOF,
    }


@pytest.mark.parametrize("archived", [True, False])
def test_a_package_that_is_not_the_one_made_leaves_nothing(
    made: tuple[World, str], tmp_path: Path, *, archived: bool
) -> None:
    world, case = made
    world.room.letters.seal_bundle(case, Bundle(ref=BUNDLE, sha256="0" * 64, size=len(PACKED)))
    view, out = world.room.register.view(case), handover(world)
    phrase = (new_passphrase(),) if archived else ()
    hand_over = out.archive if archived else out.export
    with pytest.raises(SealBroken):
        hand_over(view, tmp_path, *phrase, actor="S-1")
    assert [path.name for path in tmp_path.rglob("*") if BUNDLE in path.name or path.suffix == ".zip"] == []


def test_of_a_case_without_documents_no_archive_is_made(world: World, tmp_path: Path) -> None:
    view = world.room.register.view(world.case())
    assert handover(world).archive(view, tmp_path, new_passphrase(), actor="S-1") == ()
    assert list(tmp_path.iterdir()) == []


def test_passphrases_are_read_out_without_doubt() -> None:
    phrases = {new_passphrase() for _ in range(50)}
    assert len(phrases) == 50
    assert {len(phrase) for phrase in phrases} == {29}
    assert not set("".join(phrases)) & set("01ilo")
