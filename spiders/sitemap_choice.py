"""What of a sitemap is read in this pass: which address of a template, which children of an index, which pages. Pure.

Nothing is lost by a limit: what it leaves out is counted, and stays unknown, so that the next pass takes it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from spiders.sitemap_reader import Child, Listed
    from storage.model import Entry

FRESH = timedelta(days=2)  # as long as a news sitemap holds an article
_CHANGED = timedelta(days=1)  # an index may give days only, and in any zone
_MOST_PERIODS = 12
_SEAM_UNZONED = timedelta(hours=12)  # on the other side of the earth it is still yesterday
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_FORMS = {"YYYY": "{:%Y}", "YY": "{:%y}", "MM": "{:%m}", "M": "{0.month}", "DD": "{:%d}", "D": "{0.day}"}
# How long the period before is still read.
_SEAMS = {"D": timedelta(hours=6), "M": timedelta(days=2), "Y": timedelta(days=2)}
_NEWS = re.compile(r"news|latest|recent|today|breaking", re.IGNORECASE)
_LESS = re.compile(r"categor|tag|author|page(?!=)|image|video|static|taxonom", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")
_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)(?:[-_/.]?(0[1-9]|1[0-2])(?:[-_/.]?(0[1-9]|[12]\d|3[01]))?)?(?!\d)")


@dataclass(frozen=True, slots=True)
class Selection:
    """What one pass over a sitemap comes to. `seen` are hashes of addresses to remember, those of `entries` among them."""

    entries: tuple[Entry, ...] = ()
    seen: tuple[int, ...] = ()
    left: int = 0  # more than the limit allows: the next pass takes them, unless this was the first
    late: int = 0  # old pages that are listed only now: remembered, not read


def address_hash(canonical_url: str) -> int:
    """Stands for an address where a million must be remembered: 63 bits, which a signed column holds."""
    return int.from_bytes(blake2b(canonical_url.encode("utf-8", "replace"), digest_size=8).digest()) >> 1


def child_hash(child: Child) -> int:
    """Stands for a child of an index as it was when it was read: with another `lastmod` it is another."""
    return address_hash(f"{child.url} {child.lastmod.isoformat() if child.lastmod else ''}")


def marks(named: Iterable[Child], read: Iterable[Child]) -> list[int]:
    """What to remember of an index, beside addresses of pages: whom it named, and which of them were read, in which state."""
    return [
        *(address_hash(f"named {child.url}") for child in named),
        *(mark for child in read for mark in (address_hash(f"read {child.url}"), child_hash(child))),
    ]


def is_first(child: Child, known: Collection[int]) -> bool:
    """Whether a child is read for the first time though the index named it before: what it lists is no news then.

    `known` are the marks of earlier passes. A child that has only now appeared holds what was published since.
    """
    return address_hash(f"named {child.url}") in known and address_hash(f"read {child.url}") not in known


def fill_template(url: str, now: datetime, zone: str, since: datetime | None = None) -> list[str]:
    """Addresses out of one with {YYYY}, {YY}, {MM}, {M}, {DD}, {D}, newest period first; the address itself without any.

    `zone` is the source's, an IANA name. The period before is read as well while the new one is young, and so are all
    since `since`, when the source was last read. Raises ValueError for a placeholder that is unknown.
    """
    names = _PLACEHOLDER.findall(url)
    unknown = [f"{{{name}}}" for name in names if name not in _FORMS]
    if unknown or len(names) != url.count("{") or len(names) != url.count("}"):
        known = ", ".join(f"{{{name}}}" for name in _FORMS)
        raise ValueError(f"unknown placeholder {', '.join(unknown) or 'with a single brace'}; known are {known}")
    if not names:
        return [url]
    finest = next(unit for unit in "DMY" if any(name.startswith(unit) for name in names))
    seam = _SEAMS[finest] + (timedelta() if zone else _SEAM_UNZONED)
    day = now.astimezone(ZoneInfo(zone) if zone else UTC).date()
    first = (min(now, since or now) - seam).astimezone(ZoneInfo(zone) if zone else UTC).date()
    filled: dict[str, None] = {}
    while day >= first and len(filled) < _MOST_PERIODS:
        filled[_PLACEHOLDER.sub(lambda match, day=day: _FORMS[match[1]].format(day), url)] = None  # type: ignore[misc]
        start = {"D": day, "M": day.replace(day=1), "Y": day.replace(month=1, day=1)}[finest]
        day = start - timedelta(days=1)
    return list(filled)


def choose_children(
    children: Iterable[Child], since: datetime | None, now: datetime, most: int = 10, *, done: Collection[int] = ()
) -> tuple[list[Child], int]:
    """Which children of an index to read in this pass, the likeliest to hold news first, and how many of them must wait.

    Those that changed since a day before `since`, when the index was last read; those that do not say by what their names
    promise, and of the others some in turn. `done` are hashes (`child_hash`) of those that have been read as they are now.
    None has changed: the one that changed last is read none the less, since many an index tells the wrong time. Only such as
    changed wait; on the first pass, without `since`, nothing does.
    """
    ranked = _by_name(children, since, now)
    dated = sorted((child for child in ranked if child.lastmod), key=_lastmod, reverse=True)
    changed = [child for child in dated if since is None or _lastmod(child) >= since - _CHANGED]
    unread = [child for child in changed if not (child.exact and child_hash(child) in done)]
    unsaid = [child for child in ranked if not child.lastmod]
    news = [child for child in unsaid if _rank(child) == 0]
    first = _in_turn([*news, *unread], most, now)
    others = _in_turn([child for child in unsaid if _rank(child)], most - len(first), now)
    if not first and not others:
        return dated[:1], 0
    waiting = 0 if since is None else sum(child not in first for child in unread)
    return [*first, *others], waiting


def _in_turn(children: list[Child], room: int, now: datetime) -> list[Child]:
    """The first ones, and, if there are too many, a fifth of the room for the rest, other ones each hour."""
    spare = room // 5 if len(children) > room else 0
    head, tail = children[: room - spare], children[room - spare :]
    start = int(now.timestamp()) // 3600 * spare % len(tail) if tail else 0
    return [*head, *(tail[start:] + tail[:start])[:spare]]


def _lastmod(child: Child) -> datetime:
    return child.lastmod or datetime.min.replace(tzinfo=UTC)


def _rank(child: Child) -> int:
    """What a name promises: 0 news, 1 anything, 2 lists of lists."""
    name = _name(child)
    return 0 if _NEWS.search(name) else 2 if _LESS.search(name) else 1


def _name(child: Child) -> str:
    """The part of an address that tells children of a site apart."""
    parts = urlsplit(child.url)
    return f"{parts.path}?{parts.query}"


def _by_name(children: Iterable[Child], since: datetime | None, now: datetime) -> list[Child]:
    """By what their names promise. Of those that differ by numbers alone, the newest first, and each such group in turn."""
    groups: dict[str, list[Child]] = {}
    for child in children:
        groups.setdefault(_DIGITS.sub("", child.url), []).append(child)
    places = [
        (_rank(child), place, number, child)
        for number, group in enumerate(groups.values())
        for place, child in enumerate(_newest_first(group, since, now))
    ]
    return [child for *_, child in sorted(places, key=lambda one: one[:3])]


def _newest_first(group: list[Child], since: datetime | None, now: datetime) -> list[Child]:
    """A group in the order of the dates in its names, without those that were over long before `since` or have not come.

    Where there are no dates, by number; that does not say which end is the new one, so both ends come first.
    """
    periods = {child: _period(child) for child in group}
    if all(periods.values()) and len(set(periods.values())) > 1:
        until = (now + _CHANGED).strftime("%Y%m%d")
        after = (since - FRESH).strftime("%Y%m%d") if since else ""
        come = [child for child in group if child.lastmod or periods[child] <= until]
        come.sort(key=lambda child: (periods[child], _numbers(child)), reverse=True)
        return [child for child in come if child is come[0] or child.lastmod or _over(periods[child]) >= after]
    ordered = sorted(group, key=_numbers, reverse=True)
    return [ordered[0], ordered[-1], *ordered[1:-1]] if len(ordered) > 1 else ordered


def _numbers(child: Child) -> list[int]:
    return [int(one[-18:]) for one in _DIGITS.findall(_name(child))]


def _period(child: Child) -> str:
    """The date in a child's name, "201901" of "post-2019-01.xml"; "" if there is none."""
    found = list(_DATE.finditer(_name(child)))
    return "".join(part or "" for part in found[-1].groups()) if found else ""


def _over(period: str) -> str:
    """The last day of a year, a month, or a day; months of 99 days do no harm to a comparison."""
    return (period + "9999")[:8]


def select(
    listed: Iterable[Listed], known: Collection[int], *, first: bool, now: datetime, since: datetime | None, most: int
) -> Selection:
    """Which pages of a sitemap become entries. `known` are the hashes of addresses that have stood in it before.

    On the first pass all are remembered, and those dated within two days are the baseline. Later an address that is new
    becomes an entry, unless its date says that it is an old page, newly listed. `since` is when a pass last left nothing
    over: with a younger one, what was left over could grow late in waiting.
    """
    new: dict[int, Listed] = {}
    for page in listed:
        mark = address_hash(page.entry.canonical_url)
        if mark not in known:
            new.setdefault(mark, page)
    oldest = now - FRESH if first else since and since - FRESH
    late = {mark for mark, page in new.items() if _is_late(page, oldest, undated=first)}
    ranked = sorted((mark for mark in new if mark not in late), key=lambda mark: _when(new[mark]), reverse=True)
    left = ranked[most:]
    return Selection(
        entries=tuple(new[mark].entry for mark in ranked[:most]),
        seen=tuple(new if first else (late.union(ranked[:most]))),
        left=len(left),
        late=0 if first else len(late),
    )


def _is_late(page: Listed, oldest: datetime | None, *, undated: bool) -> bool:
    return undated if page.at is None else oldest is not None and page.at < oldest


def _when(page: Listed) -> datetime:
    """For the order: what has no date comes last, as it is listed."""
    return page.at or datetime.min.replace(tzinfo=UTC)
