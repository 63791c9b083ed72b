"""New sources for the overlay: their ids and outlets, and whether they are watched already. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from spiders.discover import address_key
from spiders.telegram_reader import channel_address
from storage.model import Pages

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from storage.model import Listing, Outlet, Source

_PREFIXES = re.compile(
    r"^(?:(?:www\d?|m|amp|mobile|feeds?|rss\d?|api|cdn|static|news|world|english|eng|en|ru|rus|uk|ua|ukr|ko|kor|kr|jp|ja|int)\.)+"
    r"(?=[^.]+\.[^.]+)"
)
_SHARED = frozenset(  # hosts of many publishers
    ["t.me", "feedburner.com", "google.com", "medium.com", "youtube.com", "substack.com", "blogspot.com", "wordpress.com",
     "livejournal.com", "github.io", "telegra.ph", "rsshub.app", "yandex.ru", "yahoo.com", "naver.com"]
)  # fmt: skip
_NO_ID = re.compile(r"[^a-z0-9]+")
_ADDRESS = re.compile(r"[0-9.]+|\[.*\]")
LONGEST_ID = 40


@dataclass(frozen=True, slots=True)
class Wanted:
    """A source that is to be declared. Empty fields are found."""

    url: str
    kind: str = "feeds"
    title: str = ""
    language: str = ""
    id: str = ""
    name: str = ""
    outlet: str = ""
    pages: str = ""
    listing: Listing | None = None


class Declaring:
    """What is known already, and what is declared one after the other: each id is given once."""

    def __init__(self, sources: Collection[Source], outlets: Collection[Outlet]) -> None:
        self.outlets: list[dict[str, Any]] = []
        self.sources: list[dict[str, Any]] = []
        self._source_ids = {one.id for one in sources}
        self._outlet_ids = {one.id for one in outlets}
        self._by_address = {address_key(one.url): one.id for one in sources if one.kind != "search"}
        self._by_site = {_site(one.url): one.outlet for one in reversed(list(sources)) if one.kind != "search"}

    def watched(self, *urls: str) -> str:
        """The id under which one of these addresses is watched already, "" if none is."""
        return next((self._by_address[key] for url in urls if (key := address_key(url)) in self._by_address), "")

    def declare(self, wanted: Wanted) -> str:
        """Declare a source, and its outlet if that is new. Returns the source's id."""
        name = wanted.name or wanted.title or _host(wanted.url)
        outlet = wanted.outlet or self._outlet(wanted, name)
        if outlet not in self._outlet_ids:
            self._outlet_ids.add(outlet)
            self.outlets.append({"id": outlet, "name": name})
        source = wanted.id or self._source_id(wanted, outlet)
        entry = {"id": source, "outlet": outlet, "name": name, "url": wanted.url}
        if wanted.kind != "feeds":
            entry["kind"] = wanted.kind
        if wanted.language:
            entry["language"] = wanted.language
        entry["pages"] = wanted.pages or (Pages.NEVER if wanted.kind == "telegram" else Pages.CANDIDATES).value
        self.sources.append(entry if wanted.listing is None else {**entry, "listing": listing_table(wanted.listing)})
        self._source_ids.add(source)
        self._by_address.setdefault(address_key(wanted.url), source)
        return source

    def _outlet(self, wanted: Wanted, name: str) -> str:
        """The outlet of the same site, or a new one called after it."""
        site = _site(wanted.url)
        if site not in self._by_site:
            self._by_site[site] = _unused(_label(wanted.url, name).replace("-", "_"), "_", self._outlet_ids)
        return self._by_site[site]

    def _source_id(self, wanted: Wanted, outlet: str) -> str:
        label = _label(wanted.url, wanted.name or wanted.title) if _host(wanted.url) else outlet
        more = [one for one in ("" if wanted.kind == "feeds" else wanted.kind, wanted.language) if one]
        plain = "-".join([label, *more[-1:]])
        if plain not in self._source_ids:
            return plain
        return _unused("-".join([label, *more]), "-", self._source_ids)


def listing_table(listing: Listing) -> Mapping[str, Any]:
    """A listing as sources.toml has it: the keys that are not as they are anyway."""
    values = {name: getattr(listing, name) for name in ("item", "links", "title", "date", "pattern", "next", "depth")}
    return {name: value for name, value in values.items() if value not in {"", 1}}


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def _site(url: str) -> str:
    """What the addresses of one publisher have in common: the host without "feeds." or "en."; on a shared host all of it."""
    channel = channel_address(url)
    if channel:
        return channel.lower()
    host = _PREFIXES.sub("", _host(url))
    return address_key(url) if _is_shared(host) else host


def _is_shared(host: str) -> bool:
    return any(host == one or host.endswith(f".{one}") for one in _SHARED)


def _label(url: str, title: str) -> str:
    """A short name out of an address, in small letters: "tumen" of "feeds.tumen.example"."""
    channel = channel_address(url)
    host = _PREFIXES.sub("", _host(url))
    if channel:
        said = channel.rpartition("/")[2]
    elif _ADDRESS.fullmatch(host):
        said = host
    elif _is_shared(host):
        said = title if _NO_ID.sub("", title.lower()) else urlsplit(url).path.rpartition("/")[2]
    else:
        said = host.split(".", maxsplit=1)[0]
    return _NO_ID.sub("-", said.lower()).strip("-")[:LONGEST_ID].strip("-") or "source"


def _unused(name: str, joint: str, used: Iterable[str]) -> str:
    taken = set(used)
    return next(
        one
        for number in range(1, len(taken) + 2)
        if (one := f"{name}{joint}{number}" if number > 1 else name) not in taken
    )
