"""Which sitemaps are read in this pass: which addresses of a template, which children of an index. Pure.

Nothing is lost by a limit: what it leaves out is counted, and the next pass takes it, or a later one in its turn.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from spiders.sitemap_reader import Child

FRESH = timedelta(days=2)  # as long as a news sitemap holds an article
_CHANGED = timedelta(days=1)  # an index may give days only, and in any zone
_SETTLED = timedelta(days=2)  # then a day that an index gives as a date is over in any zone
_MOST_PERIODS = 35
_SEAM_UNZONED = timedelta(hours=12)  # on the other side of the earth it is still yesterday
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_FORMS = {"YYYY": "{:%Y}", "YY": "{:%y}", "MM": "{:%m}", "M": "{0.month}", "DD": "{:%d}", "D": "{0.day}"}
# How long the period before is still read.
_SEAMS = {"D": timedelta(hours=6), "M": timedelta(days=2), "Y": timedelta(days=2)}
_NEWS = re.compile(r"news|latest|recent|today|breaking", re.IGNORECASE)
_LESS = re.compile(r"categor|tag|author|page(?!=)|image|video|static|taxonom", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")
_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)(?:[-_/.]?(0[1-9]|1[0-2])(?:[-_/.]?(0[1-9]|[12]\d|3[01]))?)?(?!\d)")


def address_hash(canonical_url: str) -> int:
    """Stands for an address where a million must be remembered: 63 bits, which a signed column holds."""
    return int.from_bytes(blake2b(canonical_url.encode("utf-8", "replace"), digest_size=8).digest()) >> 1


def child_hash(child: Child) -> int:
    """Stands for a child of an index as it was when it was read: with another `lastmod` it is another."""
    return address_hash(f"{child.url} {child.lastmod.isoformat() if child.lastmod else ''}")


def read_mark(url: str) -> int:
    """Stands for a sitemap that has been read at least once."""
    return address_hash(f"read {url}")


def marks(stood: Iterable[Child], read: Iterable[Child], now: datetime) -> list[int]:
    """What to remember of an index, beside addresses of pages: whom it named at first, and which were read, in which state.

    A child whose `lastmod` is a day may still grow on that day: it is read for good only when the day is over.
    """
    return [
        *(_stood_mark(child) for child in stood),
        *(mark for child in read for mark in (read_mark(child.url), child_hash(child))),
        *(_settled_mark(child) for child in read if child.lastmod and now - child.lastmod >= _SETTLED),
    ]


def all_marks(children: Iterable[Child]) -> list[int]:
    """All that may be remembered of children."""
    return [
        mark
        for child in children
        for mark in (_stood_mark(child), read_mark(child.url), child_hash(child), _settled_mark(child))
    ]


def _stood_mark(child: Child) -> int:
    return address_hash(f"named {child.url}")


def _settled_mark(child: Child) -> int:
    return address_hash(f"settled {child_hash(child)}")


def is_first(child: Child, known: Collection[int]) -> bool:
    """Whether a child is read for the first time though it stood there from the first: what it lists is no news then.

    `known` are the marks of earlier passes. A child that has appeared since holds what was published since.
    """
    return _stood_mark(child) in known and read_mark(child.url) not in known


def fill_template(url: str, now: datetime, zone: str, since: datetime | None = None) -> list[str]:
    """Addresses out of one with {YYYY}, {YY}, {MM}, {M}, {DD}, {D}, newest period first; the address itself without any.

    `zone` is the source's, an IANA name. The period before is read as well while the new one is young, and so are all
    since `since`, when the source was last read. Where they are too many, the oldest of them come, and `template_reach`
    says how far they go. Raises ValueError for a placeholder that is unknown.
    """
    return list(_filled(url, now, zone, since)[0])


def template_reach(url: str, now: datetime, zone: str, since: datetime | None = None) -> tuple[datetime | None, int]:
    """Up to when the addresses of `fill_template` go, None for now, and how many it leaves out after that."""
    filled, left = _filled(url, now, zone, since)
    if not left:
        return None, 0
    days = list(filled.values())
    gap = next(place for place in range(1, len(days)) if days[place] < _before(days[place - 1], url))
    return datetime.combine(days[gap], time(), ZoneInfo(zone) if zone else UTC) + _seam(url, zone), left


def _filled(url: str, now: datetime, zone: str, since: datetime | None) -> tuple[dict[str, date], int]:
    """Addresses with a day of their periods, newest first, and how many are left out between the newest and the others."""
    names = _PLACEHOLDER.findall(url)
    unknown = [f"{{{name}}}" for name in names if name not in _FORMS]
    if unknown or len(names) != url.count("{") or len(names) != url.count("}"):
        known = ", ".join(f"{{{name}}}" for name in _FORMS)
        raise ValueError(f"unknown placeholder {', '.join(unknown) or 'with a single brace'}; known are {known}")
    place, seam = ZoneInfo(zone) if zone else UTC, _seam(url, zone)
    day = now.astimezone(place).date()
    young = (now - seam).astimezone(place).date()
    first = min(young, ((since or now) - seam).astimezone(place).date())
    filled: dict[str, date] = {}
    newest = 0
    while day >= first and (names or not filled):
        filled.setdefault(_PLACEHOLDER.sub(lambda match, day=day: _FORMS[match[1]].format(day), url), day)  # type: ignore[misc]
        newest = len(filled) if day >= young else newest
        day = _before(day, url)
    left = max(len(filled) - _MOST_PERIODS, 0)
    every = list(filled.items())
    return dict([*every[:newest], *every[newest + left :]]), left


def _finest(url: str) -> str:
    """What the address changes with: "D", "M" or "Y"."""
    names = _PLACEHOLDER.findall(url)
    return next((unit for unit in "DM" if any(name.startswith(unit) for name in names)), "Y")


def _seam(url: str, zone: str) -> timedelta:
    return _SEAMS[_finest(url)] + (timedelta() if zone else _SEAM_UNZONED)


def _before(day: date, url: str) -> date:
    """The last day of the period before that of a day."""
    start = {"D": day, "M": day.replace(day=1), "Y": day.replace(month=1, day=1)}[_finest(url)]
    return start - timedelta(days=1)


def choose_children(
    children: Iterable[Child],
    since: datetime | None,
    now: datetime,
    most: int = 10,
    *,
    done: Collection[int] = (),
    turn: int = 0,
) -> tuple[list[Child], int]:
    """Which children of an index to read in this pass, the likeliest to hold news first, and how many of them must wait.

    Those that changed since a day before `since`, when the index was last read, and those that do not say but promise news
    by their names; of the others some in turn. Those that were never read go before those that were. Where nothing has
    changed, the one that changed last is read none the less, since many an index tells the wrong time. `done` are the marks
    of those that have been read, `turn` counts the passes. Only such as changed or were never read wait; on the first pass,
    without `since`, nothing does.
    """
    ranked = _by_name(children, since, now)
    dated = sorted((child for child in ranked if child.lastmod), key=_lastmod, reverse=True)
    changed = [child for child in dated if since is None or _lastmod(child) >= since - _CHANGED]
    unread = [child for child in changed if not _is_done(child, done)]
    unsaid = [child for child in ranked if not child.lastmod]
    others = [*([] if unread else dated[:1]), *(child for child in unsaid if _rank(child))]
    room = most - min(len(others), most // 5)
    first = _in_turn([*(child for child in unsaid if not _rank(child)), *unread], room, turn, done)
    chosen = [*first, *_in_turn(others, most - len(first), turn, done)]
    if since is None:
        return chosen, 0
    never = [child for child in unsaid if read_mark(child.url) not in done]
    return chosen, sum(child not in chosen for child in [*unread, *never])


def _is_done(child: Child, done: Collection[int]) -> bool:
    """Whether a child has been read as it is now."""
    return (child.exact and child_hash(child) in done) or _settled_mark(child) in done


def _in_turn(children: list[Child], room: int, turn: int, done: Collection[int]) -> list[Child]:
    """Those for whom there is room: half of it at least for such as were never read, as long as there are any."""
    if len(children) <= room:
        return children
    never = [child for child in children if read_mark(child.url) not in done]
    again = [child for child in children if read_mark(child.url) in done]
    for_again = max(min(len(again), room // 2), room - len(never))
    return [*_likeliest(never, room - for_again, turn), *_likeliest(again, for_again, turn)]


def _likeliest(children: list[Child], room: int, turn: int) -> list[Child]:
    """The first ones, and, if there are too many, a fifth of the room for the rest, other ones in each pass."""
    if len(children) <= room or not room:
        return children[:room]
    spare = max(room // 5, 1) if turn else 0
    head = children[: room - spare]
    tail = sorted(children[room - spare :], key=lambda child: child.url)
    start = turn * spare % len(tail)
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
