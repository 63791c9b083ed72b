"""Why a query is true of a document, or not: each of its parts with what was found of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.claim_fields import Both, Claimed
from analysis.nodes import And, Evidence, InSentence, Not, Or
from analysis.query import match_of

if TYPE_CHECKING:
    from analysis.document import Document
    from analysis.nodes import Node
    from analysis.query import Query


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one part came to. `kind` is all, any, none, near or the part itself; `reason` quotes what was found.

    `near` is what must be true of one sentence, or of one claim: its parts say whether there is one of which each is true. That of a NOT that failed is what was found of what it denies.
    """

    kind: str
    query: str
    holds: bool
    reason: str
    parts: tuple[Verdict, ...] = ()

    def failed(self) -> tuple[Verdict, ...]:
        """Give the parts at fault: what would have to be otherwise, each as small as it goes."""
        if self.holds:
            return ()
        if self.kind == "all":
            return tuple(one for part in self.parts for one in part.failed())
        return (self,)

    def true_parts(self) -> tuple[Verdict, ...]:
        """Give the parts that make it true, each as small as it goes."""
        if self.kind in ("all", "any"):
            return tuple(one for part in self.parts if part.holds for one in part.true_parts())
        return (self,) if self.holds else ()

    def against(self) -> tuple[Verdict, ...]:
        """Give what made a NOT fail, if that is but a part of what it denies."""
        if self.kind != "none" or self.holds or self.parts[0].kind not in ("all", "any"):
            return ()
        return self.parts[0].true_parts()


def explain(query: Query, document: Document) -> Verdict:
    """Ask every part of a query."""
    return _verdict(query.root, document)


def _verdict(node: Node, document: Document) -> Verdict:
    holds = node.holds(document)
    evidence = Evidence()
    if holds:
        node.collect(document, evidence)
    reason = match_of(evidence, document).reason
    match node:
        case And():
            return Verdict("all", str(node), holds, reason, tuple(_verdict(part, document) for part in node.parts))
        case Or():
            return Verdict("any", str(node), holds, reason, tuple(_verdict(part, document) for part in node.parts))
        case Not():
            denied = _verdict(node.part, document)
            return Verdict("none", str(node), holds, denied.reason, (denied,))
        case InSentence():
            parts = tuple(_verdict(part, document) for part in node.part.parts)
            return Verdict("near", str(node), holds, reason, parts)
        case Claimed(condition=Both() as both):
            claimed = tuple(_verdict(Claimed(part), document) for part in both.parts)
            return Verdict("near", str(node), holds, reason, claimed)
        case _:
            return Verdict("part", str(node), holds, reason)
