"""The archive: one SQLite file, one thread that writes.

Every write is a function of this package run by `Archive.write` on the writer thread, inside BEGIN IMMEDIATE … COMMIT:
it happens whole or not at all, two processes wait for each other instead of failing, and no coroutine can lose its work
in another's rollback. Reads have connections of their own, one a thread. All SQL is in this package and nowhere else.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Concatenate, ParamSpec, Self, TypeVar

from sqlite_utils import Database

from storage.crash import point
from storage.lock import DataLock
from storage.schema import APPLICATION_ID, migrations

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

P = ParamSpec("P")
T = TypeVar("T")

BUSY_MS = 30_000  # how long one process waits for another's transaction
QUICK_CHECK_BYTES = 256 << 20  # above it a check of every page costs seconds at each start
_HEADER = b"SQLite format 3\x00"


class ArchiveError(Exception):
    """The archive cannot be used as it is. The message names the file and says what to do."""


class Archive:
    """The one way to the data. Open it with `open_archive`, close it when done."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        self._guard = threading.Lock()
        self._writer: sqlite3.Connection | None = None
        self._thread = ThreadPoolExecutor(1, "archive-writer", initializer=self._open_writer)
        self._watch = _connect(path)

    def _open_writer(self) -> None:
        self._writer = _connect(self.path)

    def submit(
        self, job: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> Future[T]:
        """Run `job(connection, …)` on the writer thread in one transaction; what it raises rolls it back."""
        return self._thread.submit(partial(self._transaction, job, *args, **kwargs))

    def write(self, job: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The same, waiting for it. Not from a coroutine."""
        return self.submit(job, *args, **kwargs).result()

    async def awrite(
        self, job: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """The same from a coroutine. Cancelling the wait does not undo the write."""
        return await asyncio.shield(asyncio.wrap_future(self.submit(job, *args, **kwargs)))

    def _transaction(
        self, job: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        connection = self._writer
        if connection is None:
            msg = "the writer's connection is not open"
            raise RuntimeError(msg)
        try:
            connection.execute("BEGIN IMMEDIATE")
            result = job(connection, *args, **kwargs)
            name = getattr(job, "__name__", "")
            point("commit.before", name)
            connection.execute("COMMIT")
            point("commit.after", name)
        except BaseException as error:
            if connection.in_transaction:  # SQLite has rolled back by itself where the disk is full
                connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.OperationalError):
                msg = f"{self.path}: {error}; nothing was written"
                raise ArchiveError(msg) from error
            raise
        return result

    def read(self, query: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `query(connection, …)` on this thread's own connection, which cannot write. Keep it short."""
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = _connect(self.path)
            connection.execute("PRAGMA query_only = 1")
            self._local.connection = connection
            with self._guard:
                self._readers.append(connection)
        return query(connection, *args, **kwargs)

    def changed_elsewhere(self) -> int:
        """A number that changes when another connection has committed (PRAGMA data_version)."""
        return int(self._watch.execute("PRAGMA data_version").fetchone()[0])

    def tidy(self) -> None:
        """Fold the write-ahead log back into the file and let the planner look at the tables."""
        self._thread.submit(self._tidy).result()

    def _tidy(self) -> None:
        if self._writer is not None:
            self._writer.execute("PRAGMA optimize")
            self._writer.execute("PRAGMA busy_timeout = 1000")  # a long reader elsewhere must not hold up every write
            self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._writer.execute(f"PRAGMA busy_timeout = {BUSY_MS}")

    def close(self) -> None:
        """Finish what was submitted and close every connection."""
        self._thread.shutdown(wait=True)
        with self._guard:
            open_ones = [*self._readers, self._watch]
            self._readers.clear()
        if self._writer is not None:
            open_ones.append(self._writer)
        for connection in open_ones:
            connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def lock_path(database: Path) -> Path:
    """Where the data lock of a database lies."""
    return database.with_name(database.name + ".lock")


def open_archive(path: Path, *, lock_held: bool = False) -> Archive:
    """The archive at `path`, made or brought up to date if need be.

    Only the holder of the data lock migrates: with `lock_held` the caller is it, otherwise the lock is taken for the
    moment. Raises ArchiveError for a file that is corrupt, not ours or newer than this program, and LockHeldError where
    a migration is due while another process holds the lock. An existing file is never replaced.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        pending = _inspect(path)
        if pending:
            if lock_held:
                _migrate(path)
            else:
                with DataLock(lock_path(path)):
                    _migrate(path)
        return Archive(path)
    except sqlite3.OperationalError as error:
        msg = f"{path}: cannot be opened now ({error})"
        raise ArchiveError(msg) from error
    except sqlite3.DatabaseError as error:
        msg = f"{path}: cannot be used as a database ({error}). It was left as it is; restore a backup or move it away."
        raise ArchiveError(msg) from error


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = 1")
    connection.execute("PRAGMA journal_size_limit = 67108864")
    connection.execute("PRAGMA cache_size = -8192")
    return connection


def _inspect(path: Path) -> bool:
    """Whether migrations are pending. Refuses what is not ours, newer than we are, or damaged."""
    if not path.exists() or path.stat().st_size == 0:
        return True
    with path.open("rb") as file:
        if file.read(16) != _HEADER:
            msg = f"{path}: not an SQLite database. It was left as it is; restore a backup or move it away."
            raise ArchiveError(msg)
    connection = sqlite3.connect(path, timeout=BUSY_MS / 1000)  # without our pragmas: they write
    try:
        return _inspect_open(path, connection)
    finally:
        connection.close()


def _inspect_open(path: Path, connection: sqlite3.Connection) -> bool:
    database = Database(connection)
    known = [m.name for m in migrations.pending(database)] + [m.name for m in migrations.applied(database)]
    own = connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
    if not own and database.table_names():
        msg = f"{path}: a database of another program. Name another file under [data] in khasan.toml."
        raise ArchiveError(msg)
    ours = {m.name for m in migrations._migrations}  # noqa: SLF001 - there is no public list of all
    newer = sorted(set(known) - ours)
    if newer:
        msg = (
            f"{path}: written by a newer Khasan (it has {', '.join(newer)}). Install that version, or restore a backup."
        )
        raise ArchiveError(msg)
    if path.stat().st_size <= QUICK_CHECK_BYTES:
        verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            msg = f"{path}: the database is damaged ({verdict}). It was left as it is; restore a backup."
            raise ArchiveError(msg)
    return bool(migrations.pending(database))


def _migrate(path: Path) -> None:
    """Apply what is pending, after a copy of what there was."""
    connection = _connect(path)
    try:
        database = Database(connection)
        pending = migrations.pending(database)
        if migrations.applied(database) and pending:
            copy = path.with_name(f"{path.name}.before-{pending[0].name}")
            copy.unlink(missing_ok=True)
            connection.execute("VACUUM INTO ?", (str(copy),))
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("PRAGMA foreign_keys = 0")  # a table that others refer to can be rebuilt only so
        migrations.apply(database)
        broken = connection.execute("PRAGMA foreign_key_check").fetchone()
        if broken is not None:
            msg = f"{path}: rows of {broken[0]} refer to rows of {broken[2]} that are not there; restore the copy made before."
            raise ArchiveError(msg)
    finally:
        connection.close()
