"""The command line: `khasan COMMAND`. Each group of commands is a module of `khasan.commands`, read only when it is used."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from khasan.cli_claims import claims
from khasan.cli_mail import mail, outbox
from khasan.cli_stories import stories

app = typer.Typer(
    name="khasan",
    help="Watch the press for North Korea–Russia military cooperation and mail the people who must know.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
)
sources = typer.Typer(help="Sources: list, try, add, disable.", no_args_is_help=True)
lexicon = typer.Typer(help="The lexicon: check it, try it on a text.", no_args_is_help=True)
rules = typer.Typer(help="Rules: list, check, try on texts and on the archive.", no_args_is_help=True)
app.add_typer(sources, name="sources")
app.add_typer(rules, name="rules")
app.add_typer(lexicon, name="lexicon")
app.add_typer(mail, name="mail")
app.add_typer(outbox, name="outbox")
app.add_typer(claims, name="claims")
app.add_typer(stories, name="stories")

Json = Annotated[bool, typer.Option("--json", help="Answer in JSON, for scripts.")]


def _group(name: str) -> Any:
    """A module of commands."""
    return import_module(f"khasan.commands.{name}")


def _say_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version  # noqa: PLC0415 - read only when asked

        typer.echo(f"khasan {version('khasan')}")
        raise typer.Exit


@app.callback()
def options(
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", "-c", help="The configuration file.", envvar="KHASAN_CONFIG", show_default="khasan.toml"
        ),
    ] = None,
    version: Annotated[  # noqa: ARG001 - its callback answers before any command
        bool, typer.Option("--version", help="Say which version this is.", callback=_say_version, is_eager=True)
    ] = False,
) -> None:
    """Options before the command."""
    _group("common").state.path = config


@app.command()
def init(folder: Annotated[Path, typer.Argument(help="Where; made if it is not there.")] = Path()) -> None:
    """Write a commented khasan.toml and an empty overlay of the topic."""
    _group("setting_up").init(folder)


@app.command()
def check(json: Json = False) -> None:
    """Say what is wrong in configuration, topic and data. Nothing is fetched."""
    _group("setting_up").check(json=json)


@app.command()
def run() -> None:
    """Run the daemon, until SIGTERM or Ctrl-C."""
    _group("running").run()


@app.command()
def poll(
    sources: Annotated[
        list[str] | None, typer.Argument(help="Ids of sources; all enabled ones if none is named.")
    ] = None,
    json: Json = False,
) -> None:
    """Poll sources now, once, with all that follows. Beside a running daemon, the daemon does it."""
    _group("running").poll(sources or [], json=json)


@app.command()
def status(json: Json = False) -> None:
    """Show sources, queues and the last mails."""
    _group("looking").status(json=json)


@app.command()
def search(
    query: Annotated[str, typer.Argument(help='As in a rule, such as "north korea" AND (shells OR missiles).')],
    limit: Annotated[int, typer.Option(help="At most so many.", min=1)] = 20,
    since: Annotated[str, typer.Option(help="Published on or after that day, such as 2026-11-23.")] = "",
    json: Json = False,
) -> None:
    """Search the archive, newest first."""
    _group("looking").search(query, limit=limit, since=since, json=json)


@app.command()
def show(
    article: Annotated[int, typer.Argument(help="The article's number, as search and status give it.")],
    html: Annotated[bool, typer.Option("--html", help="The page as it was received, on standard output.")] = False,
    json: Json = False,
) -> None:
    """Show an article: its text, history, decisions and why."""
    _group("looking").show(article, html=html, json=json)


@app.command(name="import")
def import_(
    file: Annotated[Path, typer.Argument(help="JSON lines; - for standard input.")],
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="The format of the file, the only one so far. Needed.")
    ] = False,
    outlet: Annotated[str, typer.Option(help="Id of the outlet of rows that name none.")] = "import",
) -> None:
    """Take over articles from elsewhere. They alert nobody."""
    _group("bringing").import_articles(file, jsonl=jsonl, outlet=outlet)


@app.command()
def extract(  # noqa: PLR0917
    file: Annotated[Path, typer.Argument(help="A saved page, or with --jsonl a list of pages; - for standard input.")],
    url: Annotated[str, typer.Option(help="The page's address.")] = "",
    jsonl: Annotated[bool, typer.Option("--jsonl", help="FILE lists pages: id, path, url a line.")] = False,
    root: Annotated[Path, typer.Option(help="What the paths in the list are relative to.")] = Path(),
    workers: Annotated[int, typer.Option(help="Processes; 0 is one a processor.", min=0)] = 0,
    json: Json = False,
) -> None:
    """Read saved pages: title, text, authors, time."""
    _group("bringing").extract_pages(file, url=url, jsonl=jsonl, root=root, workers=workers, json=json)


@app.command()
def analyse(
    file: Annotated[Path, typer.Argument(help="JSON lines; standard input if none is named.")] = Path("-"),
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="The format of the file, the only one so far. Needed.")
    ] = False,
) -> None:
    """Read texts: language, relevance, concepts, rules. JSON lines in, JSON lines out."""
    _group("reading").analyse(file, jsonl=jsonl)


@app.command()
def cluster(
    file: Annotated[Path, typer.Argument(help="JSON lines; standard input if none is named.")] = Path("-"),
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="The format of the file, the only one so far. Needed.")
    ] = False,
) -> None:
    """Put articles on one event together. JSON lines in, JSON lines out."""
    _group("reading").cluster(file, jsonl=jsonl)


@app.command()
def review(
    again: Annotated[bool, typer.Option("--again", help="The whole archive, once more. Needed.")] = False,
    since: Annotated[str, typer.Option(help="Only what was published on or after that day.")] = "",
    json: Json = False,
) -> None:
    """Read the archive again after a change of lexicon or rules. Mails nobody."""
    _group("reading").review(again=again, since=since, json=json)


@lexicon.command(name="check")
def lexicon_check(
    everything: Annotated[bool, typer.Option("--all", help="All doubts, not only some of each kind.")] = False,
    json: Json = False,
) -> None:
    """Say what is wrong or doubtful in the lexicon: forms in vain, forms inside other words, shared forms."""
    _group("lexicon").check(everything=everything, json=json)


@lexicon.command(name="test")
def lexicon_test(
    text: Annotated[str, typer.Argument(help="A text; - for standard input.")],
    json: Json = False,
) -> None:
    """Show which concepts a text speaks of, where, and how relevant that makes it."""
    _group("lexicon").test(text, json=json)


@app.command()
def demo(
    folder: Annotated[
        Path | None, typer.Option("--dir", help="Where its data go, and stay.", show_default="./demo-data, made anew")
    ] = None,
    json: Json = False,
) -> None:
    """Show the whole way on a small local press. No network, no account, no configuration."""
    _group("demonstrating").demo(folder, json=json)


@sources.command(name="list")
def sources_list(
    everything: Annotated[bool, typer.Option("--all", help="Those that are disabled, too, with the reason.")] = False,
    json: Json = False,
) -> None:
    """List the sources that are watched."""
    _group("sources").list_sources(everything=everything, json=json)


@sources.command(name="check")
def sources_check(
    ids: Annotated[list[str] | None, typer.Argument(help="Ids of sources; all enabled ones if none is named.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Disabled ones, too; offers to disable those that cannot be read.")
    ] = False,
    page: Annotated[bool, typer.Option("--page", help="Also fetch and read the page of the newest entry.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Disable what cannot be read without asking.")] = False,
    json: Json = False,
) -> None:
    """Fetch each source once and say what it brings. Nothing is stored."""
    _group("checking").check(ids or [], everything=everything, page=page, yes=yes, json=json)


@sources.command(name="add")
def sources_add(  # noqa: PLR0917
    url: Annotated[
        str, typer.Argument(help="Of a site, feed, sitemap or page of links; a channel: @NAME or t.me/NAME.")
    ],
    id_: Annotated[str, typer.Option("--id", help="The source's id; made of the address if not given.")] = "",
    name: Annotated[str, typer.Option(help="Its name; what the site calls itself if not given.")] = "",
    outlet: Annotated[
        str, typer.Option(help="Id of its outlet, known or new; that of the same site if not given.")
    ] = "",
    kind: Annotated[str, typer.Option(help="Only what is of this kind: feeds, sitemaps, listings or telegram.")] = "",
    pages: Annotated[str, typer.Option(help="Whose pages to fetch: all, candidates or never.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be written, and write nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Take the first without asking.")] = False,
    json: Json = False,
) -> None:
    """Find by what a site can be read, and watch it."""
    wishes = {"id": id_, "name": name, "outlet": outlet, "pages": pages}
    _group("adding").add(url, kind=kind, wishes=wishes, dry_run=dry_run, yes=yes, json=json)


@sources.command(name="enable")
def sources_enable(ids: Annotated[list[str], typer.Argument(help="Ids of sources.")]) -> None:
    """Watch disabled sources."""
    _group("sources").enable(ids)


@sources.command(name="disable")
def sources_disable(
    ids: Annotated[list[str], typer.Argument(help="Ids of sources.")],
    reason: Annotated[str, typer.Option(help="Why, for whoever looks at the list.")] = "",
) -> None:
    """Rest sources, without forgetting them."""
    _group("sources").disable(ids, reason=reason)


@sources.command(name="remove")
def sources_remove(source: Annotated[str, typer.Argument(help="Id of a source that the overlay has added.")]) -> None:
    """Take a source of one's own out of the overlay."""
    _group("sources").remove(source)


@sources.command(name="import")
def sources_import(  # noqa: PLR0917
    file: Annotated[Path, typer.Argument(help="OPML; - for standard input.")],
    check: Annotated[bool, typer.Option("--check", help="Try each first, and leave out what cannot be read.")] = False,
    pages: Annotated[str, typer.Option(help="Whose pages to fetch: all, candidates or never.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be written, and write nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Add the feeds of another reader's list."""
    _group("importing").import_opml(file, check=check, pages=pages, dry_run=dry_run, yes=yes, json=json)


@sources.command(name="export")
def sources_export() -> None:
    """Write feeds and channels as OPML on standard output."""
    _group("sources").export()


RuleOrQuery = Annotated[str, typer.Argument(help="Id of a rule, or a query to be tried.")]
Since = Annotated[str, typer.Option(help="Published on or after that day, such as 2026-11-23.")]


@rules.command(name="list")
def rules_list(json: Json = False) -> None:
    """List the rules, who follows them, and whether they are in force."""
    _group("rules").list_rules(json=json)


@rules.command(name="check")
def rules_check(json: Json = False) -> None:
    """Print each rule as it is understood, and say what is doubtful in it."""
    _group("rules").check(json=json)


@rules.command(name="test")
def rules_test(
    rule: RuleOrQuery,
    text: Annotated[str, typer.Option(help="A text; its first line is the title if more follow.")] = "",
    file: Annotated[Path | None, typer.Option(help="The same from a file; - for standard input.")] = None,
    article: Annotated[int, typer.Option(help="Number of an article.", show_default=False)] = 0,
    json: Json = False,
) -> None:
    """Ask a rule of a text or of an article."""
    _group("rules").test(rule, text=text, file=file, article=article, json=json)


@rules.command(name="explain")
def rules_explain(
    rule: RuleOrQuery,
    article: Annotated[int, typer.Argument(help="The article's number.")],
    json: Json = False,
) -> None:
    """Say why a rule is true of an article, or which part of it is not."""
    _group("rules").explain(rule, article, json=json)


@rules.command(name="backtest")
def rules_backtest(
    rule: RuleOrQuery,
    since: Since = "",
    sample: Annotated[int, typer.Option(help="Show so many of the articles.", min=0)] = 5,
    json: Json = False,
) -> None:
    """Say what a rule would have found in the archive: hits a week, where, examples."""
    _group("backtesting").backtest(rule, since=since, sample=sample, json=json)


@rules.command(name="diff")
def rules_diff(
    rule: Annotated[str, typer.Argument(help="Id of a rule; all that have changed if none is named.")] = "",
    since: Since = "",
    sample: Annotated[int, typer.Option(help="Show so many gained and lost of each rule.", min=0)] = 5,
    json: Json = False,
) -> None:
    """Compare the rules on disk with those in force: articles gained and lost."""
    _group("backtesting").diff(rule, since=since, sample=sample, json=json)


def main() -> None:
    """Run a command; a fault that a person can mend is told in plain lines, without a traceback."""
    from khasan.config import ConfigError  # noqa: PLC0415 - not for `khasan --help`
    from scheduler.setup import SetupError  # noqa: PLC0415
    from storage.archive import ArchiveError  # noqa: PLC0415
    from storage.lock import LockHeldError  # noqa: PLC0415

    try:
        app(prog_name="khasan")
    except (ConfigError, SetupError) as error:
        _fault(error.problems, 2)
    except ArchiveError as error:
        _fault([str(error)], 1)
    except LockHeldError as error:
        _fault([f"another Khasan (process {error.pid or 'unknown'}) is running on these data; stop it first"], 1)
    except OSError as error:
        if error.filename is None or isinstance(error, ConnectionError):  # not about a file: a bug, to be seen whole
            raise
        _fault([f"{error.filename}: {error.strerror}"], 1)


def _fault(lines: list[str], code: int) -> None:
    for line in lines:
        typer.echo(f"khasan: {line}", err=True)
    sys.exit(code)
