from __future__ import annotations

from collections.abc import Iterator

import pytest

from domain import errors
from domain.errors import BadInput, PolicyInvalid, RateLimited, SitthiError


def tree(root: type[SitthiError]) -> Iterator[type[SitthiError]]:
    yield root
    for child in root.__subclasses__():
        yield from tree(child)


def test_an_error_says_what_where_and_the_way_out() -> None:
    error = PolicyInvalid(
        "field-missing", "add it", file="company.yaml", line=7, field="company.officer.email"
    )
    assert str(error) == ("field missing (file company.yaml, line 7, field company.officer.email): add it")
    assert str(BadInput("unknown-right")) == "unknown right"
    assert str(BadInput("unknown-right", "use access")) == "unknown right: use access"


def test_every_branch_has_an_exit_code_of_its_own() -> None:
    branches = SitthiError.__subclasses__()
    codes = {branch.exit_code for branch in branches}
    assert len(codes) == len(branches)
    assert not codes & {0, 1}
    for branch in branches:
        assert {leaf.exit_code for leaf in tree(branch)} == {branch.exit_code}


def test_the_tree_drawn_is_the_tree() -> None:
    drawn = errors.__doc__ or ""
    assert all(leaf.__name__ in drawn for leaf in tree(SitthiError))


def test_a_limit_says_when_to_come_back() -> None:
    with pytest.raises(SitthiError) as caught:
        raise RateLimited("slow-down", retry_after=30, system="crm")
    assert isinstance(caught.value, RateLimited)
    assert (caught.value.retry_after, caught.value.facts) == (30, {"system": "crm"})
