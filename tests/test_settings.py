from __future__ import annotations

import os
from pathlib import Path

import pytest

from domain.errors import BadInput
from settings import Settings, outside_environment

SECRET = "pa55word-that-must-not-show"


def production(tmp_path: Path) -> dict[str, str]:
    key_file = tmp_path / "kek.json"
    key_file.write_text("{}")
    return {
        "SITTHI_PROFILE": "production",
        "DATABASE_URL": f"postgresql://app:{SECRET}@db.example:5432/register",
        "SITTHI_DATABASE_OWNER_URL": f"postgres://owner:{SECRET}@db.example/register",
        "SITTHI_KEYSTORE_URL": f"postgresql+psycopg://keys:{SECRET}@vault.example/keys",
        "SITTHI_TEMPORAL_ADDRESS": "temporal.example:7233",
        "SITTHI_TEMPORAL_TLS": "true",
        "SITTHI_TEMPORAL_API_KEY": SECRET,
        "SITTHI_PORTAL_URL": "https://privacy.example.co.th/",
        "SITTHI_KEY_FILE": str(key_file),
    }


def test_an_empty_environment_is_the_embedded_installation() -> None:
    settings = Settings.load({})
    assert settings.profile == "embedded"
    assert settings.key_file == Path("var/keys/kek.json")
    assert settings.mailbox == Path("var/mailbox")
    assert settings.company == Path("policy/company.yaml")
    assert settings.database_url is None


def test_places_follow_var_and_policy_unless_said() -> None:
    settings = Settings.load({"SITTHI_VAR": "/srv/s", "SITTHI_POLICY": "/etc/p", "SITTHI_FILES": "/big"})
    assert settings.key_file == Path("/srv/s/keys/kek.json")
    assert settings.company == Path("/etc/p/company.yaml")
    assert settings.files == Path("/big")


def test_they_round_trip_through_an_environment(tmp_path: Path) -> None:
    for env in ({}, {"SITTHI_PORTAL_PORT": "8123", "SITTHI_LOG_LEVEL": "debug"}, production(tmp_path)):
        settings = Settings.load(env)
        assert Settings.load(settings.as_environment()) == settings


def test_production_takes_every_form_of_a_postgresql_address(tmp_path: Path) -> None:
    settings = Settings.load(production(tmp_path))
    assert settings.database_owner_url is not None
    assert settings.database_owner_url.get_secret_value() == (
        f"postgresql+psycopg://owner:{SECRET}@db.example/register"
    )
    assert settings.portal_url == "https://privacy.example.co.th"


def test_secrets_show_in_no_rendering(tmp_path: Path) -> None:
    settings = Settings.load(production(tmp_path))
    assert SECRET not in f"{settings!r} {settings} {settings.model_dump_json()}"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SITTHI_PROFILE", f"staging-{SECRET}"),
        ("DATABASE_URL", f"mysql://app:{SECRET}@db/register"),
        ("SITTHI_KEYSTORE_URL", f"postgresql://app:{SECRET}@db"),
        ("SITTHI_PORTAL_PORT", f"eighty-{SECRET}"),
        ("SITTHI_PORTAL_PORT", "70000"),
        ("SITTHI_PORTAL_URL", f"ftp://{SECRET}"),
        ("SITTHI_TEMPORAL_TLS", f"perhaps-{SECRET}"),
        ("SITTHI_LOG_LEVEL", f"chatty-{SECRET}"),
    ],
)
def test_a_malformed_variable_is_named_and_not_shown(variable: str, value: str) -> None:
    with pytest.raises(BadInput) as told:
        Settings.load({variable: value})
    assert told.value.facts["variable"] == variable
    assert SECRET not in str(told.value)
    assert told.value.__cause__ is None
    assert told.value.__suppress_context__


def test_a_misspelt_variable_is_named_with_the_one_that_was_meant() -> None:
    with pytest.raises(BadInput, match=r"SITTHI_PORTAL_PROT.*did you mean SITTHI_PORTAL_PORT\?"):
        Settings.load({"SITTHI_PORTAL_PROT": "1"})


@pytest.mark.parametrize(
    "variable",
    [
        "DATABASE_URL",
        "SITTHI_DATABASE_OWNER_URL",
        "SITTHI_KEYSTORE_URL",
        "SITTHI_TEMPORAL_ADDRESS",
        "SITTHI_PORTAL_URL",
        "SITTHI_KEY_FILE",
    ],
)
def test_production_lives_on_no_default(tmp_path: Path, variable: str) -> None:
    env = production(tmp_path)
    del env[variable]
    with pytest.raises(BadInput) as told:
        Settings.load(env)
    assert (told.value.code, told.value.facts) == ("setting-missing", {"variable": variable})


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SITTHI_PORTAL_URL", "http://privacy.example.co.th"),
        ("SITTHI_KEY_FILE", "/there/is/no/such/file"),
        ("SITTHI_KEYSTORE_URL", "postgresql://keys:k@db.example/register"),
        ("SITTHI_TEMPORAL_TLS", "false"),
    ],
)
def test_production_refuses_what_is_unsafe(tmp_path: Path, variable: str, value: str) -> None:
    with pytest.raises(BadInput) as told:
        Settings.load({**production(tmp_path), variable: value})
    assert told.value.facts == {"variable": variable}


@pytest.mark.parametrize(
    ("env", "variable"),
    [
        ({"SITTHI_TSA_URL": "https://tsa.example", "SITTHI_TSA_USER": "siam"}, "SITTHI_TSA_PASSWORD"),
        ({"SITTHI_TSA_URL": "https://tsa.example", "SITTHI_TSA_PASSWORD": SECRET}, "SITTHI_TSA_USER"),
        (
            {"SITTHI_TSA_URL": "http://tsa.example", "SITTHI_TSA_USER": "s", "SITTHI_TSA_PASSWORD": SECRET},
            "SITTHI_TSA_URL",
        ),
        ({"SITTHI_TSA_USER": "s", "SITTHI_TSA_PASSWORD": SECRET}, "SITTHI_TSA_URL"),
        ({"SITTHI_TSA_URL": "tsa.example"}, "SITTHI_TSA_URL"),
    ],
)
def test_a_time_authority_s_password_needs_its_name_and_tls(env: dict[str, str], variable: str) -> None:
    with pytest.raises(BadInput) as told:
        Settings.load(env)
    assert (told.value.facts, SECRET in str(told.value)) == ({"variable": variable}, False)


def test_a_certificate_without_its_key_is_refused() -> None:
    with pytest.raises(BadInput, match="SITTHI_TEMPORAL_TLS_KEY"):
        Settings.load({"SITTHI_TEMPORAL_TLS_CERT": "cert.pem"})


def test_what_is_absent_is_filled_from_the_running_ones_and_what_was_said_stays() -> None:
    said = Settings.load({"SITTHI_PORTAL_PORT": "8001"})
    running = Settings.load({"SITTHI_PORTAL_PORT": "9001", "SITTHI_TEMPORAL_ADDRESS": "127.0.0.1:1"})
    filled = said.filled_from(running)
    assert (filled.portal_port, filled.temporal_address) == (8001, "127.0.0.1:1")


def test_a_child_is_given_the_rest_of_the_environment_without_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITTHI_STAFF_CREDENTIAL", SECRET)
    monkeypatch.setenv("DATABASE_URL", SECRET)
    assert outside_environment()["PATH"] == os.environ["PATH"]
    assert SECRET not in outside_environment().values()
