"""All that a running Khasan needs, as values: made from the configuration and the topic, made anew when they change."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from alerts.channels import FileOptions, SmtpOptions
    from alerts.compose import MailOptions
    from alerts.decide import Reader
    from alerts.rules import RuleSet
    from analysis.reading import Analyser
    from spiders.options import CollectOptions
    from storage.model import Outlet, Source


class SetupError(Exception):
    """Configuration or topic cannot be used. `problems` has a line for each fault."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class HealthOptions:
    """What the operator is told of the watch itself, and when. `zone` is the IANA name of his."""

    zone: str = "UTC"
    tell_after: timedelta = timedelta(hours=6)  # of trouble with a source
    least_coverage: float = 80.0  # percent of sources that can be read
    digest: str = "mon 07:00"  # "" is never
    heartbeat: str = field(default="", repr=False)  # an address to be asked while all is well; "" is none
    heartbeat_every: timedelta = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Setup:
    """What is watched, for whom, and how. `files` are watched for changes."""

    database: Path
    outlets: tuple[Outlet, ...]
    sources: tuple[Source, ...]
    analyser: Analyser
    rules: RuleSet
    topic_version: str
    collect: CollectOptions
    channel: SmtpOptions | FileOptions
    mail: MailOptions
    readers: tuple[Reader, ...]
    operator: str  # address
    late_after: timedelta = timedelta(hours=48)
    keep_pages_days: float = 30.0
    keep_texts_days: float = 180.0
    keep_polls_days: float = 90.0
    files: tuple[Path, ...] = ()
    health: HealthOptions = HealthOptions()

    def country(self, outlet: str) -> str:
        """Give the country an outlet is of; "" if it is not known."""
        return next((one.country for one in self.outlets if one.id == outlet), "")

    @property
    def deciding(self) -> tuple[tuple[str, str, str, str], ...]:
        """Id, name, query and version of each rule that decides."""
        return tuple((rule.id, rule.name, rule.query.text, rule.version) for rule in self.rules.rules if rule.enabled)
