"""What the tests share: a demo run in a process, and looking into what it left."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def khasan():
    """Run the installed command: khasan("poll", "x", cwd=folder, env={…}) → CompletedProcess with text."""

    def run(*arguments, cwd, env=None, timeout=90):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("KHASAN_")} | (env or {})
        return subprocess.run(
            [sys.executable, "-m", "khasan", *map(str, arguments)],
            cwd=cwd, env=environment, capture_output=True, text=True, timeout=timeout, check=False,
        )  # fmt: skip

    return run
