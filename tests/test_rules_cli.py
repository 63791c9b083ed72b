"""`khasan rules` and `khasan search` from the command line: what they say, and what scripts get."""

import json
import re
import sqlite3
from datetime import timedelta

import pytest

from khasan.commands.backtesting import _periods
from storage.archive import open_archive
from storage.model import Outlet
from storage.rules import in_force, put_in_force
from storage.sources import sync_topic
from tests.shelf import NOW, entry, minutes, poll, source
from tests.test_cli import alike, documented

CONFIG = """
[data]
database = "khasan.db"
[topic]
overlay = "topic"
[operator]
address = "ops@example.org"
[[reader]]
name = "analyst"
address = "analyst@example.org"
rules = ["guns", "ferry"]
"""
RULES = """
[sets]
kp = "@kp OR 북한"

[[rule]]
id = "guns"
name = "Guns"
query = "{kp} AND near:(@kp (shell OR снаряд OR 포탄)) NOT film"

[[rule]]
id = "ferry"
name = "Ferries"
query = "ferry source:gone-en"

[[rule]]
id = "same"
name = "The same"
query = "FERRY AND source:gone-en"

[[rule]]
id = "never"
name = "Never"
query = "lang:uk AND lang:ru AND 포탄"

[[rule]]
id = "rests"
name = "Rests"
query = "shell*"
enabled = false
"""
TEXTS = [
    ("Shells for [Moscow]", "North Korea has sent shells to Russia. A film followed, not here."),
    ("North Korea sends guns", "A hundred shells came from North Korea.\nRussia denies it."),
    ("КНДР передала снаряди", "Артилерійські снаряди з КНДР їдуть до Росії."),
    ("북한, 포탄 보내", "북한이 포탄을 러시아에 보냈다. \x1b[31m붉은 글씨"),
    ("A ferry in the bay", "It takes forty cars."),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with rules of its own, and five articles over four weeks that wait for their review."""
    folder = tmp_path_factory.mktemp("rules")
    (folder / "khasan.toml").write_text(CONFIG, encoding="utf-8")
    (folder / "topic").mkdir()
    (folder / "topic" / "rules.toml").write_text(RULES, encoding="utf-8")
    with open_archive(folder / "khasan.db") as archive:
        archive.write(sync_topic, [Outlet("ledger", "The Ledger", "KR")], [source("paper")], NOW)
        for number, (title, text) in enumerate(TEXTS):
            poll(archive, "paper", entry(str(number), title, text), at=NOW + timedelta(weeks=number) + minutes(1))
    return folder


@pytest.fixture(scope="module")
def reviewed(home, warm):
    """The same, reviewed."""
    with sqlite3.connect(home / "khasan.db") as connection:
        connection.execute("UPDATE article SET review_due_at = NULL")
    assert warm("review", "--again", cwd=home).returncode == 0
    return home


@pytest.fixture
def run(warm, reviewed):
    """Run a command in the reviewed folder and check its exit code."""

    def ran(*arguments, code=0):
        done = warm(*arguments, cwd=reviewed)
        assert done.returncode == code, done
        return done

    return ran


def answer(done):
    return json.loads(done.stdout)


def narrow(text):
    return all(len(line) <= 80 for line in text.splitlines())


def test_list(run):
    done = run("rules", "list")
    assert narrow(done.stdout)
    assert re.search(r"^guns +Guns +analyst", done.stdout, re.MULTILINE)
    assert re.search(r"^rests +Rests +disabled", done.stdout, re.MULTILINE)
    found = answer(run("rules", "list", "--json"))
    alike(documented("rules list"), found)
    assert [one["readers"] for one in found if one["id"] in ("guns", "same")] == [["analyst"], []]


def test_check(run):
    done = run("rules", "check")
    for line in (
        "source:gone-en: there is no such source",
        "means the same as ferry",
        "no reader follows it",
        "lang:uk AND lang:ru can never be true together",
    ):
        assert line in " ".join(done.stdout.split())
    assert narrow(done.stdout)
    assert "(@kp OR 북한) AND near:(@kp AND (shell OR снаряд OR 포탄)) AND NOT film" in " ".join(done.stdout.split())
    found = answer(run("rules", "check", "--json"))
    alike(documented("rules check"), found)
    assert next(one["advice"] for one in found if one["id"] == "guns") == []


def test_test_on_texts(run, tmp_path):
    done = run("rules", "test", "guns", "--text", "Guns\nNorth Korea sent shells.")
    assert "True" in done.stdout
    assert "‹North Korea› sent ‹shells›." in done.stdout
    done = run("rules", "test", "guns", "--text", "North Korea is far. Shells lie here.")
    assert "Not true" in done.stdout
    assert "✗ near:(@kp AND (shell OR снаряд OR 포탄))" in done.stdout
    (tmp_path / "one.txt").write_text("Снаряди\nУ КНДР роблять артилерійські снаряди.", encoding="utf-8")
    found = answer(run("rules", "test", "артилерійський @kp", "--file", tmp_path / "one.txt", "--json"))
    alike(documented("rules test"), found)
    assert found["true"] is True
    assert found["rule"] == "query"


def test_test_on_an_article(run):
    assert "True" in run("rules", "test", "guns", "--article", 2).stdout
    assert "Not true" in run("rules", "test", "guns", "--article", 5).stdout
    assert "give one of" in run("rules", "test", "guns", code=2).stderr
    assert "there is no article 99" in run("rules", "test", "guns", "--article", 99, code=1).stderr
    assert "there is no rule gnus; did you mean guns?" in run("rules", "test", "gnus", "--text", "x", code=2).stderr
    fault = run("rules", "test", "shells AND @koksn", "--text", "x", code=2).stderr
    assert fault.splitlines()[1].index("^") == fault.splitlines()[0].index("@koksn")
    assert "the nearest is @koksan" in fault


def test_explain(run):
    done = run("rules", "explain", "guns", 2)
    assert "guns is true of article 2" in done.stdout
    assert "✓ near:(@kp AND (shell OR снаряд OR 포탄))" in done.stdout
    assert "‹shells›" in done.stdout
    done = run("rules", "explain", "guns", 1)
    assert "guns is not true of article 1" in done.stdout
    assert '✗ NOT film → text: "film"' in done.stdout
    assert "there is no article" in run("rules", "explain", "guns", 10**20, code=1).stderr
    assert "there is no article" in run("show", 10**20, code=1).stderr
    assert "the number of an article from 1" in run("rules", "test", "guns", "--article", 0, code=2).stderr
    done = run("rules", "explain", "@kp NOT (drone OR film)", 1)
    assert re.search("^    ✓ film → text", done.stdout, re.MULTILINE)
    assert not re.search(" +$", done.stdout, re.MULTILINE)
    assert narrow(done.stdout)
    found = answer(run("rules", "explain", "guns", 1, "--json"))
    alike(documented("rules explain"), found)
    assert found["missing"] == ["NOT film"]
    assert [one["true"] for one in found["verdict"]["parts"]] == [True, True, False]


def test_backtest(run):
    done = run("rules", "backtest", "guns")
    assert "guns is true of 3 articles" in done.stdout
    assert re.search(r"2025-02-17 +█+ 1$", done.stdout, re.MULTILINE)
    assert re.search(r"^paper +3$", done.stdout, re.MULTILINE)
    assert re.search(r"^uk +1$", done.stdout, re.MULTILINE)
    assert "‹КНДР›" in done.stdout
    assert "\x1b[31m" not in done.stdout
    assert narrow(re.sub("[가-힣]", "", done.stdout))
    found = answer(run("rules", "backtest", "guns", "--since", "2025-02-20", "--sample", 1, "--json"))
    alike(documented("rules backtest"), found)
    assert (found["hits"], len(found["samples"])) == (2, 1)
    sample = found["samples"][0]
    texts = dict(TEXTS)
    assert all(texts[sample["title"]][start:end].strip() for start, end in sample["text_marks"])
    assert "true of 0 articles" in run("rules", "backtest", "ferry").stdout


def test_backtest_tries_a_query(run):
    assert answer(run("rules", "backtest", "lead:снаряд OR 포탄", "--json"))["hits"] == 2


def test_diff(run, reviewed):
    done = run("rules", "diff")
    assert "no rules are in force yet" in done.stderr
    with open_archive(reviewed / "khasan.db") as archive:
        old = [("guns", "Guns", "ferry OR 포탄", "0" * 12), ("gone", "Gone", "shell", "1" * 12)]
        archive.write(put_in_force, old, NOW)
        assert [one.id for one in archive.read(in_force)] == ["gone", "guns"]
    found = answer(run("rules", "diff", "--json"))
    alike(documented("rules diff"), found)
    rules = {one["id"]: one for one in found["rules"]}
    assert (rules["guns"]["kind"], rules["guns"]["gained"], rules["guns"]["lost"]) == ("changed", [3, 2], [5])
    assert (rules["gone"]["kind"], rules["gone"]["lost"]) == ("gone", [2, 1])
    done = run("rules", "diff", "guns", "--sample", 1)
    assert "guns changed: 2 gained, 1 lost" in done.stdout
    assert re.search(r"\+ 3 2025-02-24 КНДР передала", done.stdout)
    assert "gone" not in done.stdout
    assert narrow(done.stdout)
    assert "takes the id of a rule, no query" in run("rules", "diff", "shell OR ferry", code=2).stderr
    assert "there is no rule gnus; did you mean guns?" in run("rules", "diff", "gnus", code=2).stderr


def test_diff_with_a_rule_that_cannot_be_read_any_more(run, reviewed):
    with open_archive(reviewed / "khasan.db") as archive:
        archive.write(put_in_force, [("guns", "Guns", "@gone OR 포탄", "0" * 12)], NOW)
    found = {one["id"]: one for one in answer(run("rules", "diff", "--json"))["rules"]}
    assert (found["guns"]["gained"], found["guns"]["lost"]) == ([], [])
    assert "there is no concept @gone" in found["guns"]["fault"]
    done = run("rules", "diff", "guns")
    assert "nothing to compare with" in " ".join(done.stdout.split())
    assert "gained" not in done.stdout


def test_one_is_not_several(run):
    assert "true of 1 article.\n" in run("rules", "backtest", "ferry OR =ferry").stdout


def test_rules_keep_the_time_they_came_into_force(tmp_path):
    with open_archive(tmp_path / "khasan.db") as archive:
        archive.write(put_in_force, [("a", "A", "x", "1"), ("b", "B", "y", "1")], NOW)
        archive.write(put_in_force, [("a", "A", "x", "1"), ("b", "B", "z", "2")], NOW + minutes(1))
        assert [one.since for one in archive.read(in_force)] == [NOW, NOW + minutes(1)]


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("артилерійські снаряди", {"КНДР передала снаряди"}),
        (
            "near:(@kp (@shells OR @shell_supply))",
            {"Shells for [Moscow]", "North Korea sends guns", "КНДР передала снаряди", "북한, 포탄 보내"},
        ),
        ("@kp lang:ko", {"북한, 포탄 보내"}),
        ("country:kr ferry", {"A ferry in the bay"}),
        ("=снаряди published:2025-02", {"КНДР передала снаряди"}),
    ],
)
def test_search(run, query, titles):
    found = answer(run("search", query, "--json"))
    assert {one["title"] for one in found} == titles


def test_a_fault_stands_under_its_place(run):
    query = "북한 AND shells AND " + "x AND " * 30 + "titel:y"
    lines = run("search", query, code=2).stderr.splitlines()
    assert lines[0].startswith("khasan: …")
    assert lines[0][lines[1].index("^") :].startswith("titel:y")
    fault = run("search", "북한 and shells", code=2).stderr.splitlines()
    assert fault[1].index("^") == fault[0].index("and") + 2  # each of two syllables is two columns wide


def test_periods_are_weeks_or_months():
    day = NOW.date()
    assert _periods([day, day + timedelta(days=8)]) == [(day, 1), (day + timedelta(days=7), 1)]
    months = _periods([day, day + timedelta(days=800)])
    assert all(one.day == 1 for one, _ in months)
    assert sum(hits for _, hits in months) == 2
    assert _periods([]) == []
