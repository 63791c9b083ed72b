"""What trying a source came to, in words and in JSON: does it work, what does it bring, what should a person know. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis.language import language_of
from storage.model import Outcome

if TYPE_CHECKING:
    from spiders.probe import Probed
    from storage.model import Entry

WORKS, LOOK, DEAD = "works", "look", "dead"  # verdicts; LOOK: it may pass, or a person can mend it
MOST_SAID = 60  # entries by which a language is told
_ASK_LATER = 429
_LASTING = frozenset({Outcome.DNS, Outcome.GONE, Outcome.NOT_A_FEED, Outcome.ROBOTS, Outcome.PRIVATE, Outcome.TLS})
_NETWORK = frozenset({Outcome.DNS, Outcome.CONNECT, Outcome.TIMEOUT})
_TEXTS = {"whole": "whole texts", "summaries": "summaries", "titles": "titles only", "": ""}
LANGUAGES = {"en": "English", "uk": "Ukrainian", "ru": "Russian", "ko": "Korean", "ja": "Japanese", "zh": "Chinese"}


def verdict(probed: Probed) -> str:
    """Whether a source works; DEAD is what will fail the same way again: not what merely timed out once."""
    result = probed.result
    if result.outcome.sound:
        return WORKS
    if result.outcome == Outcome.ROBOTS and probed.robots is None:
        return LOOK  # it could not be had: the whole server fails
    if result.outcome in _LASTING:
        return DEAD
    if result.outcome == Outcome.REFUSED and result.status not in {None, _ASK_LATER}:
        return DEAD
    return LOOK


def offline(results: list[Probed]) -> bool:
    """Whether it is this machine that has no network rather than the sources that are gone."""
    return len(results) > 1 and all(one.result.outcome in _NETWORK for one in results)


def texts(probed: Probed) -> str:
    """What its entries bring: "whole texts", "summaries", "titles only"."""
    return _TEXTS[probed.text]


def language(probed: Probed) -> str:
    """The language that its entries are written in, as far as they tell; "" without entries."""
    said = " ".join(f"{one.title} {one.text[:300]}" for one in probed.entries[:MOST_SAID])
    return language_of(said, probed.source.language) if said.strip() else ""


def reason(probed: Probed) -> str:
    """Why it failed, in a few words: "HTTP 404", "dns"."""
    return probed.result.detail or str(probed.result.outcome)


def remarks(probed: Probed) -> list[str]:
    """What a person should know beside the numbers."""
    result, source = probed.result, probed.source
    said = [result.detail] if result.detail else []
    if result.seen:
        said.append(f"{len(result.seen)} addresses, {len(probed.entries)} of the last two days")
    if result.moved_to:
        said.append(f"moved for good to {result.moved_to}")
    elif probed.reached and _elsewhere(probed):
        said.append(f"redirected to {probed.address}")
    if probed.robots:
        said.append(f"robots.txt asks for {probed.robots:g} s between requests")
    if probed.encoding and probed.encoding not in {"utf-8", "ascii"}:
        said.append(probed.encoding)
    told = language(probed)
    if told and source.language and told != source.language:
        said.append(f"its language is {told}, declared is {source.language}")
    said += list(result.faults[:2])
    return said


def _elsewhere(probed: Probed) -> bool:
    there, declared = probed.address.rstrip("/"), probed.source.url.rstrip("/")
    return (
        bool(there) and probed.source.kind not in {"search", "telegram"} and "{" not in declared and there != declared
    )


def page_said(probed: Probed) -> str:
    """What fetching the newest entry's page came to."""
    page = probed.page
    if page is None:
        return ""
    if page.text is None:
        return f"{page.outcome}: {page.detail}" if page.detail else str(page.outcome)
    return f"{len(page.text.text)} characters, “{page.text.title}”"


def plain(probed: Probed) -> dict[str, Any]:
    """All of it, as JSON should have it."""
    result, page = probed.result, probed.page
    newest = probed.newest
    whole = sum(one.whole for one in probed.entries)
    return {
        "id": probed.source.id,
        "kind": probed.source.kind,
        "url": probed.source.url,
        "enabled": probed.source.enabled,
        "verdict": verdict(probed),
        "outcome": result.outcome.value,
        "detail": result.detail,
        "status": result.status,
        "address": probed.address,
        "moved_to": result.moved_to,
        "entries": len(probed.entries),
        "listed": len(result.seen) or len(probed.entries),
        "newest_at": newest.published.at if newest and newest.published else None,
        "encoding": probed.encoding,
        "language": language(probed),
        "text": probed.text,
        "whole_texts": whole,
        "median_length": probed.text_length,
        "robots": {"allowed": result.outcome != Outcome.ROBOTS, "delay": probed.robots},
        "faults": list(result.faults),
        "seconds": round(probed.seconds, 3),
        "requests": result.requests,
        "page": None
        if page is None
        else {
            "url": page.url,
            "outcome": page.outcome.value,
            "detail": page.detail,
            "title": page.text.title if page.text else "",
            "length": len(page.text.text) if page.text else 0,
        },
    }


def heads(probed: Probed, count: int = 3) -> list[Entry]:
    """The newest entries."""
    dated = sorted((one for one in probed.entries if one.published), key=lambda one: one.published.at, reverse=True)  # type: ignore[union-attr]
    return [*dated, *(one for one in probed.entries if not one.published)][:count]
