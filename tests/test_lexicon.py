"""The lexicon: how forms are found, what is refused, and what the gate lets pass."""

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.lexicon import Candidate, Lexicon, LexiconError, Mention, load_lexicon
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
        (_tables() | {"gate": {"any": "kp"}}, "[gate] found 'kp'"),
        (_tables() | {"gate": {"together": ["kp"]}}, "rows"),
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
