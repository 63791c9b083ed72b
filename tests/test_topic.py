"""The topic: the built-in one is sound, overlays lie over it, and every fault is named with its place."""

import tomllib
from importlib.resources import files

import pytest

from khasan.merging import merge_overlay
from khasan.topic import KINDS, TopicError, load_topic
from storage.model import Pages, Source

SOURCES = """
[[outlet]]
id = "paper"
name = "The Paper"

[[source]]
id = "paper-en"
outlet = "paper"
name = "The Paper"
url = "https://paper.example/feed"
"""
LEXICON = """
[gate]
any = ["kp"]
[[concept]]
id = "kp"
category = "actor"
en = { name = "North Korea", forms = ["dprk"] }
"""
RULES = """
[sets]
kp = "dprk OR pyongyang"
[[rule]]
id = "one"
name = "One"
query = "{kp} AND shells"
"""


def write(directory, sources=SOURCES, lexicon=LEXICON, rules=RULES):
    directory.mkdir(exist_ok=True)
    for name, text in (("sources", sources), ("lexicon", lexicon), ("rules", rules)):
        if text is not None:
            (directory / f"{name}.toml").write_text(text, encoding="utf-8")
    return directory


def lines(tmp_path, *, overlay=None, **texts):
    with pytest.raises(TopicError) as caught:
        load_topic(write(tmp_path / "topic", **texts), overlay)
    assert str(caught.value) == "\n".join(caught.value.lines)
    return caught.value.lines


def test_the_built_in_topic():
    topic = load_topic()
    assert topic.name == "nk-russia"
    assert len(topic.sources) == len({source.id for source in topic.sources}) >= 90
    assert {source.kind for source in topic.sources} <= set(KINDS)
    assert {source.outlet for source in topic.sources} == {outlet.id for outlet in topic.outlets}
    assert {source.language for source in topic.sources} >= {"en", "uk", "ru", "ko"}
    for source in topic.sources:
        assert source.enabled or source.reason, source.id
        assert source.zone
    assert topic.rules.rules
    assert topic.lexicon.gate.any
    assert len(topic.version) == 12
    assert load_topic().version == topic.version


def test_the_built_in_files_say_how_to_add_one():
    for name in ("sources", "lexicon", "rules"):
        text = (files("khasan") / "topics" / "nk-russia" / f"{name}.toml").read_text(encoding="utf-8")
        assert text.startswith("# ")
        assert tomllib.loads(text)


def test_a_topic_in_a_directory(tmp_path):
    topic = load_topic(write(tmp_path / "topic"))
    assert topic.sources == (Source("paper-en", "paper", "The Paper", "https://paper.example/feed"),)
    assert topic.sources[0].pages is Pages.ALL


def test_an_overlay_adds_changes_and_rests(tmp_path):
    base = write(tmp_path / "topic")
    overlay = write(
        tmp_path / "mine",
        sources="""
[[outlet]]
id = "blog"
name = "A Blog"
[[source]]
id = "paper-en"
enabled = false
reason = "too slow"
interval = 600
[[source]]
id = "blog-en"
outlet = "blog"
name = "A Blog"
url = "http://blog.example/"
pages = "never"
css = { title = "h1", text = ["p", "li"] }
""",
        lexicon="""
[gate]
context = ["kp"]
[[concept]]
id = "kp"
uk = { name = "КНДР", forms = ["кндр"] }
""",
        rules="""
[sets]
kp = "кндр"
[[rule]]
id = "two"
name = "Two"
query = "{kp} AND parade"
""",
    )
    plain, topic = load_topic(base), load_topic(base, overlay)
    paper, blog = topic.sources
    assert (paper.url, paper.enabled, paper.reason, paper.interval) == (
        "https://paper.example/feed",
        False,
        "too slow",
        600,
    )
    assert (blog.pages, blog.css) == (Pages.NEVER, {"title": "h1", "text": ["p", "li"]})
    assert topic.lexicon.candidate("КНДР")
    assert topic.lexicon.candidate("DPRK")
    assert topic.lexicon.gate.context == {"kp"}
    assert [rule.query.text for rule in topic.rules.rules] == ["кндр AND shells", "кндр AND parade"]
    assert topic.version != plain.version


def test_an_overlay_may_hold_one_file_or_none(tmp_path):
    base = write(tmp_path / "topic")
    assert load_topic(base, tmp_path / "nowhere").version == load_topic(base).version
    overlay = write(tmp_path / "mine", sources=None, lexicon=None, rules='[[rule]]\nid = "one"\nenabled = false\n')
    assert load_topic(base, overlay).rules.rules[0].enabled is False


def test_an_overlay_lies_over_the_built_in_topic(tmp_path):
    overlay = write(
        tmp_path / "mine", sources='[[source]]\nid = "tass-en"\nenabled = false\n', lexicon=None, rules=None
    )
    (tass,) = [source for source in load_topic(overlay_dir=overlay).sources if source.id == "tass-en"]
    assert not tass.enabled


def test_merge_overlay_changes_nothing_it_is_given():
    base = [{"id": "a", "x": 1}, {"id": "b", "x": 2}, {"x": 3}]
    overlay = [{"id": "b", "y": 5}, {"id": "c"}, {"y": 6}]
    merged = merge_overlay(base, overlay)
    assert merged == [{"id": "a", "x": 1}, {"id": "b", "x": 2, "y": 5}, {"x": 3}, {"id": "c"}, {"y": 6}]
    assert base == [{"id": "a", "x": 1}, {"id": "b", "x": 2}, {"x": 3}]
    assert merge_overlay(base, [{"id": ["odd"]}])[-1] == {"id": ["odd"]}
    assert merge_overlay([{"k": 1}], [{"k": 1, "v": 2}], key="k") == [{"k": 1, "v": 2}]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ('kind = "feed"', 'sources.toml: source paper-en.kind: found "feed", expected one of feeds, sitemaps'),
        (
            'pages = "some"',
            'sources.toml: source paper-en.pages: found "some", expected one of "all", "candidates", "never"',
        ),
        ("enabled = 1", "sources.toml: source paper-en.enabled: found 1, expected true or false"),
        ("name = 3", "sources.toml: source paper-en.name: found 3, expected text"),
        ('interval = "1h"', 'sources.toml: source paper-en.interval: found "1h", expected a number'),
        ("interval = 0", "sources.toml: source paper-en.interval: found 0.0, expected a number of seconds"),
        ("interval = inf", "sources.toml: source paper-en.interval: found inf, expected a number of seconds"),
        ('urll = "x"', 'sources.toml: source paper-en.urll: unknown key; did you mean "url"?'),
        (
            'outlet = "papr"',
            'sources.toml: source paper-en.outlet: found "papr", expected an [[outlet]]\'s id; did you mean "paper"?',
        ),
        (
            'url = "ftp://x.example/"',
            'sources.toml: source paper-en.url: found "ftp://x.example/", expected an address',
        ),
        ('url = "https://"', 'sources.toml: source paper-en.url: found "https://"'),
        ('url = "https://[x/"', 'sources.toml: source paper-en.url: found "https://[x/"'),
        ('zone = "Asia/Soul"', 'sources.toml: source paper-en.zone: found "Asia/Soul", expected an IANA name'),
        ('zone = "../etc"', 'sources.toml: source paper-en.zone: found "../etc"'),
        ('zone = "Asia"', 'sources.toml: source paper-en.zone: found "Asia"'),
        ('language = "eng"', 'sources.toml: source paper-en.language: found "eng", expected two small letters'),
        ("css = 3", "sources.toml: source paper-en.css: found 3, expected a table"),
        ('id = "Paper EN"', 'sources.toml: source Paper EN.id: found "Paper EN", expected the shape'),
    ],
)
def test_a_wrong_source_is_named(tmp_path, change, line):
    key = change.split(" ", 1)[0]
    kept = [old for old in SOURCES.rsplit("[[source]]", 1)[1].splitlines() if not old.startswith(f"{key} =")]
    sources = "\n".join([SOURCES.rsplit("[[source]]", 1)[0], "[[source]]", *kept, change])
    (found,) = lines(tmp_path, sources=sources)
    assert found.startswith(line)


def test_every_fault_is_named_at_once(tmp_path):
    found = lines(
        tmp_path,
        sources=SOURCES.replace("https:", "ftp:") + SOURCES,
        lexicon=LEXICON.replace('"dprk"', '""'),
        rules=RULES.replace("AND shells", "AND"),
    )
    assert [line.split(": ")[0] for line in found] == ["sources.toml"] * 3 + ["lexicon.toml", "rules.toml"]
    assert "found this id twice" in found[0]


@pytest.mark.parametrize(
    ("texts", "line"),
    [
        ({"sources": "[[source]\n"}, "sources.toml: this is not TOML: "),
        ({"sources": "x = 1"}, "sources.toml: x: found an unknown key"),
        ({"sources": "[[sources]]"}, 'sources.toml: sources: found an unknown key; did you mean "source"?'),
        ({"sources": "source = 3"}, "sources.toml: source: found 3, expected [[source]] tables"),
        ({"rules": "sets = 3"}, "rules.toml: sets: found 3, expected a [sets] table"),
        ({"lexicon": None}, "lexicon.toml: found no such file"),
        ({"sources": '[[outlet]]\nname = "x"'}, "sources.toml: outlet ?.id: missing, expected text"),
    ],
)
def test_a_wrong_file_is_named(tmp_path, texts, line):
    (found,) = lines(tmp_path, **texts)
    assert found.startswith(line)


def test_wrong_toml_is_named_with_its_line(tmp_path):
    (found,) = lines(tmp_path, rules="[sets]\nkp = dprk\n")
    assert "line 2" in found


def test_a_file_that_is_no_text(tmp_path):
    write(tmp_path / "topic")
    (tmp_path / "topic" / "rules.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TopicError, match=r"rules\.toml: cannot be read"):
        load_topic(tmp_path / "topic")


def test_an_overlay_is_named_by_its_path(tmp_path):
    overlay = write(tmp_path / "mine", sources="[[source", lexicon=None, rules=None)
    (found,) = lines(tmp_path, overlay=overlay)
    assert found.startswith(str(overlay / "sources.toml"))


def test_unknown_topics_are_named(tmp_path):
    with pytest.raises(TopicError, match="expected one of nk-russia"):
        load_topic("nk-rusia")
    with pytest.raises(TopicError, match="found no directory"):
        load_topic(tmp_path / "nowhere")


def test_a_grammar_is_laid_over_rule_by_rule(tmp_path):
    text = "North Korea has quietly teleported 300 howitzers to Russia, the NIS said."
    assert not load_topic().analyser.read("", text, "en").claims
    (tmp_path / "claims").mkdir()
    (tmp_path / "claims" / "en.toml").write_text(
        '[[rule]]\nid = "smuggle"\nkind = "event"\ngives = "sent"\nforms = ["teleported"]\n[[rule]]\nid = "guns"\nenabled = false\n'
        '[[rule]]\nid = "howitzers"\nkind = "unit"\ngives = "artillery"\nforms = ["howitzers"]\n',
        encoding="utf-8",
    )
    topic = load_topic(overlay_dir=tmp_path)
    (claim,) = topic.analyser.read("", text, "en").claims
    assert (claim.low, claim.unit, claim.event) == (300, "artillery", "sent")
    assert set(claim.rules) >= {"smuggle", "howitzers"}
    assert topic.version != load_topic().version


@pytest.mark.parametrize(
    ("file", "written", "fault"),
    [
        ("claims/en.toml", "[[rule]]\nid = 'x'\nkind = 'unti'", "claims/en.toml: rule x: kind: found 'unti'"),
        ("claims/en.toml", "[[rule", "claims/en.toml: this is not TOML"),
        (
            "claims/uk.toml",
            "[[rule]]\nid = 'x'\nkind = 'side'\ngives = 'KP'\nforms = ['a * b']",
            "x: uk: form 'a * b': “*” may only end a token",
        ),
        ("claims/en.toml", "rule = 3", "claims/en.toml: rule: expected [[rule]] tables"),
        ("attribution/ko.toml", "[[rule]]\nkind = 'speech'", "attribution/ko.toml: a rule has no id"),
        ("claims/en.toml", "\udcff", "claims/en.toml: cannot be read"),
        ("claims/eng.toml", "", "claims/eng.toml: nobody reads a file of this name, expected one of en, uk, ru, ko"),
        ("claims/en.toml", "[[rule]]\nid = 'per'\nnear = 'two'", "rule per: near: expected a number"),
    ],
)
def test_a_fault_in_a_grammar_is_told(tmp_path, file, written, fault):
    write(tmp_path / "topic")
    for folder in (tmp_path, tmp_path / "topic"):
        (folder / file).parent.mkdir()
        (folder / file).write_bytes(written.encode("utf-8", "surrogateescape"))
    with pytest.raises(TopicError) as told:
        load_topic(overlay_dir=tmp_path)
    assert fault in str(told.value)
    with pytest.raises(TopicError) as told:
        load_topic(tmp_path / "topic")
    assert fault.partition(": ")[0] in str(told.value)
