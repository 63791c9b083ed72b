"""What the tests share: a demo run in a process, and looking into what it left."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def clean_environment(more=None):
    """This process's environment without what would configure Khasan."""
    return {key: value for key, value in os.environ.items() if not key.startswith("KHASAN_")} | (more or {})


@pytest.fixture
def khasan():
    """Run the installed command: khasan("poll", "x", cwd=folder, env={…}) → CompletedProcess with text."""

    def run(*arguments, cwd, env=None, timeout=90):
        return subprocess.run(
            [sys.executable, "-m", "khasan", *map(str, arguments)],
            cwd=cwd, env=clean_environment(env), capture_output=True, text=True, timeout=timeout, check=False,
        )  # fmt: skip

    return run


class Warm:
    """The same as `khasan`, or another module, of which a process has imported everything once: a tenth of a second for a call."""

    def __init__(self, folder, program="tests.warm"):
        self._folder = folder
        self._calls = 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", program], cwd=ROOT, env=clean_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )  # fmt: skip

    def __call__(self, *arguments, cwd, env=None, timeout=90, module="khasan", began=None):
        """Run a command: warm("poll", "x", cwd=folder, env={…}) → CompletedProcess with text. `began` is told its process id."""
        self._calls += 1
        out, err = (self._folder / f"{self._calls}.{name}" for name in ("out", "err"))
        for file in (out, err):
            file.touch()
        request = {
            "module": module, "arguments": list(map(str, arguments)), "cwd": str(cwd), "env": clean_environment(env), "stdout": str(out), "stderr": str(err)
        }  # fmt: skip
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        child = int(self._process.stdout.readline())
        if began is not None:
            began(child)
        if not select.select([self._process.stdout], [], [], timeout)[0]:
            os.kill(child, signal.SIGKILL)
            self._process.stdout.readline()
            raise subprocess.TimeoutExpired(request["arguments"], timeout, out.read_bytes(), err.read_bytes())
        code = int(self._process.stdout.readline())
        return subprocess.CompletedProcess(
            request["arguments"], code, *(file.read_text("utf-8") for file in (out, err))
        )

    def close(self):
        """End the process."""
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


@pytest.fixture(scope="session")
def warm(tmp_path_factory):
    """See Warm: for tests of what a command does; that each starts by itself is tested with `khasan`."""
    running = Warm(tmp_path_factory.mktemp("warm"))
    yield running
    running.close()


@pytest.fixture(scope="session")
def walked(warm):
    """Run a walk of tests/walking.py: walked("kind", "sitemaps") → what it returned."""

    def run(name, *arguments, timeout=150):
        done = warm(name, *arguments, cwd=ROOT, timeout=timeout, module="tests.walking")
        assert done.returncode == 0, done.stderr[-6000:]
        return json.loads(done.stdout.splitlines()[-1])

    return run


@pytest.fixture
def run(warm):
    """Run a command; it may fail, but not with a traceback. run(…, code=2, cwd=folder) → CompletedProcess."""
    return checking(warm)


@pytest.fixture
def run_cold(khasan):
    """The same in a process that has imported nothing yet, as it is with a user."""
    return checking(khasan)


def checking(command):
    """A command of which each call says what its exit code must be."""

    def checked(*arguments, code, cwd, **rest):
        done = command(*arguments, cwd=cwd, **rest)
        assert "Traceback" not in done.stderr, done.stderr
        assert done.returncode == code, (arguments, done.returncode, done.stdout, done.stderr)
        return done

    return checked
