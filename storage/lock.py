"""The data lock: whoever holds it alone migrates, reviews and delivers."""

from __future__ import annotations

import fcntl
import os
import time
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path


class LockHeldError(Exception):
    """Another process holds the lock. `pid` is its process id, as far as it has said."""

    def __init__(self, path: Path, pid: str) -> None:
        super().__init__(f"{path}: held by process {pid or '(unknown)'}")
        self.pid = pid


_ATTEMPTS = 20
_PAUSE = 0.05  # seconds


def holder(path: Path) -> str | None:
    """The process id of whoever holds the lock, "unknown" if it has not said, None if nobody does."""
    try:
        fd = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.pread(fd, 32, 0).decode("ascii", "replace").strip() or "unknown"
    else:
        return None
    finally:
        os.close(fd)


class DataLock:
    """A file lock beside the database, freed by the system however the holder ends.

    `flock` rather than a library's lock file: it needs the holder's process id in the file, kept while it is held.
    Children do not inherit it, because Python opens files close-on-exec.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None

    def acquire(self) -> Self:
        """Take the lock or raise LockHeldError. Somebody who only looks (`holder`) is waited for, a second at most."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        for attempt in range(_ATTEMPTS + 1):
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if attempt == _ATTEMPTS:
                    pid = os.pread(fd, 32, 0).decode("ascii", "replace").strip()
                    os.close(fd)
                    raise LockHeldError(self._path, pid) from None
                time.sleep(_PAUSE)
        os.ftruncate(fd, 0)
        os.write(fd, f"{os.getpid()}\n".encode())
        self._fd = fd
        return self

    def release(self) -> None:
        """Give the lock back. Without effect if it is not held."""
        if self._fd is not None:
            os.ftruncate(self._fd, 0)
            os.close(self._fd)
            self._fd = None

    def __enter__(self) -> Self:
        return self if self._fd is not None else self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()
