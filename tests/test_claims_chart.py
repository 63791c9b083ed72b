"""The chart of claims: what is drawn for what was said, and that nothing that could be said breaks it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from khasan.claims_chart import NARROWEST, PLAIN, UNICODE, Scale, chart, drawable
from khasan.claims_table import amount, number, short_number
from storage.claim_model import Figure, Status, StoredClaim

NOW = datetime(2025, 2, 10, tzinfo=UTC)
NAMES = {
    "nis": "NIS",
    "mnd": "국방부 대변인실",
    "long": "An origin with a name that " * 6,
    "odd": "two\nlines \x1b[31m",
}


def claim(low=11_000, high=None, *, number=1, day=0, status=Status.READ, **rest):
    values = {"unit": "troops", "event": "sent", "actor": "KP", "recipient": "RU", "approx": "exact", "modality": "fact", "origin": "nis"}  # fmt: skip
    figure = Figure(low=low, high=low if high is None else high, **(values | rest))
    at = NOW + timedelta(days=day)
    return StoredClaim(number, figure, status, at, at, 1, ("paper",), True, "s", "e", 1, "paper", "en")


def drawn(*claims, width=80, signs=UNICODE):
    return chart(claims, lambda one: NAMES.get(one, one), width=width, signs=signs)


def line(*claims, number=1, **rest):
    """The line of a claim, without the grid."""
    (found,) = (one for one in drawn(*claims, **rest) if one.startswith(f"  {number}  2025"))
    return found.replace("┊", " ").replace(":", " ")


def plot(*claims, **rest):
    """What is drawn of the first claim."""
    return line(*claims, **rest).split()[-1]


def test_one_figure():
    lines = drawn(claim())
    assert lines[0] == "troops sent, North Korea → Russia: 1 claim"
    assert lines[2].startswith("NIS ")
    assert "1  2025-02-10  11,000" in lines[3]
    assert lines[3].count("●") == 1
    assert lines[-1] == "● said as fact"


@pytest.mark.parametrize(
    ("said", "mark", "plain"),
    [
        ({}, "●", "*"),
        ({"recap": True}, "○", "o"),
        ({"modality": "expected"}, "◇", "?"),
        ({"modality": "possible"}, "◇", "?"),
        ({"modality": "denied"}, "✕", "x"),
        ({"modality": "denied", "recap": True}, "✕", "x"),
        ({"approx": "more_than"}, "●─▶", "*->"),
        ({"approx": "at_least", "recap": True}, "○╌▶", "o.>"),
        ({"approx": "up_to"}, "◀─●", "<-*"),
        ({"increment": True}, "+●", "+*"),
        ({"increment": True, "approx": "up_to"}, "+◀─●", "+<-*"),
    ],
)
def test_signs(said, mark, plain):
    assert plot(claim(**said)) == mark
    assert plot(claim(**said), signs=PLAIN) == plain


def test_a_range_is_a_bar_from_end_to_end():
    both = claim(10_000, 20_000), claim(10_000, number=2), claim(20_000, number=3)
    bar = line(*both)
    assert set(bar[bar.index("●") :]) == {"●", "─"}
    assert bar.count("●") == 2
    assert bar.index("●") == line(*both, number=2).index("●")
    assert bar.rindex("●") == line(*both, number=3).index("●")
    assert set(plot(claim(10_000, 20_000, recap=True))) == {"○", "╌"}


def test_what_is_more_stands_to_the_right():
    claims = [claim(value, number=at) for at, value in enumerate((1_500, 3_000, 10_000, 11_000, 12_000, 30_000), 1)]
    places = [line(*claims, number=at).index("●") for at in range(1, 7)]
    assert places == sorted(set(places))


def test_origins_have_lanes_in_the_order_in_which_they_spoke():
    claims = [
        claim(12_000, number=1, day=3),
        claim(10_000, number=2, day=1, origin="mnd"),
        claim(9_000, number=3, day=2, origin=None),
        claim(11_000, number=4, day=5, origin="mnd"),
    ]
    starts = [one.split("  ")[0].split("┊")[0].strip() or one.split()[0] for one in drawn(*claims)[2:9]]
    assert starts == ["국방부 대변인실", "2", "4", "NIS", "1", "nobody named", "3"]


def test_an_origin_may_say_much():
    lines = drawn(*(claim(1_000 * number, number=number, day=number) for number in range(1, 41)))
    assert [int(one.split()[0]) for one in lines[3:43]] == list(range(1, 41))


def test_kinds_are_drawn_apart():
    lines = drawn(
        claim(), claim(5_000_000, number=2, unit="shells"), claim(9, number=3, unit="money_usd", event="paid")
    )
    assert [one for one in lines if "→ Russia: 1 claim" in one] == [
        "troops sent, North Korea → Russia: 1 claim",
        "shells sent, North Korea → Russia: 1 claim",
        "money paid, North Korea → Russia: 1 claim",
    ]


def test_a_wide_spread_is_logarithmic():
    lines = drawn(claim(28_000, unit="shells"), claim(12_000_000, number=2, unit="shells"))
    assert lines[0].endswith("logarithmic scale")
    assert "10,000" in lines[1]
    assert "100M" in lines[1] or "10M" in lines[1]
    assert "logarithmic" not in drawn(claim(1_500), claim(30_000))[0]


def test_an_analysts_word_is_marked():
    assert "11,000 ✓" in line(claim(status=Status.CORRECTED))
    assert "✓ an analyst's word" in drawn(claim(status=Status.CONFIRMED))[-1]
    assert "✓" not in "".join(drawn(claim()))


def test_nothing_is_nothing():
    assert drawn() == []


def test_drawable():
    assert drawable("utf-8")
    assert not drawable("ascii")
    assert not drawable("latin-1")
    assert not drawable("cp949-of-old")
    assert not drawable(None)


@pytest.mark.parametrize(
    ("figure", "long", "short"),
    [
        (claim(approx="about"), "≈11,000", "≈11,000"),
        (claim(approx="nearly"), "nearly 11,000", "nearly 11,000"),
        (claim(3_000, increment=True, approx="at_least"), "+≥3,000", "+≥3,000"),
        (claim(10_000, 12_000, approx="range"), "10,000–12,000", "10,000–12,000"),
        (claim(9_000_000, 12_000_000, approx="range"), "9–12 million", "9–12M"),
        (claim(1_234_567), "1,234,567", "1,234,567"),
        (claim(20_000_000, unit="money_usd"), "$20 million", "$20M"),
        (claim(900_000, 12_000_000), "900,000–12 million", "900,000–12M"),
        (claim(1_500_000_000), "1.5 billion", "1.5B"),
        (claim(900_000_000, 1_500_000_000), "900 million–1.5 billion", "900M–1.5B"),
        (claim(0), "0", "0"),
    ],
)
def test_amounts(figure, long, short):
    assert amount(figure.figure) == long
    assert amount(figure.figure, short=True) == short


@given(st.integers(0, 10**15))
def test_short_numbers_lose_nothing(value):
    sizes = {"B": 10**9, "M": 10**6, " billion": 10**9, " million": 10**6}
    for text in (short_number(value), number(value)):
        size = next((factor for end, factor in sizes.items() if text.endswith(end)), 1)
        digits = text.rstrip("BMilon ").rstrip(" b").replace(",", "")
        whole, _, part = digits.partition(".")
        assert int(whole) * size + int(part or 0) * size // 10 ** len(part) == value


VALUES = st.one_of(st.integers(0, 30_000), st.integers(0, 10**15))
CLAIMS = st.builds(
    lambda low, more, rest, at: claim(low, low + more, number=at[0], day=at[1], **rest),
    VALUES,
    st.one_of(st.just(0), VALUES),
    st.fixed_dictionaries(
        {
            "unit": st.sampled_from(["troops", "shells", "money_usd", "made_up"]),
            "event": st.sampled_from(["sent", "losses"]),
            "recipient": st.sampled_from(["RU", None]),
            "approx": st.sampled_from(["exact", "about", "more_than", "at_least", "up_to", "nearly", "range"]),
            "modality": st.sampled_from(["fact", "expected", "possible", "conditional", "denied", "odd"]),
            "origin": st.sampled_from([None, *NAMES, "unknown", "🇰🇵"]),
            "recap": st.booleans(),
            "increment": st.booleans(),
            "status": st.sampled_from(list(Status)),
        }
    ),
    st.tuples(st.integers(1, 10**9), st.integers(-3000, 3000)),
)


@given(st.lists(CLAIMS, max_size=30), st.integers(0, 160), st.sampled_from([UNICODE, PLAIN]))
@settings(deadline=None, max_examples=300)
def test_any_claims_can_be_drawn(claims, width, signs):
    lines = drawn(*claims, width=width, signs=signs)
    assert all(cell_len(one) <= max(width, NARROWEST) for one in lines)
    assert not any("\n" in one or "\x1b" in one for one in lines)
    if signs is PLAIN:
        assert all(one.isascii() for one in lines)
    begins = sorted(f"{one.id}  {one.first_at:%Y-%m-%d}" for one in claims)
    rows = [one for one in lines if one.startswith("  ")]
    found = sorted("  ".join(one.split()[:2]) for one in rows if one.split()[1:2] and one.split()[1][-3:-2] == "-")
    assert found == begins
    marks = (signs.fact, signs.recap, signs.maybe, signs.denied)
    for one in rows:
        words = one.split()
        if "  ".join(words[:2]) in begins:
            assert any(mark in one for mark in marks), one


@given(st.lists(CLAIMS, min_size=1, max_size=20), st.integers(16, 120))
@settings(deadline=None)
def test_a_scale_keeps_the_order_and_its_bounds(claims, width):
    scale = Scale.of(claims, width)
    values = sorted(value for one in claims for value in (one.figure.low, one.figure.high))
    columns = [scale.column(value) for value in values]
    assert columns == sorted(columns)
    assert columns[0] >= 3
    assert columns[-1] <= width - 3
    assert list(scale.ticks) == sorted(set(scale.ticks))
    assert values[-1] <= scale.ticks[-1]
    assert scale.ticks[0] <= max(values[0], 1) or scale.logarithmic
