"""`link`: made for a known customer, printed once, listed without anybody's data, taken back."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.counter import Counter, counter

__all__ = ["counter"]

ADDRESS = "malee.jaidee@example.com"


def test_a_link_is_made_shown_once_listed_and_revoked(counter: Counter, tmp_path: Path) -> None:
    file = tmp_path / "address"
    file.write_text(ADDRESS, "utf-8")
    made = counter.told("link", "new", "--right", "access", "--email", f"@{file}", "--days", "3")
    token = made["url"].rpartition("/s/")[2].partition("?")[0]
    assert counter.room.self_links.offered(token).about.identifiers[0].value == ADDRESS
    [listed] = [one for one in counter.told("link", "list")["links"] if one["id"] == made["id"]]
    assert (listed["rights"], listed["vouched"], listed["revoked"]) == (["access"], False, None)
    shown = json.dumps(listed) + counter.shown("link", "list")
    assert token not in shown
    assert ADDRESS not in shown
    assert counter.shown("link", "revoke", made["id"]) == f"{made['id']}: revoked\n"
    assert [one["revoked"] for one in counter.told("link", "list")["links"]] != [None]
    assert counter.refused("link", "revoke", "k-none")[0] == 3
    assert counter.refused("link", "new", "--right", "access")[0] == 2
    assert counter.refused("link", "new", "--right", "all", "--email", f"@{file}")[0] == 2
