"""Relevance: which features an article has, how they are weighed, and what the topic's own model says of texts it never saw."""

import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.features import Scheme, features
from analysis.lexicon_file import load_lexicon
from analysis.reading import Analyser
from analysis.relevance import NOT_READ, Model, RelevanceError, load_relevance, read_table
from analysis.sentences import lead_end
from khasan.topic import load_topic

HERE = Path(__file__).parent
LEXICON = load_lexicon(
    {
        "concept": [
            {"id": "kp", "category": "actor", "en": {"name": "North Korea", "forms": ["north korea*"]}},
            {"id": "ru", "category": "actor", "en": {"name": "Russia", "forms": ["russia*"]}},
            {"id": "guns", "category": "weapon", "en": {"name": "guns", "forms": ["gun", "guns"]}},
            {"id": "shells", "category": "weapon", "en": {"name": "shells", "forms": ["shells"]}},
        ],
        "gate": {"any": ["kp"], "context": ["kp"]},
    }
)
SCHEME = Scheme(
    {"kp": frozenset({"kp"}), "ru": frozenset({"ru"}), "arms": frozenset({"guns", "shells"})},
    (("kp", "ru"), ("kp", "arms")),
    frozenset({"kp"}),
)
DATA = {
    "bands": {"relevant": 0.6, "unsure": 0.3, "gate": 0.1},
    "groups": {"kp": ["kp"], "arms": ["category:weapon"]},
    "pairs": [["kp", "arms"]],
    "measured": ["kp"],
    "weights": {"near:@kp+@arms": 2.5},
}
FILLER = "The harbour was quiet. "


def of(title, text):
    return {
        one
        for one in features(title, text, LEXICON.scan(title, text), SCHEME, lead_end(text, title))
        if not one.startswith("word:")
    }


def test_features_of_a_short_text():
    assert of("Guns from North Korea", "Russia paid.") == {
        "title:guns", "title:kp", "head:guns", "head:kp", "head:ru", "title:@kp", "title:@arms", "head:@kp", "head:@arms",
        "head:@ru", "head:@kp+@ru", "head:@kp+@arms", "near:@kp+@arms",
    }  # fmt: skip


def test_the_body_counts_apart_from_the_head():
    text = "\n".join(["The harbour was quiet. Gulls slept.", FILLER * 8, "North Korea sold guns."])
    found = of("A port", text)
    assert {"body:kp", "body:guns", "body:@arms", "body-near:@kp+@arms", "sparse:@kp", "late:@kp"} <= found
    assert not any(one.startswith(("head:", "title:", "near:")) for one in found)


def test_what_is_all_through_a_text_is_dense():
    found = of("North Korea", "\n".join(["North Korea sold. ", *["North Koreans said so."] * 6]))
    assert "dense:@kp" in found
    assert not found & {"sparse:@kp", "late:@kp"}


def test_words_are_features_by_their_first_letters_and_only_at_the_head():
    text = "Артилеристи прибули.\n" + FILLER * 30 + "\nПотонув корабель."
    found = features("포탄 생산", text, LEXICON.scan("", ""), SCHEME, lead_end(text))
    assert {"word:포탄", "word:생산", "word:артиле"} <= found
    assert "word:корабе" not in found


def test_a_score_has_its_reasons_and_its_band():
    model = load_relevance(DATA, "bias\t-1.0\ntitle:kp\t0.05\nword:harbou\t-4\n", LEXICON)

    def judge(title, text):
        return model.judge(title, text, LEXICON.scan(title, text), LEXICON, lead_end(text, title), vouched=True)

    relevant = judge("North Korea sells guns", "")
    assert (relevant.band, relevant.relevant) == ("relevant", True)
    assert relevant.reasons == (
        "+2.5 the side “kp” and the side “arms” in one sentence",
    )  # what weighs little is no reason
    assert judge("Harbour", "North Korea sells guns").reasons[0] == "−4.0 “harbou…”"
    doubtful = judge("Boats", "")
    assert (doubtful.band, doubtful.score) == ("no", pytest.approx(0.2689, abs=1e-4))
    assert not NOT_READ.relevant


def test_a_topic_without_a_model_finds_all_doubtful():
    assert Model.none().judge("a", "b", LEXICON.scan("a", "b"), LEXICON, 1, vouched=True).band == "unsure"


@pytest.mark.parametrize(
    ("change", "table", "says"),
    [
        ({"band": {}}, "", "unknown key 'band'"),
        ({"bands": {"relevant": 0.6}}, "", "bands.unsure: found None"),
        (
            {"bands": {"relevant": 0.2, "unsure": 0.5, "gate": 0.1}},
            "",
            "found 0.1, 0.5, 0.2; expected gate ≤ unsure ≤ relevant",
        ),
        ({"bands": {"relevant": 1.5, "unsure": 0.5}}, "", "bands.relevant: found 1.5"),
        ({"bands": []}, "", "bands: found []"),
        ({"groups": {"kp": ["kq"]}}, "", "groups.kp: 'kq' is no concept"),
        ({"groups": {"kp": ["category:x"]}}, "", "'category:x' is no concept"),
        ({"groups": {"K P": ["kp"]}}, "", "groups.K P: expected"),
        ({"pairs": [["kp"]]}, "", "pairs: found ['kp']"),
        ({"pairs": [["kp", "xx"]]}, "", "pairs: 'xx' is no group"),
        ({"measured": ["xx"]}, "", "measured: 'xx' is no group"),
        ({"weights": {"title:kp": "1"}}, "", "weights.title:kp: found '1'"),
        ({"weights": {"title:kp": 10**400}}, "", "weights.title:kp: found 1000"),
        ({"weights": {"title:kp": 1e300}}, "", "expected a weight between −50 and 50"),
        ({"weights": {"heed:kp": 1}}, "", "'heed:kp' is no feature"),
        (
            {"bands": {"relevant": 0.6, "unsure": 0.3, "gate": 0.1, "relevent": 0.7}},
            "",
            "bands: unknown key 'relevent'",
        ),
        ({"pairs": 5}, "", "pairs: found 5, expected a list"),
        ({"measured": 5}, "", "measured: found 5, expected a list"),
        ({"needs": ["xx"]}, "", "needs: 'xx' is no group"),
        ({"groups": {"kp": [["kp"]]}}, "", "groups.kp: ['kp'] is no concept"),
        ({}, "a\t99", "relevance.tsv: line 1: found 99"),
        ({}, "title:kp 1", "relevance.tsv: line 1: found 'title:kp 1'"),
        ({}, "a\t1\na\t2", "line 2"),
        ({}, "a\tmuch", "line 1"),
    ],
)
def test_wrong_data_is_named(change, table, says):
    with pytest.raises(RelevanceError) as caught:
        load_relevance(DATA | change, table, LEXICON)
    assert says in str(caught.value)


def test_what_does_not_speak_of_a_needed_side_is_doubtful_at_best():
    model = load_relevance(DATA | {"needs": ["kp"]}, "title:guns\t9\n", LEXICON)
    assert model.judge("Guns", "", LEXICON.scan("Guns", ""), LEXICON, 0, vouched=False).band == "unsure"
    assert model.judge("Guns", "", LEXICON.scan("Guns", ""), LEXICON, 0, vouched=True).band == "relevant"
    title = "Guns of North Korea"
    assert model.judge(title, "", LEXICON.scan(title, ""), LEXICON, 0, vouched=False).band == "relevant"


def test_comments_in_the_table_are_skipped():
    assert read_table("# a\n\nbias\t-1.25\nx\t2\n") == {"bias": -1.25, "x": 2.0}


def test_links_to_other_stories_say_nothing_of_this_one():
    model = load_relevance(DATA, "bias\t-5\nbody:kp\t9\nhead:kp\t9\n", LEXICON)
    analyser = Analyser(LEXICON, model)
    story = "The harbour was quiet. " * 12
    linked = analyser.read("Boats", f"{story}\nRead more: North Korea sold guns")
    told = analyser.read("Boats", f"{story}\nNorth Korea sold guns.")
    assert (bool(linked.gate), linked.relevance.band) == (True, "no")
    assert told.relevance.band == "relevant"
    assert [mention.concept for mention in linked.scan.text] == ["kp", "guns"]


@pytest.fixture(scope="module")
def topic():
    return load_topic()


def rows(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def f1(texts, said):
    hit = sum(text["relevant"] and one for text, one in zip(texts, said, strict=True))
    precision, recall = hit / max(1, sum(said)), hit / sum(text["relevant"] for text in texts)
    return 2 * precision * recall / max(1e-9, precision + recall)


@pytest.mark.parametrize(("name", "least"), [("dev_relevance", 0.95), ("dev2_relevance", 0.88)])
def test_texts_by_other_hands_are_judged_rightly(topic, name, least):
    texts = rows(HERE / "eval" / f"{name}.jsonl")
    assert f1(texts, [topic.analyser.read(one["title"], one["text"]).relevance.relevant for one in texts]) >= least


def test_the_gate_does_not_miss(topic):
    texts = [one for name in ("dev_relevance", "dev2_relevance") for one in rows(HERE / "eval" / f"{name}.jsonl")]
    texts += [one for path in sorted((HERE / "texts" / "relevance").glob("*.jsonl")) for one in rows(path)]
    relevant = [one for one in texts if one["relevant"]]
    missed = [one["id"] for one in relevant if not topic.analyser.read(one["title"], one["text"]).gate]
    assert len(missed) <= 0.005 * len(relevant), missed


def test_our_own_texts_are_fit_to_learn_from():
    texts = [one for path in sorted((HERE / "texts" / "relevance").glob("*.jsonl")) for one in rows(path)]
    assert len({one["id"] for one in texts}) == len(texts)
    assert len({(one["title"], one["text"]) for one in texts}) == len(texts)
    for language in ("en", "uk", "ru", "ko"):
        of_language = [one for one in texts if one["lang"] == language]
        assert len(of_language) >= 400
        assert 0.35 < sum(one["relevant"] for one in of_language) / len(of_language) < 0.6


def test_every_reason_is_readable(topic):
    texts = rows(HERE / "eval" / "dev2_relevance.jsonl")
    for one in random.Random(1).sample(texts, 20):
        for reason in topic.analyser.read(one["title"], one["text"]).relevance.reasons:
            assert reason[0] in "+−"
            assert reason.split(" ", 1)[1].strip()


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=300), st.text(max_size=600))
def test_any_text_can_be_judged(title, text):
    judged = load_topic_once().analyser.read(title, text)
    assert 0 <= judged.relevance.score <= 1
    assert judged.relevance.band in {"relevant", "unsure", "no"}


TOPICS = []


def load_topic_once():
    if not TOPICS:
        TOPICS.append(load_topic())
    return TOPICS[0]
