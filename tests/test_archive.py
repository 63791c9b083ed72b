"""The file and its one writer: what is refused, what waits, what is lost (nothing)."""

import hashlib
import inspect
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Migrations

import storage.claim_decisions
import storage.claims
import storage.entries
import storage.hosts
import storage.outbox
import storage.pages
import storage.reviews
import storage.rules
import storage.sources
import storage.upkeep
from storage import archive as archive_module
from storage.archive import ArchiveError, lock_path, open_archive
from storage.articles import article_by_id, articles_where
from storage.claim_model import Verdict
from storage.filters import All, AnyOf, FieldTerm, Not, TextTerm
from storage.hosts import Robots
from storage.lock import DataLock, LockHeldError
from storage.mail import MailKind, NewMail
from storage.model import ArticleText, Outcome, PageResult, Pages, PollResult, Rest, Review
from storage.schema import APPLICATION_ID, migrations
from storage.search import search
from tests.claim_shelf import reading
from tests.shelf import NOW, check, entry, minutes, page, poll, room, row, rows, settle, source

ROOT = Path(__file__).parents[1]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "khasan.db"


@pytest.fixture
def archive(path):
    with open_archive(path) as archive:
        settle(archive, source("wire"), source("paper"), source("full", Pages.ALL))
        yield archive


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def python(code, *arguments):
    """Run code in another process that can import the program."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


# --- opening ---


def test_fresh_file_has_everything_and_is_ours(path):
    with open_archive(path) as archive:
        names = {one["name"] for one in rows(archive, "SELECT name FROM sqlite_master")}
        assert {
            "source",
            "article",
            "text_version",
            "sighting",
            "page",
            "review",
            "decision",
            "outbox",
            "alert",
            "article_fts",
        } <= names
        assert rows(archive, "PRAGMA application_id") == [{"application_id": APPLICATION_ID}]
        assert rows(archive, "PRAGMA journal_mode") == [{"journal_mode": "wal"}]
        check(archive)
    with open_archive(path) as archive:
        check(archive)
    assert not list(path.parent.glob("*.before-*")), "there was nothing to keep a copy of"


def test_empty_file_is_filled(path):
    path.parent.mkdir()
    path.touch()
    with open_archive(path) as archive:
        check(archive)


@pytest.mark.parametrize("body", [b"not a database at all\n" * 50, b"PK\x03\x04" + bytes(9000), b"SQLite format 3"])
def test_file_of_another_kind_is_refused_and_left(path, body):
    path.parent.mkdir()
    path.write_bytes(body)
    with pytest.raises(ArchiveError, match="not an SQLite database") as caught:
        open_archive(path)
    assert str(path) in str(caught.value)
    assert path.read_bytes() == body


def test_database_of_another_program_is_refused(path):
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE bookmark (url)")
    with pytest.raises(ArchiveError, match="another program"):
        open_archive(path)
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("bookmark",)]


def test_database_of_another_program_is_left_as_it_is(path):
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE bookmark (url)")
    before = digest(path)
    with pytest.raises(ArchiveError):
        open_archive(path)
    assert digest(path) == before
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_newer_database_is_refused_and_left(path):
    with open_archive(path) as archive:
        archive.write(
            lambda c: c.execute(
                "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('khasan','m999_mind',' ')"
            )
        )
        archive.tidy()
    before = digest(path)
    with pytest.raises(ArchiveError, match=r"newer Khasan.*m999_mind"):
        open_archive(path)
    assert digest(path) == before


def filled(path, articles=300):
    with open_archive(path) as archive:
        settle(archive, source("wire"))
        poll(archive, "wire", *(entry(f"{n}", text=f"words of {n} " * 20) for n in range(articles)))
        archive.tidy()


@pytest.mark.parametrize("kept", [0.3, 0.5, 0.9])
def test_truncated_database_is_refused_and_left(path, kept):
    filled(path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    before = digest(path)
    with pytest.raises(ArchiveError, match=r"damaged|cannot be used") as caught:
        open_archive(path)
    assert str(path) in str(caught.value)
    assert digest(path) == before


def test_damaged_page_is_refused_and_left(path):
    filled(path)
    body = bytearray(path.read_bytes())
    for start in range(8 * 4096, len(body), 3 * 4096):
        body[start : start + 64] = b"\xa5" * 64
    path.write_bytes(body)
    before = digest(path)
    with pytest.raises(ArchiveError, match=r"damaged|cannot be used"):
        open_archive(path)
    assert digest(path) == before


def test_migration_keeps_a_copy_and_what_was_there(path, monkeypatch):
    """A database of an earlier version, written as that version did: its last migration is still to come."""
    older = Migrations("khasan")
    older._migrations = migrations._migrations[:7]
    path.parent.mkdir()
    monkeypatch.setattr(archive_module, "migrations", older)
    with open_archive(path) as archive:
        archive.write(_as_version_7)
    monkeypatch.undo()
    with open_archive(path) as archive:
        check(archive)
        assert [one.title for one in archive.read(articles_where, "1")] == ["Title of a"]
        settle(archive, source("wire"))
        poll(archive, "wire", entry("b"))
        assert len(archive.read(articles_where, "1")) == 2
    (copy,) = path.parent.glob("*.before-*")
    assert copy.name.endswith(migrations._migrations[7].name)
    with closing(sqlite3.connect(copy)) as database:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
        assert database.execute("SELECT title FROM text_version").fetchall() == [("Title of a",)]
        assert "outage" not in tables


def _as_version_7(connection):
    at = "2026-11-01T10:00:00.000+00:00"
    for statement in (
        "INSERT INTO outlet VALUES ('wire', 'Wire', 'KR')",
        (
            "INSERT INTO source (id, outlet, name, kind, url, host, enabled, settings, next_poll_at) VALUES "
            "('wire', 'wire', 'Wire', 'feeds', 'https://wire.example/rss', 'wire.example', 1, '{}', :at)"
        ),
        "INSERT INTO text_version VALUES (1, 1, 1, 'feed', :at, 'Title of a', 'kept words', '[]', NULL, 'en', 'x')",
        (
            "INSERT INTO article (id, canonical_url, url, host, outlet, source, arrival, first_seen, published_at, "
            "published_precision, published_origin, version_id, page_state) VALUES (1, 'https://wire.example/a', "
            "'https://wire.example/a', 'wire.example', 'wire', 'wire', 'live', :at, :at, 'minute', 'feed', 1, 'never')"
        ),
        "INSERT INTO article_address VALUES ('https://wire.example/a', 1)",
        "INSERT INTO article_fts (rowid, title, text) VALUES (1, 'Title of a', 'kept words')",
        "INSERT INTO sighting VALUES ('wire', 'a', 1, 'https://wire.example/a', 'Title of a', 'x', :at)",
    ):
        connection.execute("PRAGMA defer_foreign_keys = 1")
        connection.execute(statement, {"at": at})


def test_migration_that_fails_leaves_the_database_usable(path, monkeypatch):
    filled(path, 3)
    broken = Migrations("khasan")
    broken._migrations = list(migrations._migrations)

    @broken()
    def m900_breaks(db):
        db.conn.execute("CREATE TABLE half_done (x)")
        db.conn.execute("INSERT INTO nowhere VALUES (1)")

    with monkeypatch.context() as patched:
        patched.setattr(archive_module, "migrations", broken)
        with pytest.raises(Exception, match="nowhere"):
            open_archive(path)
    with open_archive(path) as archive:
        check(archive)
        assert rows(archive, "SELECT name FROM sqlite_master WHERE name = 'half_done'") == []
        assert len(archive.read(articles_where, "1")) == 3


# --- the data lock ---

HOLD = """
import sys, time
from pathlib import Path
from storage.hosts import Robots
from storage.lock import DataLock
lock = DataLock(Path(sys.argv[1])).acquire()
print("held", flush=True)
time.sleep(60)
"""


def test_second_holder_is_refused_until_the_first_is_killed(path):
    holder = python(HOLD, lock_path(path))
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(LockHeldError) as caught:
            DataLock(lock_path(path)).acquire()
        assert caught.value.pid == str(holder.pid)
        assert str(holder.pid) in str(caught.value)
        with pytest.raises(LockHeldError):
            open_archive(path)
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        with DataLock(lock_path(path)).acquire(), pytest.raises(LockHeldError) as caught:
            DataLock(lock_path(path)).acquire()
        assert caught.value.pid == str(os.getpid())
    finally:
        holder.kill()
        holder.communicate()
    with DataLock(lock_path(path)):
        pass


def test_archive_that_is_up_to_date_opens_beside_the_holder(path):
    filled(path, 1)
    with DataLock(lock_path(path)), open_archive(path) as beside:
        assert len(beside.read(articles_where, "1")) == 1


def test_many_processes_open_a_fresh_archive_at_once(path):
    """Each opens it or is told who has the lock; none breaks it."""
    code = """
import sys
from pathlib import Path
from storage.archive import open_archive
from storage.lock import LockHeldError
try:
    open_archive(Path(sys.argv[1])).close()
    print("opened")
except LockHeldError as error:
    print("held", error)
"""
    said = [process.communicate(timeout=30) for process in [python(code, path) for _ in range(4)]]
    assert all(out.split()[0] in {"opened", "held"} for out, _ in said), said
    assert any(out.startswith("opened") for out, _ in said)
    with open_archive(path) as archive:
        check(archive)


# --- writing ---

COUNT = """
import sys
from pathlib import Path
from storage.archive import open_archive

def add(connection):
    (count,) = connection.execute("SELECT count FROM tally").fetchone()
    connection.execute("UPDATE tally SET count = ?", (count + 1,))

with open_archive(Path(sys.argv[1])) as archive:
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(int(sys.argv[2])):
        archive.write(add)
"""


def test_two_processes_that_read_and_then_write_lose_nothing(archive, path):
    archive.write(lambda c: c.execute("CREATE TABLE tally (count INTEGER)"))
    archive.write(lambda c: c.execute("INSERT INTO tally VALUES (0)"))
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", COUNT, str(path), "400"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.stdin.write("\n")
        writer.stdin.flush()
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0]
    for writer in writers:
        writer.communicate()
    assert rows(archive, "SELECT count FROM tally") == [{"count": 800}]


def test_job_that_raises_leaves_nothing_and_the_next_one_works(archive):
    def half(connection):
        connection.execute("UPDATE source SET name = 'gone'")
        connection.execute("INSERT INTO outlet VALUES ('x', 'X', 'xx')")
        raise LookupError("half way")

    with pytest.raises(LookupError, match="half way"):
        archive.write(half)
    assert {one["name"] for one in rows(archive, "SELECT name FROM source")} == {"Wire", "Paper", "Full"}
    assert rows(archive, "SELECT * FROM outlet WHERE id = 'x'") == []
    assert len(poll(archive, "wire", entry("a"))) == 1


def test_threads_take_turns(archive):
    archive.write(lambda c: c.execute("CREATE TABLE tally (count INTEGER)"))
    archive.write(lambda c: c.execute("INSERT INTO tally VALUES (0)"))

    def add(connection):
        (count,) = connection.execute("SELECT count FROM tally").fetchone()
        connection.execute("UPDATE tally SET count = ?", (count + 1,))

    threads = [threading.Thread(target=lambda: [archive.write(add) for _ in range(50)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rows(archive, "SELECT count FROM tally") == [{"count": 200}]


def test_reading_cannot_write(archive):
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        archive.read(lambda c: c.execute("DELETE FROM source"))


def test_full_disk_costs_one_job_and_says_so(archive):
    """Room for no more than a few pages: the poll fails as a whole, and works once there is room again."""
    pages = rows(archive, "PRAGMA page_count")[0]["page_count"]
    archive._thread.submit(lambda: archive._writer.execute(f"PRAGMA max_page_count = {pages + 2}")).result()
    with pytest.raises(ArchiveError, match="full"):
        poll(archive, "wire", *(entry(f"{n}", text="many words " * 500) for n in range(50)))
    archive._thread.submit(lambda: archive._writer.execute("PRAGMA max_page_count = 1073741823")).result()
    assert rows(archive, "SELECT * FROM article") == []
    assert len(poll(archive, "wire", entry("a"))) == 1
    check(archive)


def test_commit_that_fails_costs_one_job(archive):
    def dangling(connection):
        connection.execute("PRAGMA defer_foreign_keys = 1")
        connection.execute("INSERT INTO article_address VALUES ('https://nowhere.example', 999)")

    with pytest.raises(sqlite3.IntegrityError):
        archive.write(dangling)
    assert len(poll(archive, "wire", entry("a"))) == 1


def test_change_by_another_process_is_noticed(archive, path):
    before = archive.changed_elsewhere()
    with open_archive(path) as other:
        poll(other, "wire", entry("a"))
    assert archive.changed_elsewhere() != before


def test_tidy_folds_the_log_away(archive, path):
    poll(archive, "wire", *(entry(f"{n}", text="words " * 200) for n in range(100)))
    archive.tidy()
    assert path.with_name(path.name + "-wal").stat().st_size == 0
    check(archive)


# --- every writing function, while another process holds the write lock ---

MAIL = NewMail(MailKind.ALERT, "ann", "ann@desk.example", "<1@x>", "Subject", NOW, 1)
OTHER = NewMail(MailKind.SUMMARY, "ann", "ann@desk.example", "<2@x>", "Summary", NOW)
NOTICE = NewMail(MailKind.OPERATOR, "op", "op@desk.example", "<3@x>", "Notice", NOW)
READ = Review(1, 1, NOW, "a", "t", "en", candidate=True, concepts=(), reason="r")

WRITES = {
    "entries.store_poll": (PollResult("wire", NOW, Outcome.NEW, NOW + minutes(15), (entry("new"),)),),
    "entries.store_entries": ([entry("more")], source("wire"), "live", NOW),
    "entries.store_imported": ([("ledger", entry("imported"))], NOW),
    "hosts.hold_hosts": (["wire.example"], "1-a", NOW + minutes(5)),
    "hosts.free_hosts": (["wire.example"], "1-a", NOW),
    "hosts.rest_host": (Rest("wire.example", NOW + minutes(5), "HTTP 429"),),
    "hosts.drop_idle_hosts": (NOW,),
    "hosts.drop_old_robots": (NOW, 60),
    "hosts.keep_robots": (Robots("https://wire.example", NOW, 200, "User-agent: *", NOW),),
    "pages.due_pages": (NOW,),
    "pages.put_back_page": (1,),
    "pages.store_page": (PageResult(1, "http://news.example/a", NOW, Outcome.NEW, ArticleText("T", "text")),),
    "reviews.store_review": (READ, []),
    "reviews.store_reviewed": (READ, []),
    "claims.store_claims": (1, 1, [reading("Seoul counts 11,000.")], NOW),
    "claims.move_claims": (1, 2),
    "claim_decisions.decide_claim": (1, Verdict.REJECT),
    "reviews.wish_again": (("2", "t"), NOW),
    "rules.put_in_force": ([("guns", "Guns", "gun", "1")], NOW),
    "sources.sync_topic": ([], [source("wire"), source("new")], NOW),
    "sources.due_polls": (NOW,),
    "sources.put_back_poll": ("wire",),
    "sources.retry_unreachable": (NOW, None),
    "sources.release_leases": (),
    "sources.wish_poll": (NOW,),
    "outbox.queue_mail": (MAIL, NOW),
    "outbox.mark_sending": (1,),
    "outbox.mark_sent": (1, NOW),
    "outbox.mark_failed": (1, "no", NOW),
    "outbox.postpone": ([1], NOW),
    "outbox.hold_due": (NOW, NOW),
    "outbox.resend": (1, NOW),
    "outbox.merge_mails": (OTHER, [1], NOW),
    "outbox.retry_mails": (None, NOW),
    "outbox.drop_mails": ([1],),
    "outbox.queue_baseline_notice": (NOTICE, NOW, ["wire"]),
    "upkeep.drop_old_pages": (NOW, 30),
    "upkeep.drop_old_texts": (NOW, 30),
    "upkeep.drop_old_polls": (NOW, 30),
    "upkeep.mend_times": (NOW,),
}
READS = {
    "all_sources", "alerted", "anything_to_fetch", "cannot_be_polled", "counts", "known_addresses", "known_entries",
    "resting_hosts", "robots_of", "due_again", "due_mails", "due_reviews", "in_force", "judge", "kept_rows", "waiting_again", "fresh_baselines", "mails",
    "given_up", "merged_parts", "polled_since", "reviews_of", "sent_since", "source_rows", "taken_since", "work_left",
}  # fmt: skip
MODULES = (
    storage.claim_decisions,
    storage.claims,
    storage.entries,
    storage.hosts,
    storage.outbox,
    storage.pages,
    storage.reviews,
    storage.rules,
    storage.sources,
    storage.upkeep,
)


def public(module):
    """The module's own functions that take a connection."""
    for name, function in vars(module).items():
        own = inspect.isfunction(function) and function.__module__ == module.__name__ and not name.startswith("_")
        if own and next(iter(inspect.signature(function).parameters), "") == "connection":
            yield name, function


def test_list_of_writing_functions_is_complete():
    assert {
        f"{module.__name__.removeprefix('storage.')}.{name}"
        for module in MODULES
        for name, _ in public(module)
        if name not in READS
    } == set(WRITES)


HOLD_WRITE = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA busy_timeout = 20000")
for _ in sys.stdin:
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("UPDATE outlet SET name = name")
    print("held", flush=True)
    time.sleep(0.03)
    connection.execute("COMMIT")
"""


def test_every_writing_function_waits_for_another_process(archive, path):
    poll(archive, "full", entry("a"))
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD_WRITE, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    functions = {
        f"{module.__name__.removeprefix('storage.')}.{name}": function
        for module in MODULES
        for name, function in public(module)
    }
    waited = 0
    try:
        for name, arguments in WRITES.items():
            holder.stdin.write("\n")
            holder.stdin.flush()
            assert holder.stdout.readline() == "held\n"
            began = time.monotonic()
            extra = {"room": room()} if name.endswith(("due_polls", "due_pages")) else {}
            extra |= {"who": "ann", "why": "so", "at": NOW} if name.endswith("decide_claim") else {}
            archive.write(functions[name], *arguments, **extra)
            waited += time.monotonic() - began > 0.01
    finally:
        holder.stdin.close()
        holder.wait()
        holder.stdout.close()
    assert waited > len(WRITES) / 2, "the lock was not really in the way"
    assert {one.title for one in archive.read(articles_where, "1")} == {
        "T",
        "Title of new",
        "Title of more",
        "Title of imported",
    }
    check(archive)


# --- searching ---


@pytest.fixture
def library(archive):
    """Four articles: 1 en, 2 uk, 3 ko through two sources, 4 one that was merged into 3."""
    poll(archive, "wire", entry("one", "Artillery shells for Moscow", "The train carried shells."))
    poll(archive, "wire", entry("two", "Снаряди з КНДР", "Їхній поїзд їде. Йшлося про снаряди."), at=NOW + minutes(1))
    poll(archive, "wire", entry("three", "북한군 러시아 도착", "북한군이 도착했다"), at=NOW + minutes(2))
    poll(archive, "paper", entry("three"), at=NOW + minutes(3))
    (four,) = poll(archive, "full", entry("four", "북한군 러시아 도착 종합", "북한군이"), at=NOW + minutes(4))
    page(
        archive,
        four.article,
        "북한군",
        "북한군이 도착했다",
        canonical="https://news.example/three",
        at=NOW + minutes(5),
    )
    archive.write(
        lambda c: c.executemany("UPDATE article SET language = ? WHERE id = ?", [("en", 1), ("uk", 2), ("ko", 3)])
    )
    return archive


def ids(archive, wanted, **rest):
    return [article.id for article in archive.read(search, wanted, **rest)]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (TextTerm('"shells"'), [1]),
        (TextTerm('"снаряди"'), [2]),
        (TextTerm('"їде"'), [2]),
        (TextTerm('"іде"'), []),
        (TextTerm('"북한군" *'), [3]),
        (TextTerm('"train"', "title"), []),
        (TextTerm('"train"', "text"), [1]),
        (TextTerm('"artillery" AND "train"'), [1]),
        (FieldTerm("source", "paper"), [3]),
        (FieldTerm("source", "full"), [3]),
        (FieldTerm("lang", "uk"), [2]),
        (FieldTerm("outlet", "ledger"), [3, 2, 1]),
        (Not(FieldTerm("lang", "uk")), [3, 1]),
        (All((FieldTerm("outlet", "ledger"), Not(TextTerm('"shells"')))), [3, 2]),
        (AnyOf((TextTerm('"shells"'), FieldTerm("lang", "ko"))), [3, 1]),
        (All((AnyOf((FieldTerm("lang", "en"), FieldTerm("lang", "uk"))), Not(AnyOf((TextTerm('"shells"'), TextTerm('"x"')))))), [2]),
        (FieldTerm("lang", "' OR 1 --"), []),
    ],
)  # fmt: skip
def test_search(library, wanted, expected):
    assert ids(library, wanted) == expected


def test_search_newest_first_and_since_and_limit(library):
    every = FieldTerm("outlet", "ledger")
    assert ids(library, every, limit=2) == [3, 2]
    assert ids(library, every, since=NOW + minutes(1)) == [3, 2]
    assert ids(library, AnyOf((FieldTerm("lang", "en"), FieldTerm("lang", "uk"))), since=NOW + minutes(1)) == [2]


def test_former_text_is_not_found(library):
    poll(
        library, "wire", entry("one", "Artillery shells for Moscow", "The lorry carried rockets."), at=NOW + minutes(9)
    )
    assert ids(library, TextTerm('"train"')) == []
    assert ids(library, TextTerm('"rockets"')) == [1]
    assert library.read(article_by_id, 1).text == "The lorry carried rockets."


def test_copy_of_the_files_taken_while_running_opens(archive, path, tmp_path):
    """What a snapshot of the disk, or a crash, leaves: the database and its log."""
    poll(archive, "wire", *(entry(f"{n}") for n in range(20)))
    copy = tmp_path / "copy" / path.name
    copy.parent.mkdir()
    for suffix in ("", "-wal"):
        shutil.copy(path.with_name(path.name + suffix), copy.with_name(copy.name + suffix))
    with open_archive(copy) as other:
        assert len(other.read(articles_where, "1")) == 20
        assert row(other, 1)["id"] == 1
        check(other)
