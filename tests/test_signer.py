"""Which certificate an installation signs with, as its settings say."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

import adapters
from domain.errors import BadInput
from exports.signing import DEVELOPMENT, verify
from settings import Settings
from tests.exports.samples import StoppedClock, case_file, documents, policy
from tests.exports.test_signing import PASSPHRASE, company
from tests.support.tsa import AT, running


def test_an_embedded_installation_signs_for_development(tmp_path: Path) -> None:
    signer = adapters.pdf_signer(Settings(var=tmp_path))

    assert verify(documents(signer=signer).letter("L1", case_file()).pdf).signer == DEVELOPMENT


def test_production_signs_with_nothing_that_nobody_named(tmp_path: Path) -> None:
    assert adapters.pdf_signer(Settings(profile="production", var=tmp_path)) is None
    assert not (tmp_path / "keys").exists()


def test_a_configured_time_authority_stamps_what_is_sent_and_no_sample(tmp_path: Path) -> None:
    with running() as tsa:
        settings = Settings(var=tmp_path, tsa_url=tsa.url)
        sent = adapters.documents_of(settings, policy(), StoppedClock()).letter("L1", case_file()).pdf
        asked = len(tsa.asked)
        sample = adapters.documents_of(settings, policy(), StoppedClock(), stamped=False)
        shown = sample.letter("L1", case_file()).pdf

    assert (verify(sent).stamped, verify(shown).stamped) == (AT, None)
    assert len(tsa.asked) == asked


def test_the_named_certificate_signs(tmp_path: Path) -> None:
    file = tmp_path / "company.p12"
    file.write_bytes(company()[0])
    settings = Settings.load(
        {"SITTHI_SIGNING_CERTIFICATE": str(file), "SITTHI_SIGNING_PASSPHRASE": PASSPHRASE}
    )
    signer = adapters.pdf_signer(settings)

    assert verify(documents(signer=signer).letter("L1", case_file()).pdf).signer == "Siam CRM"
    assert PASSPHRASE not in repr(settings)
    with pytest.raises(BadInput, match="signing certificate unreadable"):
        adapters.pdf_signer(settings.model_copy(update={"signing_passphrase": SecretStr("wrong")}))
