"""Words: folding, offsets, what is cut and what is ignored."""

import re
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.plain import plain
from analysis.text import Word, forms, nfc, nfc_with_places, piece_end, same_length_fold, starts_with_hangul, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("North Korea sent troops.", ("north", "korea", "sent", "troops")),
        ("Straße ПХЕНЬЯН", ("strasse", "пхеньян")),
        ("сапёры САПЁРЫ саперы", ("саперы",) * 3),
        ("об'єднання об’єднання обʼєднання об`єднання", ("об'єднання",) * 4),
        ("North Korea's and Korea’s, KOREA'S", ("north", "korea", "and", "korea", "korea")),
        ("don't O'Brien soldiers' 'quoted'", ("don't", "o'brien", "soldiers", "quoted")),
        ("арти\u00adлерія арти\u200bлерія", ("артилерія",) * 2),
        ("Пу\u0301тін", ("путін",)),
        ("KN-23, 10,000 і foo_bar", ("kn", "23", "10", "000", "і", "foo", "bar")),
        ("북한이 MSMT는 K9자주포 데일리NK", ("북한이", "msmt", "는", "k9", "자주포", "데일리", "nk")),
        ("北김정은 북ㆍ러 북·러", ("北", "김정은", "북", "러", "북", "러")),
        ("İstanbul", ("istanbul",)),
        ("", ()),
        (" –—… «»", ()),
    ],
)
def test_words_are_folded(text, expected):
    assert forms(text) == expected


def test_composed_and_decomposed_are_alike():
    for text in ("Її корейський йод", "ёлка", "북한군", "Müller"):
        decomposed = unicodedata.normalize("NFD", text)
        assert forms(decomposed) == forms(text)
        assert nfc(decomposed) == text


def test_offsets_point_into_the_text_as_given():
    text = "Їх\u00adнє і Straße, «Корея's»"
    assert [(text[w.start : w.end], w.form) for w in words(text)] == [
        ("Їх\u00adнє", "їхнє"),
        ("і", "і"),
        ("Straße", "strasse"),
        ("Корея", "корея"),
    ]


@settings(deadline=None)
@given(st.text())
def test_offsets_are_ordered_and_inside(text):
    end = 0
    for word in words(text):
        assert isinstance(word, Word)
        assert end <= word.start < word.end <= len(text)
        assert word.form
        end = word.end


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from("aAßİŉ'’ʼsSё\u0301\u0308\u00ad북ㅎ1_-\u200b ")))
def test_folding_a_folded_word_changes_nothing(text):
    for form in forms(text):
        assert forms(form) == (form,)


@settings(deadline=None)
@given(st.text())
def test_every_letter_outside_odd_scripts_is_in_a_word(text):
    plain = re.sub(r"[^a-zа-я0-9가-힣 ]", " ", text)
    covered = "".join(plain[w.start : w.end] for w in words(plain))
    assert covered == plain.replace(" ", "")


@settings(deadline=None)
@given(st.text())
def test_letterwise_folding_keeps_every_place(text):
    assert len(same_length_fold(text)) == len(text)


def test_hangul():
    assert starts_with_hangul("북한")
    assert not starts_with_hangul("north")
    assert not starts_with_hangul("")


@pytest.mark.parametrize(
    "text", ["", "КНДР", "Се\u0301верная", unicodedata.normalize("NFD", "북한, йод, é"), "e\u0301\u0301x"]
)
def test_composing_keeps_the_place_of_every_piece(text):
    composed, places = nfc_with_places(text)
    assert composed == nfc(text)
    assert len(places) == len(composed) + 1
    for at, letter in enumerate(composed):
        assert letter in nfc(text[places[at] : piece_end(text, places[at])])
    assert places[len(composed)] == len(text)


def test_composing_what_is_composed_costs_nothing():
    text = "Північна Корея 북한 " * 100_000
    began = time.process_time()
    assert nfc_with_places(text) == (text, range(len(text) + 1))
    assert time.process_time() - began < 0.2


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from("aёЕЁ’ʼ–ㆍ•\u00ad\u0301\u0306и \n\r\u00a0북\u1112\u1161\u11ab*")))
def test_plain_writing_keeps_places(text):
    written, places = plain(text)
    if places is None:
        assert len(written) == len(text)
    else:
        assert list(places) == sorted(places)
        assert len(places) - len(written) in {0, 1}
        assert all(0 <= place <= len(text) for place in places)
    assert not re.search("[\u0300-\u036f\u00ad’–•ё\r]|  |[ \n]\n", written)
    line = written.replace("\n", "")
    assert plain(line)[0].strip() == nfc(" ".join(line.split()))  # letters may compose once nothing unseen parts them
