"""Other feed parsers' own test files, read by Khasan: `python benchmarks/conformance.py [--corpus FOLDER] [--json FILE]`.

Where a suite states in a form that a machine can read what a file holds, Khasan's reader is asked the same: feedparser says
it in a comment (`Expect: not bozo and entries[0]['title'] == 'Example'`), feed-rs in a JSON file beside each feed. A claim
is one part of that: a field and its value. Claims about what Khasan does not keep (a feed's logo, categories, places) are
counted by field and judged no further. Markup is compared as the text that it shows, an address as itself, a time as a
moment. Each miss is listed with its reason; one without a reason is a fault of the reader. The files of the other suites,
whose expectations stand in tests that are not there, are read for crashes only.

The corpus is looked for in `../shared/corpus/feeds` beside the checkout; without it the script ends with 2.
"""

import argparse
import ast
import codecs
import json
import re
import sys
import warnings
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from spiders.feed_reader import read_feed
from spiders.found import Found, ReadContext, ReadFaultError, language_code
from spiders.markup import plain_line, plain_text
from spiders.urls import canonical_url, is_front_page, web_address

ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT.parent / "shared" / "corpus" / "feeds"
NOW = datetime(2030, 1, 1, tzinfo=UTC)
FEED = "http://feed.example/"
BASE = "http://127.0.0.1:8097/"  # where feedparser's suite serves its files
EXPECTS = re.compile(r"<!--.*?Expect:[ \t]*(.*?)[ \t]*\n?[ \t]*-->", re.DOTALL)
HEADER = re.compile(r"^\s*Header:\s*([\w-]+):[ \t]*(.*?)\s*$", re.MULTILINE)
ENTRY = re.compile(rb"<((?:\w+:)?)(item|entry)\b([^<>]*)>", re.IGNORECASE)
SELF_CLOSED = re.compile(rb"<((?:\w+:)?)(item|entry)\b([^<>]*)/>", re.IGNORECASE)
LAST = re.compile(rb"</(channel|feed)>\s*(</rss>|</rdf:RDF>|\Z)", re.IGNORECASE)
IMAGE = re.compile(r"\.(?:jpe?g|png|gif|webp)$", re.IGNORECASE)
TITLE = "Title from Khasan"
WIDE = {b"\0\0\0<": "utf-32-be", b"<\0\0\0": "utf-32-le", b"\0<": "utf-16-be", b"<\0": "utf-16-le"}
MARKS = {codecs.BOM_UTF32_BE: "utf-32", codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF16_BE: "utf-16", codecs.BOM_UTF16_LE: "utf-16"}  # fmt: skip
LONGEST = "of several texts of an entry the longest is kept"
ODD_AUTHOR = "feed-rs writes the element's name instead of a name that stands beside an address"
REASONS = (  # of misses: file, field, why
    (r"/bozo_double-encoded-html", "bozo", "HTML's names of characters are read without a fault"),
    (r"/(encoding|chardet)/", "bozo", "feedparser minds a wrong declaration; we only whether the text is read right"),
    (r"/bozo_linenoise", "summary", "seven bytes beyond ASCII and a wrong declaration: anybody's guess"),
    (r"/chardet/windows1255", "encoding", "undeclared Hebrew: encodings are guessed for the languages that are watched"),
    (r"/http_entry_id_base", "id", "an id is a name and kept as written, so that a feed that moves keeps its keys"),
    (r"/lang/entry_\w+_blank(_2)?\.xml", "language", 'an entry with xml:lang="" is taken to be in its feed\'s language'),
    (r"/node_precedence/atom10_id", "id", "of two entries of one id the second's key has its address beside it"),
    (r"/entry_link_(no_href_link_priority|rel_enclosure_no_href)", "link", "two entries of one address: kept as one"),
    (r"/node_precedence/atom10_title", "title", "two entries without id, of the same words: kept as one"),
    (r"/lang/entry_content_xml_lang_blank_3", "language", "two entries without id, of the same words: kept as one"),
    (r"/lang/entry_title_xml_lang_inherit", "language", "an entry's language is that of its text, not of its title"),
    (r"/atom10/entry_content_and_summary", "summary", LONGEST),
    (r"/rss/item_(description_and_summary|summary_and_description)", "", LONGEST),
    (r"/rss_2\.0_(bbc|ch9)\.", "text", LONGEST),
    (r"/sanitize/entry_\w+_iframe", "", "what an iframe holds is shown by no browser"),
    (r"/sanitize/\w+_crazy", "", "what stands in a script is no text, whatever marks of comments are in it"),
    (r"/item_content_encoded_script_nested_cdata", "", "a blank stands where a script was"),
    (r"/jsonfeed_elastic", "authors", "where an item has authors and the old field author, the former are kept"),
    (r"/rss_1\.0_spec_2", "authors", "addresses are taken out of names"),
    (r"/rss_2\.0_(ilgiornale|relurl_1)\.", "authors", ODD_AUTHOR),
)  # fmt: skip
FRONT_PAGE = "a link to a site's front page is no article's address"


@dataclass
class Claim:
    """One part of an expectation: which field, what it should be, how it went. `why` explains a miss."""

    name: str
    want: object = None
    met: bool | None = None  # None: not about what we keep
    got: object = None
    why: str = ""


@dataclass
class Case:
    """One file with what is claimed of it."""

    path: str
    claims: list = field(default_factory=list)
    titled: bool = False  # its entries were given a title


def read(body, url=BASE, **rest):
    """What the reader says: what it found, and the fault if it refused."""
    try:
        return read_feed(body, ReadContext(source="suite", url=url, now=NOW, **rest)), ""
    except ReadFaultError as fault:
        return Found((), whole=False), f"{fault.outcome}: {fault}"


def titled(body):
    """A feed whose entries are all given a title: of one with an id or an author alone nothing would be kept."""
    return ENTRY.sub(
        rb"<\1\2\3><\1title>" + TITLE.encode() + rb"</\1title>", SELF_CLOSED.sub(rb"<\1\2\3></\1\2>", body)
    )


def read_titled(body, url, **rest):
    """What the reader says; asked again with titles if it left entries out for want of anything to show.

    A feed without an entry is given one if it is asked for the language: only entries have one.
    """
    if b"feed['language']" in body and not ENTRY.search(body):
        body = LAST.sub(rb"<item><title>x</title></item>\g<0>", body)
    found, fault = read(body, url, **rest)
    if "neither link nor title" in fault or any("neither link nor title" in one for one in found.faults):
        found, fault = read(titled(body), url, **rest)
        return found, fault, True
    return found, fault, False


# --- feedparser: an expression in the first comment ---


def text_of(body):
    """A test file as text, near enough to find its comment."""
    encoding = next((name for mark, name in MARKS.items() if body.startswith(mark)), None)
    encoding = encoding or next((name for start, name in WIDE.items() if body.startswith(start)), "utf-8")
    return body.decode(encoding, "replace")


def parts_of(tree):
    """The parts of an expression that must all be true."""
    if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And):
        return [part for value in tree.values for part in parts_of(value)]
    return [tree]


def steps_of(tree):
    """`entries[0]['content'][0].value` as ["entries", 0, "content", 0, "value"]; None if it is something else."""
    if isinstance(tree, ast.Name):
        return [tree.id]
    if isinstance(tree, ast.Attribute):
        inner, last = tree.value, tree.attr
    elif isinstance(tree, ast.Subscript) and isinstance(tree.slice, ast.Constant):
        inner, last = tree.value, tree.slice.value
    else:
        return None
    steps = steps_of(inner)
    return None if steps is None else [*steps, last]


def name_of(tree):
    """What a part speaks of, without its indices: `entries.content.value`."""
    for node in ast.walk(tree):
        steps = steps_of(node)
        if steps and steps[0] in {"entries", "feed", "bozo", "encoding", "version", "namespaces", "headers", "status"}:
            return ".".join(str(step) for step in steps if not isinstance(step, int))
    return ast.unparse(tree)


def feedparser_claim(tree, found, fault, body):
    """Judge one part of an expression."""
    name = name_of(tree)
    if ast.unparse(tree) in {"bozo", "not bozo"}:
        want = ast.unparse(tree) == "bozo"
        return Claim("bozo", want, want != found.whole, fault or not found.whole)
    if name == "1":
        return Claim("no crash", met=True)
    if not (isinstance(tree, ast.Compare) and all(isinstance(one, ast.Eq) for one in tree.ops)):
        return Claim(name)
    *sides, stated = tree.left, *tree.comparators  # a == b == "stated"
    claims = [side_claim(name, side, stated, found, body) for side in sides]
    return next((one for one in claims if not one.met), claims[0])


def side_claim(name, side, stated, found, body):
    """Judge `side == stated`."""
    ordinal = isinstance(side, ast.Call) and ast.unparse(side.func) == "ord"
    steps = steps_of(side.args[0] if ordinal else side)
    try:
        want = literal(stated)
    except ValueError:
        return Claim(name)
    return Claim(name) if steps is None else field_claim(name, steps, chr(want) if ordinal else want, found, body)


def literal(tree):
    """A literal, or strings written one after the other with a plus between them."""
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Add):
        return literal(tree.left) + literal(tree.right)
    return ast.literal_eval(tree)


def field_claim(name, steps, want, found, body):
    """Judge `steps == want`, where it speaks of something that we keep."""
    if steps == ["encoding"]:
        return encoding_claim(want, found, body)
    if steps[:2] == ["feed", "ttl"]:
        got = found.hints.ttl
        return Claim(name, want, got is not None and got.total_seconds() == 60 * int(want), got)
    if steps[0] != "entries" or len(steps) < 3:
        if steps == ["feed", "language"] and found.entries:
            got = {entry.language for entry in found.entries}
            return Claim(name, want, got == {language_code(want)}, got)
        return Claim(name)
    _, index, key, *rest = steps
    if index >= len(found.entries):
        made = made_claim(name, key, rest, want, None)
        return made if made.met is None else Claim(name, want, met=False)
    return made_claim(name, key, rest, want, found.entries[index])


def made_claim(name, key, rest, want, entry):
    """Judge a field of an entry."""
    judge = JUDGES.get(f"{key}.{rest[-1]}" if rest else key)
    return judge(name, want, entry) if judge else Claim(name)


def title_claim(name, want, entry):
    """The same words on one line."""
    return same(name, plain_line(want), entry and entry.title)


def text_claim(name, want, entry):
    """The same words shown, whatever the markup."""
    got = entry.text if entry else ""
    return Claim(name, plain_text(want), folded(plain_text(want)) == folded(got), got)


def language_claim(name, want, entry):
    """The same language, without its region."""
    return same(name, language_code(want or ""), entry and entry.language)


def link_claim(name, want, entry):
    """The same address once both are absolute; the case of a host says nothing."""
    got = entry.url if entry else ""
    return Claim(name, want, lower_host(web_address(want, BASE)) == lower_host(got), got)


def id_claim(name, want, entry):
    """The same id."""
    return same(name, want, entry and entry.key)


def people_claim(name, want, entry):
    """Names without addresses, which we do not keep."""
    if not isinstance(want, str):
        return Claim(name)
    bare = re.sub(r"\s*[<(]?\S+@\S+[>)]?\s*", " ", want).strip(" ()")
    got = entry.authors if entry else ()
    return Claim(name, bare, bare in got if bare else not got, got)


def time_claim(name, want, entry):
    """The same moment."""
    return same(name, tuple(want)[:6], entry and entry.published and entry.published.at.timetuple()[:6])


def image_claim(name, want, entry):
    """The same picture; other media are not kept."""
    return same(name, want, entry and entry.image) if IMAGE.search(want) else Claim(name)


JUDGES = {
    **dict.fromkeys(["title", "title_detail.value"], title_claim),
    **dict.fromkeys(["summary", "description", "summary_detail.value", "content.value"], text_claim),
    **dict.fromkeys(["language", "title_detail.language", "summary_detail.language", "content.language"], language_claim),
    **dict.fromkeys(["author", "authors.name", "author_detail.name"], people_claim),
    **dict.fromkeys([f"{one}_parsed" for one in ("published", "issued", "updated", "modified", "date", "created")], time_claim),
    **dict.fromkeys(["media_content.url", "media_thumbnail.url", "enclosures.url", "enclosures.href"], image_claim),
    **dict.fromkeys(["id", "guid"], id_claim),
    "link": link_claim,
}  # fmt: skip


def folded(text):
    """A text without its line breaks."""
    return " ".join(text.split())


def lower_host(address):
    """An address in the one form of its host."""
    scheme, host, *rest = urlsplit(address)
    return urlunsplit((scheme, host.lower(), *rest))


def same(name, want, got):
    """A claim that two values are the same."""
    got = "" if got == TITLE else got
    return Claim(name, want, want == (got or type(want)()), got)


def encoding_claim(want, found, body):
    """The same encoding, or one in which these bytes are the same text."""
    got = found.encoding
    try:
        met = codecs.lookup(want) == codecs.lookup(got)
        alike = body.decode(want, "replace").lstrip("\ufeff") == body.decode(got, "replace").lstrip("\ufeff")
    except LookupError:
        met, alike = want == got, False
    return Claim("encoding", want, met or alike, got)


def feedparser_case(path, corpus):
    """A file of feedparser's suite."""
    body = path.read_bytes()
    text = text_of(body)
    case = Case(str(path.relative_to(corpus)))
    stated = EXPECTS.search(text)
    if not stated:
        return case
    headers = {name.lower(): value for name, value in HEADER.findall(stated[0])}
    url = headers.get("content-location") or f"{BASE}{path.relative_to(corpus / 'feedparser')}"
    found, fault, case.titled = read_titled(body, url, content_type=headers.get("content-type", ""), language=headers.get("content-language", ""))  # fmt: skip
    expression = stated[1].strip()
    try:
        tree = ast.parse(expression, mode="eval").body
    except SyntaxError:
        case.claims.append(Claim(f"unreadable: {expression}"))
        return case
    case.claims += [feedparser_claim(part, found, fault, body) for part in parts_of(tree)]
    return case


# --- feed-rs: a JSON file beside each feed ---


def moment(text):
    """A time as feed-rs writes it."""
    return datetime.fromisoformat(text) if text else None


def feed_rs_case(path, corpus):
    """A feed of feed-rs's suite beside the JSON that its parser makes of it."""
    want = json.loads(path.with_name(f"{path.stem}.serde.json").read_text())
    found, fault = read(path.read_bytes(), FEED)
    case = Case(str(path.relative_to(corpus)))
    case.claims.append(Claim("entries", len(want["entries"]), len(found.entries) == len(want["entries"]), fault or len(found.entries)))  # fmt: skip
    if want["ttl"]:
        got = found.hints.ttl
        case.claims.append(Claim("ttl", want["ttl"], bool(got) and got.total_seconds() == 60 * want["ttl"], got))
    case.claims += [Claim(name) for name in ("title", "description", "logo", "icon", "generator", "categories", "rights") if want[name]]  # fmt: skip
    for number, stated in enumerate(want["entries"]):
        entry = found.entries[number] if number < len(found.entries) else None
        case.claims += feed_rs_entry(stated, want, entry)
    return case


def feed_rs_entry(want, feed, entry):
    """What is claimed of one entry."""
    links = [web_address(link["href"], FEED) for link in want["links"] if link["rel"] in {None, "alternate"}]
    body = (want["content"] or {}).get("body") or ""
    summary = (want["summary"] or {}).get("content") or ""
    texts = {plain_text(value) for value in (body, summary)}
    got = entry.text if entry else ""
    if want["title"]:
        yield same("title", plain_line(want["title"]["content"]), entry and entry.title)
    if not re.fullmatch(r"[0-9a-f]{31,32}|[0-9a-f-]{36}", want["id"]):  # made up where the feed gives none
        yield same("id", want["id"], entry and entry.key)
    if links:
        yield Claim(
            "links", links, bool(entry) and lower_host(entry.url) in map(lower_host, links), entry and entry.url
        )
    if body or summary:
        yield Claim("text", max(texts, key=len), folded(got) in {folded(one) for one in texts}, got)
    said = want["published"] or want["updated"]
    if said and said != feed["updated"]:
        yield same("published", moment(said), entry and entry.published and entry.published.at)
    names = [one["name"] for one in want["authors"] if one["name"] not in {"", "unknown"}]
    if names:
        yield Claim("authors", names, bool(entry) and set(names) <= set(entry.authors), entry and entry.authors)
    if want["language"] or feed["language"]:
        yield same("language", language_code(want["language"] or feed["language"]), entry and entry.language)
    for name in ("categories", "contributors", "media", "source", "rights"):
        if want[name]:
            yield Claim(name)


# --- the count ---


def suites(corpus):
    """Each suite's name, its cases, and how many of its files state nothing that a machine can read."""
    warnings.simplefilter("ignore", DeprecationWarning)
    files = sorted((corpus / "feedparser").rglob("*.xml"))
    yield "feedparser", [feedparser_case(path, corpus) for path in files]
    files = [path for path in sorted((corpus / "feed_rs").rglob("*")) if path.with_name(f"{path.stem}.serde.json").exists()]  # fmt: skip
    yield "feed_rs", [feed_rs_case(path, corpus) for path in files]
    for folder in sorted(corpus.iterdir()):
        if folder.is_dir() and folder.name not in {"feedparser", "feed_rs"}:
            files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "LICENSE"]
            for path in files:
                read(path.read_bytes())
            yield folder.name, [Case(str(path.relative_to(corpus))) for path in files]


def reason(path, claim):
    """Why a claim is not met, "" for a fault of the reader."""
    wants = claim.want if isinstance(claim.want, list) else [claim.want]
    if claim.name == "bozo" and not claim.want:
        return ""
    if "link" in claim.name and all(is_front_page(canonical_url(str(one))) for one in wants):
        return FRONT_PAGE
    return next((why for file, name, why in REASONS if re.search(file, path) and name in claim.name), "")


def counted(cases):
    """The figures of one suite."""
    claims = [(case, claim) for case in cases for claim in case.claims]
    for case, claim in claims:
        claim.why = reason(case.path, claim) if claim.met is False else ""
    ours = [(case, claim) for case, claim in claims if claim.met is not None]
    missed = [(case, claim) for case, claim in ours if not claim.met]
    return {
        "files": len(cases),
        "stated": sum(bool(case.claims) for case in cases),
        "titled": sum(case.titled for case in cases),
        "claims": len(claims),
        "ours": len(ours),
        "met": len(ours) - len(missed),
        "explained": sum(bool(claim.why) for _, claim in missed),
        "not kept": dict(Counter(claim.name for _, claim in claims if claim.met is None).most_common()),
        "missed": [
            {"file": case.path, "field": claim.name, "want": repr(claim.want)[:200], "got": repr(claim.got)[:200], "why": claim.why}
            for case, claim in missed
        ],
    }  # fmt: skip


def main():
    """Print the figures; with --json write them, every miss among them, to a file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if not options.corpus.is_dir():
        print(f"no feeds at {options.corpus}: give their folder with --corpus", file=sys.stderr)
        return 2
    figures = {name: counted(cases) for name, cases in suites(options.corpus)}
    print(
        f"{'suite':18} {'files':>6} {'stated':>7} {'claims':>7} {'ours':>6} {'met':>6} {'share':>7} {'unexplained':>12}"
    )
    for name, one in figures.items():
        share = f"{one['met'] / one['ours']:.1%}" if one["ours"] else "-"
        print(f"{name:18} {one['files']:6} {one['stated']:7} {one['claims']:7} {one['ours']:6} {one['met']:6} {share:>7} {len(one['missed']) - one['explained']:12}")  # fmt: skip
    for name, one in figures.items():
        reasons = defaultdict(list)
        for miss in one["missed"]:
            reasons[miss["why"] or "UNEXPLAINED"].append(miss)
        for why, misses in reasons.items():
            print(f"\n{name}: {len(misses)} × {why}")
            for miss in misses:
                print(f"  {miss['file']}: {miss['field']} should be {miss['want']}, is {miss['got']}")
        if one["not kept"]:
            print(f"\n{name}: not kept: " + ", ".join(f"{key} {count}" for key, count in one["not kept"].items()))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
