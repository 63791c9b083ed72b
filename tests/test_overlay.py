"""Writing the overlay: what is to change changes, all else stays to the byte, and a wrong file is never left behind."""

import threading
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khasan import overlay
from khasan.overlay import FILE, OverlayError, added, altered, edit, removed, toml_table

TEXT = '''# The desk's own sources.

[[outlet]]
id = "tumen_courier"  # Seoul
name = "Tumen Courier"

# asked for by Ann
[[source]]
id = "tumen-courier-en"
outlet = "tumen_courier"
name = "Tumen Courier"
url = "https://tumen.example/rss.xml"

# between
[[outlet]]
id = "border_post"
name = "The Border Post"

[[source]]   # rested
  id = "tass-en"
  enabled = false  # flaky
  reason = """
not # reachable
[[source]]
from here"""

[source.css]
text = "div"
remove = [
  "p.a",  # one
  "p[b]",
]

# the end
'''


def fine(_):
    """A check that finds nothing wrong."""


def sources(text):
    return {one["id"]: one for one in tomllib.loads(text)["source"]}


def test_a_changed_key_keeps_its_place_and_its_comment():
    assert altered(TEXT, "tass-en", {"enabled": True}) == TEXT.replace(
        "enabled = false  # flaky", "enabled = true  # flaky"
    )


def test_a_new_key_stands_at_the_end_of_its_table():
    after = altered(TEXT, "tumen-courier-en", {"enabled": False, "reason": 'says "no"'})
    assert after == TEXT.replace('rss.xml"\n', 'rss.xml"\nenabled = false\nreason = "says \\"no\\""\n')


def test_a_key_is_taken_away_over_all_its_lines():
    after = altered(TEXT, "tass-en", {"reason": None})
    assert "reachable" not in after
    assert sources(after)["tass-en"] == {
        "id": "tass-en",
        "enabled": False,
        "css": {"text": "div", "remove": ["p.a", "p[b]"]},
    }
    assert after.endswith("# the end\n")


def test_what_is_not_there_is_added():
    after = altered(TEXT, "yonhap-en", {"enabled": False, "reason": "slow"})
    assert after == TEXT.rstrip() + '\n\n[[source]]\nid = "yonhap-en"\nenabled = false\nreason = "slow"\n'


def test_a_removed_table_takes_its_own_tables_along_and_no_comment_beside_it():
    after = removed(TEXT, "tass-en")
    assert after == TEXT[: TEXT.index("[[source]]   # rested")] + "# the end\n"
    assert removed(TEXT, "tumen-courier-en") == TEXT[: TEXT.index("[[source]]\nid")] + TEXT[TEXT.index("# between") :]


def test_the_last_source_leaves_no_trace():
    assert removed('[[source]]\nid = "a"\n', "a") == ""


def test_tables_are_added_at_the_end():
    outlet, source = (
        {"id": "new", "name": "Нове"},
        {"id": "new-uk", "delay": 2.5, "listing": {"links": 'a[href*="x"]', "depth": 3}},
    )
    after = added(TEXT, [outlet], [source])
    assert after.startswith(TEXT.rstrip())
    assert sources(after)["new-uk"] == source
    assert 'name = "Нове"\n' in after
    assert added("", [], [{"id": "a"}]) == f'{overlay.BEGINNING}\n[[source]]\nid = "a"\n'


@pytest.mark.parametrize("text", ['source = [{ id = "a", enabled = true }]\n', 'source = [\n  { id = "a" },\n]\n'])
def test_what_is_written_in_a_way_that_is_not_understood_is_left_to_its_owner(text):
    for change in (
        lambda: altered(text, "a", {"enabled": False}),
        lambda: removed(text, "a"),
        lambda: added(text, [], [{"id": "b"}]),
    ):
        with pytest.raises(OverlayError, match="by hand"):
            change()


NAMES = st.text(st.sampled_from("a#[]=\"\\'\n\x7f\x85\u2028é한\t "), max_size=12)
VALUES = st.one_of(
    NAMES,
    st.booleans(),
    st.integers(-5, 10**12),
    st.lists(NAMES, max_size=3),
    st.dictionaries(NAMES, NAMES, max_size=2),
)
ENTRIES = st.dictionaries(st.sampled_from(["name", "url", "enabled", "reason", "css"]), VALUES, max_size=4)


@given(st.lists(ENTRIES, min_size=1, max_size=5), ENTRIES, st.data())
def test_any_values_come_back_as_they_were_given(entries, values, data):
    entries = [{"id": f"s{number}", **entry} for number, entry in enumerate(entries)]
    comments = data.draw(
        st.lists(st.sampled_from(["# x", "#[[source]]", '# """', ""]), min_size=len(entries), max_size=len(entries))
    )
    text = "\n".join(
        f"{comment}\n{toml_table('source', entry)}" for comment, entry in zip(comments, entries, strict=True)
    )
    chosen = data.draw(st.sampled_from(entries))
    left = removed(text, chosen["id"])
    assert tomllib.loads(left).get("source", []) == [one for one in entries if one is not chosen]
    assert all(comment in left.split("\n") for comment in comments)
    after = altered(text, chosen["id"], values)
    assert list(sources(after).values()) == [one | values if one is chosen else one for one in entries]


def test_line_ends_and_the_byte_order_mark_stay(tmp_path):
    file = tmp_path / FILE
    file.write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    assert edit(tmp_path, lambda text: altered(text, "tass-en", {"enabled": True}), fine)
    assert (
        file.read_bytes()
        == b"\xef\xbb\xbf" + TEXT.replace("enabled = false", "enabled = true").replace("\n", "\r\n").encode()
    )


def test_a_file_without_a_line_end_at_its_end(tmp_path):
    (tmp_path / FILE).write_text('[[source]]\nid = "a"')
    edit(tmp_path, lambda text: altered(text, "a", {"enabled": False}), fine)
    assert (tmp_path / FILE).read_text() == '[[source]]\nid = "a"\nenabled = false\n'


def test_nothing_to_change_writes_nothing(tmp_path):
    folder = tmp_path / "topic"
    assert not edit(folder, lambda text: text, fine)
    assert list(folder.iterdir()) == []


def test_what_the_check_refuses_is_not_written_and_the_real_file_is_named(tmp_path):
    (tmp_path / FILE).write_text(TEXT)
    (tmp_path / "rules.toml").write_text("# rules")

    def refuse(folder):
        assert "new-one" in (folder / FILE).read_text()
        assert (folder / "rules.toml").read_text() == "# rules"
        raise OverlayError([f"{folder / FILE}: source new-one.outlet: missing"])

    with pytest.raises(OverlayError) as refused:
        edit(tmp_path, lambda text: added(text, [], [{"id": "new-one"}]), refuse)
    assert refused.value.lines == (f"{tmp_path / FILE}: source new-one.outlet: missing",)
    assert (tmp_path / FILE).read_text() == TEXT
    assert sorted(one.name for one in tmp_path.iterdir()) == ["rules.toml", FILE]


@pytest.mark.parametrize(("content", "said"), [(b"[[source]\n", "not TOML"), (b"\xff\xfe[", "cannot be read")])
def test_a_file_that_is_broken_already_is_named_and_left(tmp_path, content, said):
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(OverlayError, match=said):
        edit(tmp_path, lambda text: added(text, [], [{"id": "a"}]), fine)
    assert (tmp_path / FILE).read_bytes() == content


def test_mode_and_link_stay(tmp_path):
    real, folder = tmp_path / "kept.toml", tmp_path / "topic"
    real.write_text(TEXT)
    real.chmod(0o640)
    folder.mkdir()
    (folder / FILE).symlink_to(real)
    edit(folder, lambda text: removed(text, "tass-en"), fine)
    assert (folder / FILE).is_symlink()
    assert "tass-en" not in real.read_text()
    assert real.stat().st_mode & 0o777 == 0o640


def test_what_an_editor_saves_meanwhile_is_not_lost(tmp_path):
    file = tmp_path / FILE
    file.write_text(TEXT)
    saved = []

    def check(_):
        if not saved:
            saved.append(file.write_text(TEXT + "# saved meanwhile\n"))

    edit(tmp_path, lambda text: altered(text, "tass-en", {"enabled": True}), check)
    assert file.read_text() == TEXT.replace("enabled = false", "enabled = true") + "# saved meanwhile\n"


def test_a_file_that_is_written_without_end_is_left(tmp_path):
    file = tmp_path / FILE
    file.write_text(TEXT)

    def check(_):
        file.write_text(file.read_text() + "#\n")

    with pytest.raises(OverlayError, match="somebody else"):
        edit(tmp_path, lambda text: removed(text, "tass-en"), check)
    assert file.read_text().startswith(TEXT)


def test_many_at_once_lose_nothing(tmp_path):
    def one(number):
        edit(tmp_path, lambda text: added(text, [], [{"id": f"s{number}"}]), fine)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(sources((tmp_path / FILE).read_text())) == {f"s{number}" for number in range(16)}
    assert [one.name for one in tmp_path.iterdir()] == [FILE]
