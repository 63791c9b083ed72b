"""The outlets of the demonstration press as entries of a ``sources.toml``, by the kind of list they are read by."""

from khasan.demo import listing, search, sitemaps, telegram
from khasan.demo.outlets import Kind, Outlet, Story

SEARCHER = ("demo-search", "Search over the press")  # id and name of the outlet that search sources belong to
_WORDS = '"North Korea" OR "North Korean" OR "північнокорейськ" OR "северокорейск" OR "КНДР" OR "북한"'


def path_of(outlet: Outlet, kind: Kind) -> str:
    """Return where an outlet's list of a kind is; of searches, GDELT's."""
    paths: dict[Kind, str] = {
        "feeds": outlet.feed,
        "sitemaps": sitemaps.INDEX,
        "listings": listing.PATH,
        "telegram": telegram.preview_path(outlet),
        "search": search.GDELT,
    }
    return paths[kind]


def entry(outlet: Outlet, kind: Kind, base: str, stories: tuple[Story, ...]) -> dict[str, object]:
    """Declare an outlet as a source of a kind; by its usual kind under its own name."""
    made: dict[str, object] = {
        "id": outlet.id if kind == outlet.kinds[0] else f"{outlet.id}-{kind}",
        "outlet": outlet.id,
        "name": outlet.name,
        "kind": kind,
        "url": base + path_of(outlet, kind),
        "language": outlet.language,
        "country": outlet.country,
        "pages": "never" if kind == "telegram" else "all" if outlet.topical else "candidates",
        "zone": outlet.zone,
    }
    if kind == "listings":
        made["listing"] = listing.how_to_read(outlet, stories)
    return made


def searches(base: str) -> list[dict[str, object]]:
    """Declare the searches over all outlets: RSS, whose address says where the query goes, and GDELT's manner.

    Who asks GDELT waits five seconds between two requests, so the demonstration has the other.
    """
    id_, name = SEARCHER
    places = {id_: f"{search.RSS}?q={{query}}", f"{id_}-gdelt": search.GDELT}
    return [
        {
            "id": source,
            "outlet": id_,
            "name": name,
            "kind": "search",
            "url": base + path,
            "query": _WORDS,
            "language": "",
            "country": "",
            "pages": "candidates",
            "zone": "UTC",
        }
        for source, path in places.items()
    ]
