"""The forms of words: what a query's word stands for, and what it must not."""

import subprocess
import sys

import pytest

from analysis.inflect import all_spellings, forget, inflections, prepare, spellings
from analysis.text import forms


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("shell", "shells shelled shelling"),
        ("shells", "shell"),
        ("shelling", "shells"),
        ("buy", "bought buying"),
        ("shot", "shoot shots"),
        ("fallen", "fall fell"),
        ("children", "child"),
        ("soldiers", "soldier"),
        ("munitions", "munition"),
        ("supplies", "supply supplied supplying"),
        ("killed", "kill kills killing"),
        ("stopped", "stop stopping"),
        ("dying", "die died"),
        ("casualty", "casualties"),
        ("koksans", "koksan"),
        ("koksan", "koksans"),
        ("снаряд", "снаряди снарядів снарядами снаряды снарядов"),
        ("снаряди", "снаряд снарядами"),
        ("снаряды", "снарядов снарядам"),
        ("артилерійські", "артилерійський артилерійськими артилерійська"),
        ("артиллерийскую", "артиллерийская артиллерийскими"),
        ("північнокорейський", "північнокорейських північнокорейською"),
        ("гаубиця", "гаубиць гаубицями"),
        ("бійці", "боєць бійців"),
        ("об'єднання", "об'єднанням"),
        ("солдат", "солдаты солдатами солдати солдатів"),
        ("пленный", "пленных пленными"),
        ("коксан", "коксана коксанов коксани коксанів"),
        ("шахеди", "шахед шахедів"),
        ("отправить", "отправил отправила отправленный"),
        ("загинути", "загинув загинули"),
        ("ким", "кима киму кимом"),
        ("три", "трех трьох"),
        ("може", "могли можуть"),
        ("korean", "koreans"),
        ("koreans", "korean"),
        ("russian", "russians"),
        ("ukrainian", "ukrainians"),
        ("american", "americans"),
        ("european", "europeans"),
        ("cut", "cutting"),
        ("setting", "set sets"),
        ("let", "letting"),
        ("split", "splitting"),
        ("sit", "sitting sat"),
        ("bid", "bidding"),
        ("begin", "beginning began"),
        ("broke", "break broken"),
        ("lay", "laid laying"),
        ("cast", "casting"),
        ("bite", "bit bitten"),
        ("panicked", "panic"),
        ("trafficking", "traffic trafficked"),
        ("travelling", "travel travelled"),
        ("signalled", "signal signalling"),
        ("signal", "signalled signalling"),
        ("wives", "wife"),
        ("half", "halves"),
        ("lives", "life live"),
        ("leaf", "leaves"),
        ("thieves", "thief"),
        ("people", "person"),
    ],
)
def test_a_word_stands_for_its_forms(word, found):
    assert set(found.split()) <= inflections(word)
    assert word in inflections(word)


@pytest.mark.parametrize(
    ("word", "foreign"),
    [
        ("news", "new"),
        ("united", "unit"),
        ("arms", "army"),
        ("planes", "plan"),
        ("army", "arms"),
        ("fuel", "fueled-by"),
        ("рф", "рфа рфи рфу"),
        ("росія", "росси"),
        ("снаряды", "снарядить снаряжать"),
        ("кндр", "кндра"),
        ("ким", "хто кого кому кем"),
        ("снаряди", "снарядить снаряжу снарядил"),
        ("lay", "lie lied lying"),
        ("new", "news"),
        ("shelling", "shel"),
    ],
)
def test_a_word_does_not_stand_for_others(word, foreign):
    assert inflections(word).isdisjoint(foreign.split())


@pytest.mark.parametrize("word", ["us", "we", "could", "was", "has", "will", "it", "кім", "їм", "хто", "мы", "він"])
def test_pronouns_and_auxiliaries_stand_for_themselves(word):
    assert inflections(word) == {word}


@pytest.mark.parametrize("word", ["북한", "2025", "23", "кн23", "北", "naïve", "msmt", "o'neil"])
def test_other_words_stay_as_they_are(word):
    assert inflections(word) - {f"{word}s"} == {word}


@pytest.mark.parametrize("word", ["снаряды", "партнер", "shells", "об'єднання", "самолетов", "подготовленный"])
def test_forms_are_folded_and_single(word):
    assert all(forms(form) == (form,) for form in inflections(word))


def test_yo_is_spelled_for_the_full_text():
    assert "самолётов" in all_spellings("самолет")
    assert "самолетов" in all_spellings("самолет")
    assert spellings(("самолет", "был")) == [("самолет", "был"), ("самолёт", "был")]
    assert spellings(("shells", "север")) == [("shells", "север")]
    assert spellings(("расче",), prefix=True) == [("расче",), ("расчё",)]
    assert ("расчётик",) in spellings(("расчетик",))  # which no dictionary knows


def test_too_many_spellings_are_not_listed():
    assert spellings(("самолет",) * 60) is None


def test_what_was_expanded_stays_when_the_dictionaries_are_let_go():
    prepare(["снаряды", "shells", "북한"])
    before = inflections("снаряды"), all_spellings("партнер")
    forget()
    assert (inflections("снаряды"), all_spellings("партнер")) == before


def test_dictionaries_are_loaded_only_when_a_word_is_expanded():
    script = (
        "import sys, khasan.cli, alerts.rules, analysis.query, analysis.search\n"
        "analysis.query.parse('shells снаряды')\n"
        "print(sorted({'pymorphy3', 'simplemma'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
