from __future__ import annotations

from pathlib import Path

import pytest

from connectors.registry import open_connectors
from domain.errors import DataMapInvalid
from tests.connectors.shop import MAP, fill

STANZA = "systems:\n  - {{name: shop, kind: sql, map: {map}, {address}}}\n"


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "systems.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_opens_what_the_file_names_without_reaching_it(tmp_path: Path) -> None:
    text = STANZA.format(map=MAP, address="url: sqlite:////nowhere/at-all.db")
    opened = open_connectors(written(tmp_path, text), {})
    assert list(opened) == ["shop"]
    assert opened["shop"].name == "shop"


def test_takes_addresses_from_the_surroundings(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    fill(url).dispose()
    file = written(tmp_path, STANZA.format(map=MAP, address="url_env: SHOP_URL"))
    opened = open_connectors(file, {"SHOP_URL": url})
    opened["shop"].check()
    opened["shop"]._engine.dispose()  # type: ignore[attr-defined]


PAY = "systems:\n  - {{name: pay, kind: stripe, mode: test{key}}}\n"


@pytest.mark.parametrize("key", [", key: sk_test_1", ", key_env: PAY_KEY"])
def test_a_vendor_s_key_stands_in_the_file_or_in_the_surroundings(tmp_path: Path, key: str) -> None:
    opened = open_connectors(written(tmp_path, PAY.format(key=key)), {"PAY_KEY": "sk_test_1"})
    assert list(opened) == ["pay"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (STANZA.format(map=MAP, address="url_env: SHOP_URL"), "address-not-set"),
        (STANZA.format(map=MAP, address="url: 'sqlite://', url_env: X"), "address-unclear"),
        (PAY.format(key=""), "key-unclear"),
        (PAY.format(key=", key: sk_test_1, key_env: PAY_KEY"), "key-unclear"),
        (PAY.format(key=", key_env: PAY_KEY"), "key-not-set"),
        ("systems:\n  - {name: shop}\n", "key-missing"),
        ("systems:\n  - {name: shop, kind: fax}\n", "unknown-word"),
        ("systems:\n  - {name: 'a:b', kind: sql}\n", "system-name"),
        ("systems:\n  - {name: shop, kind: sql, map: no.yaml, url: 'sqlite://'}\n", "file-unreadable"),
        ("", "file-empty"),
    ],
)
def test_refuses_a_file_that_says_too_little(tmp_path: Path, text: str, code: str) -> None:
    with pytest.raises(DataMapInvalid) as refused:
        open_connectors(written(tmp_path, text), {})
    assert refused.value.code == code
    assert refused.value.facts["file"]
