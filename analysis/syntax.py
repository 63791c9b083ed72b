"""What a query may not say: checks that need no parser, and the parser's own complaints in plain words."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST = 20_000  # characters of one query
DEEPEST = 30  # brackets within brackets
WIDEST = 100  # words between, in a proximity
_LISTED = 12  # names told of where none is near
ZONES = ("title", "lead", "body")
CLAIMS = ("claim", "origin", "relay", "new")  # fields that are about what an article claims
FIELDS = (*ZONES, "near", "source", "outlet", "country", "lang", "author", "url", "relevance", "published", *CLAIMS)


class QueryError(ValueError):
    """A query that cannot be used. `position` counts characters from 0; `message` is a sentence for a person."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message, position)
        self.message = message
        self.position = position

    def __str__(self) -> str:
        return f"character {self.position + 1}: {self.message}"


_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<phrase>"(?:\\.|[^"\\])*")
      | (?P<near>~[^\s()"]*)
      | (?P<range>\[[^\[\]{}"]*\])
      | (?P<compare>[<>]=?)
      | (?P<term>(?:[^\s:^~(){}\[\]/"'+\-\\<>]|\\[^\n])(?:[^\s:^\\~(){}\[\]]|\\[^\n])*)
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)

_REFUSED = {
    '"': "the quote opened here is never closed",
    "'": "a word cannot begin with an apostrophe; phrases go in double quotes",
    "/": "“/” cannot begin a word: there are no regular expressions; put an address in double quotes",
    "^": "there are no boosts: a rule is true or not; leave out “^” and its number",
    "[": "the range opened here is never closed",
    "]": "this range was never opened",
    "{": "there are no curly brackets; a range is written published:[2025-01 TO 2025-03], and has both its ends in it",
    "}": "there are no curly brackets; a range is written published:[2025-01 TO 2025-03], and has both its ends in it",
    "\\": "the backslash escapes nothing here",
}

_OPERATOR = re.compile("(AND|OR|NOT)[-+]")  # which would be a phrase
_RANGE = re.compile(r"\[\s*(?:\*|[\d-]+)\s+TO\s+(?:\*|[\d-]+)\s*\]")
_SYNTAX_ERROR = re.compile(r"unexpected\s+'(?P<found>.*)' at position (?P<position>\d+)!", re.DOTALL)


def check(query: str) -> None:
    """Refuse, at its place, what the parser would let pass, misread or complain about unclearly.

    Raises:
        QueryError: the first fault.

    """
    if not query.strip():
        raise QueryError("the query is empty", 0)
    if len(query) > LONGEST:
        raise QueryError(f"the query has {len(query)} characters, {LONGEST} are allowed", LONGEST)
    opened: list[tuple[int, str]] = []  # brackets: where, and the field in whose value
    before = None
    field = ""  # whose value comes next
    for token in _TOKEN.finditer(query):
        kind, text, at = token.lastgroup, token[0], token.start()
        if kind == "near":
            _check_near(text, at, before)
        elif kind in ("range", "compare"):
            _check_bounds(query, text, at, field or _field_of(opened))
        elif kind == "other" and text != ":":
            _check_other(query, text, at, opened, field)
        elif kind == "term" and (operator := _OPERATOR.match(text)):
            raise QueryError(f"a space belongs behind {operator[1]}; if it is part of a name, use double quotes", at)
        elif kind == "term" and text.startswith('="'):
            raise QueryError("“=” goes before a word; a phrase in quotes is compared as it is written", at)
        field = before[0].casefold() if text == ":" and before else ""
        before = token
    if opened:
        raise QueryError("the bracket opened here is never closed", opened[-1][0])


def _field_of(opened: list[tuple[int, str]]) -> str:
    return opened[-1][1] if opened else ""


def _check_near(text: str, at: int, before: re.Match[str] | None) -> None:
    if before is None or before.lastgroup != "phrase":
        raise QueryError('there are no fuzzy words: “~” and a number may only follow a phrase, as in "a b"~5', at)
    if not (text[1:].isascii() and text[1:].isdigit()):
        raise QueryError('after “~” goes how many other words may stand between, as in "a b"~5', at)
    if int(text[1:5]) > WIDEST or len(text) > len("~0000"):
        raise QueryError(f"at most {WIDEST} words may stand between", at)


def _check_bounds(query: str, text: str, at: int, field: str) -> None:
    root = root_of(field)
    if (field and root not in FIELDS) or (root in CLAIMS and text.startswith("[")):
        return  # what is wrong is said when it is read
    if text.startswith("["):
        if field != "published":
            message = "a range belongs behind published: or claim:, as in published:[2025-01 TO 2025-03]"
            raise QueryError(message, at)
        if not _RANGE.fullmatch(text):
            raise QueryError("a range is two days, months or years, as in published:[2025-01 TO 2025-03]", at)
    elif root not in ("published", "relevance", *CLAIMS):
        raise QueryError(f"“{text}” belongs behind relevance:, published: or claim:, as in relevance:>0.6", at)
    elif not query[at + len(text) : at + len(text) + 1].isdigit():
        raise QueryError(f"behind “{text}” goes a number, without a space between", at + len(text))


def _check_other(query: str, text: str, at: int, opened: list[tuple[int, str]], field: str) -> None:
    rest = query[at + 1 :]
    if text in _REFUSED:
        raise QueryError(_REFUSED[text], at)
    if text in "+-" and (not rest or rest[0].isspace()):
        raise QueryError(f"“{text}” must touch the word it belongs to; put dashes inside double quotes", at)
    if text in "+-" and rest[0] in "+-":
        raise QueryError(f"“{text}{rest[0]}”: one sign is enough", at)
    if text == "(":
        if rest.lstrip().startswith(")"):
            raise QueryError("there is nothing in these brackets", at)
        opened.append((at, field or _field_of(opened)))
        if len(opened) > DEEPEST:
            raise QueryError(f"more than {DEEPEST} brackets within each other", at)
    elif text == ")":
        if not opened:
            raise QueryError("this bracket closes nothing", at)
        opened.pop()


def explain(error: Exception, query: str) -> QueryError:
    """Say in plain words, and with its place, what the parser complained of."""
    found = _SYNTAX_ERROR.search(str(error))
    if found is None:
        return QueryError("the query ends where a word was expected", len(query.rstrip()))
    position = int(found["position"])
    what = "AND" if query.startswith("AND", position) else "OR" if query.startswith("OR", position) else query[position]
    if what == ":":
        return QueryError("“:” belongs between the name of a field and its value, as in title:army", position)
    return QueryError(f"“{what}” stands where a word was expected", position)


_LOOKALIKES = (
    (re.compile(r"and", re.IGNORECASE), "write AND in capitals, or in double quotes if the word is meant"),
    (re.compile(r"or", re.IGNORECASE), "write OR in capitals, or in double quotes if the word is meant"),
    (re.compile(r"not", re.IGNORECASE), "write NOT in capitals, or in double quotes if the word is meant"),
    (re.compile(r"&+.*", re.DOTALL), "write AND"),
    (re.compile(r"\|+.*", re.DOTALL), "write OR"),
    (re.compile(r"!.*", re.DOTALL), "write NOT"),
    (re.compile(r"(?:near|within|sentence|w|n)/.*", re.IGNORECASE), 'to ask for words near each other write "a b"~5'),
    (re.compile(r"[“”„«»].*", re.DOTALL), 'use straight double quotes: "'),
)
_ODD = re.compile(
    r"(?P<escaped>\\.)|(?P<comma>(?<!\d),|,(?!\d))|[^\w'’ʼ‘`′＇.,·\-‐‑–—*\u00ad\u200b-\u200f\u2060\ufeff\u0300-\u036f]|_"
)


def check_word(value: str, position: int) -> None:
    """Refuse what is no word though the parser takes it for one.

    Raises:
        QueryError: the first fault; `position` is where the value begins in the query.

    """
    for pattern, hint in _LOOKALIKES:
        if pattern.fullmatch(value):
            raise QueryError(f"“{value}” is not understood: {hint}", position)
    unescaped = re.sub(r"\\.", "xx", value)
    star = unescaped.find("*")
    if star >= 0 and (star != len(value) - 1 or not unescaped[:star] or not unescaped[star - 1].isalnum()):
        raise QueryError("“*” may only end a word, as in artiller*", position + star)
    if (mark := unescaped.find("?")) >= 0:
        raise QueryError("there are no single-letter wildcards: “?” cannot be used", position + mark)
    for odd in _ODD.finditer(value):
        if odd["escaped"]:
            continue
        if odd["comma"]:
            raise QueryError("a comma means nothing here: put AND or OR between the words", position + odd.start())
        raise QueryError(f"“{odd[0]}” cannot stand in a word; put the words in double quotes", position + odd.start())


def root_of(field: str) -> str:
    """The field that a name such as claim.troops is a narrower form of."""
    return field.partition(".")[0]


def nearest(name: str, known: Iterable[str], shape: str) -> str:
    """Suggest the name that was perhaps meant, or say which there are."""
    names = list(known)
    near = get_close_matches(name, names, n=1, cutoff=0.5)
    if near:
        return f"the nearest is {shape.format(near[0])}"
    listed = ", ".join(shape.format(one) for one in names[:_LISTED])
    return f"there are {listed}" + (", …" if len(names) > _LISTED else "")
