"""What the tests of the ledger share: articles that say figures, and looking at what became of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from storage.claim_content import content_of
from storage.claim_model import ClaimReading, Figure, Place
from storage.claim_rows import sightings_where
from storage.claims import store_claims
from storage.model import Pages, Precision, Published, TimeOrigin
from tests.shelf import NOW, entry, poll, row, rows, settle, source

DAY = timedelta(days=1)


def figure(low=11_000, high=None, **rest):
    """11,000 troops sent from North Korea to Russia, Seoul's ministry says; and whatever else is given."""
    values = {
        "unit": "troops", "event": "sent", "actor": "KP", "recipient": "RU", "approx": "exact", "modality": "fact", "origin": "kr_mnd"
    }  # fmt: skip
    return Figure(low=low, high=low if high is None else high, **(values | rest))


def reading(sentence, read=None, *, word=None, at=0, field="text"):
    """A figure that was read in a sentence; `word` is its evidence, `at` where the sentence begins."""
    read = read or figure()
    word = word or f"{read.low:,}"
    start = at + sentence.index(word)
    place = Place(field, start, start + len(word), at, at + len(sentence), word, sentence)
    return ClaimReading(read, place)


def shelve(archive):
    settle(archive, source("wire"), source("full", Pages.ALL))


def article(archive, slug, day=0, *, seen=None, feed="wire"):
    """An article that was published so many days after NOW, and seen then or at `seen`."""
    at = NOW + day * DAY
    published = Published(at, "+09:00", Precision.MINUTE, TimeOrigin.FEED)
    (one,) = poll(archive, feed, entry(slug, published=published), at=seen or at)
    return one.article


def store(archive, number, *readings, at=None, again=False):
    """Store what was read in an article's current text."""
    version = row(archive, number)["version_id"]
    return archive.write(store_claims, number, version, readings, at or datetime(2026, 1, 1, tzinfo=UTC), again=again)


def sightings(archive):
    """Everything that is sighted."""
    return archive.read(sightings_where, "1 ORDER BY s.id", ())


def claims(archive):
    """Claims by number: (low, high, origin, status, articles)."""
    found = rows(
        archive,
        "SELECT c.*, (SELECT group_concat(DISTINCT article_id) FROM claim_sighting WHERE claim_id = c.id) AS articles FROM claim c",
    )
    return {
        one["id"]: (one["low"], one["high"], one["origin"], one["status"], one["articles"] and set(map(int, one["articles"].split(","))))
        for one in found
    }  # fmt: skip


def whole(archive):
    """What must hold of any ledger at any time."""
    assert rows(archive, "PRAGMA foreign_key_check") == []
    assert rows(archive, "SELECT id FROM claim WHERE id NOT IN (SELECT claim_id FROM claim_sighting)") == []
    assert rows(archive, "SELECT * FROM claim_relay WHERE sighting_id NOT IN (SELECT id FROM claim_sighting)") == []
    for one in sightings(archive):
        assert one.content == content_of(one.place)
    for claim in rows(archive, "SELECT * FROM claim"):
        seen = rows(
            archive,
            "SELECT * FROM claim_sighting WHERE claim_id = ? ORDER BY at, first_seen_at, id",
            claim["id"],
        )
        assert (claim["first_at"], claim["last_at"]) == (seen[0]["at"], seen[-1]["at"])
        for name in ("approx", "modality", "increment", "said_on"):
            assert claim[name] == seen[0][name]
        assert claim["recap"] == min(one["recap"] for one in seen)
        assert claim["denied"] == (seen[0]["modality"] == "denied")
        assert claim["rejected"] == (claim["status"] == "rejected")
