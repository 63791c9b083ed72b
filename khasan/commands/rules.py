"""`khasan rules list`, `check`, `test` and `explain`: what the rules are, and why one is true of an article or not."""

from __future__ import annotations

import sys
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NoReturn

import typer
from rich.markup import escape
from rich.text import Text

from alerts.advice import Known, advice
from alerts.finding import ledger_claims
from alerts.rules import Rule
from analysis.explain import explain as explain_query
from analysis.text import nfc
from khasan.commands.common import FAILED, USAGE, err, existing_archive, out, say_json, state, table
from khasan.commands.queries import LAST_ID, counted, indented, marked_glimpse, marked_title, read_query
from scheduler.reading import document_of
from spiders.markup import visible
from storage.articles import article_by_id
from storage.rules import in_force

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from analysis.document import Document
    from analysis.explain import Verdict
    from scheduler.setup import Setup
    from storage.model import Article

_QUERY = frozenset(' "@:*=()')  # what an id never has
_LONGEST = 200  # characters of a part that are shown
_STATES = {True: "in force", False: "not in force", None: ""}


def list_rules(*, json: bool) -> None:
    """List the rules, who follows them, and whether they decide already."""
    setup = state.setup()
    deciding = _in_force(setup)
    rows: list[dict[str, Any]] = [
        {
            "id": rule.id,
            "name": rule.name,
            "enabled": rule.enabled,
            "version": rule.version,
            "readers": [reader.name for reader in setup.readers if rule.enabled and reader.follows(rule.id)],
            "in_force": deciding.get(rule.id) == rule.version if deciding is not None else None,
            "query": rule.query.text,
        }
        for rule in setup.rules.rules
    ]
    if json:
        say_json(rows)
        return
    shown = [
        (
            row["id"],
            row["name"],
            _STATES[row["in_force"]] if row["enabled"] else "disabled",
            ", ".join(row["readers"]),
        )
        for row in rows
    ]
    out.print(table(("rule", "name", "", "readers"), shown) if rows else "There are no rules.")


def _in_force(setup: Setup) -> dict[str, str] | None:
    """The versions that decide, by rule; None where nothing is known of that yet."""
    if not setup.database.exists():
        return None
    with existing_archive(state.config()) as archive:
        return {rule.id: rule.version for rule in archive.read(in_force)} or None


def check(*, json: bool) -> None:
    """Print each rule as it is understood, and what is doubtful in it. What cannot be used has ended the command before."""
    setup = state.setup()
    known = Known([one.id for one in setup.sources], [one.id for one in setup.outlets], setup.analyser.lexicon)
    found = advice(setup.rules, known, setup.readers)
    if json:
        rules = setup.rules.rules
        say_json(
            [{"id": one.id, "version": one.version, "query": one.query.text, "advice": found[one.id]} for one in rules]
        )
        return
    for rule in setup.rules.rules:
        out.print(f"[bold]{rule.id}[/] {rule.version}{'' if rule.enabled else ' (disabled)'}")
        out.print(indented(Text(visible(rule.query.text))))
        for line in found[rule.id]:
            out.print(indented(Text(f"doubtful: {visible(line)}", "yellow")))
    doubts = sum(map(len, found.values()))
    out.print(
        f"{counted(len(setup.rules.rules), 'rule')} can be used. {counted(doubts, 'doubt') if doubts else 'No doubts'}."
    )


def test(rule: str, *, text: str, file: Path | None, article: int, json: bool) -> None:
    """Ask a rule, or a query, of a text or of an article."""
    if (bool(text) + (file is not None) + bool(article)) != 1:
        err.print("khasan: give one of --text, --file and --article, the number of an article from 1")
        raise typer.Exit(USAGE)
    setup = state.setup()
    chosen = chosen_rule(setup, rule)
    document = _article(setup, article)[1] if article else _written(setup, _read(file) if file else text)
    match = chosen.query.match(document)
    if json:
        say_json({"rule": chosen.id, "query": chosen.query.text, "true": match is not None, "match": match})
    elif match is None:
        out.print("Not true. What is missing:")
        _say_missing(explain_query(chosen.query, document))
    else:
        out.print("True:", Text(visible(match.reason)))
        if document.title:
            out.print(marked_title(document.title, match))
        out.print(marked_glimpse(document.title, document.text, match))


def explain(rule: str, article: int, *, json: bool) -> None:
    """Say of each part of a rule whether it is true of an article, and on which words."""
    setup = state.setup()
    chosen = chosen_rule(setup, rule)
    found, document = _article(setup, article)
    verdict = explain_query(chosen.query, document)
    match = chosen.query.match(document)
    if json:
        say_json(
            {
                "rule": chosen.id,
                "query": chosen.query.text,
                "article": found.id,
                "true": verdict.holds,
                "match": match,
                "verdict": _plain(verdict),
                "missing": [one.query for one in verdict.failed()],
            }
        )
        return
    out.print(f"[bold]{escape(visible(found.title))}[/]")
    out.print(f"{escape(chosen.id)} is {'true' if verdict.holds else '[bold]not true[/]'} of article {found.id}:")
    _say_verdict(verdict, 1)
    if match is not None:
        out.print(marked_glimpse(document.title, document.text, match))


def chosen_rule(setup: Setup, written: str) -> Rule:
    """The rule of that id; or what is no id is a query to be tried."""
    rules = {rule.id: rule for rule in setup.rules.rules}
    if written in rules:
        return rules[written]
    if _QUERY.isdisjoint(written):
        _refuse_unknown(written, rules)
    query = read_query(written, setup.analyser.lexicon)
    return Rule("query", query.text, query, "")


def rule_id(setup: Setup, written: str) -> str:
    """The id of a rule that there must be."""
    rules = [rule.id for rule in setup.rules.rules]
    if written not in rules:
        if not _QUERY.isdisjoint(written):
            err.print("khasan: this takes the id of a rule, no query: only rules have been in force before")
            raise typer.Exit(USAGE)
        _refuse_unknown(written, rules)
    return written


def _refuse_unknown(written: str, rules: Collection[str]) -> NoReturn:
    near = get_close_matches(written, rules, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    err.print(f"khasan: there is no rule {escape(written)}{hint} `khasan rules list` lists them")
    raise typer.Exit(USAGE)


def _read(file: Path) -> str:
    if str(file) == "-":
        return sys.stdin.read()
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        err.print(f"khasan: {escape(str(file))}: is not UTF-8")
        raise typer.Exit(USAGE) from None


def _written(setup: Setup, text: str) -> Document:
    """A text from the command line: its first line is the title if more follow."""
    first, _, rest = nfc(text).strip().partition("\n")
    title, body = (first, rest.strip()) if rest.strip() else ("", first)
    reading = setup.analyser.read(title, body)
    return reading.document(title, body)


def _article(setup: Setup, number: int) -> tuple[Article, Document]:
    """An article of the archive, read anew with the topic as it is."""
    with existing_archive(state.config()) as archive:
        article = archive.read(article_by_id, number) if 0 < number <= LAST_ID else None
        claims = ledger_claims(archive, {article.id: article.version}) if article is not None else {}
    if article is None:
        err.print(f"khasan: there is no article {number}; `khasan search` gives numbers")
        raise typer.Exit(FAILED)
    reading = setup.analyser.read(
        article.title,
        article.text,
        article.language_hint,
        publisher=article.outlet,
        published=article.published.at,
    )
    document = document_of(article, reading, setup.country(article.outlet))
    return article, replace(document, claims=claims.get(article.id, ()))


def _plain(verdict: Verdict) -> dict[str, Any]:
    """A verdict as JSON."""
    return {
        "kind": verdict.kind,
        "query": verdict.query,
        "true": verdict.holds,
        "reason": verdict.reason,
        "parts": [_plain(part) for part in verdict.parts],
    }


def _say_missing(verdict: Verdict) -> None:
    for one in verdict.failed():
        _say_line(one, 1)


def _say_verdict(verdict: Verdict, depth: int) -> None:
    """A part and what it consists of: of alternatives only those that are true, for the others are many."""
    if verdict.kind == "all":
        for part in verdict.parts:
            _say_verdict(part, depth)
        return
    _say_line(verdict, depth)
    if verdict.kind == "near" and not verdict.holds:
        for part in verdict.parts:
            _say_verdict(part, depth + 1)


def _say_line(verdict: Verdict, depth: int) -> None:
    shown = verdict.query if len(verdict.query) <= _LONGEST else verdict.query[:_LONGEST].rsplit(" ", 1)[0] + " …"
    count = f"one of {len(verdict.parts)}: " if verdict.kind == "any" else ""
    sign = ("✓ ", "green") if verdict.holds else ("✗ ", "red")
    found = f" → {visible(verdict.reason)}" if verdict.reason else ""
    if verdict.kind == "any" and verdict.holds:
        shown = " OR ".join(part.query for part in verdict.parts if part.holds)
    out.print(indented(Text.assemble(sign, count, visible(shown), (found, "bold")), 2 * depth))
    for one in verdict.against():
        _say_line(one, depth + 1)
