"""The lexicon: how forms are found, what is refused, and what the gate lets pass."""

import json
import pickle
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.lexicon import Candidate, Lexicon, LexiconError, Mention
from analysis.lexicon_file import load_lexicon
from khasan.topic import load_topic

CONCEPTS = {
    "kp": {"en": ["north korea*", "dprk", "n. korea*"], "uk": ["північн* коре*"], "ko": ["북한", "^북,", "^북 "]},
    "ru": {"en": ["russia*"], "uk": ["рф", "росі*"]},
    "pair": {"uk": ["рф-кндр"], "ko": ["북·러"]},
    "kpa": {"en": ["KPA"], "ko": ["인민군"]},
    "oil": {"en": ["oil"]},
    "prosecutor": {"uk": ["генпрокурор*", "об'єднан* штаб*"]},
    "sapper": {"ru": ["сапёр*"]},
    "k2": {"ko": ["k2", "EU"]},
}


def lexicon(concepts=None, gate=None, ambiguous=("oil",)):
    tables = [
        {"id": identity, "category": "x", "ambiguous": identity in ambiguous}
        | {language: {"name": identity.upper(), "forms": forms} for language, forms in by_language.items()}
        for identity, by_language in (concepts or CONCEPTS).items()
    ]
    gate = (
        gate
        if gate is not None
        else {"any": ["kp", "pair"], "together": [["kpa", ["ru", "oil"]]], "context": ["kp", "ru"]}
    )
    return load_lexicon({"concept": tables, "gate": gate})


@pytest.fixture(scope="module")
def small():
    return lexicon()


@pytest.fixture(scope="module")
def topic():
    return load_topic().lexicon


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("North Korea", ("kp",)),
        ("NORTH KOREANS", ("kp",)),
        ("North\u00a0Korea", ("kp",)),
        ("North\nKorea", ("kp",)),
        ("North  Korea", ("kp",)),
        ("North Ko\u00adrea", ("kp",)),
        ("North\n\nKorea", ()),
        ("the DPRK's army", ("kp",)),
        ("N. Korea fires", ("kp",)),
        ("dprks", ()),
        ("xdprk", ()),
        ("dprk_", ()),
        ("Північної Кореї", ("kp",)),
        ("північно корейський", ("kp",)),
        ("Північної великої Кореї", ()),
        ("прф рфу", ()),
        ("«РФ»", ("ru",)),
        ("РФ–КНДР", ("ru", "pair")),
        ("KPA", ("kpa",)),
        ("kpa", ()),
        ("북한군이", ("kp",)),
        ("대북한", ("kp",)),
        ("북, 미사일", ("kp",)),
        ("강북, 강남", ()),
        ("[북 미사일", ("kp",)),
        ("북ㆍ러 회담", ("pair",)),
        ("об’єднаного штабу", ("prosecutor",)),
        ("САПЕРЫ", ("sapper",)),
        ("сапёров", ("sapper",)),
        ("K2는", ("k2",)),
        ("K21", ()),
        ("NEUTRAL", ()),
        ("EU가", ("k2",)),
        ("oil prices", ()),
        ("Russian oil", ("ru", "oil")),
        ("", ()),
    ],
)
def test_concepts(small, text, expected):
    assert small.concepts(text) == expected


def test_mentions_have_places_in_the_text_as_given(small):
    text = "The  North\u00adern… North  Kore\u00adans and РФ, oil"
    mentions = small.mentions(text)
    assert [(m.concept, text[m.start : m.end]) for m in mentions] == [
        ("kp", "North  Kore\u00adans"),
        ("ru", "РФ"),
        ("oil", "oil"),
    ]
    assert mentions[1] == Mention("ru", text.index("РФ"), text.index("РФ") + 2)


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from("North KoreaРФрф북한,·-\u00ad\u00a0 \nİẞ.")))
def test_mentions_lie_within_any_text(text):
    for mention in lexicon().mentions(text):
        assert 0 <= mention.start < mention.end <= len(text)


def test_the_longest_form_of_a_concept_counts_once_a_place():
    made = lexicon({"kp": {"en": ["north", "north korea*"]}}, gate={})
    assert made.mentions("north koreans") == [Mention("kp", 0, 13)]


@pytest.mark.parametrize(
    ("text", "passed", "reason"),
    [
        ("North Korea fires", True, "names KP"),
        ("KPA oil in Russia", True, "names together KPA, RU"),
        ("KPA and oil", False, "names nothing of the topic"),  # oil is ambiguous, and nothing gives it a context
        ("KPA", False, "names nothing of the topic"),
        ("Russia", False, "names nothing of the topic"),
    ],
)
def test_gate(small, text, passed, reason):
    assert small.candidate(text) == Candidate(passed=passed, reason=reason)
    assert bool(small.candidate(text)) is passed


def test_without_a_gate_nothing_passes():
    assert not lexicon(gate={}).candidate("North Korea")
    assert not Lexicon.empty().candidate("North Korea")
    assert Lexicon.empty().mentions("North Korea") == []


def test_names_fall_back_to_english(small):
    assert small.concepts_by_id["kp"].name("uk") == "KP"
    assert small.concepts_by_id["sapper"].name("ko") == "SAPPER"


def _tables(**change):
    return {"concept": [{"id": "kp", "category": "actor", "en": {"name": "North Korea", "forms": ["dprk"]}} | change]}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"concepts": []}, "unknown key 'concepts'"),
        ({"concept": {"id": "kp"}}, "[[concept]]"),
        ({"concept": _tables()["concept"] * 2}, "concept kp: this id is used twice"),
        (_tables(id="K P"), "found id 'K P'"),
        (_tables(id=3), "found id 3"),
        (_tables(category=""), "concept kp: has no category"),
        (_tables(category=3), "category: found 3"),
        (_tables(ambiguous="yes"), "ambiguous: found 'yes'"),
        (_tables(ambigous=True), "unknown key 'ambigous'"),
        ({"concept": [{"id": "kp", "category": "actor"}]}, "no forms in any language"),
        (_tables(en=["dprk"]), "concept kp: en: expected {"),
        (_tables(en={"name": "x", "forms": [], "more": 1}), "concept kp: en: expected {"),
        (_tables(en={"name": " ", "forms": ["x"]}), "concept kp: en: found name ' '"),
        (_tables(en={"name": "x", "forms": []}), "concept kp: en: has no forms"),
        (_tables(en={"name": "x", "forms": [""]}), "concept kp: en: form '': has no letter"),
        (_tables(en={"name": "x", "forms": ["*"]}), "form '*': has no letter"),
        (_tables(en={"name": "x", "forms": [3]}), "form 3: found no text"),
        (_tables(uk={"name": "x", "forms": ["коре *"]}), "uk: form 'коре *': “*” may only end a token"),
        (_tables(en={"name": "x", "forms": ["ko*rea"]}), "“*” may only end a token"),
        (_tables(en={"name": "x", "forms": ["north  korea"]}), "one space"),
        (_tables(en={"name": "x", "forms": [" korea"]}), "spaces at an end"),
        (_tables(en={"name": "x", "forms": ["^korea"]}), "^"),
        (_tables(en={"name": "x", "forms": ["North* korea"]}), "capitals"),
        (_tables() | {"gate": {"all": []}}, "[gate] has only the keys"),
        (_tables() | {"gate": {"any": ["xx"]}}, "[gate] names 'xx'"),
        (_tables() | {"gate": {"any": "kp"}}, "[gate] any: found 'kp'"),
        (_tables(en={"name": "x", "forms": ["north\u00a0korea"]}), "one space"),
        (_tables(en={"name": "x", "forms": ["\u00ad\u0301"]}), "has no letter"),
        (_tables(en={"name": "x", "forms": ["x" * 201]}), "has 201 characters, expected at most 200"),
        (_tables() | {"gate": {"together": ["kp"]}}, "rows"),
        (_tables() | {"gate": {"together": 0}}, "rows"),
        (_tables() | {"gate": {"together": [[["kp", ["kp"]]]]}}, "[gate] names ['kp']"),
        (_tables() | {"gate": {"any": [["kp"]]}}, "[gate] names ['kp']"),
        (_tables() | {"gate": {"any": 0}}, "[gate] any: found 0"),
        (_tables() | {"gate": {"any": False}}, "[gate] any: found False"),
        (_tables() | {"gate": {"context": ""}}, "[gate] context: found ''"),
        (_tables() | {"gate": {"context": {}}}, "[gate] context: found {}"),
        (_tables() | {"gate": {"together": [["kp", ["xx"]]]}}, "[gate] names 'xx'"),
    ],
)
def test_wrong_data_is_named(data, says):
    with pytest.raises(LexiconError) as caught:
        load_lexicon(data)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "Pyongyang ships new guns westward",
        "N.K. leader inspects a plant",
        "Kim Jong Un receives a delegation",
        "Солдати з КНДР на Курщині",
        "У Північній Кореї відкрили пам'ятник",
        "Війська Кіма зайняли село",
        "Северокорейские рабочие в Приморье",
        "Корейские сапёры разминируют Курскую область",
        "북한군 포로 2명 국내 송환 요청",
        "北김정은, 러 국방장관 접견",
        "북·러 조약 발효 2년",
        "북, 포탄 수출 늘려",
        "러, 파병 대가로 기술 넘겼나",
        "北朝鮮の兵士がロシアへ",
        "Seoul warns Moscow over troops",
        "Hwasong-11 fragments found in Kharkiv",
    ],
)
def test_the_topic_lets_pass(topic, text):
    assert topic.candidate(text)


@pytest.mark.parametrize(
    "text",
    [
        "Russia attacks Kharkiv with drones, eight people are wounded",
        "South Korea's exports of chips rise for a ninth month",
        "Росія вдарила ракетами по Одесі",
        "Втрати росіян за добу: 1 050 солдатів, 12 артсистем",
        "ВСУ отразили атаки под Покровском, сообщил Генштаб",
        "Южная Корея поставит Польше танки K2",
        "한국 경제, 3분기 0.8% 성장",
        "눈이 달라진 회사, 사라진 매장",
        "부산 남포동 축제에 10만명",
        "Штурмовий корпус зупинив ворога під Куп'янськом",
        "Korea Republic win the World Cup qualifier",
    ],
)
def test_the_topic_does_not_let_pass(topic, text):
    assert not topic.candidate(text)


def test_ambiguous_concepts_of_the_topic_need_their_context(topic):
    assert "khasan" not in topic.concepts("Хасан Рухани приехал в Тегеран")
    assert "khasan" in topic.concepts("Поезда из КНДР прошли станцию Хасан")


def test_mentions_are_plain_values(topic):
    mentions = topic.mentions("Pyongyang")
    assert pickle.loads(pickle.dumps(mentions)) == mentions


LANGUAGES = ("en", "uk", "ru", "ko")
TEXTS = Path(__file__).parent / "texts" / "lexicon"


def cases(name):
    return [
        (language, json.loads(line))
        for language in LANGUAGES
        for line in (TEXTS / f"{language}_{name}.jsonl").read_text(encoding="utf-8").splitlines()
    ]


def test_every_inflected_form_is_found_where_it_stands(topic):
    found = cases("forms")
    assert len(found) >= 1000
    for language in LANGUAGES:
        assert len({case["concept"] for of, case in found if of == language}) >= 40
    missed = []
    for _, case in found:
        start = case["text"].index(case["surface"])
        places = [
            mention
            for mention in topic.mentions(case["text"])
            if mention.concept == case["concept"]
            and mention.start < start + len(case["surface"])
            and start < mention.end
        ]
        if not places:
            missed.append((case["concept"], case["surface"]))
    assert not missed


def test_no_look_alike_is_found(topic):
    found = cases("lookalikes")
    assert len(found) >= 60
    assert not [
        case for _, case in found if case["concept"] in {mention.concept for mention in topic.mentions(case["text"])}
    ]


def test_a_form_of_two_stems_with_a_hyphen_is_found():
    made = load_lexicon(
        {"concept": [{"id": "kp", "category": "x", "uk": {"name": "K", "forms": ["коре*-*", "коре* рос*"]}}]}
    )
    text = "корейсько-російський, корейських росіян, корейський"
    assert [text[m.start : m.end] for m in made.mentions(text)] == ["корейсько-російський", "корейських росіян"]


def test_an_exception_takes_back_what_it_overlaps():
    made = load_lexicon(
        {
            "concept": [
                {
                    "id": "kp",
                    "category": "x",
                    "en": {"name": "K", "forms": ["korean*"], "except": ["korean air*", "the korean"]},
                }
            ]
        }
    )
    text = "Korean Air flew Koreans, the Koreans and the Korean crew on Korean Airlines"
    assert [text[m.start : m.end] for m in made.mentions(text)] == ["Koreans", "Koreans"]


def test_a_concept_can_need_its_context_in_the_sentence():
    tables = [
        {"id": "kp", "category": "x", "en": {"name": "K", "forms": ["dprk"]}},
        {"id": "port", "category": "x", "ambiguous": "sentence", "en": {"name": "P", "forms": ["dunai"]}},
        {"id": "oil", "category": "x", "ambiguous": True, "en": {"name": "O", "forms": ["oil"]}},
    ]
    made = load_lexicon({"concept": tables, "gate": {"any": ["kp"], "context": ["kp"]}})
    assert made.concepts("Ships of the DPRK lay at Dunai with oil.") == ("kp", "port", "oil")
    assert made.concepts("Ships lay at Dunai with oil. The DPRK was silent.") == ("kp", "oil")
    assert made.concepts("Ships lay at Dunai with oil.") == ()
    apart = made.scan("The DPRK", "Ships lay at Dunai with oil.")
    assert apart.concepts == ("kp", "oil")
    assert [mention.concept for mention in apart.all_text] == ["port", "oil"]


@settings(deadline=None, max_examples=150)
@given(
    st.lists(
        st.sampled_from(
            ["North Korea", "РФ", "북한군", "снарядів", " ", ". ", "\n", "é", "ﬃ", "İ", "\u200b", "x", "’"]
        ),
        max_size=25,
    )
)
def test_offsets_of_the_topic_point_at_what_they_name(topic_once, pieces):
    text = "".join(pieces)
    for mention in topic_once.scan("", text).all_text:
        assert 0 <= mention.start < mention.end <= len(text)
        again = topic_once.mentions(text[mention.start : mention.end])
        assert mention.concept in {one.concept for one in again} or text[mention.start : mention.end].strip() == ""


@pytest.fixture(scope="module")
def topic_once(topic):
    return topic


@pytest.mark.parametrize(
    ("text", "surface"),
    [
        ("Се\u0301верная Коре\u0301я", "Се\u0301верная Коре\u0301я"),
        ("в КНДР\u0301 и", "КНДР\u0301"),
        ("И\u0306 КНДР\u0301.", "КНДР\u0301"),  # not composed: the lexicon does it
        (unicodedata.normalize("NFD", "до Північної Кореї."), unicodedata.normalize("NFD", "Північної Кореї")),
        (unicodedata.normalize("NFD", "북한군"), unicodedata.normalize("NFD", "북한")),
        ("North \nKorea", "North \nKorea"),
        ("North\n Korea", "North\n Korea"),
        ("North\r\nKorea", "North\r\nKorea"),
        ("North\rKorea", "North\rKorea"),
        ("North \u200b Korea", "North \u200b Korea"),
        ("North \u00a0\r\n\tKorea", "North \u00a0\r\n\tKorea"),
        ("‘North Korea’", "North Korea"),
        ("North Korea’s", "North Korea’s"),
    ],
)
def test_stress_marks_and_wrapped_lines_hide_nothing(text, surface):
    made = lexicon(CONCEPTS | {"kp": CONCEPTS["kp"] | {"ru": ["северн* коре*", "кндр"]}})
    assert surface in [text[m.start : m.end] for m in made.mentions(text) if m.concept == "kp"]


@pytest.mark.parametrize("between", ["\n\n", "\n \n", " \n\n", "\n\n ", "\r\n\r\n", "\r\r", "\n\u00a0\n", "\n\u200b\n"])
def test_no_form_goes_on_over_a_blank_line(small, between):
    assert small.concepts(f"North{between}Korea") == ()


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("북•러", "북·러"),
        ("북・러", "북‧러"),
        ("севе\u00adрный", "северный"),
        ("севе\u200bрный", "северный"),
        ("се\u0301верный", "северный"),
        ("се\u0301верный", "се\u0301верный"),
        ("рф–кндр", "рф-кндр"),
        ("Прем’єр", "Прем'єр"),
        ("Прем'єр", "Прем’єр"),
        ("Орёл", "Орел"),
        ("Орел", "Орёл"),
        ("Ёлка", "Елка"),
        ("N–K", "N-K"),
    ],
)
def test_forms_and_texts_are_written_alike(written, text):
    assert lexicon({"kp": {"ru": [written]}}, gate={}, ambiguous=()).mentions(f"и {text}") == [
        Mention("kp", 2, 2 + len(text))
    ]


def test_capitals_count_though_signs_are_alike():
    made = lexicon({"kp": {"ru": ["Орёл"]}}, gate={}, ambiguous=())
    assert made.mentions("орел орёл ОРЁЛ") == []


def quickly(work, *arguments):
    """In how many seconds of the processor it is done."""
    began = time.process_time()
    work(*arguments)
    return time.process_time() - began


@pytest.mark.parametrize(
    "text",
    ["северн'" * 40_000, "северн" * 40_000, "北" * 100_000, "а\u0301" * 100_000, " \n\r" * 60_000, "n. " * 60_000],
)
def test_the_time_to_find_grows_with_the_text(topic, text):
    assert quickly(topic.mentions, text) < 3


def test_context_in_the_sentence_is_found_in_a_long_text():
    tables = [
        {"id": "kp", "category": "x", "en": {"name": "K", "forms": ["dprk"]}},
        {"id": "port", "category": "x", "ambiguous": "sentence", "en": {"name": "P", "forms": ["dunai"]}},
    ]
    made = load_lexicon({"concept": tables, "gate": {"any": ["kp"], "context": ["kp"]}})
    text = "A ship of the DPRK lay at Dunai. It left Dunai.\n" * 3_000
    found = made.scan("", text)
    assert [mention.concept for mention in found.text] == ["kp", "port"] * 3_000
    assert len(found.all_text) == 9_000
    assert quickly(made.scan, "", text) < 2
