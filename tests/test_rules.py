"""Rules: reading them, what is refused and where, and what the default ones find in four languages."""

import tomllib
from pathlib import Path

import pytest

from alerts.rules import RuleError, load_rules
from analysis.query import Document, parse
from analysis.sentences import lead_end
from khasan.topic import load_topic


def rules(*tables, **sets):
    return load_rules({"rule": list(tables), "sets": sets}, file="rules.toml")


def rule(query, **change):
    return {"id": "one", "name": "One", "query": query} | change


def test_hits_say_which_rule_and_why():
    made = rules(rule("shells kursk"), rule("parade", id="two"), rule("shell*", id="three", name="Three"))
    hits = made.hits(Document("Shells in Kursk", "More shells."))
    assert [(hit.rule, hit.name) for hit in hits] == [("one", "One"), ("three", "Three")]
    assert hits[0].title_marks == ((0, 6), (10, 15))
    assert hits[0].text_marks == ((5, 11),)
    assert hits[0].reason == 'title: "Shells", "Kursk"; text: "shells"'
    assert hits[0].version == made.rules[0].version


def test_a_resting_rule_hits_nothing():
    assert rules(rule("shells", enabled=False)).hits(Document("shells", "")) == ()


def test_the_version_is_of_the_meaning():
    versions = [rules(rule(query)).rules[0].version for query in ("a b", "(A) AND b", "a OR b", "{s}")[:3]]
    assert versions[0] == versions[1] != versions[2]
    assert rules(rule("{s} b"), s="a").rules[0].version == versions[0]
    assert len(versions[0]) == 12


def test_sets_are_put_in_with_brackets():
    made = rules(rule("{both} AND NOT {b}"), a="x OR y", b="z", both="{a} OR {b}")
    assert made.rules[0].query.text == "(x OR y OR z) AND NOT z"


def test_a_set_in_a_field_and_braces_in_quotes():
    made = rules(rule('title:{a} "{a} q"'), a="x OR y")
    assert made.rules[0].query.text == '(title:x OR title:y) AND "a q"'


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ({"rules": []}, "rules.toml: unknown key 'rules'; there are [[rule]] and [sets]"),
        ({"rule": {}}, "rules.toml: expected [[rule]] tables"),
        ({"rule": [rule("a"), rule("b")]}, "rules.toml: rule one: this id is used twice"),
        ({"rule": [{"name": "x", "query": "a"}]}, "rules.toml: rule ?: has no id"),
        ({"rule": [{"id": "one", "query": "a"}]}, "rules.toml: rule one: has no name"),
        ({"rule": [rule("a", id="O ne")]}, "rules.toml: rule O ne: an id is small letters, digits, - and _"),
        ({"rule": [rule("a", querry="b")]}, "rules.toml: rule one: unknown key 'querry'; the nearest is 'query'"),
        ({"rule": [rule(3)]}, "rules.toml: rule one: query: found 3, expected str"),
        ({"rule": [rule("a", enabled="no")]}, "rules.toml: rule one: enabled: found 'no', expected bool"),
        ({"rule": [rule("a AND wor~")]}, "rules.toml: rule one: character 10: there are no fuzzy words"),
        ({"rule": [rule("NOT a")]}, "rules.toml: rule one: character 1: this would be true of an empty article"),
        ({"sets": {"kp": 3}}, "rules.toml: set kp: found 3, expected text"),
        ({"sets": []}, "rules.toml: sets: expected a table"),
        ({"sets": {"kp": "a AND"}}, "rules.toml: set kp: character 6: the query ends"),
        (
            {"rule": [rule("a {kq}")], "sets": {"kp": "x"}},
            "rules.toml: rule one: character 3: there is no set {kq}; the nearest is {kp}",
        ),
        ({"rule": [rule("a {x}")]}, "rules.toml: rule one: character 3: there is no set {x}"),
        ({"sets": {"a": "{b}", "b": "x {a}"}}, "rules.toml: set b: character 3: the set {a} takes in itself"),
        (
            {"rule": [rule("{kp} AND foo:x")], "sets": {"kp": "a OR b OR c"}},
            "rules.toml: rule one: character 10: there is no field “foo”",
        ),
        (
            {"rule": [rule("a lang:{kp}")], "sets": {"kp": "xyz"}},
            "rules.toml: rule one: character 8: lang: takes the two letters",
        ),
    ],
)
def test_a_wrong_rule_is_named_in_one_line(data, line):
    with pytest.raises(RuleError) as caught:
        load_rules(data, file="rules.toml")
    assert str(caught.value).startswith(line)
    assert "\n" not in str(caught.value)


def test_sets_of_sets_do_not_explode():
    sets = {"s0": "word OR other"} | {f"s{n}": f"{{s{n - 1}}} OR {{s{n - 1}}}" for n in range(1, 40)}
    with pytest.raises(RuleError, match="longer than"):
        load_rules({"sets": sets}, file="rules.toml")


@pytest.fixture(scope="module")
def default():
    return load_topic()


def _ids(default, text, band=""):
    """The rules that are true of a text. Whether it is relevant is judged, if it is not said."""
    title, _, rest = text.partition(". ")
    reading = default.analyser.read(title, rest)
    read = {
        "title_mentions": reading.scan.title,
        "text_mentions": reading.scan.text,
        "lead_end": lead_end(rest),
        "relevance": reading.relevance.score,
        "band": band or reading.relevance.band,
    }
    return {hit.rule for hit in default.rules.hits(Document(title, rest, **read))}


ON_TOPIC = {
    "troops": [
        "Pyongyang readies a further battalion. The unit would join Russian forces near Kursk in spring.",
        "КНДР готує ще один батальйон. Бійців перекинуть до росіян навесні.",
        "Пхеньян готовит новый батальон. Северокорейских солдат ждут в Курской области.",
        "북한, 추가 병력 준비. 러시아 쿠르스크로 보낼 예정이다.",
    ],
    "arms": [
        "North Korean howitzers burn in Luhansk. The guns had come from Russia's far east.",
        "Далекобійні гаубиці з КНДР. Росіяни поставили їх під Луганськом.",
        "Снаряды из Северной Кореи. Российские артиллеристы хвалят их мало.",
        "북한산 포탄 수백만 발. 모스크바가 대부분 썼다.",
    ],
    "losses": [
        "North Korean soldiers killed in an ambush. Russia buried them in secret.",
        "Двоє полонених з КНДР. Росія мовчить.",
        "Пленные из КНДР заговорили. Москва не комментирует.",
        "북한군 포로 두 명 공개. 러시아는 침묵했다.",
    ],
    "workers": [
        "DPRK workers reach a drone plant. Moscow calls them students.",
        "Робітники з Північної Кореї. Їх чекають на заводі в Росії.",
        "Рабочие из КНДР приехали на верфь. Россия платит им мало.",
        "북한 노동자 수천 명. 러시아 공장에 배치된다.",
    ],
    "technology": [
        "Satellite know-how flows to Pyongyang. Russia pays for help with it.",
        "Росія передає КНДР технології. Йдеться про супутники.",
        "Москва делится с КНДР технологиями. Речь о подлодках.",
        "러시아, 북한에 위성 기술 이전. 정부가 우려했다.",
    ],
    "payment": [
        "A tanker unloads oil for North Korea. It had sailed from Vostochny in Russia.",
        "Нафта для КНДР. Танкери вийшли з порту в Росії.",
        "Нефть в обмен на людей. КНДР получила из России миллион баррелей.",
        "북한에 정제유 백만 배럴. 러시아 항구에서 실었다.",
    ],
    "transport": [
        "Containers leave Rajin for Russia. North Korea loads a ship a week.",
        "Ешелони на станції Хасан. Вагони з КНДР ідуть углиб Росії.",
        "Вагоны на станции Хасан. Россия ждет грузов из КНДР.",
        "나진항의 컨테이너. 북한 화물선이 러시아로 떠났다.",
    ],
    "ties": [
        "Pyongyang and Moscow renew their treaty. It binds each to help the other.",
        "Договір КНДР і Росії. Сторони обіцяють взаємну допомогу.",
        "Союзный договор с КНДР. Россия и Пхеньян отметили годовщину.",
        "북러 조약 2주년. 푸틴과 김정은이 축전을 나눴다.",
    ],
    "sanctions": [
        "New sanctions over North Korean arms for Russia. The monitoring team named six ships.",
        "Санкції за допомогу КНДР Росії. Перелік оприлюднили в Токіо.",
        "Санкции за связи КНДР и России. Список опубликовали в Токио.",
        "다국적제재모니터링팀 보고서. 북한과 러시아의 거래를 담았다.",
    ],
}


@pytest.mark.parametrize(
    ("rule_id", "text"), [(rule_id, text) for rule_id, texts in ON_TOPIC.items() for text in texts]
)
def test_each_default_rule_fires_in_each_language(default, rule_id, text):
    assert rule_id in _ids(default, text, "relevant")  # what is relevant is tested with the judgement


def test_each_default_rule_is_tried(default):
    assert {made.id for made in default.rules.rules} == {*ON_TOPIC, "new-figure", "relevant"}


@pytest.mark.parametrize(
    "text",
    [
        "North Korea's women win at football. They beat Japan on penalties.",
        "Збірна КНДР з футболу виграла. Тренер подякував уболівальникам.",
        "Футболистки КНДР вышли в финал. Матч пройдёт в субботу.",
        "북한 여자축구 결승 진출. 일본과 맞붙는다.",
        "Kim and Trump may meet again. The White House said it was open to talks with Pyongyang.",
        "Трамп готовий до зустрічі з Кім Чен Ином. У Пхеньяні не відповіли.",
        "Трамп хочет встречи с Ким Чен Ыном. Ответа из КНДР нет.",
        "트럼프, 김정은과 회담 희망. 북한은 답하지 않았다.",
        "South Korea to sell K2 tanks to Poland. The contract is the largest for Seoul's arms industry.",
        "Південна Корея постачить Польщі гаубиці. Угоду підписали у Варшаві.",
        "Южная Корея продаст Польше ракеты. Контракт подписали в Варшаве.",
        "한국, 폴란드에 K9 자주포 수출. 계약이 체결됐다.",
        "Russia lost 1,050 soldiers in a day. Ukraine's general staff also counted 12 artillery systems.",
        "Втрати росіян за добу. Знищено 1 050 солдатів і 12 артсистем.",
        "Потери России за сутки. Генштаб ВСУ сообщил о тысяче солдат.",
        "러시아군 하루 손실 1천 명. 우크라이나 총참모부가 밝혔다.",
        "First tourists from Moscow at a North Korean resort. They praised the beach.",
        "Туристи з Росії в КНДР. Курорт приймає перші групи.",
        "Туристы из России на пляже в КНДР. Отдых хвалят.",
        "러시아 관광객, 북한 해변 찾아. 첫 단체 여행이다.",
    ],
)
def test_no_default_rule_fires_off_topic(default, text):
    assert _ids(default, text) == set()


DEMO = Path(__file__).parents[1] / "khasan" / "demo" / "stories"


def test_one_rule_of_concepts_finds_the_story_of_the_demo_in_four_languages(default):
    query = parse("title:@artillery AND (@kr OR @kr_mnd) AND near:(@kp @artillery)", default.lexicon)
    found, wanted = set(), set()
    for file in sorted(DEMO.glob("*.toml")):
        for story in tomllib.loads(file.read_text(encoding="utf-8")).get("story", []):
            title, text = story["title"], story.get("body", "").strip()
            reading = default.analyser.read(title, text)
            document = Document(
                title,
                text,
                title_mentions=reading.scan.title,
                text_mentions=reading.scan.text,
                lead_end=reading.lead_end,
            )
            key = (reading.language, title)
            if query.match(document):
                found.add(key)
            if story.get("event") == "seoul-briefing":
                wanted.add(key)
    assert {language for language, _ in wanted} == {"en", "uk", "ru", "ko"}
    assert found == wanted
