"""Extraction, through its one public function: saved pages, encodings, times, titles, overrides, hostile input."""

import gzip
import json
import pickle
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks import extract as figures
from spiders.extract import Extracted, ExtractFault, Overrides, extract

ROOT = Path(__file__).parents[1]
SHARED = Path(__file__).parents[1].parent / "shared"
GOLD = [json.loads(line) for line in (ROOT / "tests/pages/gold.jsonl").read_text(encoding="utf-8").splitlines()]
URL = "https://news.example/world/2025/a.html"
SENTENCES = [
    "Розвідка повідомила, що перша група інженерів прибула до прикордонної області минулого тижня.",
    "За словами речника, вони розчищатимуть мінні поля та відновлюватимуть дороги до самої осені.",
    "Міністерство закордонних справ викликало посла і передало йому ноту протесту.",
]


def page(*, head="", top="<h1>Перші інженери прибули на кордон</h1>", paras=SENTENCES, tail="", lang="uk"):
    body = "".join(f"<p>{para}</p>" for para in paras)
    return f'<!DOCTYPE html><html lang="{lang}"><head>{head}</head><body>{top}<div class="story">{body}</div>{tail}</body></html>'


def read(text, **more):
    return extract(text.encode() if isinstance(text, str) else text, url=URL, **more)


def kind_of(body, **more):
    with pytest.raises(ExtractFault) as caught:
        extract(body, url=URL, **more)
    assert str(caught.value)
    return caught.value.kind


def ld(**fields):
    data = {"@context": "https://schema.org", "@type": "NewsArticle", **fields}
    return f'<script type="application/ld+json">{json.dumps(data)}</script>'


# ------------------------------------------------------------------ saved pages


def answers(lang):
    return [(row, figures.answer(row, (ROOT / row["path"]).read_bytes())) for row in GOLD if row["id"].startswith(lang)]


@pytest.mark.parametrize("lang", ["uk", "ru", "ko"])
def test_saved_pages_of_each_language(lang):
    rows = answers(lang)
    assert len(rows) >= 10
    marks = figures.score(rows)
    assert marks["f1"] >= 0.955
    assert marks["title"] >= 0.93
    assert marks["date"] >= 0.985
    assert marks["authors"] >= 0.90


@pytest.mark.parametrize("row", GOLD, ids=[row["id"] for row in GOLD])
def test_saved_page_keeps_its_text_free_of_chrome(row):
    found = extract((ROOT / row["path"]).read_bytes(), url=row["url"])
    lines = found.text.split("\n")
    assert lines == [line.strip() for line in lines if line.strip()]
    assert found.title not in lines
    for chrome in ("cookie", "Читайте також", "Читайте также", "Ctrl", "무단", "구독", "Реклама", "©", "ⓒ", "@"):
        assert chrome not in found.text
    if not row["published"].endswith("T00:00:00+03:00"):
        return
    assert found.precision == "day"


def test_saved_page_times_are_the_instant_where_an_offset_is_given():
    for row in GOLD:
        found = extract((ROOT / row["path"]).read_bytes(), url=row["url"])
        if found.zone and found.precision == "minute":
            assert abs(found.published - datetime.fromisoformat(row["published"])) < timedelta(minutes=1), row["id"]


def test_times_without_offset_take_the_zone_of_the_source():
    row = next(row for row in GOLD if row["id"] == "ru/vestnikria")
    body = (ROOT / row["path"]).read_bytes()
    plain = extract(body, url=row["url"])
    assert (plain.published, plain.zone) == (datetime(2025, 2, 11, 12, 45, tzinfo=UTC), None)
    zoned = extract(body, url=row["url"], default_zone=ZoneInfo("Europe/Moscow"))
    assert (zoned.published, zoned.zone) == (datetime(2025, 2, 11, 9, 45, tzinfo=UTC), "+03:00")


gold_file = SHARED / "eval" / "pages_gold.jsonl"


@pytest.mark.slow
@pytest.mark.skipif(not gold_file.exists(), reason="the collection of real pages is not beside this checkout")
def test_real_pages():
    marks = figures.score([(row, figures.answer(row, body)) for row, body in figures.load(gold_file, SHARED)])
    assert marks["f1"] >= 0.97
    assert marks["title"] >= 0.87
    assert marks["date"] >= 0.985
    assert marks["authors"] >= 0.90


@pytest.mark.skipif(
    not (SHARED / "corpus" / "pages").is_dir(), reason="the corpus of real pages is not beside this checkout"
)
@pytest.mark.parametrize("step", [pytest.param(1, marks=pytest.mark.slow), 8])
def test_no_page_of_the_corpus_raises_anything_but_faults(step):
    files = sorted((SHARED / "corpus" / "pages").rglob("*.html.gz"))[::step]
    read_ = 0
    for path in files:
        try:
            found = extract(gzip.decompress(path.read_bytes()), url=URL)
        except ExtractFault as fault:
            check_fault(fault)
        else:
            check_shape(found)
            read_ += 1
    assert read_ > 0.95 * len(files)


# ------------------------------------------------------------------ encodings

RUSSIAN = "Разведка сообщила, что первая группа инженеров прибыла в приграничную область и разминирует минные поля."
CYRILLIC = page(
    head="<meta charset='{}'><title>Т</title>", top="<h1>Первые инженеры прибыли</h1>", paras=[RUSSIAN] * 3, lang="ru"
)
KOREAN_LINE = "국방부는 북한군 공병 부대가 다음 달 쿠르스크로 이동할 것으로 보고 있다고 밝혔다."
KOREAN = f"<html><head><title>국방부 발표</title>{{}}</head><body><h1>공병 부대 이동</h1><div id='v'>{'<br><br>'.join([KOREAN_LINE] * 3)}</div></body></html>"


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1251", "koi8-r", "utf-16", "utf-8-sig"])
@pytest.mark.parametrize("declared", ["header", "meta", "nowhere", "falsely"])
def test_cyrillic_encodings(encoding, declared):
    in_meta = {"meta": encoding, "falsely": "iso-8859-1"}.get(declared, "x-none")
    body = CYRILLIC.replace("{}", in_meta if not encoding.startswith("utf-16") else "utf-8").encode(encoding)
    header = f"text/html; charset={encoding}" if declared == "header" else "text/html"
    assert RUSSIAN in extract(body, url=URL, content_type=header).text


@pytest.mark.parametrize("encoding", ["utf-8", "euc-kr", "cp949"])
@pytest.mark.parametrize("declared", ["header", "meta", "nowhere", "falsely"])
def test_korean_encodings(encoding, declared):
    meta = {"meta": f"<meta charset={encoding}>", "falsely": "<meta charset=iso-8859-1>"}.get(declared, "")
    header = f"text/html; charset={encoding}" if declared == "header" else None
    found = extract(KOREAN.replace("{}", meta).encode(encoding), url=URL, content_type=header)
    assert KOREAN_LINE in found.text
    assert found.title == "공병 부대 이동"


def test_valid_utf8_wins_over_a_false_header():
    assert SENTENCES[0] in read(page(), content_type="text/html; charset=windows-1251").text


def test_the_better_of_two_declarations_is_taken():
    body = CYRILLIC.replace("{}", "koi8-r").encode("koi8-r")
    assert RUSSIAN in extract(body, url=URL, content_type="text/html; charset=windows-1251").text


def test_a_few_broken_bytes_do_not_change_the_encoding():
    body = page().encode().replace("посла".encode(), b"\xd0 \xff")
    assert SENTENCES[0] in extract(body, url=URL, content_type="text/html; charset=utf-8").text


def test_western_text():
    body = page(
        paras=["Der Außenminister reiste am Dienstag nach Köln, wo über Waffenlieferungen gesprochen wurde."] * 2,
        top="<h1>Köln</h1>",
    ).encode("latin-1")
    assert "Außenminister" in extract(body, url=URL).text


def test_text_is_nfc_and_free_of_control_characters():
    found = read(
        page(
            paras=["Міністр\u0301 зустрівся\u00ad з пос\u200bлом\x07 у столиці, повідомляє пресслужба уряду країни."]
            * 2
        )
    )
    assert "\u00ad" not in found.text
    assert "\x07" not in found.text
    decomposed = read(
        page(paras=["И\u0306 министр встретился с послом в столице, сообщает пресс-служба правительства."] * 2)
    )
    assert decomposed.text.startswith("Й министр")


# ------------------------------------------------------------------ times


@pytest.mark.parametrize(
    ("written", "day", "zone", "precision"),
    [
        ("2025-02-11T12:45:00+02:00", "2025-02-11T10:45:00", "+02:00", "minute"),
        ("2025-02-11T12:45:00+0900", "2025-02-11T03:45:00", "+09:00", "minute"),
        ("2025-02-11T12:45:00Z", "2025-02-11T12:45:00", "+00:00", "minute"),
        ("2025-02-11T12:45:00.123Z", "2025-02-11T12:45:00", "+00:00", "minute"),
        ("2025-02-11 12:45", "2025-02-11T12:45:00", None, "minute"),
        ("2025-02-11", "2025-02-11T00:00:00", None, "day"),
        ("2025-02-11T00:00:00+09:00", "2025-02-10T15:00:00", "+09:00", "day"),
        ("Tue, 11 Feb 2025 12:45:00 GMT", "2025-02-11T12:45:00", "+00:00", "minute"),
        ("Tue Feb 11 12:45:00 KST 2025", "2025-02-11T03:45:00", "+09:00", "minute"),
        ("1739277900", "2025-02-11T12:45:00", "+00:00", "minute"),
        ("1739277900000", "2025-02-11T12:45:00", "+00:00", "minute"),
        ("20250211", "2025-02-11T00:00:00", None, "day"),
        ("12:45 11.02.2025", "2025-02-11T12:45:00", None, "minute"),
        ("12:45 11.02.2025 (обновлено: 13:10 11.02.2025)", "2025-02-11T12:45:00", None, "minute"),
        ("11 февраля 2025, 12:45", "2025-02-11T12:45:00", None, "minute"),
        ("12:45, 11 февраля 2025", "2025-02-11T12:45:00", None, "minute"),
        ("вівторок, 11 лютого 2025, 12:45", "2025-02-11T12:45:00", None, "minute"),
        ("11 лютого 2025 р.", "2025-02-11T00:00:00", None, "day"),
        ("12:45, 11.02.25", "2025-02-11T12:45:00", None, "minute"),
        ("입력 2025.02.11. 오후 3:04", "2025-02-11T15:04:00", None, "minute"),
        ("2025.02.11. 오전 12:04", "2025-02-11T00:04:00", None, "minute"),
        ("2025년 2월 11일 15시 04분", "2025-02-11T15:04:00", None, "minute"),
        ("2025-02-11 15:04 KST", "2025-02-11T06:04:00", "+09:00", "minute"),
        ("11.02.2025 12:45 МСК", "2025-02-11T09:45:00", "+03:00", "minute"),
        ("February 11, 2025 3:04 PM EST", "2025-02-11T20:04:00", "-05:00", "minute"),
        ("Feb. 11, 2025", "2025-02-11T00:00:00", None, "day"),
        ("11 Feb 2025 15:04 UTC+9", "2025-02-11T06:04:00", "+09:00", "minute"),
        ("Tue, 11 Feb 2025 15:04:00 KST", "2025-02-11T06:04:00", "+09:00", "minute"),
        ("Tue, 11 Feb 2025 15:04:00 +9", "2025-02-11T06:04:00", "+09:00", "minute"),
        ("Tue, 11 Feb 2025 15:04:00 +0900", "2025-02-11T06:04:00", "+09:00", "minute"),
        ("11 Feb 2025 09:00:00 +0300", "2025-02-11T06:00:00", "+03:00", "minute"),
        ("11 лютого 2025, 12:45 +02:00", "2025-02-11T10:45:00", "+02:00", "minute"),
    ],
)
def test_ways_of_writing_a_time(written, day, zone, precision):
    found = read(page(head=f'<meta property="article:published_time" content="{written}">'))
    assert found.published.replace(microsecond=0) == datetime.fromisoformat(day).replace(tzinfo=UTC)
    assert (found.zone, found.precision) == (zone, precision)


def test_where_a_time_is_looked_for():
    visible = page(top='<h1>Перші інженери прибули на кордон</h1><div class="post-date">11 лютого 2025, 12:45</div>')
    for text in (
        page(head=ld(headline="x", datePublished="2025-02-11T12:45:00Z")),
        page(head='<meta name="pubdate" content="2025-02-11T12:45:00Z">'),
        page(head='<meta name="DC.date.issued" content="2025-02-11T12:45:00Z">'),
        page(head='<meta name="parsely-pub-date" content="2025-02-11T12:45:00Z">'),
        page(top='<h1>Перші інженери</h1><time datetime="2025-02-11T12:45:00Z">вчора</time>'),
        page(top='<h1>Перші інженери</h1><span itemprop="datePublished" content="2025-02-11T12:45:00Z">вчора</span>'),
        visible,
    ):
        assert read(text).published == datetime(2025, 2, 11, 12, 45, tzinfo=UTC)
    by_address = extract(page().encode(), url="https://news.example/2025/02/11/story")
    assert (by_address.published, by_address.precision) == (datetime(2025, 2, 11, tzinfo=UTC), "day")
    assert extract(page().encode(), url="https://news.example/story").published is None


def test_published_wins_over_modified_and_a_minute_sharpens_a_day():
    head = ld(headline="x", dateModified="2025-02-12T09:00:00Z", datePublished="2025-02-11")
    top = '<h1>Перші інженери</h1><div class="date">11.02.2025 12:45</div>'
    assert read(page(head=head, top=top)).published == datetime(2025, 2, 11, 12, 45, tzinfo=UTC)


def test_default_zone_leaves_stated_offsets_alone():
    seoul = timezone(timedelta(hours=9))
    stated = page(head='<meta property="article:published_time" content="2025-02-11T12:45:00+02:00">')
    assert read(stated, default_zone=seoul).zone == "+02:00"
    bare = page(head='<meta property="article:published_time" content="2025-02-11 00:00">')
    found = read(bare, default_zone=seoul)
    assert (found.published, found.zone, found.precision) == (datetime(2025, 2, 10, 15, tzinfo=UTC), "+09:00", "day")


@pytest.mark.parametrize(
    "nonsense", ["0000-00-00", "2025-13-45", "99999999999999", "soon", "1899-01-01", "31.02.2025", "2025-02-11T99:99"]
)
def test_impossible_times_are_none(nonsense):
    found = extract(page(head=f'<meta name="date" content="{nonsense}">').encode(), url="https://news.example/x")
    assert found.published is None or found.published.year == 2025
    assert (found.published is None) == (found.precision is None)


# ------------------------------------------------------------------ titles


@pytest.mark.parametrize(
    "tail", [" | Вісник", " - Вісник", " — Вісник", " – Вісник | Світ", " :: Вісник", " » Вісник", " - news.example"]
)
def test_outlet_is_cut_off_the_title(tail):
    head = f'<title>Перші інженери прибули{tail}</title><meta property="og:site_name" content="Вісник">'
    if "Світ" not in tail:  # a section's name is known only where another title bears it out
        assert read(page(head=head, top="")).title == "Перші інженери прибули"
    shared = f'<meta property="og:title" content="Перші інженери прибули{tail}">'
    assert read(page(head=head + shared, top="<h1>Перші інженери прибули</h1>")).title == "Перші інженери прибули"


def test_a_dash_that_belongs_to_the_headline_stays():
    text = page(head="<title>Москва — Пхеньян: перший рейс</title>", top="<h1>Москва — Пхеньян: перший рейс</h1>")
    assert read(text).title == "Москва — Пхеньян: перший рейс"


def test_data_headline_comes_first_and_entities_are_resolved():
    head = ld(headline="Kim &amp; Putin: &quot;allies&quot;") + '<meta property="og:title" content="Other">'
    assert read(page(head=head, top="<h1>Third</h1>")).title == 'Kim & Putin: "allies"'


def test_a_logo_in_a_heading_is_no_headline():
    text = page(
        head="<title>Перші інженери прибули на кордон - Вісник</title>",
        top="<h1>Вісник</h1><h1>Перші інженери прибули на кордон</h1>",
    )
    assert read(text).title == "Перші інженери прибули на кордон"


def test_cut_headline_is_completed_from_the_page():
    head = ld(headline="Перші інженери прибули...")
    assert read(page(head=head)).title == "Перші інженери прибули на кордон"


# ------------------------------------------------------------------ authors


@pytest.mark.parametrize(
    ("top", "head", "names"),
    [
        ("", ld(author={"@type": "Person", "name": "Олена Коваль"}), ("Олена Коваль",)),
        ("", ld(author=[{"name": "Олена Коваль"}, {"name": "Іван Гай"}]), ("Олена Коваль", "Іван Гай")),
        ("", ld(author="Олена Коваль, Іван Гай"), ("Олена Коваль", "Іван Гай")),
        ("", ld(author="Jane Roe and John Doe"), ("Jane Roe", "John Doe")),
        ("", ld(author={"name": ["Олена Коваль"]}), ("Олена Коваль",)),
        ("", ld(author="By Jane Roe"), ("Jane Roe",)),
        ("", ld(author="홍길동 기자"), ("홍길동",)),
        (
            "",
            ld(author="https://facebook.com/olena") + '<meta name="author" content="Олена Коваль">',
            ("Олена Коваль",),
        ),
        (
            "",
            '<meta property="article:author" content="https://fb.example/x"><meta name="byl" content="By Jane Roe">',
            ("Jane Roe",),
        ),
        ('<a rel="author" href="/a">Олена Коваль</a>', "", ("Олена Коваль",)),
        ('<span itemprop="author"><span itemprop="name">Олена Коваль</span></span>', "", ("Олена Коваль",)),
        ('<p class="byline">By Jane Roe | 11 Feb 2025</p>', "", ("Jane Roe",)),
        ("<p>Автор: Олена Коваль</p>", "", ("Олена Коваль",)),
        ("<div>(서울=연합) 홍길동 기자 = 국방부는 11일 이렇게 밝혔다.</div>", "", ("홍길동",)),
        ("", ld(author=[{"name": "Олена Коваль"}, {"name": "олена коваль"}]), ("Олена Коваль",)),
        (
            "",
            ld(author=[{"name": "Вісник"}, {"name": "Олена Коваль"}], publisher={"name": "Вісник"}),
            ("Олена Коваль",),
        ),
        ("", "", ()),
    ],
)
def test_who_signs(top, head, names):
    assert read(page(head=head, top=f"<h1>Перші інженери прибули на кордон</h1>{top}")).authors == names


def test_person_on_the_page_beats_the_outlet_in_the_data():
    head = ld(author={"@type": "Organization", "name": "Вісник"}, publisher={"name": "Вісник"})
    assert read(page(head=head)).authors == ("Вісник",)
    assert read(page(head=head, top='<h1>Перші</h1><div class="post-author">Олена Коваль</div>')).authors == (
        "Олена Коваль",
    )


def test_graph_and_several_nodes():
    graph = {
        "@context": "https://schema.org",
        "@graph": [
            {"@type": "WebSite", "name": "Вісник"},
            {"@type": "NewsArticle", "headline": "Чужа", "url": "https://news.example/other"},
            {
                "@type": ["NewsArticle"],
                "headline": "Перші інженери прибули на кордон",
                "author": {"name": "Олена Коваль"},
                "datePublished": "2025-02-11T12:45:00Z",
            },
        ],
    }
    found = read(page(head=f'<script type="application/ld+json">{json.dumps(graph)}</script>'))
    assert (found.title, found.authors) == ("Перші інженери прибули на кордон", ("Олена Коваль",))


@pytest.mark.parametrize(
    "script",
    [
        "{,}",
        "<!-- {} -->",
        '{"@type":"NewsArticle","headline":"A\nB",}',
        "[" * 5000,
        "null",
        '"x"',
        "[[[]]]",
        '{"@type":5,"author":7}',
    ],
)
def test_broken_data_is_passed_over(script):
    found = read(page(head=f'<script type="application/ld+json">{script}</script>'))
    assert SENTENCES[0] in found.text


# ------------------------------------------------------------------ text


def test_chrome_around_and_inside_the_text_is_left_out():
    middle = '<p>Читайте також: <a href="/2">Кого шукає поліція у справі про вибух на складі</a></p><aside><p>Історія питання в десяти картках і трьох малюнках нашої редакції.</p></aside>'
    body = f'<div class="story"><p>{SENTENCES[0]}</p>{middle}<p>{SENTENCES[1]}</p><figure><figcaption>Фото: архів міністерства, зроблено влітку біля кордону.</figcaption></figure><p>{SENTENCES[2]}</p><p>Підписуйтесь на наш канал у Telegram, аби не пропустити головного.</p></div>'
    nav = "<nav><ul><li><a href='/'>Новини</a></li></ul></nav>"
    comments = f'<div class="comments"><p>{"Дуже цікаво, дякую за статтю, але хотілося б більше подробиць і менше води. " * 4}</p></div>'
    found = read(
        f"<html><body>{nav}<h1>Перші інженери прибули на кордон</h1>{body}{comments}<footer><p>© 2025 Вісник. Усі права захищено законом про авторське право.</p></footer></body></html>"
    )
    assert found.text.split("\n") == SENTENCES


def test_standfirst_subheads_and_lists_stay():
    body = f'<p class="lead">Короткий виклад</p><div class="story"><p>{SENTENCES[0]}</p><h2>Що далі</h2><p>{SENTENCES[1]}</p><ul><li>Мінні поля</li><li>Дороги до районних центрів</li></ul><p>{SENTENCES[2]}</p></div>'
    lead = "Інженерів чекали давно: про їхній приїзд домовилися ще торік під час перемовин у столиці."
    found = read(
        f"<html><body><h1>Перші інженери прибули на кордон</h1>{body.replace('Короткий виклад', lead)}</body></html>"
    )
    assert found.text.split("\n") == [
        lead,
        SENTENCES[0],
        "Що далі",
        SENTENCES[1],
        "Мінні поля",
        "Дороги до районних центрів",
        SENTENCES[2],
    ]


def test_text_that_stands_only_in_the_data_is_read():
    long = "\n".join(SENTENCES * 6)
    found = read(
        f'<html><head><title>Перші інженери прибули на кордон</title>{ld(headline="Перші інженери прибули на кордон", articleBody=long)}</head><body><div id="root"></div></body></html>'
    )
    assert found.text == long


def test_a_very_short_report_is_read():
    assert read(page(paras=["Кім Чен Ин прибув до Владивостока."])).text == "Кім Чен Ин прибув до Владивостока."


def test_description_is_the_last_resort():
    head = f'<meta property="og:description" content="{SENTENCES[0]}">'
    assert read(f"<html><head>{head}<title>Відео</title></head><body><div></div></body></html>").text == SENTENCES[0]


def test_furigana_is_left_out():
    ruby = (
        "<ruby>北朝鮮<rt>きたちょうせん</rt></ruby>の技術者が国境の町に到着したと、政府の報道官が火曜日に明らかにした。"
    )
    assert read(page(paras=[ruby] * 2, lang="ja")).text.startswith("北朝鮮の技術者")


# ------------------------------------------------------------------ the other fields


def test_addresses_language_and_site():
    head = '<link rel="canonical" href="/a/b"><meta property="og:image" content="/i.jpg"><meta property="og:site_name" content="Вісник">'
    found = read(page(head=head).replace('lang="uk"', 'lang="uk-UA"'))
    assert found.canonical == "https://news.example/a/b"
    assert found.image == "https://news.example/i.jpg"
    assert found.language == "uk"
    assert found.site == "Вісник"


def test_canonical_from_open_graph_and_bad_addresses():
    assert (
        read(page(head='<meta property="og:url" content="https://news.example/b">')).canonical
        == "https://news.example/b"
    )
    assert (
        read(
            page(head='<link rel="canonical" href="javascript:x"><meta property="og:image" content="data:x">')
        ).canonical
        is None
    )
    assert read(page(head='<link rel="canonical" href="http://[bad">')).canonical is None


# ------------------------------------------------------------------ overrides

OVERRIDDEN = f"""<html><body><h1>Логотип</h1><div class="t">Справжній заголовок</div><div class="who">Олена Коваль, Іван Гай</div>
<div class="when">11 лютого 2025, 12:45</div><img class="pic" data-src="/p.jpg"><div class="x"><p>{SENTENCES[0]}</p><p class="spam">{SENTENCES[1]}</p></div>
<div class="y"><p>{SENTENCES[2]}</p></div></body></html>"""


def test_overrides_choose_every_field():
    rules = Overrides(title=".t", text=".x", authors=".who", published=".when", image="img.pic", remove=(".spam",))
    found = read(OVERRIDDEN, overrides=rules)
    assert found.title == "Справжній заголовок"
    assert found.text == SENTENCES[0]
    assert found.authors == ("Олена Коваль", "Іван Гай")
    assert found.published == datetime(2025, 2, 11, 12, 45, tzinfo=UTC)
    assert found.image == "https://news.example/p.jpg"


@pytest.mark.parametrize("selector", ["..", "p[", ".absent", ":nth-child(", "🙂", "p:has(", "   "])
def test_a_selector_that_fails_falls_back(selector):
    rules = Overrides(
        title=selector, text=selector, authors=selector, published=selector, image=selector, remove=(selector,)
    )
    assert SENTENCES[0] in read(OVERRIDDEN, overrides=rules).text


def test_removal_keeps_the_text_after_an_element():
    text = page(paras=[f"{SENTENCES[0]}<span class='ad'>Купуйте</span> {SENTENCES[1]}"])
    assert read(text, overrides=Overrides(remove=(".ad",))).text == f"{SENTENCES[0]} {SENTENCES[1]}"


# ------------------------------------------------------------------ what is no article


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "empty"),
        (b" \n\t\0", "empty"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3" + b"<p>" * 10, "not-html"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "not-html"),
        (b"\xff\xd8\xff\xe0" + bytes(100), "not-html"),
        (b"GIF89a<html>", "not-html"),
        (b"PK\x03\x04", "not-html"),
        (b'{"html": "<div><p>text</p></div>"}', "not-html"),
        (b"[1, 2]", "not-html"),
        (b"just words", "not-html"),
        (b'<?xml version="1.0"?><rss><channel><title>x</title></channel></rss>', "not-html"),
        (bytes(range(256)) * 40 + b"<p>", "not-html"),
        (b"<html><head><title>Only a title</title></head><body></body></html>", "no-text"),
        (b"<html></html>", "no-text"),
        (b"<html><body>" + b"x" * (9 * 1024 * 1024), "too-large"),
        (b"<html><body>" + b"<i>" * 300_000, "too-large"),
        (b"<html><body " + b" ".join(b'a%d="x"' % i for i in range(50_000)) + b"><p>x</p>", "too-large"),
    ],
)
def test_faults(body, kind):
    assert kind_of(body) == kind


def test_faults_travel_between_processes():
    fault = pickle.loads(pickle.dumps(ExtractFault("empty", "nothing")))
    assert (fault.kind, str(fault)) == ("empty", "nothing")
    found = read(page())
    assert pickle.loads(pickle.dumps(found)) == found


def check_fault(fault):
    assert fault.kind in {"not-html", "empty", "no-text", "too-large"}
    assert str(fault)


def check_shape(found):
    """Everything the interface promises of an answer, whatever the page."""
    assert isinstance(found, Extracted)
    for text in (found.title, found.text, *found.authors, found.language or "", found.site or "", found.image or ""):
        text.encode("utf-8")  # no lone surrogate
        assert "\0" not in text
    assert found.text.strip()
    assert (found.published is None) == (found.precision is None)
    assert found.published is None or found.published.utcoffset() == timedelta()
    assert len(set(found.authors)) == len(found.authors)
    for address in (found.image, found.canonical):
        assert address is None or address.startswith(("http://", "https://"))


PARA = f"<p>{SENTENCES[0]}</p>".encode()
HOSTILE = {
    "deep": b"<html><body>" + b"<div>" * 20_000 + PARA + b"</div>" * 20_000,
    "deep spans": b"<html><body><p>" + b"<span>word " * 20_000,
    "tables": b"<html><body>" + b"<table><tr><td>" * 20_000 + PARA,
    "nul": page().replace("Розвідка", "Роз\0відка").encode(),
    "truncated": page().encode()[:-300],
    "cut in a character": page().encode()[: page().encode().index("Міністерство".encode()) + 1],
    "surrogates": b'<html><body><h1>A &#xD800; B</h1><script type="application/ld+json">{"@type":"NewsArticle","headline":"A \\ud800","author":"X \\udfff Y"}</script>'
    + PARA,
    "many headings": b"<html><body>" + b"<h1>A heading</h1>" * 20_000 + PARA,
    "many bylines": b"<html><body><h1>T</h1>" + b'<div class="byline">By Jane Roe | 2025</div>' * 20_000 + PARA,
    "many metas": b"<html><head>" + b'<meta name="author" content="Jane Roe">' * 30_000 + b"</head><body>" + PARA,
    "many links": b"<html><body>" + b'<a href="/x">a link</a> ' * 30_000 + PARA,
    "one word of megabytes": b"<html><body><p>" + b"w" * 5_000_000,
    "commas": b"<html><body><p>" + b", " * 2_000_000 + b"</p>" + PARA,
    "mails": b"<html><body><p>" + b"a@b." * 1_000_000 + b"</p>" + PARA,
    "long class": b"<html><body><h1>T</h1>" + (b'<div class="' + b"ad_" * 20_000 + b'">' + PARA + b"</div>") * 20,
    "long title": b"<html><head><title>" + b"a - " * 300_000 + b"</title></head><body>" + PARA,
    "deep data": b'<html><head><script type="application/ld+json">'
    + b"[" * 50_000
    + b"]" * 50_000
    + b"</script></head><body>"
    + PARA,
    "long data": b'<html><head><script type="application/ld+json">{"@type":"NewsArticle","headline":"'
    + b"a - " * 300_000
    + b'","author":"'
    + b"a, " * 300_000
    + b'"}</script></head><body>'
    + PARA,
    "entities": b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><html><body><p>&b;&b;</p>'
    + PARA,
    "open comment": b"<html><body>" + PARA + b"<!--" + b"-" * 2_000_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pages_end_soon_in_an_answer_or_a_fault(name):
    start = time.process_time()
    try:
        check_shape(extract(HOSTILE[name], url=URL))
    except ExtractFault as fault:
        check_fault(fault)
    assert time.process_time() - start < 20  # quadratic reading takes minutes


def test_nul_surrogates_and_truncation_keep_what_is_whole():
    assert SENTENCES[0] in extract(HOSTILE["nul"], url=URL).text
    assert SENTENCES[0] in extract(HOSTILE["surrogates"], url=URL).text
    assert SENTENCES[0] in extract(HOSTILE["truncated"], url=URL).text
    assert SENTENCES[1] in extract(HOSTILE["cut in a character"], url=URL).text


QUIET = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def only_answers_or_faults(body, **more):
    try:
        check_shape(extract(body, url=more.pop("url", URL), **more))
    except ExtractFault as fault:
        check_fault(fault)


@QUIET
@given(
    st.binary(max_size=2000),
    st.sampled_from([b"", b"<html><body><p>", b"\xff\xfe", b"<p>"]),
    st.one_of(st.none(), st.text(max_size=40)),
)
def test_any_bytes(body, start, content_type):
    only_answers_or_faults(start + body, content_type=content_type)


SEEDS = [(ROOT / row["path"]).read_bytes() for row in GOLD[::4]]


@QUIET
@given(st.data())
def test_mutated_pages(data):
    body = bytearray(data.draw(st.sampled_from(SEEDS)))
    for _ in range(data.draw(st.integers(1, 12))):
        start = data.draw(st.integers(0, len(body)))
        size = data.draw(st.integers(0, 400))
        body[start : start + size] = data.draw(
            st.one_of(
                st.binary(max_size=30), st.sampled_from([b"<div>", b"</div>", b'"', b"<script>", b"&#", b"<p", b"{"])
            )
        )
    only_answers_or_faults(bytes(body))


@QUIET
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "@type",
                        "@graph",
                        "author",
                        "name",
                        "headline",
                        "datePublished",
                        "articleBody",
                        "image",
                        "publisher",
                        "url",
                        "mainEntityOfPage",
                        "inLanguage",
                    ]
                ),
                inner,
                max_size=6,
            )
        ),
        max_leaves=25,
    )
)
def test_any_structured_data(data):
    typed = {"@type": "NewsArticle", **data} if isinstance(data, dict) else data
    only_answers_or_faults(page(head=f'<script type="application/ld+json">{json.dumps(typed)}</script>').encode())


@QUIET
@given(st.text(max_size=80), st.text(max_size=40))
def test_any_time_and_name(written, name):
    from html import escape

    head = f'<meta property="article:published_time" content="{escape(written)}"><meta name="author" content="{escape(name)}">'
    only_answers_or_faults(
        page(head=head, top=f"<h1>{escape(written)}</h1><p class='byline'>{escape(name)}</p>").encode(
            "utf-8", "replace"
        )
    )


@pytest.mark.parametrize("charset", ["hex", "rot13", "base64", "idna", "punycode", "no-such"])
def test_codecs_that_are_of_no_text(charset):
    found = extract(page(top="<h1>Заголовок</h1>").encode(), url=URL, content_type=f"text/html; charset={charset}")
    assert found.text


def test_half_a_character_in_an_address():
    found = read(
        page(
            head='<script type="application/ld+json">{"@type": "NewsArticle", "image": "https://a.example/\\ud83d.jpg"}</script>'
        )
    )
    assert found.image == "https://a.example/.jpg"
