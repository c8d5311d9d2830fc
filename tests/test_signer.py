"""Which certificate an installation signs with, as its settings say."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

import bootstrap
from domain.errors import BadInput
from exports.signing import DEVELOPMENT, verify
from settings import Settings
from tests.exports.samples import case_file, documents
from tests.exports.test_signing import PASSPHRASE, company


def test_an_embedded_installation_signs_for_development(tmp_path: Path) -> None:
    signer = bootstrap._signer(Settings(var=tmp_path))

    assert verify(documents(signer=signer).letter("L1", case_file()).pdf).signer == DEVELOPMENT


def test_production_signs_with_nothing_that_nobody_named(tmp_path: Path) -> None:
    assert bootstrap._signer(Settings(profile="production", var=tmp_path)) is None
    assert not (tmp_path / "keys").exists()


def test_the_named_certificate_signs(tmp_path: Path) -> None:
    file = tmp_path / "company.p12"
    file.write_bytes(company()[0])
    settings = Settings.load(
        {"SITTHI_SIGNING_CERTIFICATE": str(file), "SITTHI_SIGNING_PASSPHRASE": PASSPHRASE}
    )
    signer = bootstrap._signer(settings)

    assert verify(documents(signer=signer).letter("L1", case_file()).pdf).signer == "Siam CRM"
    assert PASSPHRASE not in repr(settings)
    with pytest.raises(BadInput, match="signing certificate unreadable"):
        bootstrap._signer(settings.model_copy(update={"signing_passphrase": SecretStr("wrong")}))
