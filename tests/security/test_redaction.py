from __future__ import annotations

import asyncio
import io
import logging
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from temporalio.exceptions import ApplicationError

from domain.errors import NotFound
from security.redaction import RedactingFormatter, mask
from security.tokens import new_link_token

CANARY = "Somchai Jaidee"


@pytest.fixture
def log() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(RedactingFormatter())
    logger = logging.getLogger("test-redaction")
    logger.propagate = False
    logger.addHandler(handler)
    yield logger, out
    logger.removeHandler(handler)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("to somchai.j+crm@example.co.th now", "to [email] now"),
        ("key (email)=(somchai@example.com) exists", "key (email)=([email]) exists"),
        ("ถึงสมชาย@ตัวอย่าง.ไทย แล้ว", "[email] แล้ว"),
        ("GET /x?e=somchai%40example.com HTTP", "GET /x?e=[email] HTTP"),
        ("call 0812345678", "call [phone]"),
        ("call 081-234-5678 or 02-123-4567", "call [phone] or [phone]"),
        ("call 081 234 5678.", "call [phone]."),
        ("call 081.234.5678", "call [phone]"),
        ("call +66 81 234 5678, +66812345678", "call [phone], [phone]"),
        ("call +1 (415) 555-0132", "call [phone]"),
        ("โทร ๐๘๑๒๓๔๕๖๗๘", "โทร [phone]"),
        ("id 1103700123456", "id [id]"),
        ("id 1-1037-00123-45-6", "id [id]"),
        ("case DSR-2569-000123 done", "case DSR-2569-000123 done"),
        ("2026-11-22T17:52:14.123+00:00", "2026-11-22T17:52:14.123+00:00"),
        ("key 550e8400-e29b-41d4-a716-446655440000", "key 550e8400-e29b-41d4-a716-446655440000"),
        ("took 0.12345678 s for 90000 rows", "took 0.12345678 s for 90000 rows"),
        ("127.0.0.1:54321 refused", "127.0.0.1:54321 refused"),
        ("sha " + "0123456789abcdef" * 4, "sha " + "0123456789abcdef" * 4),
    ],
)
def test_people_are_masked_and_machines_are_not(text: str, masked: str) -> None:
    assert mask(text) == masked


def test_link_tokens_are_masked() -> None:
    assert mask(f"GET /verify/{new_link_token()}?x=1") == "GET /verify/[token]?x=1"


def test_a_long_line_is_masked_in_good_time() -> None:
    for piece in ("a", "0 ", "+1", "a@", "1-", "0812345678", "%40"):
        assert len(mask(piece * 100_000)) <= len(piece) * 100_000 * 2


def test_of_an_exception_only_type_code_and_frames_are_kept(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, out = log

    def fail() -> None:
        try:
            os.environ[CANARY]
        except KeyError as inner:
            raise ValueError(f"bad row: {CANARY}") from inner

    try:
        fail()
    except ValueError:
        logger.exception("a step failed")
    text = out.getvalue()
    assert CANARY not in text
    assert "a step failed" in text
    assert "KeyError\nthen:" in text
    assert text.rstrip().endswith("ValueError")
    assert "test_redaction.py:" in text
    assert "in test_of_an_exception_only_type_code_and_frames_are_kept" in text


def test_groups_notes_and_loops_of_causes_are_told_without_words(
    log: tuple[logging.Logger, io.StringIO],
) -> None:
    logger, out = log
    loop = ValueError(CANARY)
    loop.__cause__ = loop
    loop.add_note(CANARY)
    logger.error("many", exc_info=ExceptionGroup(CANARY, [loop, TypeError(CANARY)]))
    assert CANARY not in out.getvalue()
    assert "of which:\nTypeError" in out.getvalue()


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (NotFound("case-unknown", ref="DSR-2569-000123"), "NotFound: case unknown (ref DSR-2569-000123)"),
        (ApplicationError(CANARY, type="hold-conflict"), "ApplicationError: hold-conflict"),
        (ValueError(CANARY), "ValueError"),
    ],
)
def test_exceptions_given_as_message_or_arguments_lose_their_words(
    log: tuple[logging.Logger, io.StringIO], error: Exception, told: str
) -> None:
    logger, out = log
    logger.error(error)
    logger.error("failed: %s", error)
    logger.error("failed: %r after %d", error, 3)
    logger.error("failed: %(why)s", {"why": error})
    logger.error("failed: %s", [error, (error,)])
    text = out.getvalue()
    assert text.count(told) == 6
    assert CANARY not in text


def test_a_record_that_does_not_format_loses_its_arguments_and_nothing_else() -> None:
    record = logging.LogRecord("x", logging.ERROR, __file__, 1, "one %s two %s", (CANARY,), None)
    assert RedactingFormatter().format(record).endswith(" ERROR x: one %s two %s")


def test_other_handlers_get_the_record_as_it_was() -> None:
    record = logging.LogRecord("x", logging.INFO, __file__, 1, "to %s", ("a@b.example",), None)
    RedactingFormatter().format(record)
    assert (record.msg, record.args, record.exc_text) == ("to %s", ("a@b.example",), None)


async def test_a_forgotten_task_does_not_quote_its_exception() -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(RedactingFormatter())
    logger = logging.getLogger("asyncio")
    logger.addHandler(handler)

    async def fail() -> None:
        raise ValueError(CANARY)

    try:
        task = asyncio.ensure_future(fail())
        await asyncio.wait([task])
        del task
        await asyncio.sleep(0)
    finally:
        logger.removeHandler(handler)
    assert "never retrieved" in out.getvalue()
    assert CANARY not in out.getvalue()


@pytest.mark.parametrize(
    "program",
    [
        "raise ValueError(C)",
        "import threading; t = threading.Thread(target=lambda: {}[C]); t.start(); t.join()",
        "import warnings; warnings.warn('somchai@example.com')",
        "logging.getLogger('x').error('%d', C)",
        "logging.getLogger('x').error('f', exc_info=ValueError(C))",
        "class Odd:\n  def __str__(self): raise RuntimeError(C)\nlogging.getLogger('x').error('%s', Odd())",
    ],
)
def test_nothing_a_process_prints_quotes_a_person(program: str) -> None:
    begin = f"import logging\nfrom security.redaction import configure_logging\nconfigure_logging()\nC = {CANARY!r}\n"
    done = subprocess.run(
        [sys.executable, "-c", begin + program], capture_output=True, text=True, check=False
    )
    assert CANARY not in done.stderr + done.stdout
    assert "somchai@" not in done.stderr + done.stdout
