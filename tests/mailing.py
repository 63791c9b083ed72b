"""Articles that alert, without reading them: each the first of a story of its own."""

from __future__ import annotations

from datetime import timedelta

from alerts.claims_view import NO_CLAIMS
from alerts.facts import Facts, to_text
from alerts.story_mails import Paper, telling
from alerts.story_view import card_of
from alerts.telling import Case, asks_for_mail, decide_story
from storage.model import Decision, Review
from storage.reviews import alerted, store_review
from storage.stories import next_story
from storage.story_model import Placing, StoryState


def publish(archive, article, hits, readers, at, options, claims=NO_CLAIMS):  # noqa: PLR0917
    """Decide on an article, store that, and say how many mails it made."""
    told = frozenset(archive.read(alerted, article.id))
    number = archive.read(next_story)
    placing = Placing(number, True, "alone", article.published.at, {"k": {}, "w": {}, "n": [], "f": []}, ())
    state = StoryState(number, (number,))
    paper = Paper(article, state, to_text(Facts(outlets=1)), options, claims=claims)
    decisions, tellings = [], []
    for reader in readers:
        outcome = decide_story(reader, Case(article, state, Facts(outlets=1), alerted=told), at, timedelta(hours=48))
        decisions.append(Decision(reader.name, outcome.word, outcome.reason, tuple(hits)))
        if asks_for_mail(outcome):
            tellings.append(telling(paper, reader, outcome, hits, card_of(article), at))
    review = Review(
        article.id, article.version, at, "1", "t", "en", True, (), "r", decisions=tuple(decisions), placing=placing
    )
    return archive.write(store_review, review, tellings)
