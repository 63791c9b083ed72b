"""The kinds of source, by the name that a source declares."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from spiders.feeds import Feeds
from spiders.listings import Listings
from spiders.search import Search
from spiders.sitemaps import Sitemaps
from spiders.telegram import Telegram

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spiders.visit import Kind

KINDS: Mapping[str, Kind] = MappingProxyType(
    {"feeds": Feeds(), "sitemaps": Sitemaps(), "listings": Listings(), "telegram": Telegram(), "search": Search()}
)
MAY_BE_EMPTY = frozenset({"sitemaps", "search"})  # "nothing since the last pass" is an answer of theirs
NEVER_SILENT = frozenset({"search"})  # what others publish on something has no rhythm
