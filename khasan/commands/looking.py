"""`khasan status`, `search` and `show`: what the archive holds."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from json import loads
from typing import TYPE_CHECKING, Any

import typer
from rich.markup import escape

from khasan.claims_table import line, plain_sighting
from khasan.commands.common import (
    FAILED,
    day,
    err,
    existing_archive,
    out,
    plain_mail,
    say_json,
    state,
    table,
)
from khasan.commands.queries import LAST_ID, counted, finder_of, read_query, setup_for
from khasan.commands.standing import coverage_json, say_coverage, say_mails, say_rest, say_troubles
from scheduler.health import coverage_of
from storage.archive import lock_path
from storage.articles import article_by_id, page_html, versions_of
from storage.claim_reads import claims_of_articles
from storage.health import source_states
from storage.lock import holder
from storage.outbox import mails
from storage.reviews import reviews_of
from storage.upkeep import counts, source_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.archive import Archive
    from storage.claim_model import ClaimSighting
    from storage.model import Article


def status(*, json: bool) -> None:
    """Coverage, what is in trouble, queues, last mails."""
    setup, now = state.setup(), datetime.now(UTC)
    with existing_archive(state.config()) as archive:
        rows, numbers, last = archive.read(source_rows), archive.read(counts), archive.read(mails, (), 5)
        states = archive.read(source_states)
    pid = holder(lock_path(setup.database))
    found = coverage_of(states, setup, now)
    if json:
        sources = [row | {"enabled": bool(row["enabled"])} for row in rows]
        say_json(
            {
                "daemon": pid,
                "coverage": coverage_json(found, now),
                "counts": numbers,
                "sources": sources,
                "mails": [plain_mail(one) for one in last],
            }
        )
        return
    say_coverage(found, now)
    out.print(f"Daemon: {'process ' + pid if pid else 'not running'}. Data: {setup.database}", soft_wrap=True)
    out.print(
        f"{counted(numbers['articles'], 'article')}; {counted(numbers['alerts'], 'alert')}. "
        f"Waiting: {counted(numbers['pages_wanted'], 'page')}, {counted(numbers['reviews_due'], 'review')}, "
        + (", ".join(f"{counted(count, 'mail')} {name}" for name, count in numbers["outbox"].items()) or "no mails")
    )
    dead = numbers["outbox"].get("dead", 0) + numbers["outbox"].get("expired", 0)
    if dead:
        listed = "khasan outbox list --state dead --state expired"
        out.print(f"[bold red]{counted(dead, 'mail')} could not be delivered[/]: {listed}")
    say_troubles(found, states, now)
    say_rest(found, rows, now)
    say_mails(last)


def search(query: str, *, limit: int, since: str, json: bool) -> None:
    """Articles whose text a query is true of."""
    setup = setup_for(query)
    wanted, first = read_query(query, setup.analyser.lexicon if setup else None), day(since)
    with existing_archive(state.config()) as archive:
        found = finder_of(archive, setup).newest(wanted, limit, first)
    if json:
        say_json(found)
        return
    rows = [(one.id, f"{one.published.at:%Y-%m-%d %H:%M}", one.outlet, one.title) for one in found]
    out.print(table(("id", "published (UTC)", "outlet", "title"), rows, right=("id",)) if rows else "Nothing found.")


def show(number: int, *, html: bool, json: bool) -> None:
    """One article with its history."""
    with existing_archive(state.config()) as archive:
        article = archive.read(article_by_id, number) if 0 < number <= LAST_ID else None
        if article is None:
            err.print(f"khasan: there is no article {number}; `khasan search` gives numbers")
            raise typer.Exit(FAILED)
        if html:
            _show_html(archive, article)
            return
        versions, reviews = archive.read(versions_of, article.id), archive.read(reviews_of, article.id)
        claims = archive.read(claims_of_articles, [article.id]).get(article.id, [])
    if json:
        say_json(
            {
                "article": article,
                "versions": versions,
                "reviews": [_unpacked(one) for one in reviews],
                "claims": [plain_sighting(one) for one in claims],
            }
        )
    else:
        _show(article, versions, reviews, claims)


def _unpacked(review: dict[str, Any]) -> dict[str, Any]:
    """A review as JSON should have it: lists as lists, true as true."""
    decisions = [
        one | {name: loads(one[name]) for name in ("title_marks", "text_marks")} for one in review["decisions"]
    ]
    return review | {
        "candidate": bool(review["candidate"]),
        "concepts": loads(review["concepts"]),
        "relevance_reasons": loads(review["relevance_reasons"]),
        "decisions": decisions,
    }


def _show_html(archive: Archive, article: Article) -> None:
    page = archive.read(page_html, article.id)
    if page is None:
        err.print(f"khasan: the page of article {article.id} is not kept")
        raise typer.Exit(FAILED)
    sys.stdout.buffer.write(page)


def _show(
    article: Article,
    versions: list[dict[str, Any]],
    reviews: list[dict[str, Any]],
    claims: Sequence[ClaimSighting],
) -> None:
    lines = [
        ("outlet", f"{article.outlet_name} ({article.outlet})"),
        ("address", article.url or article.canonical_url),
        (
            "published",
            f"{article.published.at.isoformat()} (from {article.published.origin}, to the {article.published.precision})",
        ),
        ("first seen", f"{article.first_seen.isoformat()} at {', '.join(article.sources)}; arrived {article.arrival}"),
        ("authors", ", ".join(article.authors)),
        ("language", article.language),
        ("page", article.page_state + (f" ({article.page_fault})" if article.page_fault else "")),
        ("texts", "; ".join(f"{v['number']}: {v['origin']} {v['seen_at']}" for v in versions)),
    ]
    out.print(f"[bold]{escape(article.title)}[/]")
    out.print(table(("", ""), [line for line in lines if line[1]]))
    for review in reviews:
        out.print(f"reviewed {review['reviewed_at']}: {review['outcome']} – {escape(review['reason'])}")
        if review["band"]:
            reasons = ", ".join(loads(review["relevance_reasons"]))
            out.print(f"  relevance: {review['band']} ({review['relevance']:.2f}) {escape(reasons)}".rstrip())
        for one in review["decisions"]:
            out.print(
                f"  {one['outcome']} for {one['reader']}, rule {one['rule']} ({one['rule_version']}): {escape(one['reason'])}"
            )
    for claimed in claims:
        out.print(f"claim {escape(line(claimed))}")
    out.print()
    out.print(escape(article.text) or "(the text is no longer kept)")
