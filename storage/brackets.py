"""How deep brackets may go: SQLite's parsers, that of SQL and that of the full text, keep a hundred symbols in mind at most."""

from __future__ import annotations

import re

SHALLOW = 20
"""Up to this an expression is left in its order; a deeper one should have its deepest parts first."""

_OPENED = re.compile(r"(AND |OR |)(NOT |)\(|\)")


def parser_stack(expression: str) -> int:
    """Give how many symbols a parser has waiting at the deepest place: a bracket, and what stands before it unfinished."""
    opened: list[int] = []
    now = most = 0
    for bracket in _OPENED.finditer(expression):
        if bracket[0] == ")":
            now -= opened.pop()
            continue
        opened.append(1 + 2 * bool(bracket[1]) + bool(bracket[2]))
        now += opened[-1]
        most = max(most, now)
    return most
