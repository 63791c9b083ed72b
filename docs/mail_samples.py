"""Stories written for the pictures of mails: an alert of one outlet and one of nine, an update, and two digests."""  # noqa: INP001 - a script beside the documents, not a package

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from alerts import compose
from alerts.claims_view import ClaimTable, claim_table
from alerts.coverage import CoverageLine
from alerts.story import Borderline, ChangeLine, DigestCard, DigestStory, OriginLine, OutletLine, StoryCard
from alerts.story_view import card_of
from storage.claim_model import ClaimReading, Figure, LastFigure, Place, Status, WeighedClaim
from storage.mail import MailKind
from storage.model import Arrival, Article, PageState, Precision, Published, RuleHit, TimeOrigin

if TYPE_CHECKING:
    from email.message import EmailMessage

SEEN = datetime(2026, 11, 9, 12, 41, tzinfo=UTC)
TITLE = "Wagons with artillery crates cross the Tumen bridge for a third night"
TEXT = """\
Freight trains carrying crates under tarpaulin crossed the Tumen bridge into Russia for the third night in a row, \
railway workers in Khasan told this paper on Monday.
Two of them said the crates had the size and the markings of 152 mm artillery shells, and that North Korean soldiers \
had guarded the wagons as far as the border station. Their account could not be checked independently.
The regional railway said that traffic was “within the timetable”.
Fishermen in the bay, meanwhile, complain of a poor squid season and of fuel prices that have risen by a fifth since \
August. The cooperative has asked the district for help.
The school at the station will get a new roof. Lessons are held in the railway club until then, in two shifts, and \
the older classes have been asked to bring firewood. Nobody at the school would say who pays for the timber, which \
came by rail in October, together with a brass bell that an earlier generation of railwaymen had taken away.
In September the two governments signed a protocol on rail maintenance. Its third annex, which was never published, \
is said to provide for engineering troops to repair the line from Rajin to Khasan before winter.
"""
RULES = {
    "Munitions by rail": ("artillery shells", "artillery crates", "Tumen bridge"),
    "Troops and engineers": ("North Korean soldiers", "engineering troops", "Rajin"),
}
KOREAN = "두만강 철교 통한 포탄 수송 재개… 합참 “화차 40여 량에 12만 발 실은 듯”"
KOREAN_TEXT = """\
합동참모본부는 9일 북한이 두만강 철교를 통해 러시아로 포탄 12만 발을 보낸 것으로 파악했다고 밝혔다.
합참 관계자는 “위성사진에서 화차 40여 량이 사흘 연속 국경을 넘은 정황을 포착했다”며 “북한군 병력이 하산역까지 화차를 호송한 것으로 보인다”고 말했다.
국가정보원은 이와 관련해 추가 수송 가능성을 배제할 수 없다고 국회에 보고했다.
"""
KOREAN_RULES = {"Munitions by rail": ("포탄", "두만강 철교"), "Troops and engineers": ("북한군 병력",)}
OPTIONS = compose.MailOptions("Khasan <khasan@example.org>")
READER = compose.Addressee("the duty desk", "desk@example.org", "Europe/Kyiv")
COVERED = CoverageLine("All 84 sources current.")
GAP = CoverageLine(
    "81 of 84 sources current; TASS refused for 6 h; Kyodo silent for 3 days, usually 40 a day.", well=False
)
NAMES = {"kr_jcs": "South Korea’s Joint Chiefs of Staff", "kr_nis": "South Korea’s spy agency", "yonhap": "Yonhap"}


def _before(minutes: float) -> datetime:
    return SEEN - timedelta(minutes=minutes)


def _article(
    number: int, outlet: str, language: str, title: str, text: str, *, minutes: float = 9, **changes: Any
) -> Article:
    published = Published(_before(minutes), "+10:00", Precision.MINUTE, TimeOrigin.PAGE)
    values: dict[str, Any] = {
        "id": number, "version": 1, "url": f"https://www.{outlet}.example/2026/11/09/wagons", "canonical_url": "", "outlet": outlet,
        "outlet_name": outlet.title(), "source": f"{outlet}-{language}", "sources": (f"{outlet}-{language}",), "arrival": Arrival.LIVE,
        "first_seen": SEEN, "published": published, "language": language, "language_hint": "", "title": title, "text": text,
        "authors": (), "image": None, "page_state": PageState.FETCHED, "page_fault": "", "text_origin": "page",
    }  # fmt: skip
    return Article(**(values | changes))


def _hits(article: Article, rules: dict[str, tuple[str, ...]]) -> list[RuleHit]:
    return [
        RuleHit(name, name, "1", "", _marks(article.title, words), _marks(article.text, words))
        for name, words in rules.items()
    ]


def _marks(text: str, words: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    """Find the words, as rules would mark them."""
    return tuple(match.span() for word in words for match in re.finditer(re.escape(word), text))


ENGLISH_ARTICLE = _article(
    1, "ledger", "en", TITLE, TEXT, outlet_name="Primorye Ledger", sources=("ledger-en", "maritime-wire-en"),
    authors=("A. Sample",), url="https://www.primorye-ledger.example/2026/11/09/wagons",
)  # fmt: skip
KOREAN_ARTICLE = _article(
    11, "dongbu", "ko", KOREAN, KOREAN_TEXT, outlet_name="Dongbu Ilbo", first_seen=_before(38), minutes=45
)


def _line(number: int, outlet: str, language: str, title: str, minutes: float, **changes: Any) -> OutletLine:
    at = _before(minutes)
    url = f"https://{outlet.lower().replace(' ', '-')}.example/{number}"
    return OutletLine(**({
        "article": number, "outlet": outlet, "language": language, "title": title, "url": url, "published_at": at - timedelta(minutes=7),
        "first_seen": at,
    } | changes))  # fmt: skip


LINES = (
    _line(11, "Dongbu Ilbo", "ko", KOREAN, 38),
    _line(12, "Hanmin Sinmun", "ko", "합참 “북, 러에 포탄 12만 발 추가 지원”", 36),
    _line(13, "Namdo TV", "ko", KOREAN, 31, role="copy"),
    _line(14, "Pacific Wire", "en", "North Korea sent 120,000 more shells to Russia by rail, Seoul says", 29),
    _line(15, "Evening Courier", "en", "North Korea sent 120,000 more shells to Russia by rail, Seoul says", 22, role="copy", via=("Pacific Wire",)),
    _line(16, "Вісник Сходу", "uk", "КНДР передала Росії ще 120 тисяч снарядів — Сеул", 20, role="relay", via=("Dongbu Ilbo",)),
    _line(17, "Дніпровська хвиля", "uk", "Вагони зі снарядами знову йдуть через Туманган", 16, day_only=True),
    _line(18, "Голос Приморья", "ru", "РЖД: движение через мост Дружбы идёт по расписанию", 11, guessed=True),
    _line(19, "Primorye Ledger", "en", TITLE, 1),
)  # fmt: skip
ORIGINS = (
    OriginLine("South Korea’s Joint Chiefs of Staff", 6, _before(38)),
    OriginLine("Russian Railways", 2, _before(11), circle="Russian state media"),
    OriginLine("railway workers in Khasan", 1, _before(1)),
)
CARD = StoryCard(
    story=12, first_seen=_before(38), outlets=LINES, articles=11, outlet_count=9,
    languages=(("en", 3), ("ko", 3), ("uk", 2), ("ru", 1)), origins=ORIGINS, gloss=("artillery shells", "Tumen bridge", "rail"),
)  # fmt: skip
CHANGES = (
    ChangeLine("figure", "150,000 shells sent, says South Korea’s spy agency (before: 120,000)"),
    ChangeLine("denial", "the Kremlin denies it: 120,000 shells sent"),
    ChangeLine("origin", "now also on the word of South Korea’s spy agency"),
)
NEW_LINES = (
    _line(31, "Pacific Wire", "en", "Kremlin calls report of shell trains “fantasy”", -200, new=True),
    _line(32, "Hanmin Sinmun", "ko", "국정원 “북, 러에 보낸 포탄 15만 발”", -205, new=True),
    _line(33, "Вісник Сходу", "uk", "Розвідка Сеула: КНДР передала 150 тисяч снарядів", -210, new=True, role="relay", via=("Hanmin Sinmun",)),
)  # fmt: skip
UPDATED = StoryCard(
    story=12, first_seen=_before(38), outlets=(*LINES, *NEW_LINES), articles=14, outlet_count=9, languages=CARD.languages,
    origins=(*ORIGINS, OriginLine("South Korea’s spy agency", 2, _before(-205), new=True)), changes=CHANGES, told_at=SEEN,
    gloss=("artillery shells", "South Korea’s spy agency"),
)  # fmt: skip


def _figures(article: Article, amount: int, words: str, origin: str) -> ClaimTable:
    """Give the figures of an article: one new, with what was said before."""
    figure = Figure(
        actor="KP", recipient="RU", unit="shells", event="sent", low=amount, high=amount, approx="exact", modality="fact", origin=origin
    )  # fmt: skip
    at = article.text.index(words)
    start = article.text.rfind("\n", 0, at) + 1
    end = article.text.index("\n", at)
    place = Place("text", at, at + len(words), start, end, words, article.text[start:end])
    before = LastFigure(
        1, Figure(**{**_plain(figure), "low": 90_000, "high": 90_000, "approx": "about"}), SEEN - timedelta(days=40), "x", Status.READ
    )  # fmt: skip
    claim = WeighedClaim(ClaimReading(figure, place), figure, Status.READ, new=True, by="")
    return claim_table([claim], {figure.flow: (before,)}, lambda one: NAMES.get(one, one), SEEN.date())


def _plain(figure: Figure) -> dict[str, Any]:
    names = ("actor", "recipient", "unit", "event", "low", "high", "approx", "modality", "origin")
    return {name: getattr(figure, name) for name in names}


def _common(date: datetime, number: int, coverage: CoverageLine = COVERED) -> dict[str, Any]:
    return {
        "reader": READER, "message_id": f"<sample-{number}@khasan.localhost>", "date": date, "options": OPTIONS, "coverage": coverage,
    }  # fmt: skip


def alert() -> EmailMessage:
    """Compose the alert of a story that one outlet has."""
    card = card_of(ENGLISH_ARTICLE)
    card = StoryCard(7, card.first_seen, card.outlets, languages=card.languages, origins=(ORIGINS[2],))
    return compose.alert_mail(ENGLISH_ARTICLE, _hits(ENGLISH_ARTICLE, RULES), card=card, **_common(SEEN, 1))


def wide_alert() -> EmailMessage:
    """Compose the alert of a story that nine outlets in four languages have."""
    claims = _figures(KOREAN_ARTICLE, 120_000, "12만 발", "kr_jcs")
    hits = _hits(KOREAN_ARTICLE, KOREAN_RULES)
    return compose.alert_mail(KOREAN_ARTICLE, hits, card=CARD, claims=claims, **_common(SEEN, 2))


def picture() -> EmailMessage:
    """Compose the alert of the README: a story of five outlets around an article in English."""
    lines = (
        *(one for one in LINES if one.article in {12, 14, 15}),
        _line(16, "Вісник Сходу", "uk", "КНДР передала Росії ще 120 тисяч снарядів — Сеул", 20, role="relay", via=("Pacific Wire",)),
        _line(19, "Primorye Ledger", "en", TITLE, 0, published_at=_before(9)),
    )  # fmt: skip
    origins = (OriginLine(ORIGINS[0].name, 4, _before(36)), OriginLine("railway workers in Khasan", 1, SEEN))
    card = StoryCard(12, _before(36), lines, 5, 5, (("en", 3), ("ko", 1), ("uk", 1)), origins)
    article = _article(
        19, "primorye-ledger", "en", TITLE, TEXT[: TEXT.index("Fishermen")], outlet_name="Primorye Ledger", authors=("A. Sample",)
    )  # fmt: skip
    return compose.alert_mail(article, _hits(article, RULES), card=card, **_common(SEEN, 3))


def update() -> EmailMessage:
    """Compose an update of the story of nine outlets."""
    text = "국가정보원은 9일 북한이 러시아에 보낸 포탄이 15만 발에 이른다고 국회에 보고했다.\n"
    article = _article(
        32,
        "hanmin",
        "ko",
        NEW_LINES[1].title,
        text,
        outlet_name="Hanmin Sinmun",
        first_seen=_before(-205),
        minutes=-198,
    )
    first = compose.alert_subject(KOREAN_ARTICLE, OPTIONS, CARD)
    return compose.alert_mail(
        article,
        _hits(article, {"Munitions by rail": ("포탄",)}),
        card=UPDATED,
        kind=MailKind.UPDATE,
        thread=("<sample-2@khasan.localhost>",),
        subject=compose.alert_subject(article, OPTIONS, UPDATED, MailKind.UPDATE, first),
        claims=_figures(article, 150_000, "15만 발", "kr_nis"),
        **_common(_before(-212), 4, GAP),
    )


def _story(number: int, language: str, title: str, paragraph: str, *words: str, **changes: Any) -> DigestStory:
    return DigestStory(**({
        "story": number, "updated": False, "title": title, "language": language, "outlet": "Pacific Wire", "paragraph": paragraph,
        "url": f"https://pacific-wire.example/{number}", "first_seen": _before(600), "last_seen": _before(90),
        "marks": _marks(paragraph, words), "rules": ("Munitions by rail",),
    } | changes))  # fmt: skip


STORIES = (
    _story(12, "ko", KOREAN, KOREAN_TEXT.splitlines()[0], "포탄", "두만강 철교", updated=True, outlet="Dongbu Ilbo", articles=14, outlet_count=9,
           origins=tuple(one.name for one in ORIGINS), changes=CHANGES[:2], gloss=CARD.gloss, pinned=True,
           figures=("150,000 shells sent, South Korea’s spy agency",)),
    _story(21, "en", "Kim and Putin sign a protocol on military engineers", "The leaders of North Korea and Russia signed a protocol on "
           "military engineers in Vladivostok on Monday, the Kremlin said. A thousand sappers will clear mines in the Kursk region until the spring.",
           "North Korea", "sappers", outlet_count=41, origins=("the Kremlin", "KCNA", "the Yomiuri"), figures=("1,000 sappers expected, the Kremlin",)),
    _story(22, "uk", "Зеленський: у Курській області втрати північнокорейських військ перевищили 6 тисяч", "Президент заявив, що втрати військових "
           "КНДР у Курській області перевищили шість тисяч осіб убитими й пораненими.", "військових КНДР", outlet="Вісник Сходу", outlet_count=4,
           origins=("the President of Ukraine",), gloss=("North Korean troops", "losses", "Kursk"), rules=("Losses", "Troops and engineers")),
    _story(23, "ru", "В Приморье прибыли рабочие из КНДР", "Около двухсот рабочих из КНДР прибыли на стройки Приморья.", "рабочих из КНДР",
           outlet="Голос Приморья", gloss=("North Korean workers",), rules=("Workers",)),
    *(_story(30 + number, "en", title, f"{title}, officials said on Monday.", "officials", outlet_count=number)
      for number, title in enumerate(("Tanker called at Chongjin twice in a month", "UN panel’s successor lists eleven ships",
                                      "Drone plant in Alabuga hires workers from Pyongyang", "Border station at Khasan gets a second track",
                                      "Seoul summons the Russian ambassador"))),
)  # fmt: skip
DIGEST = DigestCard(
    since=SEEN - timedelta(days=1), until=SEEN, stories=STORIES, read=1204,
    borderline=(
        Borderline("Railway timetable for the winter", "en", "Primorye Ledger", "https://ledger.example/5", 0.48, _before(300), "trains over the border"),
        Borderline("В Хасане открыли музей", "ru", "Голос Приморья", "https://golos.example/9", 0.45, _before(400)),
    ),
    unread=(("TASS", "refused for 6 h"), ("Kyodo", "silent for 3 days, usually 40 a day")),
)  # fmt: skip


def digest() -> EmailMessage:
    """Compose a digest of nine stories."""
    return compose.digest_mail(DIGEST, **_common(SEEN, 5, GAP))


def empty_digest() -> EmailMessage:
    """Compose the digest of a day on which nothing happened."""
    card = DigestCard(since=SEEN - timedelta(days=1), until=SEEN, read=412)
    return compose.digest_mail(card, **_common(SEEN, 6))


ALL = {
    "picture": picture,
    "alert": alert,
    "wide-alert": wide_alert,
    "update": update,
    "digest": digest,
    "empty-digest": empty_digest,
}
