"""What a thousand rules cost on one article of 4,000 characters, beside what others would do with them.

    .venv/bin/python benchmarks/rules.py [--rules 1000] [--times 200]

CPU milliseconds, the median of many runs over articles in four languages. A run begins with an article whose words have not
been cut yet. The rules are a mix as an analyst might write them: concepts, words in four languages with all their forms,
phrases, beginnings, sentences, fields. The others look for the words only: one regular expression a rule, and one bare
automaton for the words of all rules, which counts no conditions and gives no reasons.
"""

from __future__ import annotations

import argparse
import random
import re
import statistics
import time
import tomllib
from pathlib import Path

import ahocorasick

from analysis.document import Document
from analysis.engine import Engine
from analysis.inflect import inflections
from analysis.lexicon_file import load_lexicon
from analysis.nodes import Lemma, Words, worded_leaves
from analysis.query import parse
from analysis.sentences import lead_end

LEXICON = Path(__file__).parents[1] / "khasan" / "topics" / "nk-russia" / "lexicon.toml"
ARTICLES = {
    "en": (
        "Pyongyang readies more men for Kursk",
        (
            "North Korea has sent {n} containers of artillery shells to Russia since the spring, officials in Seoul said on Monday. "
            "The soldiers were trained at a range near Vladivostok, and their commanders had been seen in Moscow.\n"
            "Ukraine's military said that {n} of them were killed or wounded while clearing mines. A ship left Rajin with steel. "
            "The ministry did not comment on reports of payment in oil, and the company that owns the tanker could not be reached.\n"
        ),
    ),
    "uk": (
        "Пхеньян готує нових бійців для Курщини",
        (
            "КНДР передала Росії {n} контейнерів з артилерійськими снарядами, повідомили в Сеулі. Військові з Північної Кореї "
            "навчалися на полігоні поблизу Владивостока, а їхніх командирів бачили в Москві.\n"
            "За даними розвідки, {n} солдатів загинули або були поранені під час розмінування. Судно з металом вийшло з порту Раджин.\n"
        ),
    ),
    "ru": (
        "Пхеньян готовит новых бойцов для Курской области",
        (
            "КНДР передала России {n} контейнеров с артиллерийскими снарядами, сообщили в Сеуле. Военные из Северной Кореи "
            "обучались на полигоне близ Владивостока, а их командиров видели в Москве.\n"
            "По данным разведки, {n} солдат погибли или были ранены при разминировании. Судно с металлом вышло из порта Раджин.\n"
        ),
    ),
    "ko": (
        "북한, 쿠르스크에 추가 병력 준비",
        (
            "북한이 러시아에 포탄 컨테이너 {n}개를 보냈다고 정부 당국자가 밝혔다. 병사들은 블라디보스토크 인근에서 훈련을 받았으며 "
            "지휘관들은 모스크바에서 목격됐다.\n우크라이나군은 지뢰 제거 중 {n}명이 숨지거나 다쳤다고 전했다. 나진항에서 배가 떠났다.\n"
        ),
    ),
}
PLAIN = {
    "en": "wagon bridge shipyard officer refinery barrel satellite museum interpreter convoy uniform fuse launcher warehouse treaty delegation visa "
    "student welder camp contract pension medal funeral grave hospital border customs bank cargo freight vessel pilot radar drone jammer",
    "uk": "вагон міст верф офіцер нафта супутник музей перекладач колона склад договір делегація віза студент зварювальник табір контракт "
    "медаль похорон могила шпиталь кордон митниця банк вантаж пілот радар дрон гаубиця міномет ракета",
    "ru": "вагон мост верфь офицер нефть спутник музей переводчик колонна склад договор делегация виза студент сварщик лагерь контракт "
    "медаль похороны могила госпиталь граница таможня банк груз пилот радар дрон гаубица миномет ракета",
    "ko": "화차 다리 조선소 장교 정유 위성 기념관 통역 호송 창고 조약 대표단 비자 학생 용접공 계약 훈장 장례 병원 국경 세관 은행 화물 조종사 무인기 자주포 박격포 미사일",
}
LETTERS = {
    "en": "eeetaoinshrdlucmfw", "uk": "оаніиетрсвлкдпмуяз", "ru": "оеаинтсрвлкмдпуяыь", "ko": "가나다라마바사아자차카타파하고노도로모보소오조은는이에서을를의",
}  # fmt: skip
PHRASES = ["joint exercise", "supreme leader", "special operation", "рада безпеки", "совет безопасности", "military delegation", "air defence",
           "north korean", "artillery shells", "in moscow", "північної кореї", "северной кореи"]  # fmt: skip
ENDINGS = ["", "", "", " NOT football", " AND relevance:>0.5", " AND (lang:uk OR lang:ru)", " AND NOT title:tourism"]


def made_rules(number, lexicon, seed=7):
    """Queries of several manners, at random but the same each time."""
    chance = random.Random(seed)
    concepts = [f"@{one}" for one in lexicon.concepts_by_id]
    words = {language: plain.split() for language, plain in PLAIN.items()}

    def some(count):
        language = chance.choice(list(words))
        return " OR ".join(chance.sample(words[language], count))

    def one():  # noqa: PLR0911 - a manner each
        manner = chance.randrange(10)
        a, b = chance.sample(concepts, 2)
        if manner < 3:
            return f"{a} AND {b} AND ({some(4)} OR {some(4)})"
        if manner < 5:
            return f"@kp AND @ru AND ({some(5)} OR {some(5)})"
        if manner < 6:
            return f'("{chance.choice(PHRASES)}" OR "{chance.choice(PHRASES)} {chance.choice(words["en"])}") AND {a}'
        if manner < 7:
            return f"near:(@kp ({some(3)} OR {some(3)}))"
        if manner < 8:
            return f"title:({some(3)}) AND {a}"
        if manner < 9:
            return f"{chance.choice(words['en'])[:5]}* AND {chance.choice(words['uk'])[:5]}* AND @category:weapon"
        return f"({some(3)}) AND ({some(3)}) AND {a}"

    return [parse(f"({one()}){chance.choice(ENDINGS)}", lexicon) for _ in range(number)]


def article(language, lexicon):
    """An article of 4,000 characters, with what a review finds in it."""
    title, pattern = ARTICLES[language]
    chance, letters = random.Random(language), LETTERS[language]
    sentences = [
        f"{part}." for part in pattern.format(n=chance.randrange(9000)).replace("\n", " ").split(".") if part.strip()
    ]
    sentences[1] += f" {' '.join(chance.sample(PLAIN[language].split(), 1))}."
    while sum(map(len, sentences)) < 4000:  # the rest is neutral: a few hundred different words
        words = ("".join(chance.choices(letters, k=chance.randint(2, 9))) for _ in range(chance.randint(8, 22)))
        sentences.insert(chance.randrange(len(sentences)), " ".join(words).capitalize() + ".")
    text = "\n".join(" ".join(sentences[at : at + 3]) for at in range(0, len(sentences), 3))[:4000]
    scan = lexicon.scan(title, text)
    more = {"title_mentions": scan.title, "text_mentions": scan.text, "lead_end": lead_end(text)}
    return lambda: Document(title, text, frozenset({"a"}), "b", language, relevance=0.9, band="relevant", **more)


def pattern_of(query):
    """The words of a rule as one regular expression: all that a rule a pattern can do."""
    found = []
    for leaf in worded_leaves(query.root):
        if isinstance(leaf, Lemma):
            found += [rf"\b{re.escape(form)}\b" for form in inflections(leaf.word)]
        elif isinstance(leaf, Words):
            found.append(r"\b" + r"\W+".join(map(re.escape, leaf.words)))
    return re.compile("|".join(found) or "(?!)")


def automaton_of(queries):
    """The words of all rules in one automaton."""
    made = ahocorasick.Automaton()
    for query in queries:
        for leaf in worded_leaves(query.root):
            for form in (
                inflections(leaf.word) if isinstance(leaf, Lemma) else leaf.words if isinstance(leaf, Words) else ()
            ):
                made.add_word(form, form)
    made.make_automaton()
    return made


def median(work, documents, times):
    """Milliseconds of CPU, over all documents in turn."""
    found = []
    for at in range(times):
        document = documents[at % len(documents)]()
        began = time.process_time()
        work(document)
        found.append(time.process_time() - began)
    return statistics.median(found) * 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rules", type=int, default=1000)
    parser.add_argument("--times", type=int, default=200)
    options = parser.parse_args()
    lexicon = load_lexicon(tomllib.loads(LEXICON.read_text(encoding="utf-8")))
    queries = made_rules(options.rules, lexicon)
    began = time.process_time()
    engine = Engine(queries)
    print(f"{options.rules} rules made ready in {time.process_time() - began:.2f} s")
    documents = [article(language, lexicon) for language in ARTICLES]
    for language, made in zip(ARTICLES, documents, strict=True):
        print(f"  {language}: {len(made().text)} characters, {len(engine.matches(made()))} rules true")
    patterns, automaton = [pattern_of(query) for query in queries], automaton_of(queries)
    rows = {
        "all rules at once": (engine.matches, options.times),
        "of which cutting the words": (lambda document: (document.title_index, document.text_index), options.times),
        "each rule alone": (lambda document: [query.match(document) for query in queries], 20),
        "bare pyahocorasick, words only": (
            lambda document: set(automaton.iter(document.text.casefold())),
            options.times,
        ),
        "one re a rule, words only": (lambda document: [one.search(document.text.casefold()) for one in patterns], 8),
    }
    for name, (work, times) in rows.items():
        print(f"{name:32} {median(work, documents, times):8.2f} ms")


if __name__ == "__main__":
    main()
