"""`khasan claims` from the command line: what it says on a real ledger, what scripts get, and what decisions do."""

import csv
import io
import json
import re
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Timer
from time import monotonic

import pytest
import typer
from rich.cells import cell_len

from khasan.assemble import assemble
from khasan.claims_export import safe
from khasan.commands.claims_asked import Asked, Names, wanted_claims
from khasan.commands.deciding import Correction, completed, values_of
from khasan.config import load_config
from storage.archive import lock_path, open_archive
from storage.claim_model import Status
from storage.claim_reads import all_decisions, claim_of, claims_where
from storage.lock import DataLock
from tests.claim_ledger import SEOUL, WORDS, fill
from tests.claim_shelf import figure, reading, store, whole
from tests.shelf import NOW, entry, poll
from tests.test_cli import alike, documented


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    """A ledger that tests only look at: its folder and the numbers of its claims."""
    folder = tmp_path_factory.mktemp("ledger")
    return folder, fill(folder)


@pytest.fixture
def own(tmp_path):
    """A ledger to decide on."""
    return tmp_path, fill(tmp_path)


@pytest.fixture
def claims(run, ledger):
    """Run `khasan claims …` on the ledger that is only looked at. claims("list", code=0) → CompletedProcess."""

    def ran(*arguments, code=0, **rest):
        return run("claims", *arguments, code=code, cwd=ledger[0], **rest)

    return ran


@pytest.fixture(scope="module")
def opened(ledger):
    """The same ledger, its setup and names, for what needs no process of its own."""
    folder, numbers = ledger
    setup = assemble(load_config(folder / "khasan.toml", {}))
    with open_archive(folder / "khasan.db") as archive:
        yield archive, setup, Names(setup.analyser.lexicon), numbers


def refused(capsys, call, *arguments, **rest):
    """What somebody is told who asks for what cannot be."""
    with pytest.raises(typer.Exit) as ended:
        call(*arguments, **rest)
    assert ended.value.exit_code == 2
    return capsys.readouterr().err


def answer(done):
    return json.loads(done.stdout)


def narrow(text, width=80):
    return all(cell_len(line) <= width for line in text.splitlines())


def flat(text):
    return " ".join(text.split())


# --- list


def test_list(claims, ledger):
    done = claims("list")
    assert narrow(done.stdout)
    first = re.split(r"\n(?= *\d+  2025)", done.stdout)
    assert len(first) == 1 + len(WORDS)
    assert [int(one.split()[0]) for one in first[1:]] == sorted(ledger[1].values(), reverse=True)
    told = flat(done.stdout)
    for words in (
        "2025-02-10 ≈11,000 troops sent KP→RU ROK Ministry of 3 in 3",
        ">4,000 casualties (losses)",
        "10,000–12,000 troops sent KP→RU Pentagon once",
        "$20 million money paid RU→KP NIS once",
        "30,000 troops sent KP→RU nobody named once expected",
    ):
        assert words in told
    oldest = claims("list", "--oldest-first", "--limit", 2)
    assert [line.split()[0] for line in oldest.stdout.splitlines() if re.match(r" *\d+  2025", line)] == ["1", "2"]
    assert "2 of 9 claims" in oldest.stdout


def test_list_in_json(claims, ledger):
    found = answer(claims("list", "--json"))
    alike(documented("claims list"), found)
    seoul = next(one for one in found if one["id"] == ledger[1]["seoul"])
    assert seoul["origin"] == "kr_mnd"
    assert seoul["relays"] == ["yonhap"]
    assert seoul["outlets"] == ["rbc_ua", "tumen_paper", "yonhap"]
    assert (seoul["low"], seoul["approx"], seoul["sentence"]) == (11_000, "about", SEOUL)


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"unit": ["casualties"]}, "losses"),
        ({"unit": ["money", "casualties"]}, "losses money"),
        ({"event": ["LOSSES"]}, "losses"),
        ({"origin": ["kr_nis"]}, "money again"),
        ({"origin": ["General Staff of Ukraine"]}, "kyiv losses"),
        ({"origin": ["nobody"]}, "soon"),
        ({"origin": ["nobody", "kremlin"]}, "soon denied"),
        ({"relay": ["yonhap"]}, "seoul"),
        ({"outlet": ["rbc_ua"]}, "seoul kyiv losses denied"),
        ({"outlet": ["tumen_paper"], "unit": ["money_usd"]}, "money"),
        ({"since": "2025-02-15"}, "more soon again"),
        ({"since": "2025-02-11", "until": "2025-02-11"}, "kyiv losses"),
        ({"until": "2025-02-10T09:00:00Z"}, ""),
        ({"until": "2025-02-10T18:01:00+09:00"}, "seoul"),
        ({"since": "1d"}, ""),
        ({"until": "1w"}, " ".join(WORDS)),
        ({"until": "9999-12-31"}, " ".join(WORDS)),
        ({"recaps": True}, "again"),
        ({"recaps": False, "origin": ["kr_nis"]}, "money"),
        ({"new": True, "unit": ["troops"]}, "seoul kyiv range more soon"),
        ({"status": ["read"], "text": "국정원"}, "again"),
        ({"text": "ГЕНШТАБ"}, "kyiv losses"),
        ({"status": ["rejected"]}, ""),
    ],
)
def test_filters(opened, filters, names):
    archive, setup, known, numbers = opened
    asked = Asked(**filters)
    found = archive.read(claims_where, wanted_claims(asked, setup, archive, known))
    assert {one.id for one in found} == {numbers[name] for name in names.split()}


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        ({"unit": ["troop"]}, '--unit: found "troop"; did you mean "troops"?'),
        ({"event": ["loses"]}, '--event: found "loses"; known are sent, deployed, losses,'),
        ({"origin": ["kr_nsi"]}, '--origin: found "kr_nsi"; did you mean "kr_nis"?'),
        ({"origin": ["Kremlins"]}, 'did you mean "Kremlin"?'),
        ({"relay": ["[red]"]}, '--relay: found "[red]"; known are '),
        ({"outlet": ["rbk_ua"]}, 'did you mean "rbc_ua"?'),
        ({"status": ["reject"]}, "known are read, confirmed, corrected, rejected"),
        ({"since": "soon"}, '--since: found "soon", expected a day such as 2026-11-23, or how long ago: "30d", "8w"'),
        ({"until": "10000-01-01"}, "expected a day"),
        ({"since": "2025-02-02", "until": "2025-02-01"}, "which is before --since 2025-02-02"),
    ],
)
def test_what_is_unknown_is_told(opened, capsys, filters, words):
    archive, setup, known, _ = opened
    assert words in refused(capsys, wanted_claims, Asked(**filters), setup, archive, known)


def test_filters_from_the_command_line(claims, ledger):
    filters = "--unit troops --event sent --origin kr_nis --origin us_dod --outlet yonhap --since 2025-02-10 --until 2025-02-20 --no-recaps --status read --text pentagon --new"
    assert [one["id"] for one in answer(claims("list", "--json", *filters.split()))] == [ledger[1]["range"]]
    assert [one["id"] for one in answer(claims("list", "--json", "--recaps", "--limit", 1))] == [ledger[1]["again"]]
    assert answer(claims("list", "--json", "--relay", "reuters")) == []
    done = claims("list", "--unit", "troop", code=2)
    assert (done.stdout, done.stderr) == ("", 'khasan: --unit: found "troop"; did you mean "troops"?\n')


def test_nothing_found(claims, run, tmp_path):
    done = claims("list", "--unit", "ships")
    assert "No such claims among 9" in done.stdout
    assert answer(claims("list", "--unit", "ships", "--json")) == []
    assert "no data yet" in run("claims", "list", code=1, cwd=tmp_path).stderr
    open_archive(tmp_path / "data" / "khasan.db").close()
    for command in ("list", "chart"):
        done = run("claims", command, code=0, cwd=tmp_path)
        assert "No claims yet" in done.stdout
        assert "khasan review --again" in flat(done.stdout)


# --- show


def test_show(claims, ledger):
    done = claims("show", ledger[1]["seoul"])
    assert narrow(done.stdout)
    told = flat(done.stdout)
    for words in (
        "about 11,000 troops sent, North Korea → Russia",
        "ROK Ministry of National Defense (kr_mnd)",
        "through Yonhap",
        "3 articles of 3 outlets",
        "‹About 11,000 soldiers› have been sent",
        "Южнокорейское министерство: ‹11 тысяч› солдат.",
        "Seoul counts [soldiers] http://news.example/yonhap-0",
        "2025-02-14 10,000 Kremlin denied",
    ):
        assert words in told
    assert done.stdout.count("have been sent") == 1, "the same sentence stands there once"
    assert "NIS recap" in told
    assert "$20 million" not in told, "another kind"


def test_show_in_json(claims, ledger):
    found = answer(claims("show", ledger[1]["seoul"], "--json"))
    alike(documented("claims show"), found)
    assert [one["outlet"] for one in found["sightings"]] == ["yonhap", "rbc_ua", "tumen_paper"]
    assert {one["id"] for one in found["others"]} == {
        ledger[1][name] for name in ("kyiv", "range", "denied", "more", "soon", "again")
    }


def test_there_is_no_such_claim(claims):
    for number, *command in (
        (0, "show"),
        (2**70, "show"),
        (99, "reject", "--why", "x"),
        (-1, "correct", "--low", "1", "--why", "x"),
    ):
        done = claims(*command, "--", number, code=1)
        assert done.stderr == f"khasan: there is no claim {number}; `khasan claims list` gives numbers\n"


def test_how_many_more_there_are(claims):
    assert "2 of 9 claims" in claims("list", "--limit", 2).stdout
    assert "2 of more" in claims("list", "--new", "--limit", 2).stdout
    assert " of " not in claims("list", "--recaps", "--limit", 1).stdout.splitlines()[-1]
    assert "Input should be less" in claims("list", "--limit", 10**20, code=2).stderr


def test_an_articles_claims_stand_with_it(run, ledger):
    text = flat(run("show", 1, code=0, cwd=ledger[0]).stdout)
    assert "claim 1 ≈11,000 troops sent KP→RU, kr_mnd, via yonhap; new" in text
    found = json.loads(run("show", 1, "--json", code=0, cwd=ledger[0]).stdout)["claims"]
    assert [(one["claim"], one["figure"]["low"], one["new"]) for one in found] == [(1, 11_000, True)]


def test_of_many_sightings_the_first_and_the_last_are_shown(run, own):
    folder, _ = own
    with open_archive(folder / "khasan.db") as archive:
        for number in range(40):
            (one,) = poll(archive, "yonhap", entry(f"copy-{number}", SEOUL), at=NOW)
            store(archive, one.article, reading(SEOUL, WORDS["seoul"], word="About 11,000 soldiers"))
    text = run("claims", "show", 1, code=0, cwd=folder).stdout
    assert "… 18 more; --json gives all …" in text
    assert len(re.findall(r", article \d+, via", text)) == 25
    assert len(json.loads(run("claims", "show", 1, "--json", code=0, cwd=folder).stdout)["sightings"]) == 43


# --- chart


def test_a_chart_of_many_is_of_the_newest(claims):
    text = claims("chart", "--limit", 3).stdout
    assert text.endswith("The newest 3 of 9 claims; --limit draws more.\n")
    assert "2025-02-16" in text
    assert "2025-02-11" not in text


def test_chart(claims):
    done = claims("chart")
    assert narrow(done.stdout)
    lines = done.stdout.splitlines()
    assert lines[0] == "troops sent, North Korea → Russia: 7 claims"
    assert any(line.startswith("ROK Ministry of National Defense") for line in lines)
    assert next(line for line in lines if "10,000–12,000" in line).count("●") == 2
    assert "✕" in next(line for line in lines if line.startswith("  6  "))
    assert "money paid, Russia → North Korea: 1 claim" in lines


def test_chart_of_some(claims, khasan, ledger):
    done = claims("chart", "--unit", "troops", "--origin", "kr_mnd", "--origin", "kr_jcs", "--width", 60)
    assert narrow(done.stdout, 60)
    assert done.stdout.startswith("troops sent, North Korea → Russia: 2 claims")
    assert "No such claims" in claims("chart", "--unit", "ships").stdout
    claims("chart", "--unit", "sheep", code=2)
    wide = khasan("claims", "chart", cwd=ledger[0], env={"COLUMNS": "100"}).stdout
    assert narrow(wide, 100)
    assert not narrow(wide, 90)


def test_chart_without_its_signs(claims, khasan, ledger):
    assert claims("chart", "--ascii").stdout.isascii()
    done = khasan("claims", "chart", cwd=ledger[0], env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    assert "*--*" in done.stdout


# --- export


def test_export_as_csv(claims, ledger):
    done = claims("export")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [int(row["id"]) for row in rows] == sorted(ledger[1].values())
    seoul = rows[0]
    assert (seoul["low"], seoul["high"], seoul["approx"], seoul["increment"]) == ("11000", "11000", "about", "false")
    assert (seoul["origin"], seoul["origin_name"]) == ("kr_mnd", "ROK Ministry of National Defense")
    assert seoul["sentence"] == SEOUL
    assert len(seoul["sightings"].splitlines()) == 3
    assert "=HYPERLINK" in seoul["sightings"].splitlines()[2]
    assert (rows[-1]["origin"], rows[-1]["recap"]) == ("kr_nis", "true")
    assert documented_columns() == set(seoul)
    assert len(list(csv.DictReader(io.StringIO(claims("export", "--unit", "money").stdout)))) == 1


def documented_columns():
    """Columns as docs/claims.md names them."""
    from tests.test_docs import DOCS

    text = (DOCS / "claims.md").read_text(encoding="utf-8")
    return set(re.findall(r"`(\w+)`", re.search(r"Columns of CSV: (.+?)\n\n", text, re.DOTALL)[1]))


def test_export_as_json_lines(claims, ledger):
    found = [json.loads(line) for line in claims("export", "--format", "jsonl").stdout.splitlines()]
    assert [one["id"] for one in found] == sorted(ledger[1].values())
    shown = answer(claims("show", ledger[1]["seoul"], "--json"))
    assert found[0] == shown["claim"] | {"sightings": shown["sightings"], "decisions": shown["decisions"]}


def test_export_into_a_file(claims, tmp_path):
    file = tmp_path / "claims.csv"
    assert "9 claims written to" in claims("export", "--output", file).stdout
    plain = file.read_bytes()
    assert plain.startswith(b"id,first_at")
    done = claims("export", "--output", file, "--bom", code=2)
    assert "--force" in done.stderr
    assert file.read_bytes() == plain
    claims("export", "--output", file, "--bom", "--force")
    assert file.read_bytes() == b"\xef\xbb\xbf" + plain
    assert [one.name for one in tmp_path.iterdir()] == ["claims.csv"], "nothing half written is left"
    assert "no folder" in claims("export", "--output", tmp_path / "no" / "x.csv", code=1).stderr
    assert "found a folder" in claims("export", "--output", tmp_path, "--force", code=1).stderr
    assert "known are csv, jsonl" in claims("export", "--format", "xml", code=2).stderr


@pytest.mark.parametrize("text", ["=1+1", "+49", "-3", "@x", "\t=1", "  =1", "＝1", "\r=1", "\u200b=1"])
def test_no_cell_is_a_formula(text):
    assert safe(text).startswith("'")


@pytest.mark.parametrize("text", ["", "plain", "1-2", "국방부", "'=1", "a=b"])
def test_other_cells_stay(text):
    assert safe(text) == text


# --- decisions


def test_correct(run, own):
    folder, numbers = own
    done = run("claims", "correct", numbers["range"], "--high", "13 000", "--origin", "Pentagon", "--relay", "reuters",
               "--modality", "expected", "--why", "The text has 13,000", "--as", "Olena", code=0, cwd=folder)  # fmt: skip
    assert done.stdout.splitlines() == [
        f"Claim {numbers['range']} (10,000–12,000 troops sent) corrected by Olena: 1 sighting.",
        "  figure: 10,000–12,000 → 10,000–13,000",
        "  how firm: fact → expected",
        "  relays: nobody → Reuters",
    ]
    told = flat(run("claims", "show", numbers["range"], code=0, cwd=folder).stdout)
    assert "decided corrected by Olena" in told
    assert "corrected by Olena figure 10,000–12,000 → 10,000–13,000 how firm fact → expected" in told
    assert "why: The text has 13,000" in told
    with open_archive(folder / "khasan.db") as archive:
        whole(archive)
        (decision,) = archive.read(all_decisions)
    assert (decision.who, decision.why, decision.read) == ("Olena", "The text has 13,000", WORDS["range"])
    assert decision.figure == figure(
        10_000, 13_000, origin="us_dod", approx="range", modality="expected", relays=("reuters",)
    )


def test_correct_everything(run, own):
    folder, numbers = own
    given = {
        "--unit": "workers", "--event": "trained", "--actor": "RU", "--recipient": "nobody", "--low": "5,000", "--high": "7_000",
        "--approx": "about", "--modality": "possible", "--origin": "none", "--relay": "nobody", "--said-on": "2025-02-07",
    }  # fmt: skip
    options = [part for pair in given.items() for part in pair]
    done = run("claims", "correct", numbers["soon"], *options, "--increment", "--recap", "--why", "all wrong", "--json", code=0, cwd=folder)  # fmt: skip
    found = answer(done)
    alike(documented("claims correct"), found)
    (after,) = found["after"]
    assert after["figure"] == {
        "unit": "workers", "event": "trained", "actor": "RU", "recipient": None, "low": 5_000, "high": 7_000, "approx": "about",
        "modality": "possible", "origin": None, "relays": [], "said_on": "2025-02-07", "increment": True, "recap": True,
    }  # fmt: skip
    back = run("claims", "correct", numbers["soon"], "--said-on", "none", "--no-recap", "--no-increment", "--why", "x", "--json", code=0, cwd=folder)  # fmt: skip
    figure = answer(back)["after"][0]["figure"]
    assert (figure["said_on"], figure["recap"], figure["increment"]) == (None, False, False)


@pytest.mark.parametrize(
    ("name", "given", "figure"),
    [
        ("kyiv", {"low": "12500"}, (12_500, 12_500, "exact")),
        ("kyiv", {"high": "12500"}, (12_500, 12_500, "exact")),
        ("kyiv", {"low": "12000", "high": "15000"}, (12_000, 15_000, "range")),
        ("range", {"low": "11000"}, (11_000, 12_000, "range")),
        ("range", {"low": "12000"}, (12_000, 12_000, "exact")),
        ("range", {"low": "12000", "approx": "nearly"}, (12_000, 12_000, "nearly")),
        ("losses", {"low": "5000"}, (5_000, 5_000, "more_than")),
        ("seoul", {"low": "9000", "high": "11000"}, (9_000, 11_000, "about")),
        ("seoul", {"unit": "workers"}, (11_000, 11_000, "about")),
    ],
)
def test_one_end_of_a_figure(opened, name, given, figure):
    before = WORDS[name]
    after = replace(before, **completed(values_of(Correction(**given), opened[2]), before))
    assert (after.low, after.high, after.approx) == figure


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"low": "many"}, 'found "many", expected a whole number'),
        ({"low": "-5"}, 'found "-5"'),
        ({"low": "١٢"}, "expected a whole number"),
        ({"high": "9" * 40}, "expected a whole number up to"),
        ({"low": "9", "high": "3"}, "which is more than --high 3"),
        ({"unit": "trops"}, 'did you mean "troops"?'),
        ({"event": "send"}, "known are sent, deployed, losses,"),
        ({"actor": "KR"}, 'found "KR"; known are KP, RU'),
        ({"approx": "circa"}, "known are exact, about,"),
        ({"modality": "facts"}, "known are fact, expected,"),
        ({"origin": "kr_mdn"}, 'did you mean "kr_mnd"?'),
        ({"relay": ["yonhap", "reuter"]}, 'did you mean "reuters"?'),
        ({"said_on": "7 Feb"}, "expected a day such as 2026-11-23"),
    ],
)
def test_a_value_that_makes_no_sense(opened, capsys, given, words):
    assert words in refused(capsys, values_of, Correction(**given), opened[2])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--low", "1"), "--why is missing"),
        (("--low", "1", "--why", " "), "whoever doubts it later must know what in the text"),
        (("--why", "x"), "nothing to correct"),
        (("--low", "12000", "--why", "x"), "is so already; `khasan claims confirm"),
        (("--unit", "workers", "--why", "x", "--as", "x" * 100), "expected a name"),
    ],
)
def test_a_correction_that_makes_no_sense(claims, ledger, options, words):
    assert words in claims("correct", ledger[1]["kyiv"], *options, code=2).stderr


def test_a_range_the_wrong_way_round(claims, ledger):
    done = claims("correct", ledger[1]["range"], "--low", "13000", "--why", "x", code=2)
    assert "the first must be the smaller" in done.stderr
    with open_archive(ledger[0] / "khasan.db") as archive:
        assert archive.read(all_decisions) == []


def test_a_corrected_claim_joins_another(run, own):
    folder, numbers = own
    done = run("claims", "correct", numbers["kyiv"], "--low", "11000", "--origin", "kr_mnd", "--why", "Seoul said it", code=0, cwd=folder)  # fmt: skip
    assert f"What was claim {numbers['kyiv']} is part of claim {numbers['seoul']} now." in done.stdout
    run("claims", "show", numbers["kyiv"], code=1, cwd=folder)
    assert "3 articles of 3 outlets" in run("claims", "show", numbers["seoul"], code=0, cwd=folder).stdout


def test_reject_and_take_back(run, own):
    folder, numbers = own
    number = numbers["seoul"]
    assert "must know why it is no claim" in run("claims", "reject", number, code=2, cwd=folder).stderr
    done = run("claims", "reject", number, "--why", "Of 1951", code=0, cwd=folder, env={"KHASAN_ANALYST": "Ann"})
    assert done.stdout == f"Claim {number} (about 11,000 troops sent) rejected by Ann: 3 sightings.\n"
    assert number not in [one["id"] for one in answer(run("claims", "list", "--json", code=0, cwd=folder))]
    rejected = run("claims", "list", "--status", "rejected", code=0, cwd=folder).stdout
    assert "rejected" in rejected
    assert f"  {number}  " not in run("claims", "chart", code=0, cwd=folder).stdout
    shown = flat(run("claims", "show", number, code=0, cwd=folder).stdout)
    assert "rejected by Ann, in 2 sentences why: Of 1951" in shown
    back = run("claims", "confirm", number, "--json", code=0, cwd=folder, env={"LOGNAME": "bo"})
    found = answer(back)
    alike(documented("claims confirm"), found)
    assert (found["who"], found["after"][0]["status"]) == ("bo", "confirmed")
    rows = list(csv.DictReader(io.StringIO(run("claims", "export", code=0, cwd=folder).stdout)))
    decisions = next(row["decisions"] for row in rows if row["id"] == str(number)).splitlines()
    assert [one.split(" | ")[1:] for one in decisions] == [["bo", "confirmed"], ["Ann", "rejected", "Of 1951"]]


def test_a_decision_beside_a_running_daemon_holds_for_what_comes(run, own):
    folder, numbers = own
    with DataLock(lock_path(folder / "khasan.db")):
        run("claims", "reject", numbers["seoul"], "--why", "x", "--as", "ann", code=0, cwd=folder)
    with open_archive(folder / "khasan.db") as archive:
        store(archive, 4, reading(SEOUL, WORDS["seoul"], word="About 11,000 soldiers"), at=datetime.now(UTC))
        claim = archive.read(claim_of, numbers["seoul"])
    assert claim.status is Status.REJECTED
    assert claim.articles == 4


def test_a_decision_waits_while_another_process_writes(run, own):
    folder, numbers = own
    other = sqlite3.connect(folder / "khasan.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    later = Timer(1.5, other.execute, ["COMMIT"])
    later.start()
    began = monotonic()
    run("claims", "confirm", numbers["more"], code=0, cwd=folder)
    assert monotonic() - began > 1
    later.join()
    other.close()


def test_a_claim_that_only_a_decision_keeps(run, own):
    folder, numbers = own
    run("claims", "confirm", numbers["soon"], "--as", "ann", code=0, cwd=folder)
    with open_archive(folder / "khasan.db") as archive:
        store(archive, 7, at=datetime.now(UTC) + timedelta(days=1))
        whole(archive)
    told = flat(run("claims", "show", numbers["soon"], code=0, cwd=folder).stdout)
    assert "confirmed by ann; the articles are not read so any more" in told
    run("claims", "show", numbers["again"], code=1, cwd=folder)
