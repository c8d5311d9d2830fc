"""Reading PDFs back as a reader's program does."""

from __future__ import annotations

import io
import re
import shutil
import subprocess

import pypdf
import pytest


def squeezed(text: str) -> str:
    """Without blanks, which in Thai stand between phrases and, in a PDF, where a line ends."""
    return re.sub(r"\s+", "", text)


def spoken(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def copied(pdf: bytes) -> str:
    """What pdftotext makes of it in the order of the document; skips where poppler is not installed."""
    program = shutil.which("pdftotext")
    if program is None:
        pytest.skip("poppler-utils is not installed")
    done = subprocess.run([program, "-raw", "-", "-"], input=pdf, capture_output=True, check=True)
    return done.stdout.decode()
