"""A neutral filter as SQL: the condition that it is, and the query that leads to its articles where there is one."""

# ruff: noqa: S608 - what is put together is of this module's own making; all values are bound

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, assert_never

from storage.brackets import SHALLOW, parser_stack
from storage.filters import (
    All,
    AnyOf,
    Anything,
    AuthorTerm,
    ClaimTerm,
    ConceptTerm,
    FieldTerm,
    Filter,
    Not,
    PublishedTerm,
    RelevanceTerm,
    TextTerm,
    UrlTerm,
)

if TYPE_CHECKING:
    from storage.filters import Term

Bound = tuple[str, list[object]]  # SQL and its values
Versions = tuple[int, int] | None  # a range of text versions
ADDRESS = "CASE WHEN a.url = '' THEN a.canonical_url ELSE a.url END"

_FLAT = 100  # conditions joined without brackets
_UNITED = 400  # queries that lead to articles, joined by UNION: SQLite takes 500
_FIELDS = {
    "source": "a.id IN (SELECT article_id FROM sighting WHERE source = ?)",
    "outlet": "a.outlet = ?",
    "country": "a.outlet IN (SELECT id FROM outlet WHERE lower(country) = ?)",
    "lang": "a.language = ?",
    "relevance": "a.band = ?",
}

_CLAIMS = "claim_sighting s JOIN claim c ON c.id = s.claim_id"
_TRAITS = {
    "unit": "c.unit IN ({})",
    "event": "c.event IN ({})",
    "origin": "c.origin IN ({})",
    "modality": "s.modality IN ({})",
    "relay": "EXISTS (SELECT 1 FROM claim_relay WHERE sighting_id = s.id AND relay IN ({}))",
    "recap": "s.recap",
    "increment": "s.increment",
}


def drivers(wanted: Filter) -> list[Bound]:
    """Give queries each of which leads to the ids of all articles that can be meant; none if only going through all tells."""
    match wanted:
        case TextTerm():
            joined = "article_fts f JOIN text_version v ON v.id = f.rowid"
            return [(f"SELECT v.article_id AS id FROM {joined} WHERE article_fts MATCH ?", [_expression(wanted)])]
        case ConceptTerm(concepts):
            marks = ",".join("?" * len(concepts))
            return [(f"SELECT article_id AS id FROM article_concept WHERE concept IN ({marks})", list(concepts))]
        case ClaimTerm():
            sql, values = _claims(wanted)
            return [(f"SELECT s.article_id AS id FROM {_CLAIMS} WHERE {sql}", values)]
        case All(parts):
            return [found for part in parts for found in drivers(part)]
        case AnyOf(parts):
            return _united(parts)
        case _:
            return []


def _united(parts: tuple[Filter, ...]) -> list[Bound]:
    """Lead to what any of some parts leads to."""
    firsts = [found[0] for part in parts if (found := drivers(part))]
    if len(firsts) < len(parts) or sum(sql.count("SELECT") for sql, _ in firsts) > _UNITED:
        return []
    union = " UNION ALL ".join(f"SELECT id FROM ({sql})" for sql, _ in firsts)
    return [(union, [value for _, values in firsts for value in values])]


def _expression(wanted: TextTerm) -> str:
    return f"{{{wanted.column}}} : ({wanted.match})" if wanted.column else wanted.match


def condition(wanted: Filter, versions: Versions = None) -> Bound:
    """The filter as a condition on `a` (article). With `versions`, words are only looked for in that range of texts."""
    match wanted:
        case Not(part):
            return _denied(part, versions)
        case All(parts):
            return _joined(parts, " AND ", versions)
        case AnyOf(parts):
            return _joined(parts, " OR ", versions)
        case TextTerm():
            bound = " AND rowid BETWEEN ? AND ?" if versions else ""
            sql = f"a.version_id IN (SELECT rowid FROM article_fts WHERE article_fts MATCH ?{bound})"
            return sql, [_expression(wanted), *(versions or ())]
        case _:
            return _term(wanted)


def _denied(part: Filter, versions: Versions) -> Bound:
    """A NOT, taken inwards, so that brackets are not doubled."""
    match part:
        case All(parts):
            return _joined(tuple(map(Not, parts)), " OR ", versions)
        case AnyOf(parts):
            return _joined(tuple(map(Not, parts)), " AND ", versions)
        case Not(denied):
            return condition(denied, versions)
        case _:
            sql, values = condition(part, versions)
            return f"NOT ({sql})", values


def _term(wanted: Term) -> Bound:  # noqa: PLR0911 - one for each kind
    match wanted:
        case FieldTerm(field, value):
            return _FIELDS[field], [value]
        case ConceptTerm(concepts):
            marks = ",".join("?" * len(concepts))
            sql = f"EXISTS (SELECT 1 FROM article_concept WHERE concept IN ({marks}) AND article_id = a.id)"
            return (sql, list(concepts)) if concepts else ("0", [])
        case RelevanceTerm(sign, value):
            return f"coalesce(a.relevance, 0) {sign} ?", [value]
        case PublishedTerm(first, last):
            after = f"a.published_at >= '{first}'" if first else "1"
            until = f"a.published_at < '{last + timedelta(days=1)}'" if last else "1"
            return f"{after} AND {until}", []
        case UrlTerm(part):
            return f"instr(lower({ADDRESS}), ?) > 0", [part]
        case AuthorTerm(stretches):
            named = _balanced(["authors GLOB ?"] * len(stretches), " OR ")
            sql = f"EXISTS (SELECT 1 FROM text_version WHERE id = a.version_id AND authors != '[]' AND {named})"
            return sql, [_in_any_case(stretch) for stretch in stretches]
        case ClaimTerm():
            sql, values = _claims(wanted)
            return f"EXISTS (SELECT 1 FROM {_CLAIMS} WHERE s.article_id = a.id AND {sql})", values
        case Anything():
            return "1", []
        case TextTerm():
            raise AssertionError(wanted)
        case _:
            assert_never(wanted)


def _claims(wanted: ClaimTerm) -> Bound:
    """A condition on `s` (sighting) and `c` (claim)."""
    found, values = ["NOT c.rejected"], list[object]()
    for kind, names in wanted.traits:
        sql = _TRAITS[kind]
        found.append(sql.format(",".join("?" * len(names))))
        values.extend(names if "{}" in sql else ())
    for bound, value in (
        ("c.high + (s.approx = 'more_than') >= ?", wanted.low),
        ("c.low - (s.approx = 'nearly') <= ?", wanted.high),
    ):
        if value is not None:
            found.append(bound)
            values.append(value)
    return " AND ".join(found), values


def _in_any_case(stretch: str) -> str:
    """A pattern for letters and digits, small or capital: SQLite's own comparison folds only Latin ones."""
    ways = ("".join(dict.fromkeys(c for c in (letter, letter.upper()) if len(c) == 1)) for letter in stretch)
    return f"*{''.join(f'[{way}]' for way in ways)}*"


def _joined(parts: tuple[Filter, ...], word: str, versions: Versions) -> Bound:
    found = [condition(part, versions) for part in parts]
    if max((parser_stack(sql) for sql, _ in found), default=0) > SHALLOW:
        found.sort(key=lambda one: parser_stack(one[0]), reverse=True)
    return _balanced([f"({sql})" for sql, _ in found], word), [value for _, values in found for value in values]


def _balanced(conditions: list[str], word: str) -> str:
    """Join many so that none is nested deep: SQLite takes a thousand levels at most."""
    if len(conditions) <= _FLAT:
        return word.join(conditions)
    half = len(conditions) // 2
    return f"({_balanced(conditions[:half], word)}){word}({_balanced(conditions[half:], word)})"
