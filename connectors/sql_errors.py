"""Foreign exceptions become the engine's own, by class and code; their text may quote a row and goes nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from domain.errors import Refused, SitthiError, Unavailable

_TRY_AGAIN = "it is tried again by itself"
_CHECK_DATABASE = "check the database, its address and the network"

# PostgreSQL's SQLSTATE, whole or its class (appendix A of its manual).
_TOO_BUSY = ("40", "53", "55P03", "57014")
_REFUSED_STATES = {
    "28": ("credentials-refused", "give the connector a role that may log in"),
    "3D": ("database-missing", "check the database's name"),
    "42501": ("permission-missing", "grant the connector's role what it needs"),
    "25006": ("database-read-only", "give the connector a role that may write"),
    "23502": ("not-null-refuses", "let the data map give the column a value"),
    "23001": ("foreign-key-refuses", "plan what refers to it first"),
    "23503": ("foreign-key-refuses", "plan what refers to it first"),
    "23505": ("unique-refuses", "let the data map make a unique surrogate"),
    "23514": ("check-refuses", "let the data map give a value that the constraint allows"),
    "23P01": ("exclusion-refuses", "let the data map give a value that the constraint allows"),
    "22": ("value-does-not-fit", "let the data map give a value of that type and length"),
    "42": ("schema-differs", "hold the data map against the database again"),
}
# What drivers say where they give no code: SQLite, and logins that never came to a session.
_TELLING_WORDS = (
    ("authentication failed", "28"),
    ("access denied", "28"),
    ('role "', "28"),
    ("does not exist", "3D"),
    ("readonly database", "25006"),
    ("read-only", "25006"),
    ("not null constraint", "23502"),
    ("foreign key constraint", "23503"),
    ("unique constraint", "23505"),
    ("check constraint", "23514"),
    ("no such table", "42"),
    ("no such column", "42"),
)


@contextmanager
def translated(system: str) -> Iterator[None]:
    """Let nothing of SQLAlchemy's or a driver's out.

    Raises:
        Unavailable: the database cannot be reached or is too busy now.
        Refused: it answered, and will not do it.
    """
    try:
        yield
    except exc.DBAPIError as error:
        raise translate(error, system) from None
    except exc.TimeoutError:
        raise Unavailable("database-too-busy", _TRY_AGAIN, system=system) from None
    except exc.SQLAlchemyError as error:
        raise Refused(
            "database-refuses", "hold the data map against it", system=system, kind=type(error).__name__
        ) from None
    except ValueError:  # a driver's conversion of what stands in a column; its text quotes the value
        raise Refused(
            "value-unreadable", "a column holds what its type does not allow", system=system
        ) from None


def translate(error: exc.DBAPIError, system: str) -> SitthiError:
    """The engine's error for a driver's, with its code and the names of constraint, table and column."""
    if error.connection_invalidated:
        return Unavailable("connection-lost", _TRY_AGAIN, system=system)
    state = getattr(error.orig, "sqlstate", None) or _state_in_words(error)
    if state.startswith(_TOO_BUSY):
        return Unavailable("database-too-busy", _TRY_AGAIN, system=system)
    for prefix, (code, mend) in _REFUSED_STATES.items():
        if state.startswith(prefix):
            return Refused(code, mend, system=system, **_names(error))
    if isinstance(error, exc.OperationalError | exc.InterfaceError):
        return Unavailable("database-unreachable", _CHECK_DATABASE, system=system)
    return Refused("database-refuses", "see the database's own log", system=system, kind=type(error).__name__)


def _state_in_words(error: exc.DBAPIError) -> str:
    words = str(error.orig).lower()
    return next((state for telling, state in _TELLING_WORDS if telling in words), "")


def _names(error: exc.DBAPIError) -> dict[str, str]:
    """Names from the catalogue, as PostgreSQL reports them; never values."""
    told = getattr(error.orig, "diag", None)
    names = {
        "table": getattr(told, "table_name", None),
        "column": getattr(told, "column_name", None),
        "constraint": getattr(told, "constraint_name", None),
    }
    return {fact: name for fact, name in names.items() if name}
