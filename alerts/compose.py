"""The mails Khasan sends, as `EmailMessage`s of text and HTML that say the same.

Pure: the same arguments give the same bytes. No clock, no network, no database; the templates beside this module are
read once. What strangers wrote passes `alerts.headers` on its way into a header and autoescaping on its way into HTML.
A new kind of mail needs a pair of templates, `<name>.txt.j2` and `<name>.html.j2`, and a function here.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from alerts import headers
from alerts.claims_view import NO_CLAIMS
from alerts.coverage import NO_LINE
from alerts.view import article_view, hang, moment, starred, wrap
from storage.mail import MailKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from alerts.claims_view import ClaimTable
    from alerts.coverage import CoverageLine
    from alerts.notices import Section
    from storage.model import Article, RuleHit

POLICY = headers.MailPolicy(linesep="\r\n", cte_type="7bit")  # any server takes it
MAX_HTML = 100_000  # bytes; some readers of mail cut off what is longer
OUTLET = 40  # characters of the outlet in a subject
SECTIONS = 12  # of a notice
ROWS = (40, 15, 5, 1)  # of each, until it fits
SUMMARY_STEPS = ((30, 200), (15, 150), (8, 100), (4, 50), (2, 20), (0, 20))  # blocks, then bare titles, until it fits

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


def alert_subject(article: Article, options: MailOptions) -> str:
    """Return the subject of an alert: the title, then the outlet."""
    title = headers.header(article.title, options.max_title) or "(no title)"
    outlet = headers.header(article.outlet_name or article.outlet, OUTLET)
    return headers.header(f"{title} — {outlet}" if outlet else title)


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
    reader: Addressee,
    message_id: str,
    date: datetime,
    options: MailOptions,
    coverage: CoverageLine = NO_LINE,
    claims: ClaimTable = NO_CLAIMS,
) -> EmailMessage:
    """Compose the mail about one article, with the figures it gives. Raises ValueError only where `message_id` is none."""
    message = _envelope(
        MailKind.ALERT,
        alert_subject(article, options),
        reader=reader,
        message_id=message_id,
        date=date,
        options=options,
    )
    view = article_view(article, hits, reader.zone, claims=claims)
    many = f"{len(hits)} rules match" if hits else "of"
    why = f"the rule “{view.rules[0].name}” matches" if len(hits) == 1 else many
    shown = _coverage(coverage, date, reader)
    return _filled(message, "alert", article=view, to=_to(reader), why=f"{why} this article", coverage=shown)


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
) -> EmailMessage:
    """Compose one mail about several articles, in the order given; `reason` says why they come together.

    `claims` are the figures of each article, of which only the new ones are named; there may be fewer than articles.
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
    values: dict[str, Any] = {"reason": headers.shortened(reason, 300), "count": len(items)}
    values |= {"to": _to(reader), "why": "rules match these articles", "coverage": _coverage(coverage, date, reader)}
    for blocks, titles in SUMMARY_STEPS:
        values["blocks"], values["titles"] = views[:blocks], views[blocks : blocks + titles]
        values["left"] = len(items) - len(values["blocks"]) - len(values["titles"])
        if len(_rendered("summary.html.j2", values).encode()) < MAX_HTML:
            break
    return _filled(message, "summary", **values)


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
    for rows in ROWS:
        values["sections"] = [_section(one, rows) for one in sections[:SECTIONS]]
        if len(_rendered("notice.html.j2", values).encode()) < MAX_HTML:
            break
    return _filled(message, "notice", **values)


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


def _rendered(template: str, values: dict[str, Any]) -> str:
    """Render one template."""
    return ENVIRONMENT.get_template(template).render({"subject": "", "coverage": None, **values})


def _encoding(text: str) -> str:
    """Choose the shorter encoding: quoted-printable is readable, but trebles Cyrillic and Hangul."""
    beyond = len(text.encode()) - len(text)
    return "base64" if beyond * 4 > len(text) else "quoted-printable"
