from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import exc

from connectors.sql_errors import translate, translated
from domain.errors import Refused, Unavailable

MARK = "somchai@example.com"


def families(root: type[exc.DBAPIError]) -> Iterator[type[exc.DBAPIError]]:
    yield root
    for family in root.__subclasses__():
        yield from families(family)


class DriverError(Exception):
    def __init__(self, text: str, sqlstate: str | None = None) -> None:
        super().__init__(text)
        self.sqlstate = sqlstate


@pytest.mark.parametrize("family", list(dict.fromkeys(families(exc.DBAPIError))))
def test_every_class_becomes_ours_without_its_text(family: type[exc.DBAPIError]) -> None:
    with pytest.raises((Unavailable, Refused)) as raised, translated("crm"):
        raise family("select :email", {"email": MARK}, DriverError(f"Key (email)=({MARK}) already exists"))
    told = raised.value
    assert MARK not in f"{told} {told!r} {told.facts}"
    assert told.__cause__ is None
    assert told.__suppress_context__


@pytest.mark.parametrize(
    ("state", "kind", "code"),
    [
        ("23502", Refused, "not-null-refuses"),
        ("23505", Refused, "unique-refuses"),
        ("42501", Refused, "permission-missing"),
        ("42P01", Refused, "schema-differs"),
        ("22001", Refused, "value-does-not-fit"),
        ("25006", Refused, "database-read-only"),
        ("28P01", Refused, "credentials-refused"),
        ("40P01", Unavailable, "database-too-busy"),
        ("53300", Unavailable, "database-too-busy"),
        ("55P03", Unavailable, "database-too-busy"),
        ("57P01", Unavailable, "database-unreachable"),
    ],
)
def test_codes_decide_before_classes(state: str, kind: type[Exception], code: str) -> None:
    told = translate(exc.OperationalError("select 1", {}, DriverError("", state)), "crm")
    assert type(told) is kind
    assert told.code == code


def test_a_lost_connection_is_tried_again_whatever_else_it_says() -> None:
    error = exc.InternalError("select 1", {}, DriverError("", "23505"), connection_invalidated=True)
    assert isinstance(translate(error, "crm"), Unavailable)


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (exc.TimeoutError(), Unavailable),
        (exc.NoSuchTableError(MARK), Refused),
        (ValueError(f"could not convert {MARK}"), Refused),
    ],
)
def test_what_is_no_driver_s_error_is_ours_too(raised: Exception, kind: type[Exception]) -> None:
    with pytest.raises(kind) as told, translated("crm"):
        raise raised
    assert MARK not in f"{told.value} {told.value.__cause__}"
