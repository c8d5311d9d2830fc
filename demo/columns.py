"""What the tables are drawn with: categories of the privacy policy, kinds of columns, money."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Identity,
    Integer,
    MetaData,
    Numeric,
    String,
    TypeDecorator,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB


def not_mariadb(*_: Any, dialect: Dialect, **__: Any) -> bool:
    """Whether a database takes what MariaDB does not; for `ddl_if`."""
    return dialect.name not in {"mysql", "mariadb"}


class Category(StrEnum):
    """The categories of data that the company's privacy policy names, in its order."""

    REGISTRATION = "1.1 registration"
    PAYMENT = "1.1 payment"
    CUSTOMERS_OF_TENANTS = "1.1 customers of tenants"
    COMMUNICATION = "1.1 communication"
    USAGE = "1.2 usage"
    TECHNICAL = "1.2 technical"
    COOKIES = "1.2 cookies"


class HeldAs(StrEnum):
    """In which role the company holds a table's rows."""

    CONTROLLER = "controller"
    BY_TENANT = "processor, save under the operator's tenant"
    NOT_PERSONAL = "not personal"


class Baht(TypeDecorator[Decimal]):
    """NUMERIC(12, 2). SQLite has no decimals: there it goes in as text and comes back rounded."""

    impl = Numeric(12, 2)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """On SQLite a float comes back; `process_result_value` makes it exact again."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Numeric(12, 2, asdecimal=False))
        return dialect.type_descriptor(Numeric(12, 2))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """A decimal, or its text for SQLite, whose column affinity reads it as a number."""
        return str(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        """Always a decimal with two places."""
        return None if value is None else Decimal(str(value)).quantize(Decimal("0.01"))


metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pk",
        "fk": "%(table_name)s_%(column_0_name)s_fk",
        "uq": "%(table_name)s_%(column_0_N_name)s_uq",
        "ck": "%(table_name)s_%(constraint_name)s_ck",
    }
)

Id = BigInteger().with_variant(Integer, "sqlite")
Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def held(held_as: HeldAs, *categories: Category) -> dict[str, Any]:
    """What `Table.info` says of a table."""
    return {"held_as": held_as, "categories": frozenset(categories)}


def key() -> Column[int]:
    """A number the database gives."""
    return Column("id", Id, Identity(), primary_key=True)


def to(name: str, target: str, *, null: bool = True, on_delete: str | None = None) -> Column[int]:
    """A reference; without `on_delete` the database refuses to delete what it points at."""
    return Column(name, Id, ForeignKey(target, ondelete=on_delete), nullable=null)


def words(name: str, length: int = 200, *, null: bool = False) -> Column[str]:
    """A short text."""
    return Column(name, String(length), nullable=null)


def day(name: str, *, null: bool = True) -> Column[Any]:
    """A date in Thailand."""
    return Column(name, Date, nullable=null)


def moment(name: str, *, null: bool = False) -> Column[Any]:
    """A time, in UTC."""
    return Column(name, DateTime(timezone=True), nullable=null)


def baht(name: str) -> Column[Decimal]:
    """An amount."""
    return Column(name, Baht, nullable=False)


def flag(name: str) -> Column[bool]:
    """False until somebody says otherwise."""
    return Column(name, Boolean, nullable=False, server_default=text("false"))


def one_of(column: str, *values: str) -> CheckConstraint:
    """A CHECK against a list."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} in ({listed})", name=column)
