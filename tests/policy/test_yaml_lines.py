from __future__ import annotations

from pathlib import Path

import pytest

from domain.errors import DataMapInvalid, PolicyInvalid
from policy.yaml_lines import Document, read_yaml


def read(folder: Path, text: str) -> Document:
    path = folder / "some.yaml"
    path.write_text(text, encoding="utf-8")
    return read_yaml(path)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("NO", "NO"),  # Norway
        ("yes", "yes"),
        ("on", "on"),
        ("true", True),
        ('"true"', "true"),
        ("2026-11-22", "2026-11-22"),
        ("23:59:59", "23:59:59"),
        ("010", "010"),
        ("1_000", "1_000"),
        ("30", 30),
        ("-1", -1),
        ("0.5", 0.5),
        ("~", None),
        ("", None),
        ('"30"', "30"),
        ("[1, {a: 2}]", [1, {"a": 2}]),
    ],
)
def test_a_value_is_what_it_looks_like(tmp_path: Path, written: str, value: object) -> None:
    assert read(tmp_path, f"key: {written}\n").data == {"key": value}


def test_every_value_knows_its_line(tmp_path: Path) -> None:
    document = read(tmp_path, "# head\na:\n  b: 1\n  c:\n    - x\n    - {d: 2,\n       e: 3}\n")
    places = [("a",), ("a", "b"), ("a", "c"), ("a", "c", 0), ("a", "c", 1), ("a", "c", 1, "e")]
    assert [document.line(place) for place in places] == [2, 3, 4, 5, 6, 7]
    assert document.line(("a", "c", 1, "nowhere", "at all")) == 6
    assert document.line(("z",)) == 1


def test_an_alias_gives_the_same_value(tmp_path: Path) -> None:
    assert read(tmp_path, "a: &all [1, 2]\nb: *all\n").data == {"a": [1, 2], "b": [1, 2]}


def test_a_key_that_stands_twice_is_refused_at_the_second(tmp_path: Path) -> None:
    with pytest.raises(PolicyInvalid) as caught:
        read(tmp_path, "a:\n  b: 1\n  b: 2\n")
    assert (caught.value.code, caught.value.facts) == (
        "key-twice",
        {"file": "some.yaml", "line": 3, "field": "a.b"},
    )


@pytest.mark.parametrize("tag", ["!!python/object:os.system", "!secret", "!!timestamp", "!!binary"])
def test_nothing_but_plain_values_is_read(tmp_path: Path, tag: str) -> None:
    with pytest.raises(PolicyInvalid, match="tag unknown"):
        read(tmp_path, f"a: {tag} x\n")


def test_the_reader_says_which_error_it_wants(tmp_path: Path) -> None:
    with pytest.raises(DataMapInvalid, match="file missing"):
        read_yaml(tmp_path / "none.yaml", DataMapInvalid)
