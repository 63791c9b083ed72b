"""An article as the templates of a mail want it: every value ready to be shown, nothing left to decide.

Pure: no clock, no network, no database. Text comes out cleaned; escaping is the templates' business.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from alerts.claims_view import NO_CLAIMS
from alerts.headers import host, link, shortened
from alerts.marks import Passage, Piece, excerpt, glimpse, merged, pieces, words
from storage.model import PageState, Precision, TimeOrigin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.claims_view import ClaimTable
    from storage.model import Article, Published, RuleHit

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LANGUAGES = {"en": "English", "uk": "Ukrainian", "ru": "Russian", "ko": "Korean", "ja": "Japanese", "zh": "Chinese"} | {
    "de": "German", "fr": "French", "es": "Spanish", "it": "Italian", "pl": "Polish", "fa": "Persian", "ar": "Arabic",
}  # fmt: skip
RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur", "yi", "ps", "sd", "ug"})
TITLE = 400  # characters of a title in the body
WORDS = 8  # matched words shown for a rule
RULES = 12
NAMES = 6  # sources or authors shown
WIDTH = 76  # columns of the text part

_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(-[A-Za-z0-9]{2,8})*")
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")


@dataclass(frozen=True, slots=True)
class RuleView:
    """Why a rule fired: the words it matched, or its own reason where it marked none."""

    name: str
    words: tuple[str, ...]
    more: int
    reason: str


@dataclass(frozen=True, slots=True)
class ArticleView:
    """What a mail shows of an article. `href` is "" where the address must not become a link."""

    title: tuple[Piece, ...]
    outlet: str
    when: str
    href: str
    address: str
    host: str
    lang: str
    dir: str
    rules: tuple[RuleView, ...]
    passages: tuple[Passage, ...]
    facts: tuple[tuple[str, str], ...]
    note: str
    claims: ClaimTable


def article_view(
    article: Article, hits: Sequence[RuleHit], zone: str, *, brief: bool = False, claims: ClaimTable = NO_CLAIMS
) -> ArticleView:
    """Prepare an article for a reader in `zone` (an IANA name); `brief` is a block of a summary, with one snippet."""
    title_marks = merged((mark for hit in hits for mark in hit.title_marks), len(article.title))
    text_marks = merged((mark for hit in hits for mark in hit.text_marks), len(article.text))
    show = (glimpse(article.title, article.text, text_marks),) if brief else None
    href = link(article.url) or link(article.canonical_url)
    code = article.language or article.language_hint
    return ArticleView(
        title=_title(article.title, title_marks),
        outlet=shortened(article.outlet_name or article.outlet, 60),
        when=_when(article, zone),
        href=href,
        address=href or shortened(article.url, 300),
        host=host(href),
        lang=tongue(code),
        dir=direction(code),
        rules=tuple(_rule(article, hit) for hit in hits[:RULES]),
        passages=tuple(p for p in show or excerpt(article.title, article.text, text_marks) if str(p).strip()),
        facts=_facts(article, zone),
        note=_note(article),
        claims=claims,
    )


def moment(at: datetime, zone: str) -> str:
    """Return a time in a reader's zone, such as `Mon 9 Nov 2026, 14:32 EET`."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{day(local)}, {local:%H:%M} {zone_name(at, zone)}"


def short_moment(at: datetime, zone: str, year: int) -> str:
    """Return a time for a list, such as `9 Nov 14:32`. `year` goes without saying; the zone is said once, above."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{short_day(local, year)} {local:%H:%M}"


def short_day(at: datetime, year: int) -> str:
    """Return the date of a time as it stands, for a list: `9 Nov`, or `9 Nov 2025` where that is not this `year`."""
    return f"{at.day} {MONTHS[at.month - 1]}{'' if at.year == year else f' {at.year}'}"


def zone_name(at: datetime, zone: str) -> str:
    """Return what a zone is called at a time: `EET`, or `UTC+10` where it has no letters."""
    name = at.astimezone(ZoneInfo(zone)).tzname() or ""
    return "UTC" + name if name[:1] in {"+", "-"} else name


def day(at: datetime) -> str:
    """Return the date of a time as it stands, in English whatever the locale: `Mon 9 Nov 2026`."""
    return f"{DAYS[at.weekday()]} {at.day} {MONTHS[at.month - 1]} {at.year}"


def published(when: Published, zone: str) -> str:
    """Return when something was published; known to the day only, it is the publisher's day, without an hour."""
    return moment(when.at, zone) if when.precision is Precision.MINUTE else day(publishers_time(when))


def publishers_time(when: Published) -> datetime:
    """Return when something was published, in the zone its publisher gave; in UTC where none was given."""
    offset = _OFFSET.fullmatch(when.zone or "")
    if not offset:
        return when.at
    sign, hours, minutes = offset.groups()
    span = timedelta(hours=int(hours), minutes=int(minutes)) * (1 if sign == "+" else -1)
    return when.at.astimezone(timezone(span)) if abs(span) < timedelta(days=1) else when.at


def wrap(text: str, indent: str = "") -> str:
    """Break text into lines of at most 76 columns; Hangul and Han count two. A word never breaks, so addresses last."""
    lines: list[str] = []
    line, room = "", WIDTH
    for word in text.split():
        size = _columns(word)
        if line and room < size + 1:
            lines.append(line)
            line = ""
        line, room = (f"{line} {word}", room - size - 1) if line else (word, WIDTH - len(indent) - size)
    return "\n".join(indent + each for each in [*lines, line] if each)


def hang(text: str, indent: int = 13) -> str:
    """Wrap a line whose first `indent` columns are a label, which stays as it is; further lines stand under its value."""
    return (text[:indent] + wrap(text[indent:], " " * indent).lstrip()).rstrip()


def starred(pieces: Sequence[Piece]) -> str:
    """Return pieces as plain text, the marked ones between asterisks."""
    return "".join(f"*{piece.text.strip()}*" if piece.hit and piece.text.strip() else piece.text for piece in pieces)


def _columns(word: str) -> int:
    """Return how wide a word is in a terminal."""
    return len(word) if word.isascii() else sum(1 + (unicodedata.east_asian_width(char) in "WF") for char in word)


def _title(title: str, marks: tuple[tuple[int, int], ...]) -> tuple[Piece, ...]:
    """Return the title with its marks, cut where it is longer than any honest title."""
    shown = pieces(title, marks, 0, min(len(title), TITLE)) + ((Piece("…"),) if len(title) > TITLE else ())
    return shown if any(piece.text.strip() for piece in shown) else (Piece("(no title)"),)


def _when(article: Article, zone: str) -> str:
    """Return the time that stands beside the outlet."""
    if article.published.origin is TimeOrigin.GUESS:
        return f"first seen {moment(article.first_seen, zone)}"
    return published(article.published, zone)


def _facts(article: Article, zone: str) -> tuple[tuple[str, str], ...]:
    """Return what is known of the article besides its words, as label and value."""
    guessed = article.published.origin is TimeOrigin.GUESS
    code = article.language or article.language_hint
    said = "not said" if guessed else published(article.published, zone)
    only_day = " (day only)" if not guessed and article.published.precision is Precision.DAY else ""
    facts = (
        ("Published", said + only_day),
        ("First seen", moment(article.first_seen, zone)),
        ("By", _names(article.authors)),
        ("Language", language(code)),
        ("Seen by", _names(article.sources or (article.source,))),
    )
    return tuple((label, value) for label, value in facts if value)


def _note(article: Article) -> str:
    """Return the warning that the page could not be read, or ""."""
    if article.page_state is not PageState.FAILED and not (
        article.page_state is PageState.WANTED and article.page_fault
    ):
        return ""
    fault = shortened(article.page_fault, 120)
    return "Only what the feed gave; page: " + (fault or "could not be read")


def _rule(article: Article, hit: RuleHit) -> RuleView:
    """Say why one rule fired."""
    title = words(article.title, merged(hit.title_marks, len(article.title)))
    text = words(article.text, merged(hit.text_marks, len(article.text)))
    found = tuple({word.casefold(): word for word in (*text, *title)}.values())
    found = title + tuple(word for word in found if word.casefold() not in {each.casefold() for each in title})
    reason = "" if found else shortened(hit.reason, 200)
    return RuleView(shortened(hit.name or hit.rule, 80), found[:WORDS], max(len(found) - WORDS, 0), reason)


def _names(names: Sequence[str]) -> str:
    """Join names, the first few of them."""
    shown = [shortened(name, 60) for name in names[:NAMES]]
    return ", ".join(name for name in shown if name) + (f" and {len(names) - NAMES} more" if len(names) > NAMES else "")


def language(code: str) -> str:
    """Return what a language is called, by its code; an unknown code as it is."""
    return LANGUAGES.get(code.split("-", maxsplit=1)[0].lower(), shortened(code, 20))


def tongue(code: str) -> str:
    """Return a language tag fit for an attribute, or ""."""
    return code if len(code) <= len("zh-Hant-TW-x-private") and _LANGUAGE.fullmatch(code) else ""


def direction(code: str) -> str:
    """Return how the language runs; `auto` where it is not known."""
    primary = code.split("-", maxsplit=1)[0].lower()
    return "rtl" if primary in RIGHT_TO_LEFT else "ltr" if primary in LANGUAGES else "auto"
