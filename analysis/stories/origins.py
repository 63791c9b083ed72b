"""On whose word an article stands, and how many of a story's articles stand on whose.

Forty outlets that report one statement have one origin. An article that names nobody stands on the word of whoever its story
is from. Media that quote each other, as state agencies of two allies do, are one circle.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from analysis.attribution import Attribution, Attributions
    from analysis.claims.model import Claim
    from analysis.layout import Layout

_SENTENCES = 4  # of an article, its title included, in which it says on whose word it stands


def standing(laid: Layout, claims: Sequence[Claim], attributions: Attributions) -> tuple[str, tuple[str, ...]]:
    """Tell on whose word an article stands, and through which media; "" if it does not say.

    Whoever most of its new figures are from; without figures, whoever the title or the first sentences name.
    """
    news = Counter(claim.origin for claim in claims if claim.origin and not claim.recap)
    if news:
        origin = max(news, key=lambda one: news[one] or 0)
        relays = next(claim.relays for claim in claims if claim.origin == origin and not claim.recap)
        return origin or "", relays
    for sentence in laid.sentences[:_SENTENCES]:
        found: Attribution = attributions.of(sentence.start, sentence.end)
        if found.origin:
            return found.origin, found.relays
    return "", ()


@dataclass(frozen=True, slots=True)
class Origin:
    """Somebody on whose word articles of a story stand. `articles` are theirs; `circle` is its name if it is of one."""

    id: str
    articles: tuple[int, ...]
    circle: str = ""


def origins(
    articles: Iterable[tuple[int, str]], circles: Mapping[str, frozenset[str]], vague: frozenset[str]
) -> tuple[Origin, ...]:
    """Give a story's origins, in the order in which they came up, from its articles and on whose word each stands.

    Articles that name nobody, or only somebody `vague` ("officials", "experts"), are counted with the first origin, unless
    nobody is named at all.
    """
    found: dict[str, list[int]] = {}
    unnamed: list[int] = []
    some: list[tuple[int, str]] = list(articles)
    named = any(origin and origin not in vague for _, origin in some)
    for article, origin in some:
        if not origin or (named and origin in vague):
            unnamed.append(article)
        else:
            found.setdefault(origin, []).append(article)
    if found and unnamed:
        first = next(iter(found))
        found[first] += unnamed
    return tuple(Origin(one, tuple(sorted(mine)), circle_of(one, circles)) for one, mine in found.items())


def circle_of(origin: str, circles: Mapping[str, frozenset[str]]) -> str:
    """Give the name of the circle that an origin is of, "" if of none."""
    return next((name for name, members in circles.items() if origin in members), "")


def independent(found: Iterable[Origin]) -> int:
    """Count origins, those of one circle once."""
    return len({one.circle or one.id for one in found})
