"""The last wall before the log: exceptions lose their words, and what looks like a person is masked.

Errors here are born without personal data; those of other libraries are not (a driver's message
quotes the row, a validator's the input), so of an exception the log keeps type, code and frames.
"""

from __future__ import annotations

import copy
import logging
import re
import sys
import threading
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from temporalio.exceptions import ApplicationError

from domain.errors import SitthiError

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_MASKS = (
    (re.compile(r"\b(?:slk|sst|ssv)_[A-Za-z0-9_-]{20,}"), "[token]"),
    (re.compile(r"\bwhsec_[A-Za-z0-9+/=]{20,}"), "[secret]"),
    (re.compile(r"[^\s@<>\"'(),;:=/|{}\[\]]{1,64}(?:@|%40)[^\s@<>\"'(),;:=/|{}\[\]]{1,253}"), "[email]"),
    (re.compile(r"(?<!\w)\d(?:[ -]?\d){12}(?!\w)"), "[id]"),
    (re.compile(r"\+\d(?:[ ().-]{0,2}\d){7,14}(?!\w)"), "[phone]"),
    (re.compile(r"(?<![\w.])[0๐](?:[ -]?\d){8,9}(?!\w)"), "[phone]"),
    (re.compile(r"(?<![\w.])[0๐]\d{1,2}\.\d{3}\.\d{3,4}(?!\w)"), "[phone]"),
)


def mask(text: str) -> str:
    """Mask link and service tokens, staff credentials, e-mail addresses, phone numbers and 13-digit ids."""
    for pattern, instead in _MASKS:
        text = pattern.sub(instead, text)
    return text


def describe(error: BaseException) -> str:
    """Tell an exception without its words: the type, our errors' code and facts, Temporal's error type."""
    name = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    match error:
        case SitthiError():
            return f"{name}: {error}"
        case ApplicationError() if error.type:
            return f"{name}: {error.type}"
        case _:
            return name


class RedactingFormatter(logging.Formatter):
    """Formats a record as one safe text; the record itself stays as it is for other handlers."""

    def __init__(self) -> None:
        super().__init__(_FORMAT)

    def format(self, record: logging.LogRecord) -> str:
        """Give the text, masked."""
        safe = copy.copy(record)
        safe.msg, safe.args, safe.exc_text = _message(record), None, None
        return mask(super().format(safe))

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: ARG002, N802
        """Give the moment in UTC, to the millisecond."""
        return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")

    def formatException(self, ei: Any) -> str:  # noqa: N802
        """Give types, codes and frames of an exception and of what led to it, innermost last."""
        return "\n".join(_told(ei[1], set())) if ei[1] is not None else ""


def configure_logging(level: str | int = "INFO") -> None:
    """Make this wall the only way to standard error, for logs, warnings and uncaught exceptions.

    Call once at every entry point, before other libraries set up theirs (uvicorn: `log_config=None`).
    """
    handler = logging.StreamHandler()
    handler.setFormatter(RedactingFormatter())
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    logging.captureWarnings(capture=True)
    # A handler that fails would print the record's arguments as they are.
    logging.raiseExceptions = False
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread


def _message(record: logging.LogRecord) -> str:
    template = describe(record.msg) if isinstance(record.msg, BaseException) else str(record.msg)
    if record.name == "asyncio":
        # Its further lines are the repr of a future, which quotes the exception.
        template = template.partition("\n")[0]
    if not record.args:
        return template
    try:
        return f"{template % _safe(record.args)}"
    except (TypeError, ValueError, KeyError):
        return template


def _safe(value: Any) -> Any:
    match value:
        case BaseException():
            return describe(value)
        case dict():
            return {key: _safe(it) for key, it in value.items()}
        case tuple() if type(value) is tuple:
            return tuple(_safe(it) for it in value)
        case list() | set() | frozenset():
            return [_safe(it) for it in value]
        case _:
            return value


def _told(error: BaseException, seen: set[int]) -> list[str]:
    seen.add(id(error))
    lines = []
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and id(cause) not in seen:
        lines += [*_told(cause, seen), "then:"]
    frames = traceback.extract_tb(error.__traceback__)
    lines += [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
    lines.append(describe(error))
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            lines += ["of which:", *_told(inner, seen)]
    return lines


def _uncaught(kind: type[BaseException], error: BaseException, frames: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    logging.getLogger("sitthi").critical("uncaught", exc_info=(kind, error, frames))


def _uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
        _uncaught(args.exc_type, args.exc_value, args.exc_traceback)
