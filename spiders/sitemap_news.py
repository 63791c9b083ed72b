"""Which pages of a sitemap are news, and what of a pass is kept for the next one. Pure.

A page is told from those before it by its address. Its date only says whether an address that is new stands for a page that is
old, and it is judged by when the sitemap last grew: one that is built once a week lists a week's pages at once.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from spiders.sitemap_choice import FRESH, address_hash
from storage.times import from_text, maybe, to_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from spiders.sitemap_reader import Listed
    from storage.model import Entry

LONGEST_WAIT = timedelta(days=7)  # for a sitemap that is named and never there
SUDDEN = 100  # pages that may appear at once, undated or old, before it looks as if all addresses had changed
DISBELIEF = 3  # passes running in which only pages with an old lastmod appeared: lastmod says nothing here
LEAST_ALIKE = 5  # pages of one lastmod, for it to say nothing of any
_MOST_GREW = 200  # sitemaps of which it is remembered when they grew


@dataclass(frozen=True, slots=True)
class Part:
    """One of the sitemaps that a pass has read: its pages by the hashes of their addresses.

    `key` is its name in `Progress.grew`. `first`: it stood there unread before, so that what it lists is no news.
    `appeared`: it is new itself, so that all that it lists may be.
    """

    pages: Mapping[int, Listed]
    key: str = ""
    first: bool = False
    appeared: bool = False
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Progress:
    """What the passes over a source's sitemaps came to, as it is kept between two polls."""

    begun: datetime  # the first pass
    since: datetime  # up to when nothing is left over
    index: bool = False
    left: int = 0
    passes: int = 0
    late: int = 0  # passes running in which all pages that appeared were old by their lastmod
    waits: datetime | None = None  # since when something has been left over in each pass
    grew: Mapping[str, datetime] = field(default_factory=dict)  # when a sitemap last had new pages, or was first read

    @classmethod
    def from_text(cls, text: str) -> Progress | None:
        """What `to_text` wrote; None before the first pass."""
        if not text:
            return None
        kept = json.loads(text)
        return cls(
            begun=from_text(kept.get("begun", kept["since"])),
            since=from_text(kept["since"]),
            index=kept["index"],
            left=kept["left"],
            passes=kept.get("passes", 1),
            late=kept.get("late", 0),
            waits=maybe(kept.get("waits")),
            grew={key: datetime.fromtimestamp(at, UTC) for key, at in kept.get("grew", {}).items()},
        )

    def to_text(self) -> str:
        """For the archive: a few kilobytes at most."""
        return json.dumps(
            {
                "begun": to_text(self.begun),
                "since": to_text(self.since),
                "index": self.index,
                "left": self.left,
                "passes": self.passes,
                "late": self.late,
                "waits": self.waits and to_text(self.waits),
                "grew": {key: int(at.timestamp()) for key, at in self.grew.items()},
            }
        )

    def oldest(self, part: Part) -> datetime:
        """From when on a page of a sitemap is no old one, whenever it is listed."""
        if part.first:
            return max(self.begun, self.since - FRESH)
        unknown = min(self.grew.values()) if len(self.grew) >= _MOST_GREW else self.since
        return min(self.since, self.grew.get(part.key, unknown)) - FRESH


@dataclass(frozen=True, slots=True)
class Selection:
    """What one pass over a sitemap comes to. `seen` are hashes of addresses to remember, those of `entries` among them."""

    entries: tuple[Entry, ...] = ()
    seen: tuple[int, ...] = ()
    left: int = 0  # more than the limit allows: the next pass takes them, unless this was the first
    late: int = 0  # old pages that are listed only now: remembered, not read
    sudden: int = 0  # pages that all appeared at once, undated or old: remembered, not read
    doubt: int = 0  # what `Progress.late` is after this pass


@dataclass(frozen=True, slots=True)
class _Sifted:
    """The pages of a part that did not stand there before."""

    news: dict[int, Listed]
    late: frozenset[int] = frozenset()
    sudden: frozenset[int] = frozenset()
    tells: bool = False  # whether it says something of what its lastmods are worth
    old: bool = True  # whether all are old by their lastmod


def key_of(url: str) -> str:
    """The name of a sitemap in `Progress.grew`."""
    return f"{address_hash(url) >> 31:x}"


def pick(parts: Sequence[Part], known: Collection[int], before: Progress | None, now: datetime, most: int) -> Selection:
    """What becomes entries in a pass over several sitemaps. `known` are the hashes of addresses that stood in them before."""
    if before is None:
        every = [page for part in parts for page in part.pages.values()]
        return select(every, known, first=True, now=now, since=None, most=most)
    sifted = [_sift(part, known, before) for part in parts]
    news = {mark: page for one in sifted for mark, page in one.news.items()}
    chosen = select(news.values(), known, first=False, now=now, since=None, most=most)
    sudden = frozenset[int]().union(*(one.sudden for one in sifted)) - news.keys()
    late = frozenset[int]().union(*(one.late for one in sifted)) - news.keys() - sudden
    telling = [one.old for one in sifted if one.tells]
    return Selection(
        chosen.entries,
        (*chosen.seen, *late, *sudden),
        chosen.left,
        len(late),
        len(sudden),
        before.late + 1 if telling and all(telling) else 0 if telling else before.late,
    )


def _sift(part: Part, known: Collection[int], before: Progress) -> _Sifted:
    new = {mark: page for mark, page in part.pages.items() if mark not in known}
    oldest = before.oldest(part)
    fresh = {mark: page for mark, page in new.items() if page.at is not None and page.at >= oldest}
    doubtful = frozenset(new.keys() - fresh.keys())
    if part.first:
        return _Sifted(fresh, doubtful)
    if not part.appeared and len(doubtful) > SUDDEN and 2 * len(doubtful) > len(part.pages):
        return _Sifted(fresh, sudden=doubtful)
    late = {mark for mark in doubtful if new[mark].at is not None}
    by_lastmod = {mark for mark, page in new.items() if page.entry.published is None and page.lastmod is not None}
    if not part.appeared and (before.late >= DISBELIEF or _is_one_date(part, len(new))):
        late -= by_lastmod
    return _Sifted(
        {mark: page for mark, page in new.items() if mark not in late},
        frozenset(late),
        tells=bool(by_lastmod) and not part.appeared,
        old=by_lastmod <= doubtful,
    )


def _is_one_date(part: Part, new: int) -> bool:
    """Whether all pages, most of them known, have one `lastmod`: it is that of something else."""
    dates = {page.lastmod for page in part.pages.values()}
    return len(dates) == 1 and len(part.pages) >= LEAST_ALIKE and 2 * new <= len(part.pages)


def advance(
    before: Progress | None,
    parts: Iterable[Part],
    chosen: Selection,
    now: datetime,
    *,
    index: bool,
    waiting: int,
    broken: bool,
    reach: datetime | None,
) -> Progress:
    """What is kept of a pass. `waiting` sitemaps were left to the next, some could not be read if it is `broken`.

    `reach`: up to when it went, where that is not until now. What was left must not grow old in waiting, so `since` stays
    where it is, for a week.
    """
    left = chosen.left + waiting
    grew = dict(before.grew) if before else {}
    taken = set(chosen.seen)
    for part in parts:
        first = part.key not in grew
        if part.pages and part.whole and not chosen.left and (first or _grown(part, taken, before)):
            grew[part.key] = now
    kept = dict(sorted(grew.items(), key=lambda one: one[1])[-_MOST_GREW:])
    start = before or Progress(begun=now, since=now)
    made = replace(start, index=index, left=left, passes=start.passes + 1, late=chosen.doubt, grew=kept)
    if before is None:
        return made
    if not (left or broken):
        return replace(made, since=reach or now, waits=None)
    waits = before.waits or now
    if now - waits < LONGEST_WAIT:
        return replace(made, waits=waits)
    return replace(made, waits=waits, since=max(before.since, min(now - LONGEST_WAIT, reach or now)))


def _grown(part: Part, taken: Collection[int], before: Progress | None) -> bool:
    """Whether new pages have appeared that are not all old ones."""
    oldest = before.oldest(part) if before else None
    return any(
        mark in taken and (page.at is None or oldest is None or page.at >= oldest) for mark, page in part.pages.items()
    )


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


def newest_listed(parts: Iterable[Part], now: datetime, *, believed: bool) -> datetime | None:
    """The newest date of all that is listed, read or not; without those of `lastmod` if they are not `believed`."""
    times = (page.at for part in parts for page in part.pages.values() if believed or page.entry.published is not None)
    return max((at for at in times if at is not None and at <= now), default=None)


def _is_late(page: Listed, oldest: datetime | None, *, undated: bool) -> bool:
    return undated if page.at is None else oldest is not None and page.at < oldest


def _when(page: Listed) -> datetime:
    """For the order: what has no date comes last, as it is listed."""
    return page.at or datetime.min.replace(tzinfo=UTC)
