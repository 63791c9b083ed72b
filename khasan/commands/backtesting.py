"""`khasan rules backtest` and `diff`: what rules would have found in the archive."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.text import Text

from analysis.query import QueryError, parse
from khasan.commands.common import day, err, existing_archive, out, say_json, state, table
from khasan.commands.queries import counted, finder_of, indented, marked_glimpse, marked_title, progress
from khasan.commands.rules import chosen_rule, rule_id
from spiders.markup import visible
from storage.rules import in_force
from storage.search import articles_of, unreviewed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from alerts.finding import Finder
    from alerts.rules import Rule
    from analysis.query import Match, Query
    from scheduler.setup import Setup
    from storage.model import Article
    from storage.rules import RuleInForce
    from storage.search import Row

_WEEKS = 60  # above it bars are of months
_BAR = 50  # columns of the longest bar
_MOST = 12  # sources and languages listed


@dataclass(frozen=True, slots=True)
class Sample:
    """An article that a query is true of, with where and why."""

    article: Article
    match: Match


def backtest(rule: str, *, since: str, sample: int, json: bool) -> None:
    """Say what a rule, or a query, would have found: how many a week, where, and some of it."""
    setup, first = state.setup(), day(since)
    chosen = chosen_rule(setup, rule)
    with existing_archive(state.config()) as archive:
        finder = finder_of(archive, setup)
        rows = _all(finder, chosen.query, first, json=json)
        samples = list(_samples(finder, chosen.query, rows, sample))
        old = archive.read(unreviewed, setup.topic_version, first)
    periods = _periods(row.published.date() for row in rows)
    sources = Counter(row.source for row in rows)
    languages = Counter(row.language or "none" for row in rows)
    if json:
        say_json(
            {
                "rule": chosen.id,
                "query": chosen.query.text,
                "since": first,
                "hits": len(rows),
                "periods": [{"begins": begins, "hits": hits} for begins, hits in periods],
                "sources": [{"source": one, "hits": hits} for one, hits in sources.most_common()],
                "languages": [{"language": one, "hits": hits} for one, hits in languages.most_common()],
                "samples": [_plain(one) for one in samples],
                "to_review_again": old,
            }
        )
        return
    out.print(
        f"{escape(chosen.id)} is true of [bold]{counted(len(rows), 'article')}[/]"
        + (f" since {first:%Y-%m-%d}." if first else ".")
    )
    _say_bars(periods)
    for label, counts in (("source", sources), ("language", languages)):
        if counts:
            out.print(table((label, "hits"), counts.most_common(_MOST), right=("hits",)))
    for one in samples:
        _say_sample(one)
    _say_old(setup, old)


def _all(finder: Finder, query: Query, first: Any, *, json: bool) -> list[Row]:
    """Every article that the query is true of, with a bar where texts must be looked at."""
    with progress("looking through texts", quiet=json) as bar:
        task = bar.add_task("", total=1, visible=False)
        return finder.all(query, first, lambda done, total: bar.update(task, completed=done, total=total, visible=True))


def _samples(finder: Finder, query: Query, rows: Sequence[Row], number: int) -> Iterable[Sample]:
    """Some of what was found, evenly over time."""
    step = max(len(rows) / number, 1) if number else 0
    chosen = [rows[int(at * step)] for at in range(min(number, len(rows)))]
    articles = {article.id: article for article in finder.archive.read(articles_of, [row.id for row in chosen])}
    for row, document in finder.documents(query.root, chosen):
        if (match := query.match(document)) is not None and row.id in articles:
            yield Sample(articles[row.id], match)


def _periods(days: Iterable[date]) -> list[tuple[date, int]]:
    """How many in each week, by its Monday, from the first to the last; or in each month, where there are many weeks."""
    all_days = list(days)
    if not all_days:
        return []
    by_month = (max(all_days) - min(all_days)).days > 7 * _WEEKS

    def begin(day: date) -> date:
        return day.replace(day=1) if by_month else day - timedelta(days=day.weekday())

    counts = Counter(map(begin, all_days))
    at, periods = min(counts), list[tuple[date, int]]()
    while at <= max(counts):
        periods.append((at, counts[at]))
        at = begin(at + timedelta(days=32 if by_month else 7))
    return periods


def _say_bars(periods: Sequence[tuple[date, int]]) -> None:
    most = max((hits for _, hits in periods), default=0)
    if len(periods) > 1:
        out.print("  week of" if periods[1][0] - periods[0][0] == timedelta(days=7) else "  month of")
    for begins, hits in periods:
        length = -(-hits * _BAR // most) if most else 0
        out.print(f"  {begins}  {'█' * length}{' ' if length else ''}{hits}")


def _say_sample(one: Sample) -> None:
    article = one.article
    out.print()
    out.print(f"[bold]{article.id}[/]  {article.published.at:%Y-%m-%d}  {escape(visible(article.outlet))}")
    out.print(indented(marked_title(article.title, one.match)))
    out.print(indented(marked_glimpse(article.title, article.text, one.match)))


def _say_old(setup: Setup, old: int) -> None:
    if old:
        message = f"khasan: {counted(old, 'article')} not reviewed with this topic ({setup.topic_version}): what is said of concepts"
        err.print(f"{message} may be out of date: `khasan review --again`")


def _plain(one: Sample) -> dict[str, Any]:
    article, match = one.article, one.match
    return {
        "article": article.id,
        "published": article.published.at,
        "outlet": article.outlet,
        "title": article.title,
        "reason": match.reason,
        "title_marks": match.title_marks,
        "text_marks": match.text_marks,
    }


# --- diff


@dataclass(frozen=True, slots=True)
class Change:
    """A rule on disk against the one in force. `kind` is new, gone, changed or same."""

    id: str
    kind: str
    gained: tuple[Row, ...] = ()
    lost: tuple[Row, ...] = ()
    fault: str = ""


def diff(rule: str, *, since: str, sample: int, json: bool) -> None:
    """Say what the rules on disk find that those in force do not, and the other way round."""
    setup, first = state.setup(), day(since)
    wanted = rule_id(setup, rule) if rule and rule not in _gone(setup) else rule
    with existing_archive(state.config()) as archive:
        deciding = {one.id: one for one in archive.read(in_force)}
        now = {one.id: one for one in setup.rules.enabled}
        names = [name for name in dict.fromkeys([*now, *deciding]) if not wanted or name == wanted]
        finder = finder_of(archive, setup)
        changes = [_change(name, now.get(name), deciding.get(name), finder, first, json=json) for name in names]
        shown = {row.id for change in changes for row in (*change.gained[:sample], *change.lost[:sample])}
        titles = {article.id: article for article in archive.read(articles_of, list(shown))}
        old = archive.read(unreviewed, setup.topic_version, first)
    if json:
        say_json({"in_force": bool(deciding), "rules": [_plain_change(one) for one in changes], "to_review_again": old})
        return
    if not deciding:
        err.print("khasan: no rules are in force yet: the daemon notes them when it begins. All count as new")
    for change in changes:
        _say_change(change, titles, sample)
    if not any(change.kind != "same" for change in changes):
        out.print("Nothing has changed.")
    _say_old(setup, old)


def _gone(setup: Setup) -> set[str]:
    """Rules that decide although they are no longer on disk."""
    if not setup.database.exists():
        return set()
    with existing_archive(state.config()) as archive:
        return {one.id for one in archive.read(in_force)} - {one.id for one in setup.rules.rules}


def _change(
    name: str, now: Rule | None, before: RuleInForce | None, finder: Finder, first: Any, *, json: bool
) -> Change:
    if now is not None and before is not None and now.version == before.version:
        return Change(name, "same")
    old_query = None
    if before is not None:
        try:
            old_query = parse(before.query, finder.lexicon)
        except QueryError as error:
            reason = f"the rule in force cannot be read any more, so there is nothing to compare with: {error}"
            return Change(name, "gone" if now is None else "changed", fault=reason)
    new = {row.id: row for row in _all(finder, now.query, first, json=json)} if now is not None else {}
    old = {row.id: row for row in _all(finder, old_query, first, json=json)} if old_query is not None else {}
    kind = "gone" if now is None else "new" if before is None else "changed"
    gained = tuple(row for number, row in new.items() if number not in old)
    return Change(name, kind, gained, tuple(row for number, row in old.items() if number not in new))


def _say_change(change: Change, articles: dict[int, Article], sample: int) -> None:
    if change.kind == "same":
        return
    if change.fault:
        out.print(f"[bold]{escape(change.id)}[/] {change.kind}")
        out.print(indented(Text(change.fault, "yellow")))
        return
    out.print(f"[bold]{escape(change.id)}[/] {change.kind}: {len(change.gained)} gained, {len(change.lost)} lost")
    for sign, rows in (("+", change.gained), ("-", change.lost)):
        for row in rows[:sample]:
            title = articles[row.id].title if row.id in articles else ""
            out.print(indented(Text(f"{sign} {row.id} {row.published:%Y-%m-%d} {visible(title)}")))


def _plain_change(change: Change) -> dict[str, Any]:
    return {
        "id": change.id,
        "kind": change.kind,
        "gained": [row.id for row in change.gained],
        "lost": [row.id for row in change.lost],
        "fault": change.fault,
    }
