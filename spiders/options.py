"""What collect can be told, and Scrapy's settings that follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from storage.model import Source

VERSION = "0.1"


@dataclass(frozen=True, slots=True)
class CollectOptions:
    """How the press is read. Times are seconds, sizes bytes."""

    contact: str = ""  # an address that publishers can write to; part of the user agent
    user_agent: str = ""  # "" builds one of name, version and contact
    interval: float = 900.0  # between two polls of a source whose rhythm is not known
    interval_least: float = 120.0  # of a source that publishes all the time
    interval_most: float = 3600.0  # of one that hardly does
    delay: float = 1.0  # between two requests to one host
    timeout: float = 30.0
    concurrency: int = 16  # requests under way at once, over all hosts
    max_bytes: int = 10_000_000  # of a response, unpacked
    max_entries: int = 1000  # read of one feed
    obey_robots: bool = True
    private_hosts: tuple[str, ...] = ()  # that may have addresses which are not public
    workers: int = 2  # processes that read pages and large feeds
    page_seconds: float = 20.0  # after which the reading of one page is given up
    inline_feed_bytes: int = 256_000  # larger feeds are read in the workers
    pages: bool = True  # False: feeds only

    def agent(self, source: Source | None = None) -> str:
        """The user agent for a source."""
        if source is not None and source.user_agent:
            return source.user_agent
        if self.user_agent:
            return self.user_agent
        return f"Khasan/{VERSION} (news monitor; contact: {self.contact or 'not set'})"


# What is put in place of Scrapy's own parts, and which of them are not wanted.
_PARTS: Mapping[str, Any] = MappingProxyType(
    {
        "FEED_EXPORTERS": {
            "json": "spiders.exporters.JsonArticles",
            "jsonl": "spiders.exporters.JsonLinesArticles",
            "jsonlines": "spiders.exporters.JsonLinesArticles",
            "csv": "spiders.exporters.CsvArticles",
            "xml": "spiders.exporters.XmlArticles",
        },
        "DOWNLOADER_MIDDLEWARES": {
            "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
            "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
            "spiders.politeness.PolitenessMiddleware": 100,
            "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
            "spiders.bounds.Unpacking": 590,
            "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None,
            "spiders.bounds.Redirects": 600,
        },
        "SPIDER_MIDDLEWARES": {
            "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
            "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware": None,
            "scrapy.spidermiddlewares.metacopy.MetaCopyDetectionMiddleware": None,
        },
    }
)


def scrapy_settings(options: CollectOptions) -> dict[str, Any]:
    """Scrapy's settings for these options: the same for the daemon and for `scrapy crawl`.

    What differs from Scrapy's defaults does so for safety (no consoles, sizes and times bounded, certificates verified),
    for politeness (robots.txt, delays), or because retrying is the archive's business and not the crawl's.
    """
    return {
        "BOT_NAME": "khasan",
        "SPIDER_MODULES": ["spiders.crawl"],
        "USER_AGENT": options.agent(),
        "DOWNLOAD_HANDLERS": {
            "http": "spiders.guard.GuardedHandler",
            "https": "spiders.guard.GuardedHandler",
            "data": None,
            "file": None,
            "ftp": None,
            "s3": None,
        },
        "KHASAN_PRIVATE_HOSTS": list(options.private_hosts),
        "ROBOTSTXT_OBEY": False,  # ours keeps them in the archive, for a day
        "TWISTED_REACTOR": "twisted.internet.asyncioreactor.AsyncioSelectorReactor",
        "CONCURRENT_REQUESTS": options.concurrency,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1 if options.delay else 4,
        "CONCURRENT_ITEMS": 1,  # a callback makes one item; each further one costs a task a response
        "DOWNLOAD_DELAY": options.delay,
        "DOWNLOAD_TIMEOUT": options.timeout,
        "DOWNLOAD_MAXSIZE": options.max_bytes,
        "DOWNLOAD_WARNSIZE": 0,
        # A large answer that is being read must not hold up all others.
        "SCRAPER_SLOT_MAX_ACTIVE_SIZE": 2 * options.max_bytes * options.concurrency,
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        "REDIRECT_MAX_TIMES": 8,
        "METAREFRESH_ENABLED": False,
        "RETRY_ENABLED": False,
        "COOKIES_ENABLED": False,
        "HTTPERROR_ALLOW_ALL": True,
        "REFERRER_POLICY": "no-referrer",
        "TELNETCONSOLE_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False,
        "LOG_LEVEL": "INFO",
        "ITEM_PIPELINES": {"spiders.pipelines.StorePipeline": 300},
        **{name: dict(parts) for name, parts in _PARTS.items()},
        "KHASAN_OPTIONS": options,
    }
