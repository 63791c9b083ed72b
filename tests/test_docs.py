"""The documents say what the program does: every command, option, key and column, and nothing that is not there."""

import ast
import dataclasses
import json
import re
import shlex
import sqlite3
import tomllib
from enum import StrEnum
from pathlib import Path

import pytest
import typer

from alerts import rules as alert_rules
from alerts.channels import SmtpOptions
from alerts.decide import Reader
from analysis import lexicon, lexicon_file, relevance
from analysis.query import QueryError, parse
from khasan import assemble, config
from khasan.cli import app
from khasan.config import ConfigError, load_config
from khasan.topic import FILES, KINDS, TopicError, load_topic
from spiders import crawl
from spiders.extract import Overrides
from spiders.options import CollectOptions
from storage.archive import open_archive
from storage.mail import MailState
from storage.model import Outcome, Outlet, Source

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
SPIDERS = {one.name: one for one in vars(crawl).values() if isinstance(one, type) and one.__module__ == crawl.__name__}
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md")])
SECTIONS = {
    "[collect]": CollectOptions,
    "[data]": config.DataOptions,
    "[topic]": config.TopicOptions,
    "[mail]": config.MailSettings,
    "[smtp]": SmtpOptions,
    "[operator]": config.OperatorOptions,
    "[log]": config.LogOptions,
    "[[reader]]": Reader,
}
START = ROOT / "khasan" / "start"
TOPIC_TABLES = {"outlet", "source", "rule", "sets", "concept", "gate", "bands", "groups", "weights"} | {
    "circles",
    "likeness",
}
EXAMPLES_ONLY = {
    "mail.sender",
    "mail.list_id",
    "operator.address",
}  # where the start file shows an example, not the default


def section(page, heading):
    """The text under a heading, up to the next one of its rank."""
    text = (DOCS / page).read_text(encoding="utf-8")
    found = re.search(rf"^(#+) {re.escape(heading)}$(.*?)(?=^#{{2,3}} |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"{page} has no heading {heading!r}"
    return found[2]


def table_after(text, label):
    """The table that follows a line which holds only a label."""
    return re.split(r"\n\s*\n", text.partition(f"\n{label}\n")[2].lstrip(), maxsplit=1)[0]


def rows(text):
    """The rows of tables whose first cell begins with code: cells by row, `\\|` as |."""
    return [
        [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in text.splitlines()
        if line.startswith("| `")
    ]


def codes(cell):
    """The code in a cell."""
    return re.findall(r"`([^`]+)`", cell)


def keys(text):
    return {code for row in rows(text) for code in codes(row[0])}


def fences(page, language):
    """Fenced blocks of a language, without the indent of a list."""
    text = page.read_text(encoding="utf-8")
    for found in re.finditer(rf"^( *)```{language}\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL):
        yield "".join(line.removeprefix(found[1]) for line in found[2].splitlines(keepends=True))


def commands(group=None, path=()):
    """Every command with its path: ("outbox", "list") → the command."""
    group = group or typer.main.get_command(app)
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


COMMANDS = dict(commands())


def options_of(command):
    """Names by which a command's parameters are documented."""
    names = set()
    for parameter in command.params:
        if parameter.name == "help":
            continue
        options = [option for option in parameter.opts if option.startswith("--")]
        names.add(options[0] if options else parameter.name)
    return names


# --- commands


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_a_command_is_documented_with_exactly_its_options(path):
    text = section("commands.md", f"khasan {' '.join(path)}")
    outcomes = {str(outcome) for outcome in Outcome}
    assert keys(text) - outcomes == options_of(COMMANDS[path])


def test_no_command_is_documented_that_does_not_exist():
    text = (DOCS / "commands.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^## khasan (.+)$", text, re.MULTILINE)) == {" ".join(path) for path in COMMANDS}


def test_the_options_before_the_command_are_documented():
    text = (DOCS / "commands.md").read_text(encoding="utf-8").partition("\n## ")[0]
    options = {option for parameter in typer.main.get_command(app).params for option in parameter.opts}
    assert keys(text) == options | {"--help"}


def test_every_outcome_and_state_is_documented():
    told = rows(section("sources.md", "What can go wrong, and where you see it"))
    assert {codes(row[0])[0] for row in told} == {str(outcome) for outcome in Outcome}
    for row in told:
        assert all((ROOT / "tests" / name).is_file() for name in codes(row[4])), row[0]
        assert codes(row[4]), f"{row[0]} has no test"
    assert keys(section("operations.md", "The outbox")) == {str(state) for state in MailState}
    assert set(
        codes(next(row for row in rows(section("commands.md", "khasan outbox list")) if "--state" in row[0])[1])
    ) == set(MailState)


def invocations(page):
    """Every `khasan …` in code of a page: (line, words)."""
    text = page.read_text(encoding="utf-8")
    shell = [line for block in fences(page, "sh") for line in block.splitlines()]
    for line in [*shell, *re.findall(r"`(khasan [^`]+)`", text)]:
        found = re.match(r"(?:\.venv/bin/)?khasan (.+?)(?: \s*#.*| >.*)?$", line)
        if found:
            yield line, shlex.split(found[1])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_that_are_shown_exist(page):
    for line, words in invocations(page):
        words_of_command = [word.rstrip(",…") for word in words[2 if words[0] == "--config" else 0 :]]
        first = words_of_command[0]
        if (
            first
            in {
                "",
                "COMMAND",
                "--help",
                "--version",
                "claims",
                "lexicon",
                "mail",
                "outbox",
                "rules",
                "sources",
                "stories",
                "[--config",
            }
            and len(words_of_command) < 2
        ):
            continue
        if first.startswith("["):  # how a command is called in general
            continue
        groups = {"claims", "lexicon", "mail", "outbox", "rules", "sources", "stories"}
        path = tuple(words_of_command[: 2 if first in groups else 1])
        assert path in COMMANDS, line
        for word in words_of_command:
            assert not word.startswith("--") or word in {*options_of(COMMANDS[path]), "--help"}, line


# --- configuration


def written(value):
    """A default as the documents write it."""
    if value is None or value is dataclasses.MISSING:
        return "–"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, StrEnum | str):
        return f'`"{value}"`'
    if isinstance(value, tuple):
        return f"`{json.dumps(value)}`"
    return f"`{value:g}`" if value < 1e6 else f"`{value}`"


@pytest.mark.parametrize(("heading", "kind"), SECTIONS.items(), ids=list(SECTIONS))
def test_a_section_is_documented_key_by_key(heading, kind):
    documented = {codes(row[0])[0]: row[2] for row in rows(section("configuration.md", heading))}
    assert documented == {field.name: written(field.default) for field in dataclasses.fields(kind)}


def test_every_section_is_documented_and_no_other():
    text = (DOCS / "configuration.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^## (\[.+)$", text, re.MULTILINE)) == set(SECTIONS)
    assert set(config._SECTIONS) == {name.strip("[]") for name in SECTIONS} - {"reader"}


def test_variables_that_are_shown_exist(tmp_path):
    for page in PAGES:
        for name in set(re.findall(r"KHASAN_[A-Z]+__[A-Z_]+", page.read_text(encoding="utf-8"))) - {
            "KHASAN_SECTION__KEY"
        }:
            part, _, key = name.removeprefix("KHASAN_").lower().partition("__")
            assert key in {field.name for field in dataclasses.fields(SECTIONS[f"[{part}]"])}, (page.name, name)


def uncommented():
    """khasan/start/khasan.toml with every `# key = value` and `# [table]` taken in."""
    text = (START / "khasan.toml").read_text(encoding="utf-8")
    return re.sub(r"^# (\[\[?\w+\]\]?$|\w+ += )", r"\1", text, flags=re.MULTILINE)


def test_the_start_file_shows_every_key_and_its_default(tmp_path):
    shown = tomllib.loads(uncommented())
    for heading, kind in SECTIONS.items():
        name = heading.strip("[]")
        table = shown[name][0] if heading.startswith("[[") else shown[name]
        assert set(table) == {field.name for field in dataclasses.fields(kind)}, heading
        for field in dataclasses.fields(kind):
            if name in {"smtp", "reader"} or f"{name}.{field.name}" in EXAMPLES_ONLY:
                continue
            given = tuple(table[field.name]) if isinstance(table[field.name], list) else table[field.name]
            assert given == field.default, f"{name}.{field.name}"
    (tmp_path / "khasan.toml").write_text(uncommented(), encoding="utf-8")
    loaded = load_config(tmp_path / "khasan.toml", {})
    assert loaded.readers[0].name == "analyst"
    assert loaded.smtp.security == SmtpOptions("x").security
    assert (loaded.readers[0].rules, loaded.readers[0].max_per_hour) == (
        Reader("a", "b").rules,
        Reader("a", "b").max_per_hour,
    )


def test_the_start_file_as_it_is_changes_nothing(tmp_path):
    (tmp_path / "khasan.toml").write_bytes((START / "khasan.toml").read_bytes())
    loaded = load_config(tmp_path / "khasan.toml", {})
    assert dataclasses.replace(loaded, file=None, folder=Path()) == config.Config()


@pytest.mark.parametrize("file", FILES)
def test_the_start_overlay_is_empty_and_works_when_taken_in(file, tmp_path):
    text = (START / "topic" / file).read_text(encoding="utf-8")
    assert not tomllib.loads(text)
    (tmp_path / file).write_text(re.sub(r"^# ?(?=\[\[|\w+ = )", "", text, flags=re.MULTILINE), encoding="utf-8")
    assert load_topic(overlay_dir=tmp_path).version != load_topic().version


# --- topic


def test_the_keys_of_sources_are_documented():
    text = section("topic.md", "sources.toml")
    for label, kind in (("`[[outlet]]`", Outlet), ("`[[source]]`", Source)):
        documented = {codes(row[0])[0]: row[2] for row in rows(table_after(text, label))}
        assert documented == {field.name: written(field.default) for field in dataclasses.fields(kind)}
    assert set(KINDS) <= set(codes(text))
    sentence = next(line for line in text.splitlines() if line.startswith("`css` has"))
    assert {field.name for field in dataclasses.fields(Overrides)} <= set(codes(sentence))


def test_every_kind_has_a_section_with_an_example_and_a_spider():
    for kind in KINDS:
        text = section("sources.md", kind)
        assert "[[source]]" in text, kind
        assert kind == "feeds" or f'kind = "{kind}"' in text, kind
    assert {name: spider.kind for name, spider in SPIDERS.items()} == {kind: kind for kind in KINDS}


def test_the_keys_of_rules_and_words_are_documented():
    assert keys(table_after(section("topic.md", "rules.toml"), "`[[rule]]`")) == set(alert_rules._KEYS)
    concept = keys(table_after(section("topic.md", "lexicon.toml"), "`[[concept]]`"))
    assert concept == {*lexicon_file._KEYS, "en", "uk", "ru", "ko", "ja"}
    named = {code.strip("[]") for code in keys(section("topic.md", "relevance.toml"))}
    assert named == {*relevance._KEYS}
    gate = table_after(section("topic.md", "lexicon.toml"), "`[gate]`")
    assert keys(gate) == {field.name for field in dataclasses.fields(lexicon.Gate)}
    categories = next(row[2] for row in rows(section("topic.md", "lexicon.toml")) if row[0] == "`category`")
    used = {concept.category for concept in load_topic().lexicon.concepts_by_id.values()}
    assert set(re.findall(r"\w+", categories.partition(":")[2])) == used


def test_the_sets_that_are_named_are_those_there_are():
    data = tomllib.loads((ROOT / "khasan" / "topics" / "nk-russia" / "rules.toml").read_text(encoding="utf-8"))
    sentence = re.search(r"The built-in sets are (.+?)\.", section("topic.md", "rules.toml"), re.DOTALL)[1]
    assert set(codes(sentence)) == set(data["sets"])


# --- rules


@pytest.mark.parametrize(
    ("query", "meaning"), [(codes(row[0])[0], row[1]) for row in rows(section("rules.md", "Rules"))]
)
def test_a_query_that_is_shown_can_be_used(query, meaning):
    assert parse(query).text


@pytest.mark.parametrize(
    ("query", "reason"), [(codes(row[0])[0], row[1]) for row in rows(section("rules.md", "What is refused"))]
)
def test_a_query_is_refused_for_the_reason_that_is_given(query, reason):
    with pytest.raises(QueryError) as refused:
        parse(query)
    assert refused.value.message == reason


# --- examples


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_in_toml_work(page, tmp_path):
    for number, block in enumerate(fences(page, "toml")):
        data = tomllib.loads(block)
        where = tmp_path / str(number)
        where.mkdir()
        if set(data) <= TOPIC_TABLES:
            file = next(file for file, (by_id, by_key) in load_topic_tables().items() if set(data) <= {*by_id, *by_key})
            if any("gives" in rule for rule in data.get("rule", ())):  # of a grammar
                file = "claims/en.toml"
                (where / "claims").mkdir()
            (where / file).write_text(block, encoding="utf-8")
            try:
                load_topic(overlay_dir=where)
            except TopicError as error:
                pytest.fail(f"{page.name}: {error}\n{block}")
        else:
            (where / "khasan.toml").write_text(block, encoding="utf-8")
            try:
                loaded = load_config(where / "khasan.toml", {})
                assemble.assemble(loaded)
            except ConfigError as error:
                pytest.fail(f"{page.name}: {error}\n{block}")


def load_topic_tables():
    from khasan import topic

    return topic._TABLES


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_in_json_are_json(page):
    for block in fences(page, "json"):
        json.loads(block)
    for block in fences(page, "jsonl"):
        for line in block.splitlines():
            json.loads(line)


def test_python_that_is_named_is_there():
    for page in PAGES:
        for path in re.findall(
            r"`(?:\.venv/bin/python )?((?:tests|benchmarks|storage|khasan|spiders|alerts|analysis|scheduler)/[\w/-]+\.(?:py|toml))",
            page.read_text(encoding="utf-8"),
        ):
            assert (ROOT / path).is_file(), f"{page.name}: {path}"
            if path.endswith(".py"):
                ast.parse((ROOT / path).read_text(encoding="utf-8"))


# --- the archive


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    path = tmp_path_factory.mktemp("docs") / "khasan.db"
    open_archive(path).close()
    connection = sqlite3.connect(path)
    yield connection
    connection.close()


def test_every_table_and_column_is_documented(database):
    names = (
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB 'article_fts_*' AND name NOT GLOB '_*'"
    )
    there = {
        name: {row[1] for row in database.execute(f"PRAGMA table_info({name})")} for (name,) in database.execute(names)
    }
    text = section("operations.md", "Looking into the archive")
    assert {codes(row[0])[0]: set(codes(row[2])) for row in rows(text)} == there


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_in_sql_run(page, database):
    for block in fences(page, "sql"):
        database.execute(block).fetchall()


# --- links


def anchors(page):
    """What can be linked to in a page, as a code host makes it of headings."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in [*re.findall(r"\]\(([^)\s]+)\)", text), *re.findall(r'src="([^"]+)"', text)]:
        if target.startswith(("http:", "https:", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path) if path else page
        assert file.exists(), f"{page.name}: {target}"
        assert not anchor or anchor in anchors(file), f"{page.name}: {target}"


def test_the_readme_links_every_document():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for page in PAGES:
        name = page.relative_to(ROOT).as_posix()
        assert name == "README.md" or f"({name})" in text, name
