"""The mails Khasan sends, as `EmailMessage`s of text and HTML that say the same.

Pure: the same arguments give the same bytes. No clock, no network, no database; the templates beside this module are
read once. What strangers wrote passes `alerts.headers` on its way into a header and autoescaping on its way into HTML.
A new kind of mail needs a pair of templates, `<name>.txt.j2` and `<name>.html.j2`, and a function here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from email.message import EmailMessage
from email.utils import format_datetime
from hashlib import sha256
from shlex import quote
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from alerts import headers
from alerts.claims_view import NO_CLAIMS
from alerts.coverage import NO_LINE
from alerts.digest_view import digest_view, subject_of_digest
from alerts.story_view import card_of, counted, story_view, subject_of_alert, subject_of_update
from alerts.view import article_view, hang, moment, starred, wrap
from storage.mail import MailKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from alerts.claims_view import ClaimTable
    from alerts.coverage import CoverageLine
    from alerts.digest_view import DigestView
    from alerts.notices import Section
    from alerts.story import DigestCard, StoryCard
    from alerts.view import ArticleView
    from storage.model import Article, RuleHit

POLICY = headers.MailPolicy(linesep="\r\n", cte_type="7bit")  # any server takes it
MAX_HTML = 100_000  # bytes; some readers of mail cut off what is longer
THREAD = 20  # Message-IDs of a thread that a mail refers to, the first one among them
SECTIONS = 12  # of a notice
ROWS = (40, 15, 5, 1)  # of each, until it fits
SUMMARY_STEPS = ((30, 200), (15, 150), (8, 100), (4, 50), (2, 20), (0, 20))  # blocks, then bare titles, until it fits
STORY_STEPS = ((12, 8), (6, 4), (2, 2), (0, 0))  # articles and origins listed, until it fits
DIGEST_STEPS = (  # stories with a paragraph, without one, and as bare titles, until it fits
    (40, 0, 200), (25, 15, 200), (15, 15, 200), (8, 12, 200), (4, 8, 200), (0, 4, 200), (0, 0, 200),
    (6, 14, 100), (4, 6, 60), (0, 10, 60), (0, 4, 40), (0, 2, 20), (0, 0, 40), (0, 0, 20), (0, 0, 8), (0, 0, 0),
)  # fmt: skip

ENVIRONMENT = Environment(
    loader=PackageLoader("alerts"),
    autoescape=select_autoescape(enabled_extensions=("html.j2",)),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
ENVIRONMENT.filters |= {"wrap": wrap, "hang": hang, "starred": starred}


@dataclass(frozen=True, slots=True)
class MailOptions:
    """What all mails have in common. `sender` is an address with or without a name. Raises ValueError on nonsense."""

    sender: str
    list_id: str = "khasan.localhost"
    max_title: int = 120  # characters of a title in a subject

    def __post_init__(self) -> None:
        headers.mailbox(self.sender)
        headers.domain(self.list_id)


@dataclass(frozen=True, slots=True)
class Addressee:
    """Who gets a mail; `zone` is the IANA name of the zone times are shown in. Raises ValueError on nonsense."""

    name: str
    address: str
    zone: str = "UTC"

    def __post_init__(self) -> None:
        headers.mailbox(self.address)
        try:
            ZoneInfo(self.zone)
        except (OSError, LookupError, ValueError) as error:
            raise ValueError(f"{headers.header(self.zone)!r} is not a zone such as Europe/Kyiv") from error


def alert_subject(
    article: Article,
    options: MailOptions,
    card: StoryCard | None = None,
    kind: MailKind = MailKind.ALERT,
    first_subject: str = "",
) -> str:
    """Return the subject of an alert, or of an update in the thread that `first_subject` began."""
    card = card or card_of(article)
    if kind is MailKind.UPDATE:
        return subject_of_update(article, card, first_subject)
    return subject_of_alert(article, card, options.max_title)


def digest_subject(card: DigestCard, zone: str) -> str:
    """Return the subject of a digest for a reader in `zone`."""
    return subject_of_digest(card, zone)


def summary_subject(items: Sequence[tuple[Article, Sequence[RuleHit]]], options: MailOptions) -> str:
    """Return the subject of a summary: how many articles, and the first one's title."""
    if not items:
        return "No articles"
    title = headers.header(items[0][0].title, options.max_title) or "(no title)"
    return headers.header(f"1 article: {title}" if len(items) == 1 else f"{len(items)} articles: {title}")


def operator_subject(subject: str) -> str:
    """Return the subject of a mail to the operator."""
    return headers.header(f"Khasan: {subject}")


def alert_mail(
    article: Article,
    hits: Sequence[RuleHit],
    *,
    card: StoryCard | None = None,
    kind: MailKind = MailKind.ALERT,
    thread: Sequence[str] = (),
    subject: str = "",
    reader: Addressee,
    message_id: str,
    date: datetime,
    options: MailOptions,
    coverage: CoverageLine = NO_LINE,
    claims: ClaimTable = NO_CLAIMS,
) -> EmailMessage:
    """Compose an alert on a story, or an update of one, around the article that tells it best; without a `card`, of that alone.

    `thread` are the Message-IDs of earlier mails on it, oldest first; `subject` is the one it was queued with, which the mails
    that follow upon it repeat. Raises ValueError only where a Message-ID is none.
    """
    card = card or card_of(article)
    subject = headers.header(subject) or alert_subject(article, options, card, kind)
    message = _envelope(kind, subject, reader=reader, message_id=message_id, date=date, options=options)
    _thread(message, thread, card.story)
    update = kind is MailKind.UPDATE
    view = article_view(article, hits, reader.zone, brief=update, claims=claims)
    many = f"{len(hits)} rules match" if hits else "of"
    why = f"the rule “{view.rules[0].name}” matches" if len(hits) == 1 else many
    values: dict[str, Any] = {
        "article": view,
        "to": _to(reader),
        "why": f"{why} this article",
        "mute": _mute(card.story or "", reader),
    }
    values["coverage"] = _coverage(coverage, date, reader)
    stories = (
        story_view(card, article, reader.zone, date, update=update, lines=lines, origins=origins)
        for lines, origins in STORY_STEPS
    )
    return _filled(message, "story", **_fitting("story", values, ({"story": story} for story in stories)))


def digest_mail(
    card: DigestCard,
    *,
    reader: Addressee,
    message_id: str,
    date: datetime,
    options: MailOptions,
    coverage: CoverageLine = NO_LINE,
) -> EmailMessage:
    """Compose a reader's digest. As many stories as fit have a paragraph, then a few lines, then a bare title; the rest are counted.

    Raises ValueError only where `message_id` is none.
    """
    subject = digest_subject(card, reader.zone)
    message = _envelope(MailKind.DIGEST, subject, reader=reader, message_id=message_id, date=date, options=options)
    view = digest_view(card, reader.zone, sum(DIGEST_STEPS[0]))
    values: dict[str, Any] = {"digest": view, "to": _to(reader), "mute": _mute("NUMBER", reader)}
    values["coverage"] = _coverage(coverage, date, reader)
    return _filled(message, "digest", **_fitting("digest", values, _digest_steps(view, len(card.stories))))


def _digest_steps(view: DigestView, count: int) -> Iterable[dict[str, Any]]:
    """Give ever less of a digest's stories; `count` is of them all."""
    for long, short, titles in DIGEST_STEPS:
        brief = [replace(one, paragraph=()) for one in view.stories[long : long + short]]
        blocks = [*view.stories[:long], *brief]
        bare = view.stories[len(blocks) : len(blocks) + titles]
        yield {"blocks": blocks, "titles": bare, "left": count - len(blocks) - len(bare)}


def summary_mail(
    items: Sequence[tuple[Article, Sequence[RuleHit]]],
    *,
    reason: str,
    reader: Addressee,
    message_id: str,
    date: datetime,
    options: MailOptions,
    coverage: CoverageLine = NO_LINE,
    claims: Sequence[ClaimTable] = (),
    cards: Sequence[StoryCard | None] = (),
) -> EmailMessage:
    """Compose one mail about several articles, in the order given; `reason` says why they come together.

    `claims` are the figures of each article, of which only the new ones are named, and `cards` their stories, of which the
    number of outlets is told; there may be fewer than articles.
    As many as fit are shown as blocks, then bare titles; what is left over is counted. Raises ValueError only where
    `message_id` is none.
    """
    message = _envelope(
        MailKind.SUMMARY,
        summary_subject(items, options),
        reader=reader,
        message_id=message_id,
        date=date,
        options=options,
    )
    shown = items[: sum(SUMMARY_STEPS[0])]
    tables = [*claims[: len(shown)], *[NO_CLAIMS] * (len(shown) - len(claims))]
    views = [
        article_view(article, hits, reader.zone, brief=True, claims=table)
        for (article, hits), table in zip(shown, tables, strict=True)
    ]
    views[: len(cards)] = [_with_others(view, card) for view, card in zip(views, cards, strict=False)]
    values: dict[str, Any] = {"reason": headers.shortened(reason, 300), "count": len(items)}
    values |= {"to": _to(reader), "why": "rules match these articles", "coverage": _coverage(coverage, date, reader)}
    return _filled(message, "summary", **_fitting("summary", values, _summary_steps(views, len(items))))


def _summary_steps(views: list[ArticleView], count: int) -> Iterable[dict[str, Any]]:
    """Give ever less of a summary's articles; `count` is of them all."""
    for blocks, titles in SUMMARY_STEPS:
        shown, bare = views[:blocks], views[blocks : blocks + titles]
        yield {"blocks": shown, "titles": bare, "left": count - len(shown) - len(bare)}


def _with_others(view: ArticleView, card: StoryCard | None) -> ArticleView:
    """Name the other outlets of an article's story by their number."""
    others = card.outlet_count - 1 if card else 0
    return replace(view, outlet=f"{view.outlet} and {counted(others, 'other outlet')}") if others > 0 else view


def operator_mail(
    subject: str,
    paragraphs: Sequence[str],
    *,
    reader: Addressee,
    message_id: str,
    date: datetime,
    options: MailOptions,
    coverage: CoverageLine = NO_LINE,
    sections: Sequence[Section] = (),
) -> EmailMessage:
    """Compose a mail to whoever runs Khasan: paragraphs, then sections. Raises ValueError only where `message_id` is none."""
    message = _envelope(
        MailKind.OPERATOR, operator_subject(subject), reader=reader, message_id=message_id, date=date, options=options
    )
    line = _coverage(coverage, date, reader)
    return _notice(message, subject, paragraphs, sections, to=_to(reader), why="you are its operator", coverage=line)


def test_mail(
    *,
    reader: Addressee,
    message_id: str,
    date: datetime,
    options: MailOptions,
    coverage: CoverageLine = NO_LINE,  # noqa: PT028 - a mail that tests, and no test of ours
) -> EmailMessage:
    """Compose the mail that shows that mail arrives. Raises ValueError only where `message_id` is none."""
    message = _envelope(
        MailKind.TEST, operator_subject("test mail"), reader=reader, message_id=message_id, date=date, options=options
    )
    paragraphs = (
        "This is a test. If you read it, alerts will reach you here.",
        "Alerts come in the language of the article; each of these should be readable: railway, залізниця, железная дорога, 철도.",
    )
    shown = _coverage(coverage, date, reader)
    return _notice(message, "Mail arrives", paragraphs, to=_to(reader), why="a test was asked for", coverage=shown)


def _notice(
    message: EmailMessage, title: str, paragraphs: Sequence[str], sections: Sequence[Section] = (), **values: Any
) -> EmailMessage:
    """Fill a mail that has a title, paragraphs and perhaps sections; a paragraph keeps its line breaks."""
    shown = [[headers.shortened(line, 1000) for line in paragraph.splitlines()][:100] for paragraph in paragraphs[:50]]
    title = headers.shortened(title, 180)
    word = title.partition(" ")[0]
    title = title[:1].upper() + title[1:] if word.isalpha() and word.islower() else title  # not an id such as tass-ru
    values |= {"title": title, "paragraphs": shown}
    steps = ({"sections": [_section(one, rows) for one in sections[:SECTIONS]]} for rows in ROWS)
    return _filled(message, "notice", **_fitting("notice", values, steps))


def _section(section: Section, most: int) -> dict[str, Any]:
    """Return a section as the templates show it, with so many rows at most."""
    rows = [(headers.shortened(row.label, 120), headers.shortened(row.text, 400)) for row in section.rows[:most]]
    more = section.more + len(section.rows) - len(rows)
    title, note = headers.shortened(section.title, 120), headers.shortened(section.note, 400)
    return {"title": title, "note": note, "rows": rows, "more": more}


def _coverage(line: CoverageLine, date: datetime, reader: Addressee) -> dict[str, Any] | None:
    """Return the line on coverage in two parts, what counts and what explains it; None where a mail has none."""
    head, mark, rest = headers.shortened(line.text, 1000).partition("; ")
    return (
        {"head": head + mark.strip(), "rest": rest, "well": line.well, "at": moment(date, reader.zone)}
        if head
        else None
    )


def _envelope(
    kind: MailKind, subject: str, *, reader: Addressee, message_id: str, date: datetime, options: MailOptions
) -> EmailMessage:
    """Make a mail with its headers and no body."""
    message = EmailMessage(POLICY)
    message["From"] = headers.mailbox(options.sender)
    message["To"] = headers.named(reader.name, headers.mailbox(reader.address))
    message["Subject"] = subject
    message["Date"] = format_datetime(date)
    message["Message-ID"] = headers.message_id(message_id)
    message["List-Id"] = f"Khasan <{headers.domain(options.list_id)}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Khasan-Kind"] = headers.header(kind)
    return message


def _thread(message: EmailMessage, thread: Sequence[str], story: int) -> None:
    """Put a mail into the thread of earlier ones, and name its story."""
    ids = [headers.message_id(one) for one in thread]
    if ids:
        message["In-Reply-To"] = ids[-1]
        message["References"] = " ".join(ids if len(ids) <= THREAD else [ids[0], *ids[1 - THREAD :]])
    if story:
        message["X-Khasan-Story"] = str(story)


def _mute(story: int | str, reader: Addressee) -> str:
    """Return the command by which a reader hears no more of a story; "" where there is none."""
    name = headers.shortened(reader.name, 60) or "NAME"
    return f"khasan stories mute {story} --as {quote(name)}" if story else ""


def _fitting(name: str, values: dict[str, Any], steps: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return the values with the first of the steps whose HTML is short enough, or else the last."""
    for step in steps:
        values = values | step
        if len(_rendered(f"{name}.html.j2", values).encode()) < MAX_HTML:
            break
    return values


def _filled(message: EmailMessage, name: str, **values: Any) -> EmailMessage:
    """Give a mail its two bodies from the pair of templates of that name."""
    values["subject"] = str(message["Subject"])
    text, html = (_rendered(f"{name}.{kind}.j2", values) for kind in ("txt", "html"))
    message.set_content(text, cte=_encoding(text))
    message.add_alternative(html, subtype="html", cte=_encoding(html))
    # "=_" occurs in neither encoding, so no text can end a part.
    message.set_boundary("=_khasan_" + sha256(str(message["Message-ID"]).encode()).hexdigest()[:32])
    return message


def _to(reader: Addressee) -> str:
    """Return the reader as the foot of a mail names them."""
    return headers.shortened(reader.name, 60) or headers.mailbox(reader.address).addr_spec


def compile_templates() -> None:
    """Compile every template, which takes a third of a second and is else left to the first mails that need them."""
    for template in ENVIRONMENT.list_templates():
        ENVIRONMENT.get_template(template)


def _rendered(template: str, values: dict[str, Any]) -> str:
    """Render one template."""
    return ENVIRONMENT.get_template(template).render({"subject": "", "coverage": None, **values})


def _encoding(text: str) -> str:
    """Choose the shorter encoding: quoted-printable is readable, but trebles Cyrillic and Hangul."""
    beyond = len(text.encode()) - len(text)
    return "base64" if beyond * 4 > len(text) else "quoted-printable"
