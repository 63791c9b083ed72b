"""Sentences: where each begins and ends in a text as it was given.

A line break always ends a sentence: texts are paragraphs, headings and list lines, one a line. Within a line a stop ends
one unless something speaks against it: an abbreviation, an initial, a figure, a small letter after it, or a quotation that
the sentence goes on to attribute. What closes (a quotation mark, a bracket, an emoji) belongs to the sentence before.

One set of rules serves all languages, for posts mix them and abbreviations of different scripts do not collide.

Libraries were weighed: pysbd and syntok take 3 to 15 ms for an article and know no Ukrainian; razdel is Russian alone and
at rest since 2020; blingfire weighs 17 MB; sentencex is quicker than this, but cuts after initials ("Ю.А. Гагарина") and
between a quotation and who said it («Ми готові!» – сказав він).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from analysis.text import same_length_fold

if TYPE_CHECKING:
    from collections.abc import Iterator

Span: TypeAlias = tuple[int, int]
"""Where a stretch of text begins and ends: `text[start:end]`."""

_BREAK = "\n\r\v\f\x1c-\x1e\x85\u2028\u2029"
_WIDE = "。！？｡"  # stops that nothing abbreviates, and after which no space stands
_EMOJI = "\u2600-\u27bf\u20e3\u200d\ufe0f\U0001f000-\U0001faff"
_CLOSING = "»”“’\"')\\]}』」》〉）］】›"
_OPENING = "«“„‘‚\"'(\\[{『「《〈（［【‹*_"
_DASH = "–—―-"

_STOPS = f".!?…{_WIDE}"
_CANDIDATE = re.compile(
    rf"[{_BREAK}{_STOPS}]+(?:(?<=[{_STOPS}])(?:[{_CLOSING}{_EMOJI}]+|[ \xa0\u202f]»))?"
)  # one first class: four times as fast
_AFTER = re.compile(rf"[^\S{_BREAK}]*((?:[{_OPENING}•▪■●▶►◆◇▲△{_DASH}]\s?)*)([^\s{_BREAK}]?)")
_WORD = re.compile(r"\w")
_OPENS = "«“„‘‚\"'([{『「《〈（［【‹*_"  # as _OPENING, for str.lstrip
_NEXT_WORD = re.compile(r"(\w+)(?!\w|\.\s?\w)")  # "В. Путин" begins with an initial, "В Киеве" does not
_ACRONYM = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]{1,2}")
_GLUED = re.compile(r"(?!(?:Ru|Net|Com|Org|Ру|Нет|Ком)\b)[A-ZА-ЯІЇЄҐ][a-zа-яіїєґё']*[\s,]|[AIАВИКОСУЗЯІЙ]\s")
_YEAR, _FIGURE = re.compile(r"\d{4}\s?$"), re.compile(r"\d\s?$")
_NUMERAL = re.compile("[IVXІХ]{1,4}|[가-힣]")
_DATE = re.compile(r"\s?\d{1,2}(?:\.|월|일)")
_DATED = re.compile(r"\b\d{4}\.\s?\d{1,2}\.\s?\d{1,2}$")
_MONTH = re.compile(r"\s(?:Jan|Feb|März|Mär|April|Mai|Juni|Juli|Aug|Sept|Okto|Nov|Dez|janv|juin|juil|août)")
_ATTRIBUTED = re.compile(r"\s(?:[A-Z][\w.'’-]*\s){1,3}(?:said|asked|told|wrote|added|posted|warned|says|replied)\b")
_QUOTING = re.compile(r"\s?(?:이?라고|이?라며|이?라는|라면서|고\s|며\s|면서|는\s|란\s|と|を|って|との|という|、|，)")

_ADVERBIAL = 40  # characters: "У червні 2024 р. Росія …" goes on, a whole sentence that ends in a year does not
_ITEM = 2  # digits of an item of a list, or of a day


def _words(*lines: str) -> frozenset[str]:
    return frozenset(" ".join(lines).split())


_NEVER_LAST = _words(
    "mr mrs ms dr prof lt gen col maj capt cpt cmdr cdr adm sgt brig gov sen rep pres st mt ft rev hon amb msgr messrs",
    "e.g i.e cf vs viz a.k.a mme mlle sra hr z.b d.h bzw",
    "ген полк підполк подполк кап майор серж адм акад проф доц канд ім им вул ул просп бульв пл пров пер див см напр",
    "св гр тов кн зв т.зв т.з т.н т.е т.к т.о т.ч п.п зам заст нач держ генерал-лейт ген.-лейт ген.-полк",
)
_BEFORE_FIGURE = _words(
    "no nos min art arts fig figs p pp vol sec ch para nr núm n° approx ca c jan feb mar apr jun jul aug sep sept oct nov dec",
    "ст п пп ч гл рис мал табл стор стр с т тт дод прил бл прибл ок кв буд д корп под тел кім оф",
    "тис тыс млн млрд трлн грн руб дол долл коп",
)
_SELDOM_LAST = _words(
    "ph.d ee.uu inc corp ltd co bros jr sr esq etc al dept univ assn est jan feb mar apr jun jul aug sep sept oct nov dec",
    "ак бул пр upd ps пс зы обл р-н прим ред респ рр гг ст буд корп ср с м г р о п д к х пос смт оз",
)
_WHOLE = frozenset("яжбіийауеєїюэыьIi")  # letters that are words, or the end of one: "Та все ж."
_STARTS = _words(
    "The A An It He She They We I You In On At But And This That These Those His Her Their Its Our There As If When While",
    "After Before However For From To With By Since Until Meanwhile Also According No Not What Who Why How Where Some Many",
    "Most All One Both Under Despite Although Though Yet So Then Now Here Later Earlier Last",
    "У В На За Про Це Ця Цей Ці Він Вона Вони Ми Ви Я Але А І Й Та Також При Після Під До З Із Зі Від Для Як Якщо Коли",
    "Тому Однак Проте Водночас Тоді Там Так Не Ні Його Її Їх Що Хто Крім Раніше Нагадаємо Зокрема Натомість Тим Отже",
    "Наразі Зараз Вже Тепер Тут Ще Серед Через Тобто Понад Близько Утім Втім",
    "Во О Об Это Эта Этот Эти Он Она Они Мы Вы Но И После Под С Со Из От Как Если Когда Поэтому Однако Тогда Нет Его",
    "Ее Её Их Что Кто Кроме Ранее Напомним Тем Уже Сейчас Теперь Здесь Еще Ещё Среди По Около Более Всего Между",
)
_SMALL_NAMES = _words(  # Ukrainian channels write them small, at the head of a sentence too
    "росія росії росіяни росіян російські російська рф путін кремль москва русня мск окупанти",
)


def sentences(text: str) -> tuple[Span, ...]:
    """Give the sentences of a text, in order: without the space around them, and none without a letter or digit."""
    return tuple(_sentences(text))


def _sentences(text: str) -> Iterator[Span]:
    begin, first = 0, _WORD.search(text)
    for candidate in _CANDIDATE.finditer(text):
        if first is None:
            return
        stop = candidate.start()
        if first.start() >= stop:
            continue
        marks = candidate[0].splitlines()[0]
        if text[stop].isspace():
            end = begin + len(text[begin:stop].rstrip())
        elif len(marks) < len(candidate[0]) or _ends(text, begin, candidate):
            end = stop + len(marks)
        else:
            continue
        yield _bounds(text, begin, first.start(), end)
        begin, first = candidate.end(), _WORD.search(text, candidate.end())
    if first is not None:
        yield _bounds(text, begin, first.start(), begin + len(text[begin:].rstrip()))


def _bounds(text: str, begin: int, first: int, end: int) -> Span:
    """Leave out what stands before a sentence on lines of its own: space, rulers, emoji."""
    head = text[begin:first]
    if head and not head.isspace():
        head = (head + ".").splitlines()[-1][:-1]
        return first - len(head.lstrip()), end
    return first, end


def _ends(text: str, begin: int, candidate: re.Match[str]) -> bool:
    """Whether a stop, with what closes after it, ends the sentence that began at `begin`."""
    stop, after = candidate.span()
    marks = candidate[0]
    closed = marks[-1] not in _STOPS
    if closed and _QUOTING.match(text, after):
        return False
    if marks[0] in _WIDE:
        return True
    if text[stop - 1] in "([" and closed:  # "[…]": something was left out
        return False
    following = text[after : after + 1]
    if following and not following.isspace():
        return _ends_unspaced(text, stop, after, marks) and not _abbreviated(text, begin, stop, after)
    return _ends_spaced(text, begin, candidate, closed=closed)


def _ends_unspaced(text: str, stop: int, after: int, marks: str) -> bool:
    """Whether a sentence ends though nothing but the stop parts it from the next: "прибули.Кім", "했다.그는"."""
    before, following = text[stop - 1], text[after]
    if "가" <= following <= "힣":
        return len(marks) == 1 and before in "다요까죠음임함"
    if not following.isupper() or marks[-1] in "\"'“":
        return False
    return not before.isalpha() or (before.islower() and (marks[0] != "." or _GLUED.match(text, after) is not None))


def _ends_spaced(text: str, begin: int, candidate: re.Match[str], *, closed: bool) -> bool:
    """Whether a stop that space follows ends a sentence."""
    stop, after = candidate.span()
    ahead = _AFTER.match(text, after)
    if ahead is None or not ahead[2]:
        return True
    if _goes_on(text, stop, ahead, closed=closed):
        return False
    marks = candidate[0]
    if marks[0] in "!?":
        return not (closed and _ATTRIBUTED.match(text, after))
    if marks[0] == "…" or marks[:2] == "..":
        return ahead[2] < "\u1100"  # in the Far East dots rather part clauses: "북한군 1만 명 러시아로… 푸틴 “환영”"
    return (closed and marks[1] not in ")]") or not _abbreviated(text, begin, stop, ahead.start(2))


def _goes_on(text: str, stop: int, ahead: re.Match[str], *, closed: bool) -> bool:
    """Whether what stands ahead cannot begin a sentence: a comma, a small letter, the dash after a quotation."""
    opening, following = ahead[1], ahead[2]
    if following in ",;:" or (closed and opening[:1] in tuple(_DASH)):  # «…!» – сказав він
        return True
    if not following.islower() or opening.strip(_DASH + " ") or (text[stop] == "." and "가" <= text[stop - 1] <= "힣"):
        return False  # a quotation, "밝혔다. xAI의"
    small = None if opening else _NEXT_WORD.match(text, ahead.start(2))
    return small is None or small[1] not in _SMALL_NAMES


def _abbreviated(text: str, begin: int, stop: int, following: int) -> bool:
    """Whether the full stop at `stop` belongs to the word before it, and the sentence goes on at `following`."""
    before = text[max(begin, stop - 16) : stop].split()
    word = before[-1].lstrip(_OPENS) if before else ""
    if len(word) <= len("2024") and _counts(text, begin, stop, word):
        return True
    folded = word.lower()
    if word.isupper() and len(word) > 1 and _begins(text, following):
        return False  # "ТОВ. З", "in the US. The"
    if folded in _NEVER_LAST or (text[following].isdigit() and folded in _BEFORE_FIGURE):
        return True
    lone = len(word) == 1 and word.isalpha() and word not in _WHOLE
    if not (lone or folded in _SELDOM_LAST or _ACRONYM.fullmatch(word)) or _begins(text, following):
        return False
    start = stop - len(word)
    if folded in {"т.д", "т.п", "т.ін"} or (folded in {"д", "п"} and text[:start].rstrip()[-2:] in {"т.", " т"}):
        return False  # "and so on" mostly ends a sentence
    counted = _YEAR if folded in {"г", "р"} else _FIGURE  # "294 г. Донецка" is a town
    return not (word.islower() and stop - begin > _ADVERBIAL and counted.search(text[max(begin, start - 6) : start]))


def _counts(text: str, begin: int, stop: int, word: str) -> bool:
    """Whether a short word numbers what follows: "1. Загальні положення", "II. Втрати", "2024. 10. 11.", "5. November"."""
    figure = word.isdigit()
    if not figure and not _NUMERAL.fullmatch(word):
        return False
    if (len(word) <= _ITEM or not figure) and text[begin:stop].strip() == word:
        return True
    return figure and bool(
        _DATE.match(text, stop + 1)
        or _DATED.search(text[max(begin, stop - 14) : stop])
        or (len(word) <= _ITEM and _MONTH.match(text, stop + 1))
    )


def _begins(text: str, at: int) -> bool:
    """Whether a word that mostly stands at the head of a sentence follows."""
    word = _NEXT_WORD.match(text, at)
    return word is not None and word[1] in _STARTS


Kind: TypeAlias = Literal["headline", "dateline", "caption", "link", "notice"]


class Part(NamedTuple):
    """A stretch of a text that is not its body.

    `headline` repeats the title; `dateline` says where, when and by whom ("(서울=연합뉴스) … 기자 ="); `caption` belongs to a
    picture; `link` points to other stories; `notice` speaks of the outlet itself: rights, subscriptions, addresses.
    """

    kind: Kind
    start: int
    end: int


_LEAD = 500  # characters
_SHORT = 100  # a first paragraph below this takes the next sentence into the lead too
_CREDIT_LENGTH = 60
_NOTE = 160  # a longer line is prose, whatever words it has

_PICTURE = (
    "(?:фото|світлина|ілюстрація|иллюстрация|колаж|коллаж|скриншот|скріншот|відео|видео|інфографіка|инфографика|photo|picture"
    "|image|video|illustration|graphic|foto|bild|사진|자료사진|영상|그래픽|写真|图)"
)
_AGENCY = "getty|afp|ap|epa|reuters|upi|tass|yonhap|kcna|тасс|연합뉴스|뉴시스|뉴스1|로이터|조선중앙(?:통신|tv)"
_CAPTION = re.compile(
    rf"\W*(?:file |архівне |архивное )?{_PICTURE}(?:\s?(?:з|із|из|від|от|files?|credit|courtesy|caption|제공))?\s?[:：=|/]"
    r"|\W*(?:file )?(?:photo|picture|image|video)s?\s(?:by|courtesy|credit|taken)\b"
)
_CREDIT = re.compile(  # "– Reuters" and "(AFP)" say whose report it is; a picture's credit has more
    rf"(?:[/|©ⓒ\[]\s?(?:{_AGENCY})(?:\s(?:photo|images|연합뉴스|제공|자료사진|캡처))*|getty(?: images)?|ap photo"
    rf"|(?:{_AGENCY})(?:/\w+(?: \w+){{0,2}}|\s(?:photos?|images|제공|자료사진|캡처))|[.다음]\s(?:ap |afp )?(?:연합뉴스|뉴시스|뉴스1))"
    r"[)\]]?\s*$"
)
_CAPTION_WITHIN = re.compile(rf"[(\[]{_PICTURE}(?:\s?제공)?\s?[:：=][^)\]]*[)\]]|\b(?:photo|фото|사진)\s?[:：=].*")
_CAPTION_WORDS = ("photo", "фото", "사진", "світлина", "відео:", "видео:", "image:", "ілюстрація", "иллюстрация")
_DATELINE = re.compile(
    r"\s*(?:"
    r"[(\[〔][^)\]〕]{1,30}[=·][^)\]〕]{1,20}[)\]〕](?:[^=]{1,30}(?:기자|특파원)\s?=)?"
    r"|[A-ZА-ЯІЇЄҐ][A-ZА-ЯІЇЄҐ'’.-]+[^.—–]{,40}?(?:[.,]\s?\w[^—–/(-]{1,15}|[.,]?)\s?"
    r"(?:\([A-Z][\w ]{1,20}\)\s?[—–-]+|/[^/]{2,25}/\.?|[—–-]\s(?:РИА Новости|Интерфакс|Укрінформ)\.)"
    r")\s*"
)
_LINK = re.compile(
    r"\W*(?:(?:читайте|читать|читати|дивіться|смотрите|див\.|см\.)\s(?:також|также|ще|еще|далі|далее|нас|подробнее|детальніше)"
    r"|(?:по темі|по теме|за темою|докладніше|детальніше|подробнее|матеріали по темі|материалы по теме)\s?[:：]"
    r"|(?:read (?:more|also|next|the full)|also read|see also|related(?: \w+)?\s?:|more on this|further reading|watch(?: also)?:)"
    r"|관련\s?(?:기사|뉴스)|함께 볼 ?만한|이전 기사|다음 기사|많이 본 (?:기사|뉴스))"
)
_NOTICE_WORDS = (
    *("subscribe", "sign up for", "sign up to", "newsletter", "follow us", "all rights reserved"),
    *("share this", "cookies", "click here", "report a typo"),
    *("підпишись", "підпишіться", "підписуйтесь", "підписуйтеся", "підписуйся", "підписатися на", "підписатись на"),
    *("подпишись", "подпишитесь", "подписывайтесь", "подписывайся", "подписаться на", "наш телеграм", "наш telegram"),
    *("наш канал", "нашем канале", "надіслати новину", "прислать новость", "помітили помилку", "знайшли помилку"),
    *(
        "нашли ошибку",
        "заметили ошибку",
        "ctrl+enter",
        "구독",
        "기사제보",
        "기사 제보",
        "제보는",
        "카카오톡",
        "앱 다운",
        " 송고",
        "송고시간",
    ),
    *("광고 문의", "광고문의", "채널 구독", "구독하기", "구독 신청", "구독하세요"),
)
_CODE = "(?:ua|uk|укр|ru|рус|rus|en|eng|pl|de|fr|es|kr|ko|jp|cn)"  # a switch between languages
_NOTICE_LINE = re.compile(
    rf"\W*(?:підписатис[яь]|подписаться|поділитис[яь]|поделиться|реклама|друк|печать|share|print|advertisement|입력 \d.*|{_CODE}(?:[\s|/]+{_CODE}){{1,5}})\W*"
)
_TAIL = re.compile(
    r"[<\[(〈]?(?:저작권자|무단\s?전재|무단\s?복제|[ⓒ©]\s?\w|copyright\s[©(]).*$"
    r"|(?:\S{2,4}\s기자\s)?[(\[]?[\w.+-]{2,40}@[\w-]{2,40}\.[\w.]+[)\]]?\s*(?:\(끝\))?\s*$|\(끝\)\s*$"
)
_TAIL_WORDS = ("@", "ⓒ", "©", "무단", "저작권", "(끝)", "copyright")
_LINE = re.compile(rf"[^{_BREAK}]+")
_FINAL = re.compile(rf"[{_STOPS}:;][{_CLOSING}{_EMOJI}]*\s*$")


def parts(text: str, title: str = "") -> tuple[Part, ...]:
    """Give what is not body, in order: captions, links to other stories, notices, the dateline, the title once more."""
    found: list[Part] = []
    folded, title = same_length_fold(text), title.strip()
    marks = _Marks(*(any(word in folded for word in words) for words in (_CAPTION_WORDS, _NOTICE_WORDS, _TAIL_WORDS)))
    begun = False
    for line in _LINE.finditer(text):
        start, end = line.span()
        if title and line[0].strip() == title:
            found.append(Part("headline", start, end))
        elif kind := _kind(folded[start:end], marks):
            found.append(Part(kind, start, end))
        else:
            if not begun and (dateline := _DATELINE.match(line[0])):
                found.append(Part("dateline", start, start + dateline.end()))
            begun = begun or end - start > _SHORT
            found += [Part(kind, start + a, start + b) for kind, a, b in _within(folded[start:end], marks)]
    return tuple(found)


def boilerplate(text: str) -> tuple[Span, ...]:
    """Give what no claim should be read from, in order: captions, links to other stories, notices."""
    return tuple((part.start, part.end) for part in parts(text) if part.kind in {"caption", "link", "notice"})


def lead_end(text: str, title: str = "", known: tuple[Part, ...] | None = None) -> int:
    """Give how many characters of a text reach to the end of its lead, with captions and headings before it.

    The lead is the first paragraph: of a long one what sentences fit into 500 characters, and with a very short one goes
    the first sentence of the next. `known` are its `parts`, where they have been found already.
    """
    aside = {(part.start, part.end) for part in (parts(text, title) if known is None else known)}
    paragraphs = [line.span() for line in _LINE.finditer(text) if line.span() not in aside and _WORD.search(line[0])]
    while len(paragraphs) > 1 and _is_heading(text[slice(*paragraphs[0])]):
        del paragraphs[0]
    if not paragraphs:
        return min(len(text), _LEAD)
    start, end = paragraphs[0]
    if end - start < _SHORT and len(paragraphs) > 1:
        following = paragraphs[1][0]
        end = following + sentences(text[slice(*paragraphs[1])])[0][1]
    if end - start > _LEAD:
        fitting = [stop for _, stop in sentences(text[start : end + 1]) if stop <= _LEAD]
        end = start + (fitting[-1] if fitting else _LEAD)
    return end


def _is_heading(line: str) -> bool:
    return len(line) <= _NOTE and not _FINAL.search(line)


class _Marks(NamedTuple):
    """Which kinds of part a text has words of: most have none, and need not be looked through line by line."""

    caption: bool
    notice: bool
    tail: bool


def _kind(line: str, marks: _Marks) -> Kind | None:
    """What a whole line, folded, is, if it is no body."""
    if len(line) > 2 * _NOTE:
        return None
    if _CAPTION.match(line) or _CREDIT.search(line, max(0, len(line) - _CREDIT_LENGTH)):
        return "caption"
    if _LINK.match(line):
        return "link"
    if len(line) > _NOTE:
        return None
    if _NOTICE_LINE.fullmatch(line) or (marks.notice and any(word in line for word in _NOTICE_WORDS)):
        return "notice"
    return None


def _within(line: str, marks: _Marks) -> Iterator[tuple[Kind, int, int]]:
    """What of a line of body, folded, is none: a caption grown into it, rights and addresses at its end."""
    tail = _TAIL.search(line, max(0, len(line) - _NOTE)) if marks.tail else None
    if marks.caption:
        for caption in _CAPTION_WITHIN.finditer(line, 0, tail.start() if tail else len(line)):
            yield "caption", *caption.span()
    if tail:
        yield "notice", *tail.span()
