"""The configuration: `khasan.toml`, the environment over it, defaults under it. Only this module sees the file.

`KHASAN_SMTP__PASSWORD` is the key `password` under `[smtp]`. The data lies beside the file. Without a file everything
has a default: data in `./data`, mails as `.eml` files in its `outbox/`.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

from alerts.channels import FileOptions, SmtpOptions
from alerts.compose import Addressee, MailOptions
from alerts.decide import Reader
from alerts.digest import schedule
from alerts.headers import link
from alerts.schedule import digest_schedule, quiet_hours
from khasan.structure import field_value, structure, suggestion
from spiders.addresses import check_private_hosts
from spiders.options import CollectOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE_NAME = "khasan.toml"
PREFIX = "KHASAN_"


class ConfigError(Exception):
    """The configuration cannot be used. `problems` has a line for each fault: file, key, found, expected."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class DataOptions:
    """Where the data lies and how long what is not needed is kept."""

    database: str = "khasan.db"  # beside the configuration file
    outbox: str = "outbox"  # folder for .eml files where there is no [smtp]
    keep_pages_days: float = 30.0  # HTML of articles that no rule wanted
    keep_texts_days: float = 180.0  # text of articles that are plainly not about the topic
    keep_polls_days: float = 90.0  # history of polls


@dataclass(frozen=True, slots=True)
class TopicOptions:
    """What is watched: a topic that comes with Khasan, and the folder of one's own changes to it."""

    name: str = "nk-russia"
    overlay: str = "topic"  # beside the configuration file; need not exist


@dataclass(frozen=True, slots=True)
class MailSettings:
    """How mails look and when articles are too old to be urgent."""

    sender: str = "Khasan <khasan@localhost>"
    list_id: str = "khasan.localhost"
    late_after_hours: float = 48.0  # older articles wait for the next morning's summary


@dataclass(frozen=True, slots=True)
class OperatorOptions:
    """Who is told of faults, of sources read for the first time, and of how the watch is doing."""

    address: str = "operator@localhost"
    zone: str = "UTC"  # of the times in mails to the operator, and of the digest's hour
    tell_after_hours: float = 6.0  # of trouble with a source
    least_coverage: float = 80.0  # percent of the sources that can be read
    digest: str = "mon 07:00"  # weekday and hour; "" is never
    heartbeat: str = field(default="", repr=False)  # asked while everything moves; "" is none
    heartbeat_minutes: float = 15.0


@dataclass(frozen=True, slots=True)
class LogOptions:
    """What the daemon says on standard error."""

    level: Literal["debug", "info", "warning", "error"] = "warning"
    format: Literal["text", "json"] = "text"


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration. `file` is None where there is none; `folder` is what relative paths are relative to."""

    data: DataOptions = field(default_factory=DataOptions)
    topic: TopicOptions = field(default_factory=TopicOptions)
    collect: CollectOptions = field(default_factory=CollectOptions)
    smtp: SmtpOptions | None = None
    mail: MailSettings = field(default_factory=MailSettings)
    operator: OperatorOptions = field(default_factory=OperatorOptions)
    log: LogOptions = field(default_factory=LogOptions)
    readers: tuple[Reader, ...] = ()
    file: Path | None = None
    folder: Path = Path()

    @property
    def database(self) -> Path:
        """The archive's file."""
        return self.folder / self.data.database

    @property
    def overlay(self) -> Path:
        """The folder of the user's changes to the topic."""
        return self.folder / self.topic.overlay

    @property
    def mail_options(self) -> MailOptions:
        """What composing mails needs."""
        return MailOptions(sender=self.mail.sender, list_id=self.mail.list_id)

    @property
    def channel_options(self) -> SmtpOptions | FileOptions:
        """How mails leave: by SMTP if it is configured, else into files."""
        return self.smtp or FileOptions(self.folder / self.data.outbox)


_SECTIONS: dict[str, type[Any]] = {
    "data": DataOptions,
    "topic": TopicOptions,
    "collect": CollectOptions,
    "smtp": SmtpOptions,
    "mail": MailSettings,
    "operator": OperatorOptions,
    "log": LogOptions,
}

_SOME = 1e-6  # the least that is more than nothing
_YEAR, _CENTURY = 366 * 86_400, 36_525
_DAY_MINUTES = 1440
_RANGES = (  # section, keys, least, most, and what that is in words
    (
        "collect",
        ("interval", "interval_least", "interval_most", "timeout", "page_seconds"),
        _SOME,
        _YEAR,
        "seconds, more than 0 and at most a year",
    ),
    ("collect", ("concurrency", "max_bytes", "max_entries", "workers"), 1, 2**31, "1 or more"),
    ("collect", ("delay",), 0, 3600, "seconds, 0 to 3600"),
    ("collect", ("inline_feed_bytes",), 0, 2**31, "0 or more"),
    (
        "data",
        ("keep_pages_days", "keep_texts_days", "keep_polls_days"),
        _SOME,
        _CENTURY,
        "days, more than 0 and at most 36525",
    ),
    ("operator", ("tell_after_hours",), 0, 24 * _CENTURY, "hours, 0 to 876600"),
    ("operator", ("least_coverage",), 0, 100, "percent, 0 to 100"),
    ("operator", ("heartbeat_minutes",), 1, 1440, "minutes, 1 to 1440"),
    ("mail", ("late_after_hours",), _SOME, 24 * _CENTURY, "hours, more than 0 and at most 876600"),
    ("smtp", ("port",), 0, 65_535, "0 to 65535"),
    ("smtp", ("timeout",), _SOME, 3600, "seconds, more than 0 and at most 3600"),
    ("smtp", ("max_per_minute",), 0, 100_000, "0 to 100000"),
)


def find_file(environment: Mapping[str, str], start: Path) -> Path | None:
    """The configuration file: KHASAN_CONFIG, or `khasan.toml` in `start` or in its `data/`."""
    named = environment.get("KHASAN_CONFIG")
    if named:
        return Path(named)
    return next((path for path in (start / FILE_NAME, start / "data" / FILE_NAME) if path.exists()), None)


def load_config(
    path: Path | None = None, environment: Mapping[str, str] = os.environ, start: Path | None = None
) -> Config:
    """Read the configuration; without `path` the one that `find_file` finds. Raises ConfigError with all faults."""
    start = start or Path.cwd()
    path = path or find_file(environment, start)
    if path is None:
        return _build({}, environment, "(no khasan.toml)", None, start / "data")
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError([f"{path}: not found; `khasan init` writes one"]) from None
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read ({error.strerror})"]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError([f"{path}: not valid TOML: {error}"]) from error
    return _build(data, environment, path.name, path, path.parent)


def _build(data: dict[str, Any], environment: Mapping[str, str], name: str, file: Path | None, folder: Path) -> Config:
    problems: list[str] = []
    sections: dict[str, Any] = {}
    known = [*_SECTIONS, "reader"]
    problems += [f"{name}: {key}: unknown key{suggestion(key, known)}" for key in data if key not in known]
    from_environment = _environment(environment, problems)
    for key, kind in _SECTIONS.items():
        table = data.get(key, {})
        if not isinstance(table, dict):
            problems.append(f"{name}: {key}: found a single value, expected a table [{key}]")
            continue
        overrides = from_environment.get(key, {})
        if key in data or overrides or key != "smtp":
            sections[key] = _section(kind, table, overrides, name, key, problems)
    readers = _readers(data.get("reader", []), name, problems)
    smtp: SmtpOptions | None = sections.get("smtp")
    if smtp is not None and smtp.ca_file is not None:
        sections["smtp"] = replace(smtp, ca_file=folder.resolve() / smtp.ca_file)
    if not problems:
        problems += _sense(sections, readers, name)
    if problems:
        raise ConfigError(problems)
    return Config(**sections, readers=readers, file=file, folder=folder.resolve())


def _section(  # noqa: PLR0917
    kind: type[Any], table: dict[str, Any], overrides: dict[str, str], name: str, key: str, problems: list[str]
) -> Any:
    """A section of the file with the environment over it. Secrets are never shown, whatever is wrong with them."""
    found: list[str] = []
    merged = dict(table)
    for one, text in overrides.items():
        where = f"environment: {PREFIX}{key.upper()}__{one.upper()}"
        merged[one] = field_value(kind, one, text, where, found)
    if not found:
        section = structure(kind, merged, f"{name}: {key}", found)
    problems += [_without_secret(line) for line in found]
    return None if found else section


def _without_secret(line: str) -> str:
    """A line about a password, without the password."""
    if "password" not in line.split(" found ", maxsplit=1)[0]:
        return line
    return f"{line.split(' found ', maxsplit=1)[0]} found (not shown), expected text" if " found " in line else line


def _environment(environment: Mapping[str, str], problems: list[str]) -> dict[str, dict[str, str]]:
    """KHASAN_SECTION__KEY variables by section and key."""
    result: dict[str, dict[str, str]] = {}
    for name, value in sorted(environment.items()):
        section, two, key = name.removeprefix(PREFIX).lower().partition("__")
        if not name.startswith(PREFIX):
            continue
        if not two:
            meant, _, rest = section.partition("_")
            if meant in _SECTIONS and rest:
                twice = f"{PREFIX}{meant}__{rest}".upper()
                problems.append(f"environment: {name}: unknown; did you mean {twice}, with two underscores?")
            continue
        if section not in _SECTIONS:
            problems.append(f"environment: {name}: unknown section{suggestion(section, _SECTIONS)}")
        else:
            result.setdefault(section, {})[key] = value
    return result


def _readers(tables: Any, name: str, problems: list[str]) -> tuple[Reader, ...]:
    if not isinstance(tables, list) or not all(isinstance(one, dict) for one in tables):
        problems.append(f"{name}: reader: expected tables [[reader]]")
        return ()
    readers = []
    for number, table in enumerate(tables, 1):
        where = f"{name}: reader {table.get('name') or number}"
        reader = structure(Reader, table, where, problems)
        if reader is not None:
            problems += _reader_faults(reader, where)
            readers.append(reader)
    for twice in {one.name for one in readers if [other.name for other in readers].count(one.name) > 1}:
        problems.append(f'{name}: reader {twice}: the name "{twice}" stands twice; each reader needs one of his own')
    return tuple(readers)


def _reader_faults(reader: Reader, where: str) -> list[str]:
    faults = []
    try:
        ZoneInfo(reader.zone)
    except (OSError, LookupError, ValueError):
        faults.append(f'{where}.zone: found "{reader.zone}", expected a zone such as "Europe/Kyiv"')
        reader = replace(reader, zone="UTC")
    try:
        Addressee(reader.name, reader.address, reader.zone)
    except ValueError as error:
        faults.append(
            f'{where}.address: found "{reader.address}", expected an address such as "me@example.org" ({error})'
        )
    if reader.max_per_hour < 1:
        faults.append(f"{where}.max_per_hour: found {reader.max_per_hour}, expected 1 or more")
    if not 0 <= reader.delay_minutes <= _DAY_MINUTES:
        faults.append(f"{where}.delay_minutes: found {reader.delay_minutes:g}, expected minutes, 0 to {_DAY_MINUTES}")
    if not 0 <= reader.least_relevance <= 1:
        faults.append(f"{where}.least_relevance: found {reader.least_relevance:g}, expected 0 to 1")
    return [*faults, *_hour_faults(reader, where)]


def _hour_faults(reader: Reader, where: str) -> list[str]:
    """Faults of when a reader is told. His zone is one that there is."""
    faults = []
    try:
        digest_schedule(reader.digest, reader.zone)
    except ValueError as error:
        faults.append(f"{where}.digest: {error}")
    try:
        quiet_hours(reader.quiet)
    except ValueError as error:
        faults.append(f"{where}.quiet: {error}")
    if not reader.immediate and not reader.digest.strip():
        faults.append(
            f"{where}.immediate: found false and no digest, expected true or a digest: "
            "this reader would never be told anything"
        )
    return faults


def _operator_faults(operator: OperatorOptions, name: str) -> list[str]:
    """Faults of the zone, the digest's hour and the heartbeat's address, which is not shown: it may be a secret."""
    faults, zone = [], operator.zone
    try:
        ZoneInfo(zone)
    except (OSError, LookupError, ValueError):
        faults.append(f'{name}: operator.zone: found "{zone}", expected a zone such as "Europe/Kyiv"')
        zone = "UTC"
    try:
        schedule(operator.digest, zone)
    except ValueError:
        faults.append(
            f'{name}: operator.digest: found "{operator.digest}", expected such as "mon 07:00", or "" for none'
        )
    if operator.heartbeat and not link(operator.heartbeat):
        faults.append(f"{name}: operator.heartbeat: found (not shown), expected an address that begins with https://")
    return faults


def _sense(sections: dict[str, Any], readers: tuple[Reader, ...], name: str) -> list[str]:
    """Faults that need more than one key to see."""
    faults = [
        f"{name}: {section}.{key}: found {value:g}, expected {wanted}"
        for section, keys, least, most, wanted in _RANGES
        if sections.get(section) is not None
        for key in keys
        for value in [getattr(sections[section], key)]
        if not (least <= value <= most)
    ]
    faults += [
        f"{name}: collect.private_hosts: {one}" for one in check_private_hosts(sections["collect"].private_hosts)
    ]
    try:
        MailOptions(sender=sections["mail"].sender, list_id=sections["mail"].list_id)
    except ValueError as error:
        faults.append(f"{name}: mail: {error}")
    try:
        Addressee("operator", sections["operator"].address)
    except ValueError as error:
        faults.append(f"{name}: operator.address: {error}")
    faults += _operator_faults(sections["operator"], name)
    if sections.get("smtp") is not None and sections["operator"].address == OperatorOptions().address:
        faults.append(f"{name}: operator.address: missing, expected an address, since mails leave by [smtp]")
    if any(reader.name == "operator" for reader in readers):
        faults.append(f'{name}: reader operator: the name "operator" is taken by [operator]')
    return faults
