"""Configuration and topic to a Setup: what the rest of the house is given."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from khasan.config import ConfigError, load_config
from khasan.grammars import grammar_files
from khasan.structure import suggestion
from khasan.topic import FILES, RELEVANCE, STORIES, TopicError, load_topic
from scheduler.setup import HealthOptions, Setup, SetupError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from khasan.config import Config, OperatorOptions
    from khasan.topic import Topic
    from spiders.options import CollectOptions


def assemble(config: Config) -> Setup:
    """The setup of a configuration. Raises SetupError with a line for each fault of the topic or its overlay."""
    topic = topic_of(config)
    problems = _problems(config, topic)
    if problems:
        raise SetupError(problems)
    return Setup(
        database=config.database,
        outlets=topic.outlets,
        sources=topic.sources,
        analyser=topic.analyser,
        rules=topic.rules,
        topic_version=topic.version,
        collect=_collect(config),
        channel=config.channel_options,
        mail=config.mail_options,
        readers=config.readers,
        operator=config.operator.address,
        late_after=timedelta(hours=config.mail.late_after_hours),
        keep_pages_days=config.data.keep_pages_days,
        keep_texts_days=config.data.keep_texts_days,
        keep_polls_days=config.data.keep_polls_days,
        files=watched_files(config),
        health=_health(config.operator),
    )


def _health(operator: OperatorOptions) -> HealthOptions:
    """What the operator wants to be told of the watch itself."""
    return HealthOptions(
        zone=operator.zone,
        tell_after=timedelta(hours=operator.tell_after_hours),
        least_coverage=operator.least_coverage,
        digest=operator.digest,
        heartbeat=operator.heartbeat,
        heartbeat_every=timedelta(minutes=operator.heartbeat_minutes),
    )


def _collect(config: Config) -> CollectOptions:
    """How the press is read. The operator's own heartbeat may be at home."""
    host = urlsplit(config.operator.heartbeat).hostname
    return replace(config.collect, private_hosts=(*config.collect.private_hosts, host)) if host else config.collect


def topic_of(config: Config) -> Topic:
    """The topic a configuration names, with the overlay over it. Raises SetupError."""
    try:
        return load_topic(own_topic(config) or config.topic.name, config.overlay if config.overlay.is_dir() else None)
    except TopicError as error:
        raise SetupError(list(error.lines)) from error


def _problems(config: Config, topic: Topic) -> list[str]:
    """What is wrong between the parts."""
    rules = [rule.id for rule in topic.rules.rules]
    unknown = [(reader, rule) for reader in config.readers for rule in reader.rules if rule not in {"*", *rules}]
    name = config.file.name if config.file else "khasan.toml"
    return [
        *(
            f'{name}: reader {reader.name}.rules: found "{rule}", which is no rule{suggestion(rule, rules)}'
            for reader, rule in unknown
        ),
    ]


def watched_files(config: Config) -> tuple[Path, ...]:
    """The files whose change is taken up while the daemon runs, whether they exist yet or not."""
    folders = [config.overlay, *([own] if (own := own_topic(config)) else [])]
    return (
        *([config.file] if config.file else []),
        *(folder / name for folder in folders for name in (*FILES, RELEVANCE, STORIES)),
        *(file for folder in folders for file in grammar_files(folder)),
    )


def own_topic(config: Config) -> Path | None:
    """The folder of a topic of the user's own, None for one that comes with Khasan."""
    folder = config.folder / config.topic.name
    return folder if folder.is_dir() else None


def loader(path: Path | None) -> Callable[[], Setup]:
    """A function that reads everything anew, raising SetupError for whatever is wrong."""

    def load() -> Setup:
        try:
            return assemble(load_config(path))
        except ConfigError as error:
            raise SetupError(error.problems) from error

    return load
