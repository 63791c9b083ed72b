"""What `scrapy.cfg` names: Scrapy's settings out of Khasan's configuration, so that `scrapy crawl` is set up as the daemon is.

`-s NAME=VALUE` on the command line goes over them as usual. A configuration that cannot be used ends the command with
its faults, a line each.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from khasan.assemble import assemble
from khasan.config import ConfigError, load_config
from scheduler.setup import SetupError
from spiders.options import scrapy_settings
from storage.sources import sync_topic

if TYPE_CHECKING:
    from storage.archive import Archive

try:
    _setup = assemble(load_config())
except (ConfigError, SetupError) as error:
    raise SystemExit("\n".join(error.problems)) from None


def _prepare(archive: Archive) -> None:
    """Give the archive the topic's sources, as the daemon does when it starts."""
    archive.write(sync_topic, _setup.outlets, _setup.sources, datetime.now(UTC))


globals().update(scrapy_settings(_setup.collect))
KHASAN_ARCHIVE = str(_setup.database)
KHASAN_PREPARE = _prepare
