"""Every kind of source and every outcome, over the whole way: the real daemon on the local press."""

import pytest

from khasan.demo.press import FAULTS

DOWN = "demo-lost-signal"


def plain(urls):
    """Addresses without what an outlet appends to trace its readers."""
    return sorted(url.partition("?utm_")[0] for url in urls)


def failing(result):
    return {id_: outcome for id_, (outcome, _) in result["outcomes"].items() if outcome not in ("new", "unchanged")}


@pytest.mark.parametrize("kind", ["feeds", "sitemaps", "listings"])
def test_a_kind_brings_every_article_of_the_press_and_alerts_of_each_that_is_told(walked, kind):
    result = walked("kind", kind)
    assert set(failing(result)) == {DOWN if kind == "feeds" else f"{DOWN}-{kind}"}
    assert len(result["articles"]) == result["expected"]["articles"]
    assert plain(result["alerts"]) == plain(result["expected"]["alerts"])
    assert plain(result["baseline"]) == plain(result["expected"]["baseline"])
    assert all(result["titles"].values()), "an entry of a plain sitemap has the title of its page"


def test_a_channel_is_read_post_by_post(walked):
    result = walked("kind", "telegram")
    assert set(failing(result)) == {f"{DOWN}-telegram"}
    assert plain(result["alerts"]) == plain(result["expected"]["alerts"])
    live = set(result["articles"]) - set(result["baseline"])
    assert len(live) == result["expected"]["articles"] - len(result["expected"]["baseline"])
    assert set(result["baseline"]) <= set(result["expected"]["baseline"]), "a first look takes the newest posts"
    texts = " ".join(result["texts"].values())
    assert "[forwarded from " in texts
    assert 2 in result["versions"].values(), "a post that was edited is a new version"


@pytest.mark.parametrize("which", ["demo-search", pytest.param("demo-search-gdelt", marks=pytest.mark.slow)])
def test_a_search_finds_articles_and_names_who_published_them(walked, which):
    result = walked("kind", "search", which)  # GDELT is asked once in five seconds
    assert failing(result) == {}
    assert len(result["alerts"]) > 5
    assert len(set(result["outlets"].values())) > 4
    assert all(title and not title.endswith(tuple("—-")) for title in result["titles"].values())


@pytest.fixture(scope="module")
def faults(walked):
    return walked("faults")


@pytest.mark.parametrize("name", sorted(FAULTS.keys() - {"too-many", "loop"}))
def test_every_way_of_breaking_a_feed_is_told_from_the_others(faults, name):
    case = f"case-{name}"
    assert faults["first"][case][0] == "new"
    outcome, detail = faults["during"][case]
    assert outcome == FAULTS[name].outcome, detail
    assert detail, "an outcome that is no success says why"
    assert not any(word in detail for word in ("<", "Error:", "twisted", "http://127.")), detail
    assert faults["after"][case][0] in {"unchanged", "new"} or name == "gone"


def test_broken_feeds_add_nothing_and_lose_nothing(faults):
    assert len(faults["articles"]) == 5


def test_a_host_that_says_too_many_is_left_alone_with_all_its_sources(walked):
    result = walked("resting")
    before, *during, after = result["asked"]
    assert before <= 4 + 2, "what was on its way when it said so"
    assert during == [before, before]
    assert after == before + 4
    assert ["127.0.1.1", "HTTP 429"] in result["rests"]


def test_a_window_that_has_turned_over_is_told_and_mended_where_there_are_further_pages(walked):
    result = walked("overflow")
    assert result["outcomes"]["demo-tumen-courier"] == ["new", "3 more entries from further pages"]
    outcome, detail = result["outcomes"]["demo-saebyeok-news"]
    assert outcome == "overflow"
    assert "were never seen" in detail
    assert result["overflow_at"]["demo-saebyeok-news"]
    assert not result["overflow_at"]["demo-tumen-courier"]
    assert result["next"]["demo-saebyeok-news"] < result["next"]["demo-tumen-courier"] < 3700


def test_a_permanent_redirect_moves_a_source_once_it_has_held_and_410_retires_it(walked):
    result = walked("moved")
    assert result["seen"] == ["unchanged", "unchanged", "unchanged", "moved"]
    assert {id_: bool(address) for id_, address in result["addresses"].items()} == {
        "case-permanent": True,
        "case-kept": True,
        "case-temporary": False,
        "case-retired": False,
    }
    asked = {query for _, query in result["later"]}
    assert asked == {"new=permanent", "new=kept", "case=temporary", "new=temporary"}
    assert result["retired"] == [["case-retired", 1, "gone"]]
    assert result["articles"] == 5


def test_silence_far_beyond_the_usual_is_a_fault_though_the_server_answers_well(walked):
    result = walked("silent")
    assert [outcome for outcome, _ in result["seen"]] == ["new", "unchanged", "stale", "stale"]
    assert "usually" in result["seen"][2][1]
    assert result["trouble"] == [[1, 0]], "it is in trouble, and polled as often as ever"


def test_a_source_whose_pages_all_fail_is_told(walked):
    result = walked("pages")
    assert result["broken"][0] == "page-faults"
    assert result["after"][0] == "unchanged"


def test_robots_are_obeyed_where_a_redirect_leads_and_asked_again_after_a_day(walked):
    result = walked("robots")
    first, second, third = ({id_: outcome for id_, (outcome, _) in one.items()} for one in result["outcomes"])
    assert first == {"demo-tumen-courier": "robots", "demo-harbour-gazette": "server", "demo-skhidna-varta": "new"}
    assert second == {"demo-tumen-courier": "robots", "demo-harbour-gazette": "new", "demo-skhidna-varta": "robots"}
    assert third["demo-tumen-courier"] == "new"
    assert result["asked"] == 1


def test_certificates_names_and_addresses_that_are_not_public(walked):
    result = walked("secure")
    assert {id_: outcome for id_, (outcome, _) in result.items()} == {"tls": "tls", "dns": "dns", "private": "private"}
    assert result["tls"][1] == "certificate verify failed"
    assert "127.0.2.1 is not a public address" in result["private"][1]
