"""Checking a certificate: anybody, without an account, and nothing personal on the page."""

from __future__ import annotations

import hashlib

import httpx
import pytest

from tests.portal.world import World, browsing

PROOF = hashlib.sha256(b"proof").hexdigest()
FIRST, SECOND = "ab" * 32, "cd" * 32


async def looked(world: World, address: str) -> httpx.Response:
    async with browsing(world) as client:
        return await client.get(address)


async def test_a_certificate_that_was_issued_is_genuine(world: World) -> None:
    case = world.case()
    world.room.certificates.issue(case, PROOF, FIRST)
    page = await looked(world, f"/check/{PROOF}")

    assert page.status_code == 200
    assert "บริษัทออกหนังสือรับรองที่มีรหัสนี้จริง" in page.text
    assert PROOF in page.text
    assert FIRST in page.text
    assert "พฤศจิกายน" in page.text
    assert "2569" in page.text
    assert world.reference(case) not in page.text
    assert "DSR-" not in page.text


async def test_the_newest_file_stands(world: World) -> None:
    case, proof = world.case(), hashlib.sha256(b"again").hexdigest()
    for sha256 in (FIRST, FIRST, SECOND):
        world.room.certificates.issue(case, proof, sha256)
    page = await looked(world, f"/check/{proof}?lang=en")

    assert "The company issued a certificate with this code" in page.text
    assert SECOND in page.text
    assert FIRST not in page.text


@pytest.mark.parametrize("proof", ["0" * 64, "x", "A" * 64, "%27 or 1=1", "0" * 5000])
async def test_what_was_never_issued_is_not_certified(world: World, proof: str) -> None:
    page = await looked(world, f"/check/{proof}")

    assert page.status_code == 404
    assert "ไม่พบหนังสือรับรอง" in page.text


async def test_looking_is_bounded(world: World) -> None:
    async with browsing(world) as client:
        pages = [await client.get("/check/x") for _ in range(61)]

    assert [page.status_code for page in pages] == [404] * 60 + [429]
    assert int(pages[-1].headers["Retry-After"]) > 0
