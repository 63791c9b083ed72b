"""`khasan claims show`: all that is known of one claim, where it was read, what was decided, and what others say."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from rich.text import Text

from alerts.claims_view import MODALITIES, figure_words
from alerts.marks import pieces
from khasan.claims_table import (
    NOBODY,
    amount,
    decided,
    event_words,
    exactly,
    plain_claim,
    plain_decision,
    plain_sighting,
    remarks,
    sides_in_full,
)
from khasan.commands.claims_asked import Names, claim_numbered
from khasan.commands.common import existing_archive, out, say_json, state, table
from khasan.commands.queries import counted, indented, marked
from spiders.markup import visible
from storage.claim_model import ClaimFilter, Status
from storage.claim_reads import claims_where, decisions_of, sightings_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from storage.archive import Archive
    from storage.claim_model import ClaimDecision, ClaimSighting, Place, StoredClaim

_NEAR = timedelta(days=30)  # other origins' figures from so long before to so long after
_MOST_NEAR = 10
_FIRST, _LAST = 20, 5  # sightings that are shown of many


def show(number: int, *, json: bool) -> None:
    """One claim: all that is known of it, every sighting, what was decided, and what others say."""
    names = Names(state.setup().analyser.lexicon)
    with existing_archive(state.config()) as archive:
        claim = claim_numbered(archive, number)
        sightings, decisions = archive.read(sightings_of, number), archive.read(decisions_of, number)
        others = _others(archive, claim)
    if json:
        say_json(
            {
                "claim": plain_claim(claim),
                "sightings": [plain_sighting(one) for one in sightings],
                "decisions": [plain_decision(one) for one in decisions],
                "others": [plain_claim(one) for one in others],
            }
        )
        return
    figure = claim.figure
    out.print(
        Text(
            f"{claim.id}  {figure_words(figure)} {event_words(figure.event)}, {sides_in_full(figure)}".rstrip(", "),
            "bold",
        )
    )
    out.print(table(("", ""), [line for line in _fields(claim, sightings, names) if line[1]]))
    out.print()
    out.print(indented(_sentence(sightings[0].place if sightings else None, claim)))
    _say_sightings(claim, sightings, names)
    _say_decisions(decisions, names)
    if others:
        out.print("\n[bold]Others on the same, within 30 days[/]")
        rows = [
            (
                one.id,
                f"{one.first_at:%Y-%m-%d}",
                amount(one.figure),
                names(one.figure.origin) if one.figure.origin else NOBODY,
                remarks(one.figure, one.status),
            )
            for one in others
        ]
        out.print(table(("id", "first seen", "figure", "who", ""), rows, right=("id", "first seen", "figure")))


def _others(archive: Archive, claim: StoredClaim) -> list[StoredClaim]:
    """Find figures of the same kind on another's word, near in time: the nearest, in order of time."""
    figure, at = claim.figure, claim.first_at
    same = ClaimFilter(
        (figure.unit,),
        (figure.event,),
        actors=(figure.actor or "",),
        recipients=(figure.recipient or "",),
        origins_not=(figure.origin or "",),
        limit=_MOST_NEAR,
    )
    before = archive.read(claims_where, replace(same, since=at - _NEAR, until=at))
    after = archive.read(claims_where, replace(same, since=at, until=claim.last_at + _NEAR, oldest_first=True))
    nearest = sorted([*before, *after], key=lambda one: abs(one.first_at - at))[:_MOST_NEAR]
    return sorted(nearest, key=lambda one: (one.first_at, one.id))


def _fields(claim: StoredClaim, sightings: Sequence[ClaimSighting], names: Names) -> Iterator[tuple[str, str]]:
    """Give every field of a claim in words."""
    figure, ids = claim.figure, f" ({claim.figure.origin})"
    firm = MODALITIES.get(figure.modality, figure.modality) or "as fact"
    yield "who", names(figure.origin) + ids if figure.origin else NOBODY
    yield "through", ", ".join(map(names, figure.relays))
    yield "said", ", ".join(filter(None, (firm, "as background: a recap" if figure.recap else "")))
    yield "said on", figure.said_on.isoformat() if figure.said_on else ""
    yield "figure", exactly(figure)
    yield "exactness", figure.approx.replace("_", " ")
    yield "counts", "on top of an earlier figure" if figure.increment else ""
    yield "new", "yes: this origin had not given it before" if any(one.new for one in sightings) else ""
    yield (
        "first seen",
        f"{claim.first_at:%Y-%m-%d %H:%M} UTC, {claim.outlet}, article {claim.article} ({claim.language or '–'})",
    )
    yield "last seen", f"{claim.last_at:%Y-%m-%d %H:%M} UTC" if claim.last_at != claim.first_at else ""
    yield "seen in", f"{counted(claim.articles, 'article')} of {counted(len(claim.outlets), 'outlet')}"
    yield "decided", "" if claim.status is Status.READ else _standing(claim, sightings)


def _standing(claim: StoredClaim, sightings: Sequence[ClaimSighting]) -> str:
    people = ", ".join(dict.fromkeys(one.by for one in sightings if one.by))
    kept = "" if claim.still_read else "; the articles are not read so any more"
    return f"{claim.status}{' by ' + people if people else ''}{kept}"


def _sentence(place: Place | None, claim: StoredClaim) -> Text:
    """Give a sentence with its figure marked."""
    if place is None:
        return Text(visible(claim.sentence))
    start = max(place.start - place.sentence_start, 0)
    end = start + max(place.end - place.start, 0)
    return marked(pieces(place.sentence, [(start, end)] if start < end else []))


def _say_sightings(claim: StoredClaim, sightings: Sequence[ClaimSighting], names: Names) -> None:
    out.print("\n[bold]Where[/]")
    told = {claim.sentence}
    hidden = len(sightings) - _FIRST - _LAST
    for number, one in enumerate(sightings):
        if number == _FIRST and hidden > 1:
            out.print(f"… {hidden:,} more; --json gives all …")
        if hidden > 1 and 0 <= number - _FIRST < hidden:
            continue
        relays = "".join(f", via {names(relay)}" for relay in one.figure.relays)
        gone = "" if one.still_read else ", not read so any more"
        out.print(Text(f"{one.at:%Y-%m-%d %H:%M}  {one.outlet}, article {one.article}{relays}{gone}"))
        out.print(indented(Text(visible(one.title))))
        out.print(indented(Text(visible(one.url))), soft_wrap=True)
        if one.place.sentence not in told:
            out.print(indented(_sentence(one.place, claim), 4))
            told.add(one.place.sentence)


def _say_decisions(decisions: Sequence[ClaimDecision], names: Names) -> None:
    """Show decisions, one that was made on several sentences once."""
    if decisions:
        out.print("\n[bold]Decisions[/]")
    for (at, who, why, said), times in Counter(
        (one.at, one.who, one.why, decided(one, names)) for one in decisions
    ).items():
        verdict, *lines = said
        more = f", in {times} sentences" if times > 1 else ""
        out.print(Text(f"{at:%Y-%m-%d %H:%M}  {verdict} by {visible(who)}{more}"))
        for line in (*lines, f"why: {visible(why)}" if why else ""):
            if line:
                out.print(indented(Text(line)))
