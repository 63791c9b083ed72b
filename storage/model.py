"""What Khasan knows, as plain values: frozen, without I/O, shared by every room of the house.

Times are aware datetimes in UTC. Three ids are never mixed: a *source* is polled, an *outlet* publishes,
a *concept* is spoken of. Everything here can be pickled and handed to another process.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from storage.claim_model import ClaimReading
    from storage.story_model import Placing


class Arrival(StrEnum):
    """How an article came in. Only LIVE may alert."""

    LIVE = "live"
    BASELINE = "baseline"  # was already there at the source's first successful poll
    BACKFILL = "backfill"  # fetched on purpose out of the past
    IMPORT = "import"  # handed over in a file


class Pages(StrEnum):
    """Which of a source's entries have their page fetched."""

    ALL = "all"
    CANDIDATES = "candidates"  # those whose title or summary gives a reason
    NEVER = "never"


class PageState(StrEnum):
    """Where an article stands with its page."""

    UNDECIDED = "undecided"  # review will say whether it is wanted
    WANTED = "wanted"
    FETCHED = "fetched"
    FAILED = "failed"  # given up; the feed's text stands
    NEVER = "never"


class Precision(StrEnum):
    """How exactly a time is known."""

    MINUTE = "minute"
    DAY = "day"


class TimeOrigin(StrEnum):
    """Who said when an article was published."""

    FEED = "feed"
    PAGE = "page"
    GUESS = "guess"  # nobody: the moment it was first seen


class Outcome(StrEnum):
    """What a poll or a page fetch came to."""

    NEW = "new"
    UNCHANGED = "unchanged"
    MOVED = "moved"  # read, and found to have moved for good: polled there from now on
    OVERFLOW = "overflow"  # read, but nothing of it was known: what stood in between was never seen
    STALE = "stale"  # answers well, but has been silent far longer than it ever is
    PAGE_FAULTS = "page-faults"  # read, but nearly all its articles' pages fail
    EMPTY = "empty"  # a list without entries
    REFUSED = "refused"  # 401, 403, 429, 451, a bot wall, a consent page
    GONE = "gone"  # 404, 410
    SERVER = "server"  # 5xx and other statuses that are no success
    ROBOTS = "robots"
    TLS = "tls"
    DNS = "dns"
    CONNECT = "connect"
    TIMEOUT = "timeout"
    CUT_OFF = "cut-off"  # the body ended early or could not be unpacked
    TOO_LARGE = "too-large"
    NOT_A_FEED = "not-a-feed"  # something else than a list of articles of its kind
    PARSE_FAULT = "parse-fault"  # of the right kind, but nothing in it can be read
    PRIVATE = "private"  # an address that is not public, or not http(s)
    NOT_A_PAGE = "not-a-page"  # a PDF, an image, a page without text
    FAULT = "fault"  # our own: a bug, a full disk

    @property
    def good(self) -> bool:
        """Whether the source could be read."""
        return self in _READ

    @property
    def sound(self) -> bool:
        """Whether there is nothing for a person to look at."""
        return self in (Outcome.NEW, Outcome.UNCHANGED, Outcome.MOVED)


_READ = frozenset({Outcome.NEW, Outcome.UNCHANGED, Outcome.MOVED, Outcome.OVERFLOW, Outcome.STALE, Outcome.PAGE_FAULTS})


@dataclass(frozen=True, slots=True)
class Outlet:
    """Who publishes."""

    id: str
    name: str
    country: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """How a page of links is read: CSS selectors, but for `pattern`, a regular expression that addresses must contain.

    With `item`, the others are looked for inside each such element; without it, `links` are elements that are links or
    hold one. `title` and `date` are optional: a link's text is its title.
    """

    links: str
    item: str = ""
    title: str = ""
    date: str = ""
    pattern: str = ""
    next: str = ""  # the link to older ones
    depth: int = 1  # pages read in one poll at most


@dataclass(frozen=True, slots=True)
class Source:
    """What is polled, as the topic declares it. `interval` and `delay` are seconds, None is the configuration's."""

    id: str
    outlet: str
    name: str
    url: str
    kind: str = "feeds"
    language: str = ""
    country: str = ""
    enabled: bool = True
    reason: str = ""  # why it is disabled, or what is known of it
    pages: Pages = Pages.ALL
    zone: str = ""  # of times without an offset: an IANA name
    user_agent: str = ""
    proxy: str = field(default="", repr=False)  # may hold a password
    delay: float | None = None
    interval: float | None = None
    css: dict[str, str | list[str]] = field(default_factory=dict)  # extraction overrides: title, text, authors, …
    query: str = ""  # of a search
    listing: Listing | None = None  # how a page of links is read
    sitemap: str = ""  # asked for what a feed lost


@dataclass(frozen=True, slots=True)
class Published:
    """When an article was published: UTC, the publisher's own offset ("+09:00") if given, how exactly, says who."""

    at: datetime
    zone: str | None
    precision: Precision
    origin: TimeOrigin


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who published an entry that a search found. `host` is where."""

    host: str
    name: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a list, cleaned: text without markup, address absolute. A sitemap's may have an address alone."""

    key: str  # the same entry has the same key in every poll of its source
    url: str  # "" where the feed gives none
    canonical_url: str  # the article's identity; never empty
    title: str
    text: str  # summary or whole text
    authors: tuple[str, ...] = ()
    image: str | None = None
    language: str = ""
    published: Published | None = None
    sha256: str = ""  # of title and text: tells a changed entry
    publisher: Publisher | None = None  # None: the source's own outlet
    whole: bool = False  # the text is the whole article: no page is needed


@dataclass(frozen=True, slots=True)
class Rest:
    """A host asked to be left alone until then."""

    host: str
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class PollResult:
    """What one poll of one source brought. Stored in one transaction, with the validators of the next.

    None in `cursor`, `rhythm`, `hints` and `newest_at` leaves what is known. `moved_to` is where only permanent redirects led;
    with `address` the source is polled there from now on ("" is where the topic says).
    """

    source: str
    at: datetime
    outcome: Outcome
    next_at: datetime
    entries: tuple[Entry, ...] = field(default=(), repr=False)
    status: int | None = None
    detail: str = ""
    etag: str = ""
    last_modified: str = ""
    body_sha256: str = ""
    seconds: float = 0.0
    faults: tuple[str, ...] = ()  # entries that could not be read, each with its reason
    requests: int = 1
    cursor: str | None = None
    rhythm: str | None = None
    hints: str | None = None
    newest_at: datetime | None = None
    seen: tuple[int, ...] = field(default=(), repr=False)  # hashes of addresses that stood there
    moved_to: str = ""
    address: str | None = None
    retired: bool = False
    rest: Rest | None = None
    asked: str = ""  # the declared address that it is about; "" is whichever is declared now
    whole: bool = True  # False: something of the answer could not be read


@dataclass(frozen=True, slots=True)
class ArticleText:
    """What a page says, as extraction read it."""

    title: str
    text: str
    authors: tuple[str, ...] = ()
    image: str | None = None
    language: str = ""
    published: Published | None = None
    canonical_url: str = ""  # "" where the page names none that is sane


@dataclass(frozen=True, slots=True)
class PageResult:
    """What fetching one article's page brought. `html` is gzip-compressed; `sha256` is of the body as received."""

    article: int
    url: str
    at: datetime
    outcome: Outcome
    text: ArticleText | None = field(default=None, repr=False)
    status: int | None = None
    detail: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    html: bytes = field(default=b"", repr=False)
    sha256: str = ""
    retry_at: datetime | None = None  # None after a failure: give up
    rest: Rest | None = None


@dataclass(frozen=True, slots=True)
class PollJob:
    """A source whose time has come, with what the last poll left."""

    source: Source
    etag: str = ""
    last_modified: str = ""
    body_sha256: str = ""
    failures: int = 0
    address: str = ""  # "" is the source's own
    outcome: str = ""  # of the last poll
    cursor: str = ""
    rhythm: str = ""
    hints: str = ""
    first: bool = False  # it has never been read
    last_poll_at: datetime | None = None
    last_good_at: datetime | None = None
    newest_at: datetime | None = None
    page_failures: int = 0
    moved_to: str = ""
    moved_since: datetime | None = None
    moved_polls: int = 0

    @property
    def url(self) -> str:
        """Where it is polled."""
        return self.address or self.source.url


@dataclass(frozen=True, slots=True)
class PageJob:
    """An article whose page is wanted."""

    article: int
    url: str
    source: Source
    attempts: int


@dataclass(frozen=True, slots=True)
class Stored:
    """What storing a poll or a page did, one per article that is new or has a new text."""

    article: int
    new: bool
    url: str
    title: str
    text: str
    source: str
    outlet: str
    published: datetime | None
    authors: tuple[str, ...]
    page_state: PageState


@dataclass(frozen=True, slots=True)
class Article:
    """An article with its current text, as readers of the archive see it."""

    id: int
    version: int  # the text version's id
    url: str
    canonical_url: str
    outlet: str
    outlet_name: str
    source: str
    sources: tuple[str, ...]
    arrival: Arrival
    first_seen: datetime
    published: Published
    language: str
    language_hint: str
    title: str
    text: str
    authors: tuple[str, ...]
    image: str | None
    page_state: PageState
    page_fault: str
    text_origin: str  # "feed", "page" or "import"


@dataclass(frozen=True, slots=True)
class RuleHit:
    """A rule that is true of an article. Marks are (start, end) in title and in text."""

    rule: str
    name: str
    version: str
    reason: str
    title_marks: tuple[tuple[int, int], ...] = ()
    text_marks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What a reader is told of an article, and why."""

    reader: str
    outcome: str  # "mail", "update", "late", "digest", "nothing"
    reason: str
    hits: tuple[RuleHit, ...] = ()


@dataclass(frozen=True, slots=True)
class Review:
    """What reading one text version came to. `want_page` asks collect for the page and decides nothing yet."""

    article: int
    version: int
    at: datetime
    analysis_version: str
    topic_version: str
    language: str
    candidate: bool  # the gate let it pass
    concepts: tuple[str, ...]
    reason: str
    want_page: bool = False
    decisions: tuple[Decision, ...] = ()
    matched: bool = False  # a rule is true of it, whether or not a reader follows that rule
    again_at: datetime | None = None  # review the same text once more then: this time our own code failed
    relevance: float | None = None  # 0 to 1
    band: str = ""  # "relevant", "unsure", "no"; "" where it could not be judged
    relevance_reasons: tuple[str, ...] = ()
    again: bool = False  # the past was read once more: nobody is told
    claims: tuple[ClaimReading, ...] | None = None  # None: the article keeps those it has
    claims_version: int = 0  # the text version that they were read in; 0 is `version`
    placing: Placing | None = None  # None: it belongs to no story, or keeps its place
