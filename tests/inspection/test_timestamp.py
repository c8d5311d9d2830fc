"""Whole packages with a time authority: there, away, forged, and its token taken out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from connectors.time_authority import HttpTimeAuthority
from domain.timestamps import TimeAuthority
from exports.inspection.package import AuditPackages
from exports.inspection.seal import SIGNATURE, TIMESTAMP
from exports.verifier import sitthi_verify
from security.signing import EngineSigning
from tests.connectors.test_time_authority import openssl
from tests.inspection.conftest import Packages, read, write
from tests.support.tsa import Tsa, running


@pytest.fixture(scope="module")
def tsa() -> Iterator[Tsa]:
    with running() as made:
        yield made


def export(packages: Packages, name: str, authority: TimeAuthority) -> Path:
    site = packages.site
    house, signing = site.house, EngineSigning(site.house.ring)
    made = AuditPackages(house.room.inspection, house.policy, signing, site.files, authority)
    return replace(site, packages=made).export(name)


@pytest.fixture(scope="module")
def stamped(packages: Packages, tsa: Tsa) -> Path:
    return export(packages, "stamped.zip", HttpTimeAuthority(tsa.url))


def verified(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    return sitthi_verify.main([str(path)]), capsys.readouterr().out


def test_a_stamped_package_tells_its_time_and_who_can_be_asked_whose_it_is(
    stamped: Path, tsa: Tsa, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = verified(stamped, capsys)
    assert code == 0, told
    assert "is over this signature, and truly signed: 2026-11-23T02:30:15Z, CN=Time of Siam" in told
    assert "authority is to be trusted: no --tsa-cert" in told
    assert "openssl ts -verify" in told
    assert "nobody else stamped" not in told
    content = read(stamped)
    assert openssl(tsa, content[TIMESTAMP], content[SIGNATURE], tmp_path)[0] == 0
    manifest = json.loads(content["manifest.json"])
    assert manifest["timestamp"] == "127.0.0.1"
    Draft202012Validator(json.loads(content["schema/manifest.schema.json"])).validate(manifest)


def test_the_authority_can_be_named(
    stamped: Path, tsa: Tsa, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for pem, good in ((tsa.pem, True), (Tsa(serial=12).pem, False)):
        (tmp_path / "tsa.pem").write_bytes(pem)
        code = sitthi_verify.main([str(stamped), "--tsa-cert", str(tmp_path / "tsa.pem")])
        told = capsys.readouterr().out
        assert (code == 0, "is to be trusted" in told) == (good, False), told
    (tmp_path / "tsa.pem").write_bytes(b"none")
    assert sitthi_verify.main([str(stamped), "--tsa-cert", str(tmp_path / "tsa.pem")]) == 2


def test_a_token_over_another_signature_is_caught(
    stamped: Path, tsa: Tsa, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    forged = write(tmp_path / "forged.zip", {**read(stamped), TIMESTAMP: tsa.stamp(bytes(32))})
    code, told = verified(forged, capsys)
    assert (code, "✗ การประทับรับรองเวลาเป็นของลายมือชื่อนี้" in told) == (1, True)


def test_a_token_taken_out_shows(stamped: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = read(stamped)
    del content[TIMESTAMP]
    code, told = verified(write(tmp_path / "less.zip", content), capsys)
    assert (code, "no timestamp came, or it was taken out" in told) == (0, True)


def test_while_the_authority_is_away_it_is_made_and_says_so(
    packages: Packages, capsys: pytest.CaptureFixture[str]
) -> None:
    with running() as gone:
        authority = HttpTimeAuthority(gone.url)
    path = export(packages, "away.zip", authority)
    assert TIMESTAMP not in read(path)
    code, told = verified(path, capsys)
    assert (code, "no timestamp came, or it was taken out" in told) == (0, True)
