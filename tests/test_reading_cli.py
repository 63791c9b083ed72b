"""The commands that read: texts from a pipe, the archive once more, the lexicon tried on a text."""

import asyncio
import json
import threading
import time
import unicodedata
from collections import Counter
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from analysis.sentences import lead_end
from khasan.analysing import Analysing, RowError
from khasan.assemble import assemble
from khasan.commands.reading import _Claims, _json_line
from khasan.config import load_config
from khasan.topic import load_topic
from scheduler.review import review_due
from storage.archive import lock_path, open_archive
from storage.articles import article_by_id
from storage.claim_model import ClaimChange, ClaimChanges
from storage.entries import store_poll
from storage.lock import DataLock
from storage.model import Entry, Outcome, Outlet, PollResult, Precision, Published, Source, TimeOrigin
from storage.outbox import mails
from storage.reviews import reviews_of, waiting_again
from storage.sources import sync_topic
from tests.claim_shelf import figure

NOW = datetime.now(UTC).replace(microsecond=0)
CONFIG = """
[[reader]]
name = "ann"
address = "ann@example.org"
"""
TEXT = "Пхеньян передав Москві гаубиці. Північнокорейські військові прибули до Курська."


@pytest.fixture(scope="module")
def topic():
    return load_topic()


@pytest.fixture
def home(tmp_path):
    (tmp_path / "khasan.toml").write_text(CONFIG, encoding="utf-8")
    return tmp_path


def analysed(run, folder, *rows, code=0):
    lines = (row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows)
    (folder / "in.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = run("analyse", "--jsonl", "in.jsonl", cwd=folder, code=code)
    return [json.loads(line) for line in done.stdout.splitlines()], done


def test_analyse_answers_in_order_with_places_in_the_text_as_given(run, home):
    title = "Гаубиці з КНДР"
    rows = [
        {
            "id": "a",
            "title": title,
            "text": TEXT,
            "lang": "en",
            "outlet": "ukrinform",
            "published": "2025-02-11T10:00:00+02:00",
        },
        {"id": 2, "text": "A ferry takes forty cars."},
        {"id": "c", "lead": "북한이 러시아에 포탄을 보냈다.", "text": "국방부가 밝혔다. 북한군도 있다."},
    ]
    (first, second, third), _ = analysed(run, home, *rows)
    assert [one["id"] for one in (first, second, third)] == ["a", 2, "c"]
    assert (first["lang"], second["lang"], third["lang"]) == ("uk", "en", "ko")
    assert first["relevance"]["relevant"] is True
    assert first["relevance"]["band"] == "relevant"
    assert first["relevance"]["reasons"]
    assert second["relevance"] == {"relevant": False, "band": "no", "score": 0.0, "reasons": []}
    assert (second["concepts"], second["rules"]) == ([], [])
    assert {"kp", "ru", "artillery"} <= {one["id"] for one in first["concepts"]}
    assert {"kp"} <= {one["id"] for one in first["title_concepts"]}
    assert first["rules"]
    for row, answer in zip(rows, (first, second, third), strict=True):
        for field, name in (("text", "concepts"), ("title", "title_concepts"), ("lead", "lead_concepts")):
            for one in answer.get(name, []):
                assert row[field][one["start"] : one["end"]] == one["surface"]
                assert one["category"]
    assert "kp" in {one["id"] for one in third["lead_concepts"]}
    assert "kp" in {one["id"] for one in third["concepts"]}


def test_analyse_finds_decomposed_letters_where_they_stand(run, home):
    text = unicodedata.normalize("NFD", "Йдеться про київський міст. 북한군이 왔다. Її гаубиці з КНДР.")
    (answer,), _ = analysed(run, home, {"id": 1, "text": text})
    found = {one["id"]: one for one in answer["concepts"]}
    assert unicodedata.normalize("NFC", found["kpa"]["surface"]) == "북한군"
    assert text[found["kpa"]["start"] : found["kpa"]["end"]] == found["kpa"]["surface"]


@pytest.mark.parametrize(
    ("line", "says", "identity"),
    [
        ("{", "this is not JSON", None),
        ("[1]", "found list, expected an object", None),
        ('{"text": "a"}', "id: found None", None),
        ('{"id": 1}', "text: found None", 1),
        ('{"id": 1, "text": 3}', "text: found 3", 1),
        ('{"id": "x", "text": "a", "title": []}', "title: found []", "x"),
        ('{"id": "x", "text": "a", "published": "soon"}', "published: found 'soon'", "x"),
        ("[" * 100_000, "this is not JSON", None),
        ('{"id": "\\ud800", "text": "a"}', "id: found '\\ud800', which has half a character", None),
        ('{"id": true, "text": "a"}', "id: found True", None),
        ('{"id": 3, "text": "a", "published": "0001-01-01T00:00:00+14:00"}', "published: found '0001", 3),
        ('{"id": 4, "text": "a", "published": "9999-12-31T23:59:59-14:00"}', "published: found '9999", 4),
    ],
)
def test_analyse_names_a_bad_line_and_goes_on(run, home, line, says, identity):
    (before, bad, after), done = analysed(
        run, home, {"id": "before", "text": "a"}, line, {"id": "after", "text": "b"}, code=1
    )
    assert (before["id"], after["id"]) == ("before", "after")
    assert says in bad["error"]
    assert (bad["line"], bad.get("id")) == (2, identity)
    assert "1 lines could not be read" in done.stderr


def test_analyse_writes_half_characters_with_escapes(run, home):
    row = {"id": 1, "title": "\udfffКНДР", "text": "КНДР\ud800 і Пхеньян", "lang": "\ud800", "outlet": "\ud800"}
    (answer,), done = analysed(run, home, json.dumps(row))
    assert [one["surface"] for one in answer["concepts"]] == ["КНДР", "Пхеньян"]
    assert done.stderr == ""


def test_what_cannot_be_written_is_escaped(run, home):
    (home / "in.jsonl").write_text('{"id": "ї", "text": "КНДР"}\n', encoding="utf-8")
    done = run("analyse", "--jsonl", "in.jsonl", cwd=home, code=0)
    assert "КНДР" in done.stdout
    assert json.loads(_json_line({"id": "x\ud800"})) == {"id": "x\ud800"}
    assert _json_line({"id": "x\ud800"}).isascii()


def test_a_bug_costs_its_line_and_no_more():
    class Broken:
        def read(self, *_, **_named):
            return 1 / 0

    with pytest.raises(RowError, match="ZeroDivisionError: division by zero") as caught:
        Analysing(SimpleNamespace(analyser=Broken())).answer('{"id": "x", "text": "a"}')
    assert caught.value.id == "x"


@pytest.mark.parametrize(
    ("text", "surface"),
    [
        ("Війська КНДР\u0301.", "КНДР\u0301"),
        ("Се\u0301верная Коре\u0301я", "Се\u0301верная Коре\u0301я"),
        ("И\u0306од КНДР\u0301\u0301", "КНДР\u0301\u0301"),
    ],
)
def test_analyse_passes_over_stress_marks(run, home, text, surface):
    lead = "\u0438\u0306 " + text
    (answer,), _ = analysed(run, home, {"id": 1, "title": text, "lead": lead, "text": text})
    for name, given in (("concepts", text), ("title_concepts", text), ("lead_concepts", lead)):
        found = [one for one in answer[name] if one["id"] == "kp"]
        assert [one["surface"] for one in found] == [surface]
        assert given[found[0]["start"] : found[0]["end"]] == surface


def test_a_lead_that_is_given_is_the_lead_of_relevance_and_rules(topic):
    title, text = "A note", "One. Two. Three.\nFour.\nTroops of North Korea entered Kursk with Russian guns."
    short, long = topic.analyser.read(title, text, "", 4), topic.analyser.read(title, text, "", len(text))
    assert (short.lead_end, long.lead_end) == (4, len(text))
    assert short.relevance != long.relevance
    assert topic.analyser.read(title, text).lead_end == lead_end(text, title)


def test_analyse_must_be_told_its_format(run, home):
    assert "say --jsonl" in run("analyse", cwd=home, code=2).stderr


def fill(folder):
    """Two articles as a daemon of before left them: reviewed without what is asked of a review today."""
    source = Source("paper-en", "paper", "The Paper", "https://paper.example/feed")
    texts = (
        ("North Korea sends Russia shells", "North Korean shells and troops reached the Kursk region, Seoul said."),
        ("A ferry in the bay", "It takes forty cars."),
    )
    entries = tuple(
        Entry(
            str(number), f"https://paper.example/{number}", f"https://paper.example/{number}", title, text,
            published=Published(NOW - timedelta(days=30 * number), "+00:00", Precision.MINUTE, TimeOrigin.FEED), sha256=str(number),
        )
        for number, (title, text) in enumerate(texts)
    )  # fmt: skip
    with open_archive(folder / "khasan.db") as archive:
        archive.write(sync_topic, [Outlet("paper", "The Paper")], [source], NOW)
        archive.write(store_poll, PollResult("paper-en", NOW, Outcome.UNCHANGED, NOW))
        found = archive.write(store_poll, PollResult("paper-en", NOW, Outcome.NEW, NOW, entries, 200))
        archive.write(lambda c: c.execute("UPDATE article SET review_due_at = NULL"))
    return [one.article for one in found]


def standing(folder, article):
    with open_archive(folder / "khasan.db") as archive:
        return archive.read(
            lambda c: dict(c.execute("SELECT relevance, band, language, candidate FROM article WHERE id = ?", (article,)).fetchone())
        )  # fmt: skip


def test_review_again_reads_the_archive_and_mails_nobody(run, home):
    on, off = fill(home)
    done = json.loads(run("review", "--again", "--json", cwd=home, code=0).stdout)
    assert (done["reviewed"], done["left"]) == (2, 0)
    assert standing(home, on)["band"] == "relevant"
    assert standing(home, off) == {"relevance": 0.0, "band": "no", "language": "en", "candidate": 0}
    with open_archive(home / "khasan.db") as archive:
        assert archive.read(mails) == []
        (review,) = archive.read(reviews_of, on)
        assert (review["outcome"], review["decisions"]) == ("again", [])
        assert "reviewed again" in review["reason"]
        assert archive.read(article_by_id, on).title.startswith("North Korea")


def test_review_again_of_some_days_only(run, home):
    on, off = fill(home)
    since = f"{NOW - timedelta(days=3):%Y-%m-%d}"
    assert "1 articles" in run("review", "--again", "--since", since, cwd=home, code=0).stdout
    assert standing(home, on)["band"] == "relevant"
    assert standing(home, off)["band"] == ""


def test_concepts_follow_the_lexicon(run, home):
    on, _ = fill(home)

    def concepts():
        with open_archive(home / "khasan.db") as archive:
            query = "SELECT concept FROM article_concept WHERE article_id = ?"
            return archive.read(lambda c: {row[0] for row in c.execute(query, (on,))})

    run("review", "--again", cwd=home, code=0)
    assert {"kp", "ru", "shells", "kursk"} <= concepts()
    overlay = home / "topic"
    overlay.mkdir(exist_ok=True)
    shells = '[[concept]]\nid = "shells"\nen = { name = "shells", forms = ["grenade*"] }\n'
    kursk = '[[concept]]\nid = "kurland"\ncategory = "place"\nen = { name = "Kurland", forms = ["kursk region"] }\n'
    (overlay / "lexicon.toml").write_text(shells + kursk, encoding="utf-8")
    run("review", "--again", cwd=home, code=0)
    assert "kurland" in concepts()
    assert "shells" not in concepts()


def test_beside_a_daemon_review_asks_it_and_watches(run, home):
    on, _ = fill(home)
    setup = assemble(load_config(home / "khasan.toml", {}))

    def daemon():
        with DataLock(lock_path(home / "khasan.db")), open_archive(home / "khasan.db", lock_held=True) as archive:
            held.set()
            while not archive.read(waiting_again):
                time.sleep(0.05)
            asyncio.run(review_due(archive, lambda: setup, lambda: NOW))
            ended.wait(30)

    held, ended = threading.Event(), threading.Event()
    other = threading.Thread(target=daemon)
    other.start()
    assert held.wait(10)
    try:
        done = run("review", "--again", "--json", cwd=home, code=0)
    finally:
        ended.set()
        other.join()
    assert "it was asked to review them again" in done.stderr
    assert json.loads(done.stdout)["left"] == 0
    assert standing(home, on)["band"] == "relevant"


def test_what_became_of_claims_is_told_up_to_twenty(capsys):
    def change(number, after):
        return ClaimChange(
            number, 7, figure(600, unit="killed", event="losses", recipient=None), after, "Some sentence."
        )

    told = _Claims()
    told.add(ClaimChanges(changed=(change(1, figure(700, origin=None)),), kept=3))
    told.add(ClaimChanges(removed=tuple(change(number, None) for number in range(2, 32))))
    assert told.counts == {"added": 0, "removed": 30, "changed": 1, "kept": 3}
    told.say(str)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("  claim 1, article 7: 600 killed (losses) KP: figure 600 → 700; unit killed → troops; ")
    assert lines[1] == "  claim 2, article 7: 600 killed (losses) KP is gone"
    assert (len(lines), lines[-1]) == (21, "  … and 11 more")


def test_review_needs_its_word_and_data(run, home):
    assert "say --again" in run("review", cwd=home, code=2).stderr
    assert "no data yet" in run("review", "--again", cwd=home, code=1).stderr
    assert "--since" in run("review", "--again", "--since", "soon", cwd=home, code=2).stderr


def test_lexicon_test_shows_what_a_text_speaks_of(run, home):
    shown = run("lexicon", "test", TEXT, cwd=home, code=0).stdout
    for word in ("kp", "artillery", "гаубиці", "language: uk", "relevance: relevant"):
        assert word in shown
    said = json.loads(run("lexicon", "test", "--json", "Хасан повернувся до Тегерана.", cwd=home, code=0).stdout)
    assert said["concepts"] == [] or "khasan" not in {one["concept"] for one in said["concepts"]}
    assert "khasan" in {one["concept"] for one in said["ambiguous"]}
    assert said["gate"]["passed"] is False
    shown = run("lexicon", "test", "Хасан повернувся до Тегерана.", cwd=home, code=0).stdout
    assert "counts for relevance only" in " ".join(shown.split())


def test_lexicon_check_names_what_is_doubtful(run, home):
    overlay = home / "topic"
    overlay.mkdir()
    (overlay / "lexicon.toml").write_text(
        '[[concept]]\nid = "zeppelin"\ncategory = "weapon"\n'
        'en = { name = "Zeppelin", forms = ["zeppelin*", "zeppelins", "ze*", "dprk", "air"] }\nko = { name = "비행선", forms = ["비행"] }\n',
        encoding="utf-8",
    )
    found = json.loads(run("lexicon", "check", "--json", cwd=home, code=0).stdout)["doubts"]
    ours = {
        (one["kind"], one["language"], one["form"])
        for one in found
        if "zeppelin" in one["concept"] or "zeppelin" in one["message"]
    }
    assert {
        ("in vain", "en", "zeppelins"),
        ("short", "en", "ze*"),
        ("shared", "en", "dprk"),
        ("short", "en", "air"),
        ("inside", "ko", "비행"),
    } <= ours
    assert ("missing", "uk", "") in ours
    shown, everything = (run("lexicon", "check", *more, cwd=home, code=0).stdout for more in ((), ("--all",)))
    assert "can be used" in shown
    assert "--all shows all" in shown
    assert "--all shows all" not in everything
    counts = Counter(one["kind"] for one in found)
    assert all(f"{number} {kind}" in shown for kind, number in counts.items())
    for text, most in ((shown, 20), (everything, len(found))):
        lines = Counter(kind for line in text.splitlines() for kind in counts if line.startswith(kind + "  "))
        assert all(lines[kind] == min(number, most) for kind, number in counts.items() if kind != "missing")
        assert lines["missing"] == (0 if text is shown else counts["missing"])


def test_a_lexicon_that_cannot_be_used_is_named(run, home):
    (home / "topic").mkdir()
    (home / "topic" / "lexicon.toml").write_text('[[concept]]\nid = "x"\n', encoding="utf-8")
    assert "concept x" in run("lexicon", "check", cwd=home, code=2).stderr
