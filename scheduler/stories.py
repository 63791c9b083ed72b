"""An article's story on its way through review: where it belongs, what is known of that now, and how mails show it.

What analysis decides is pure; here it is given what the archive knows, by whatever stands for that.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Protocol

from alerts.claims_view import EVENTS, amount_words, figure_words
from alerts.facts import Facts, said
from alerts.story import ChangeLine, OriginLine, OutletLine, StoryCard
from alerts.story_view import published_at
from analysis.stories.copies import Print, bands, corrects
from analysis.stories.origins import circle_of, origins
from analysis.stories.placing import Choice, Neighbour, choose, rare_keys
from analysis.stories.profile import Profile
from storage.claim_figures import figure_is_new
from storage.claim_model import Figure
from storage.model import Precision, TimeOrigin
from storage.stories import near_profiles, next_story, story_of, story_state, texts_of_articles
from storage.story_model import Placing, StoryArticle, StoryState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from alerts.facts import Change, Said
    from analysis.lexicon import Mention
    from analysis.reading import Reading
    from analysis.stories.origins import Origin
    from scheduler.setup import Setup
    from storage.archive import Archive
    from storage.claim_model import WeighedClaim
    from storage.model import Article
    from storage.story_model import StoredProfile

LISTED = 40  # articles that a card lists
_GLOSS = 6  # concepts
_UNSAID = frozenset({"clue", "other_theme"})  # categories of concepts that are no gloss


class Shelf(Protocol):
    """What is known of stories: the archive, or nothing."""

    def placed(self, article: int) -> int | None:
        """Give the story that an article is in already."""

    def next(self) -> int:
        """Give the number of the next story."""

    def near(
        self, keys: Mapping[str, float], marks: Sequence[int], at: datetime, article: int
    ) -> Sequence[StoredProfile]:
        """Find articles that may tell the same."""

    def texts(self, articles: Iterable[int]) -> Mapping[int, tuple[str, str, str]]:
        """Give outlet, title and text of articles."""

    def state(self, story: int, merges: Iterable[int] = ()) -> StoryState:
        """Give all that is known of a story."""

    def first(self, figure: Figure, article: int) -> bool:
        """Tell whether nobody had a figure from its origin before an article did."""


class ArchiveShelf:
    """The stories of an archive."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def placed(self, article: int) -> int | None:
        """See `Shelf`, for all of these."""
        return self._archive.read(story_of, article)

    def next(self) -> int:
        """See `Shelf`."""
        return self._archive.read(next_story)

    def near(
        self, keys: Mapping[str, float], marks: Sequence[int], at: datetime, article: int
    ) -> Sequence[StoredProfile]:
        """See `Shelf`."""
        return self._archive.read(near_profiles, keys, marks, at, article)

    def texts(self, articles: Iterable[int]) -> Mapping[int, tuple[str, str, str]]:
        """See `Shelf`."""
        return self._archive.read(texts_of_articles, articles)

    def state(self, story: int, merges: Iterable[int] = ()) -> StoryState:
        """See `Shelf`."""
        return self._archive.read(story_state, story, merges)

    def first(self, figure: Figure, article: int) -> bool:
        """See `Shelf`."""
        return self._archive.read(figure_is_new, figure, article)


class NoShelf:
    """No stories: every article is the first of its own."""

    def placed(self, _article: int) -> int | None:
        """See `Shelf`, for all of these."""
        return None

    def next(self) -> int:
        """See `Shelf`."""
        return 1

    def near(
        self, _keys: Mapping[str, float], _marks: Sequence[int], _at: datetime, _article: int
    ) -> Sequence[StoredProfile]:
        """See `Shelf`."""
        return ()

    def texts(self, _articles: Iterable[int]) -> Mapping[int, tuple[str, str, str]]:
        """See `Shelf`."""
        return {}

    def state(self, story: int, _merges: Iterable[int] = ()) -> StoryState:
        """See `Shelf`."""
        return StoryState(story, (story,))

    def first(self, _figure: Figure, _article: int) -> bool:
        """See `Shelf`."""
        return False


def place(article: Article, reading: Reading, setup: Setup, shelf: Shelf) -> Placing:
    """Find the story of an article that was read. One that is in a story stays there."""
    reader = setup.analyser.stories
    at = min(article.published.at, article.first_seen)
    mine, relays = reader.read(article.title, article.text, reading, setup.analyser, article.outlet, at)
    own = Print.of(article.outlet, article.title, article.text)
    keys, marks = rare_keys(mine, reader.weights), bands(own.shingles)
    near = shelf.near(keys, marks, at, article.id)
    same, how = _same(article.id, own, near, set(marks), shelf)
    placed = shelf.placed(article.id)
    if placed is not None:
        choice = Choice(placed, reason="here before")
    elif same is not None:
        choice = Choice(same.story, reason=f"article {same.article} again, a {how}")
    else:
        choice = choose(mine, [_neighbour(one) for one in near], reader.weights)
    return Placing(
        story=shelf.next() if choice.story is None else choice.story,
        new=choice.story is None,
        reason=choice.reason,
        at=at,
        features=mine.plain(),
        keys=tuple(keys),
        bands=marks,
        same_as=None if same is None else (same.same_as or same.article),
        same_how=how,
        origin=mine.origin,
        relays=relays,
        merges=choice.merges,
    )


def _neighbour(one: StoredProfile) -> Neighbour:
    profile = Profile.from_plain(one.features, one.language, one.outlet, one.at, one.origin)
    return Neighbour(one.article, one.story, profile, repeats=one.same_as is not None)


def _same(
    article: int, mine: Print, near: Sequence[StoredProfile], marks: set[int], shelf: Shelf
) -> tuple[StoredProfile | None, str]:
    """Find the article that an article is again: among those that share a band of its text, or are of its outlet.

    One that is this one again does not count: else, read once more, an article would come to be its own copy.
    """
    known = {
        one.article: one
        for one in near
        if one.same_as != article and (one.outlet == mine.outlet or not marks.isdisjoint(one.bands))
    }
    texts = shelf.texts(known) if known else {}
    for other in sorted(texts):
        how = mine.is_same(Print.of(*texts[other]))
        if how:
            return known[other], how
    return None, ""


def with_article(
    state: StoryState, article: Article, placing: Placing, weighed: Sequence[WeighedClaim], reading: Reading
) -> StoryState:
    """Give a story's state as it will be with an article that is to be stored."""
    line = StoryArticle(
        id=article.id,
        version=article.version,
        outlet=article.outlet,
        outlet_name=article.outlet_name or article.outlet,
        language=reading.language,
        title=article.title,
        url=article.url or article.canonical_url,
        published=article.published,
        first_seen=article.first_seen,
        placed_in=placing.story,
        reason=placing.reason,
        same_as=placing.same_as,
        same_how=placing.same_how,
        origin=placing.origin,
        relays=placing.relays,
        relevance=reading.relevance.score,
        arrival=article.arrival,
    )
    others = [one for one in state.articles if one.id != article.id]
    figures: list[tuple[int, Figure]] = [(of, figure) for of, figure in state.figures if of != article.id]
    figures += [(article.id, one.figure) for one in weighed]
    ordered = sorted([*others, line], key=lambda one: (one.first_seen, one.id))
    return StoryState(placing.story, state.numbers, tuple(ordered), tuple(figures), state.told, state.decisions)


def facts_of(state: StoryState, setup: Setup) -> Facts:
    """Give what is known of a story, for what may change in it."""
    found = origins_of(state, setup)
    reader = setup.analyser.stories
    return Facts(
        figures=said(state.figures),
        origins=tuple(dict.fromkeys(one.circle or one.id for one in found if one.id not in reader.vague)),
        outlets=len({one.outlet for one in state.articles}),
        documents=tuple(dict.fromkeys(one.outlet for one in state.articles if one.outlet in reader.official)),
        retracted=tuple(one.id for one in state.articles if corrects(one.title)),
    )


def news_of(article: int, weighed: Iterable[WeighedClaim], known: Facts, shelf: Shelf) -> frozenset[Said]:
    """Give the figures that nobody had heard from their origin before: of an article, and of those of its story.

    The latter, because a reader may not have been told of the article that brought one: no rule of his was true of it, or the
    story was muted. Whoever was told of a figure is not told again, as that stands in what he knows.
    """
    mine = said((article, one.figure) for one in weighed if one.new)
    others = (one for one in known.figures if one.article != article and not one.denied)
    return frozenset([*mine, *(one for one in others if shelf.first(_as_figure(one), one.article))])


def voice_of(setup: Setup, origin: str) -> str:
    """Give by what an origin is independent of others: its circle, or itself; "" if it says nothing of who it is."""
    reader = setup.analyser.stories
    return "" if origin in reader.vague else circle_of(origin, reader.circles) or origin


def origins_of(state: StoryState, setup: Setup) -> tuple[Origin, ...]:
    """Give on whose word a story stands."""
    reader = setup.analyser.stories
    return origins(((one.id, one.origin) for one in state.articles), reader.circles, reader.vague)


def card_of(
    state: StoryState,
    setup: Setup,
    reading: Reading,
    *,
    changes: Sequence[Change] = (),
    basis: Facts | None = None,
    told_at: datetime | None = None,
) -> StoryCard:
    """Make of a story what a mail shows. What came after `told_at` is new."""
    shown = state.articles if len(state.articles) <= LISTED else (*state.articles[:10], *state.articles[10 - LISTED :])
    languages = Counter({one.outlet: one.language for one in reversed(state.articles)}.values())
    return StoryCard(
        story=state.number,
        first_seen=state.articles[0].first_seen,
        outlets=tuple(_line(one, setup, told_at) for one in shown),
        articles=len(state.articles),
        outlet_count=len({one.outlet for one in state.articles}),
        languages=tuple(languages.most_common()),
        origins=tuple(_origin(one, state, setup, basis) for one in origins_of(state, setup)),
        changes=tuple(change_line(one, setup) for one in changes),
        gloss=gloss_of(reading, setup),
        told_at=told_at,
    )


def _line(one: StoryArticle, setup: Setup, told_at: datetime | None) -> OutletLine:
    role = one.same_how or ("relay" if one.relays else "own")
    return OutletLine(
        article=one.id,
        outlet=one.outlet_name,
        language=one.language,
        title=one.title,
        url=one.url,
        published_at=published_at(one.published),
        first_seen=one.first_seen,
        day_only=one.published.precision == Precision.DAY,
        guessed=one.published.origin == TimeOrigin.GUESS,
        role=role,
        origin=name_of(one.origin, setup),
        via=tuple(name_of(relay, setup) for relay in one.relays),
        new=told_at is not None and one.first_seen > told_at,
    )


def _origin(one: Origin, state: StoryState, setup: Setup, basis: Facts | None) -> OriginLine:
    mine = [article for article in state.articles if article.id in one.articles]
    return OriginLine(
        name=name_of(one.id, setup),
        outlets=len({article.outlet for article in mine}),
        first_seen=min(article.first_seen for article in mine),
        circle=one.circle,
        new=basis is not None and (one.circle or one.id) not in basis.origins,
    )


def name_of(concept: str, setup: Setup) -> str:
    """Give the display name of a source; of one that the lexicon does not have, its id."""
    known = setup.analyser.lexicon.concepts_by_id.get(concept)
    return known.name("en") if known else concept


def gloss_of(reading: Reading, setup: Setup) -> tuple[str, ...]:
    """Say in English what a text speaks of, if that is not its language: what its title names, then what its lead does."""
    lead = (one for one in reading.scan.text if one.start < reading.lead_end)
    return _gloss([*reading.scan.title, *lead], reading.language, setup)


def gloss_of_title(title: str, language: str, setup: Setup) -> tuple[str, ...]:
    """Say the same of a title alone."""
    return _gloss(setup.analyser.lexicon.scan(title).title, language, setup)


def _gloss(mentions: Iterable[Mention], language: str, setup: Setup) -> tuple[str, ...]:
    if language == "en":
        return ()
    known = setup.analyser.lexicon.concepts_by_id
    names = (known[one.concept].name("en") for one in mentions if known[one.concept].category not in _UNSAID)
    return tuple(dict.fromkeys(names))[:_GLOSS]


def change_line(change: Change, setup: Setup) -> ChangeLine:
    """Put a change into words."""
    who = name_of(change.who, setup)
    match change.kind:
        case "figure" | "correction":
            text = _figure_words(change, setup)
        case "confirmation":
            text = f"{_amount(change.figure)}, now on the word of {who}, too"
        case "denial":
            text = f"{who or 'somebody'} denies it" + (f": {_amount(change.figure)}" if change.figure else "")
        case "origin":
            text = f"now also on the word of {who}"
        case "document":
            text = f"{who} has published it itself"
        case "retraction":
            text = f"article {change.count} was corrected or withdrawn"
        case _:
            text = f"{change.count} outlets report it"
    return ChangeLine(change.kind, text)


def figure_line(one: Said, setup: Setup) -> str:
    """Put a figure into words: "11,000 troops sent, South Korea's spy agency"."""
    return ", ".join(filter(None, (_amount(one), "denied" if one.denied else "", name_of(one.origin, setup))))


def _figure_words(change: Change, setup: Setup) -> str:
    who = name_of(change.who, setup)
    before = f" (before: {amount_words(_as_figure(change.before))})" if change.before else ""
    return _amount(change.figure) + (f", says {who}" if who else "") + before


def _amount(one: Said | None) -> str:
    """A figure with what happened: "11,000 troops sent"."""
    if one is None:
        return ""
    event = one.flow[1]
    return f"{figure_words(_as_figure(one))} {EVENTS.get(event, event) if event != 'losses' else ''}".strip()


def _as_figure(one: Said) -> Figure:
    unit, event, actor, recipient = one.flow
    approx = "exact" if one.low == one.high else "range"
    return Figure(unit, event, actor or None, recipient or None, one.low, one.high, approx, "fact", one.origin or None)
