"""The archive's tables, as migrations; the first nine are in `schema_first.py`.

Append only: a migration that has been released is never edited, because databases that have run it are out there. A new
one is a small function with its reason in its docstring, at the end of the file. Times are UTC, ISO 8601 with
milliseconds, so that text order is time order and SQLite's date functions read them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.schema_first import migrations, script

if TYPE_CHECKING:
    from sqlite_utils import Database

__all__ = ["APPLICATION_ID", "migrations"]

APPLICATION_ID = 0x4B48534E  # "KHSN": tells our file from any other SQLite file


@migrations()
def m010_claims(db: Database) -> None:
    """Who said how many of what: claims, where each was read, and what analysts decided, which nobody may change.

    Nobody is '' and not NULL, so that keys can be compared. A claim is numbered once and its number never given again.
    """
    script(
        db,
        """
        CREATE TABLE claim (                 -- one figure of one origin, in sightings that are close in time
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            unit TEXT NOT NULL,
            event TEXT NOT NULL,
            actor TEXT NOT NULL,             -- from whom
            recipient TEXT NOT NULL,         -- to whom
            origin TEXT NOT NULL,            -- on whose word
            denied INTEGER NOT NULL,
            low INTEGER NOT NULL,
            high INTEGER NOT NULL,           -- equal to low but for a range
            rejected INTEGER NOT NULL,       -- an analyst says that it is none
            status TEXT NOT NULL CHECK (status IN ('read', 'confirmed', 'corrected', 'rejected')),
            approx TEXT NOT NULL,            -- this and the next: of the earliest sighting
            modality TEXT NOT NULL,
            increment INTEGER NOT NULL,      -- on top of an earlier figure
            recap INTEGER NOT NULL,          -- an old figure given as background, in every sighting
            said_on TEXT,
            first_at TEXT NOT NULL,          -- its earliest sighting was published
            last_at TEXT NOT NULL
        );
        CREATE INDEX claim_by_key ON claim(unit, event, actor, recipient, origin, denied, rejected, low, high);
        CREATE INDEX claim_by_flow ON claim(unit, event, actor, recipient, first_at);
        CREATE INDEX claim_by_time ON claim(first_at);
        CREATE TABLE claim_decision (        -- what an analyst decided on a figure in a sentence, in whatever article
            id INTEGER PRIMARY KEY,
            decided_at TEXT NOT NULL,
            who TEXT NOT NULL,
            why TEXT NOT NULL,
            verdict TEXT NOT NULL CHECK (verdict IN ('correct', 'reject', 'confirm')),
            claim_id INTEGER NOT NULL,       -- the claim's number then
            article_ids TEXT NOT NULL,       -- JSON: where the sentence was read then
            sentence_key TEXT NOT NULL,      -- hash of the folded sentence
            folded_start INTEGER NOT NULL,   -- the figure in the folded sentence
            folded_end INTEGER NOT NULL,
            sentence TEXT NOT NULL,
            evidence TEXT NOT NULL,
            read TEXT NOT NULL,              -- JSON: what the machine had read
            figure TEXT NOT NULL,            -- JSON: what was decided
            changed TEXT NOT NULL,           -- JSON: the fields that were corrected
            covers TEXT NOT NULL             -- JSON: the readings of this figure that are decided
        );
        CREATE INDEX claim_decision_by_sentence ON claim_decision(sentence_key, id);
        CREATE TRIGGER claim_decision_no_update BEFORE UPDATE ON claim_decision BEGIN SELECT RAISE(ABORT, 'a decision is never changed'); END;
        CREATE TRIGGER claim_decision_no_delete BEFORE DELETE ON claim_decision BEGIN SELECT RAISE(ABORT, 'a decision is never deleted'); END;
        CREATE TABLE claim_sighting (        -- a claim in an article
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            claim_id INTEGER NOT NULL REFERENCES claim(id),
            article_id INTEGER NOT NULL REFERENCES article(id),
            text_version_id INTEGER NOT NULL REFERENCES text_version(id),
            field TEXT NOT NULL CHECK (field IN ('title', 'text')),
            evidence_start INTEGER NOT NULL, -- places count characters of that field of that version
            evidence_end INTEGER NOT NULL,
            sentence_start INTEGER NOT NULL,
            sentence_end INTEGER NOT NULL,
            evidence TEXT NOT NULL,
            sentence TEXT NOT NULL,
            sentence_key TEXT NOT NULL,
            folded_start INTEGER NOT NULL,
            folded_end INTEGER NOT NULL,
            approx TEXT NOT NULL,
            modality TEXT NOT NULL,
            increment INTEGER NOT NULL,
            recap INTEGER NOT NULL,
            said_on TEXT,                    -- the origin said it that day, if that is told
            at TEXT NOT NULL,                -- published, or first seen if that was sooner
            first_seen_at TEXT NOT NULL,     -- since when the ledger has it
            language TEXT NOT NULL,
            outlet TEXT NOT NULL,
            read TEXT NOT NULL,              -- JSON: what the machine reads, without what was decided
            still_read INTEGER NOT NULL,     -- 0: only a decision keeps it
            decision_id INTEGER REFERENCES claim_decision(id) -- that counts here
        );
        CREATE INDEX claim_sighting_by_claim ON claim_sighting(claim_id, first_seen_at, id);
        CREATE INDEX claim_sighting_by_time ON claim_sighting(claim_id, at, first_seen_at, id);
        CREATE INDEX claim_sighting_decided ON claim_sighting(claim_id, decision_id) WHERE decision_id IS NOT NULL;
        CREATE INDEX claim_sighting_no_recap ON claim_sighting(claim_id) WHERE recap = 0;
        CREATE INDEX claim_sighting_by_article ON claim_sighting(article_id);
        CREATE INDEX claim_sighting_by_sentence ON claim_sighting(sentence_key);
        CREATE TABLE claim_relay (           -- through which media, from the publisher inwards
            sighting_id INTEGER NOT NULL REFERENCES claim_sighting(id),
            place INTEGER NOT NULL,
            relay TEXT NOT NULL,
            PRIMARY KEY (sighting_id, place)
        ) WITHOUT ROWID;
        """,
    )


@migrations()
def m011_stories(db: Database) -> None:
    """What articles tell of the same event, and by what they are found again.

    A story is numbered once and its number never given again; one that is merged stays, and says into which.
    """
    script(
        db,
        """
        CREATE TABLE story (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            first_seen TEXT NOT NULL,
            last_seen TEXT NOT NULL,
            merged_into INTEGER REFERENCES story(id)
        );
        CREATE INDEX story_by_time ON story(last_seen);
        CREATE INDEX story_merged ON story(merged_into) WHERE merged_into IS NOT NULL;
        CREATE TABLE story_article (         -- an article belongs to one story
            article_id INTEGER PRIMARY KEY REFERENCES article(id),
            story_id INTEGER NOT NULL REFERENCES story(id),
            placed_in INTEGER NOT NULL REFERENCES story(id), -- before any merging
            text_version_id INTEGER NOT NULL REFERENCES text_version(id),
            at TEXT NOT NULL,                -- published, or first seen if that was sooner
            seen_at TEXT NOT NULL,           -- first seen
            outlet TEXT NOT NULL,
            language TEXT NOT NULL,
            features TEXT NOT NULL,          -- JSON: what it was compared by
            reason TEXT NOT NULL,            -- why it is here
            same_as INTEGER REFERENCES article(id), -- it is that one again
            same_how TEXT NOT NULL CHECK (same_how IN ('', 'version', 'copy')), -- of the same outlet, or of another
            origin TEXT NOT NULL,            -- on whose word it stands; '' is not told
            relays TEXT NOT NULL             -- JSON: through which media, from the publisher inwards
        );
        CREATE INDEX story_article_by_story ON story_article(story_id, seen_at);
        CREATE INDEX story_article_same ON story_article(same_as) WHERE same_as IS NOT NULL;
        CREATE TABLE story_key (             -- by what an article is found again: concepts, figures, names, words
            key TEXT NOT NULL,
            at TEXT NOT NULL,
            article_id INTEGER NOT NULL REFERENCES article(id),
            PRIMARY KEY (key, at, article_id)
        ) WITHOUT ROWID;
        CREATE INDEX story_key_by_article ON story_key(article_id);
        CREATE TABLE story_band (            -- the same for near-identical texts: bands of MinHash signatures
            band INTEGER NOT NULL,
            article_id INTEGER NOT NULL REFERENCES article(id),
            PRIMARY KEY (band, article_id)
        ) WITHOUT ROWID;
        CREATE INDEX story_band_by_article ON story_band(article_id);
        """,
    )


@migrations()
def m012_story_decisions(db: Database) -> None:
    """What analysts decided on stories, which nobody may change."""
    script(
        db,
        """
        CREATE TABLE story_decision (        -- what an analyst decided on a story
            id INTEGER PRIMARY KEY,
            decided_at TEXT NOT NULL,
            who TEXT NOT NULL,
            why TEXT NOT NULL,
            verdict TEXT NOT NULL CHECK (verdict IN ('merge', 'mute', 'unmute', 'pin', 'unpin')),
            story_id INTEGER NOT NULL REFERENCES story(id),
            into_id INTEGER REFERENCES story(id), -- of a merge
            reader TEXT NOT NULL,            -- for whom; '' is everybody
            article_ids TEXT NOT NULL        -- JSON: what the story held then
        );
        CREATE INDEX story_decision_by_story ON story_decision(story_id, id);
        CREATE TRIGGER story_decision_no_update BEFORE UPDATE ON story_decision BEGIN SELECT RAISE(ABORT, 'a decision is never changed'); END;
        CREATE TRIGGER story_decision_no_delete BEFORE DELETE ON story_decision BEGIN SELECT RAISE(ABORT, 'a decision is never deleted'); END;
        """,
    )


@migrations()
def m013_outbox(db: Database) -> None:
    """Mails gain a story and two states, for which SQLite must rebuild their table; `merged` becomes `superseded`."""
    script(
        db,
        """
        CREATE TABLE outbox_new (
            id INTEGER PRIMARY KEY,
            kind TEXT NOT NULL,
            reader TEXT NOT NULL,
            address TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'dead', 'expired', 'superseded', 'dropped')),
            message_id TEXT NOT NULL UNIQUE,
            subject TEXT NOT NULL,
            article_id INTEGER REFERENCES article(id),
            text_version_id INTEGER REFERENCES text_version(id),
            body TEXT NOT NULL,              -- JSON: what the mail is made of besides the article
            created_at TEXT NOT NULL,
            due_at TEXT NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0,
            last_error TEXT NOT NULL DEFAULT '',
            sent_at TEXT,
            merged_into INTEGER REFERENCES outbox_new(id), -- the mail that stands in its place
            story_id INTEGER REFERENCES story(id)
        );
        INSERT INTO outbox_new (id, kind, reader, address, state, message_id, subject, article_id, text_version_id, body,
            created_at, due_at, attempts, last_error, sent_at, merged_into)
        SELECT id, kind, reader, address, CASE state WHEN 'merged' THEN 'superseded' ELSE state END, message_id, subject,
            article_id, text_version_id, body, created_at, due_at, attempts, last_error, sent_at, merged_into FROM outbox;
        DROP TABLE outbox;
        ALTER TABLE outbox_new RENAME TO outbox;
        CREATE INDEX outbox_open ON outbox(due_at) WHERE state IN ('queued', 'sending', 'failed');
        CREATE INDEX outbox_merged ON outbox(merged_into) WHERE merged_into IS NOT NULL;
        CREATE INDEX outbox_sent ON outbox(reader, sent_at) WHERE state = 'sent';
        CREATE INDEX outbox_taken ON outbox(sent_at) WHERE sent_at IS NOT NULL;
        CREATE INDEX outbox_given_up ON outbox(id) WHERE state IN ('dead', 'expired');
        CREATE INDEX outbox_by_story ON outbox(story_id) WHERE story_id IS NOT NULL;
        """,
    )


@migrations()
def m014_tellings(db: Database) -> None:
    """What readers were told of stories, and with which facts.

    What came last is to be read once more, so that it has stories: who was told of it is not told again as they go on.
    """
    script(
        db,
        """
        CREATE TABLE telling (               -- a reader was told of a story
            id INTEGER PRIMARY KEY,
            story_id INTEGER NOT NULL REFERENCES story(id),
            reader TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('alert', 'update', 'digest')),
            outbox_id INTEGER NOT NULL REFERENCES outbox(id),
            told_at TEXT NOT NULL,
            facts TEXT NOT NULL              -- JSON: what was known of it then
        );
        CREATE UNIQUE INDEX telling_first ON telling(story_id, reader) WHERE kind = 'alert';
        CREATE INDEX telling_by_story ON telling(story_id, reader, id);
        CREATE INDEX telling_by_mail ON telling(outbox_id);
        UPDATE article SET again_since = (SELECT max(first_seen) FROM article)
        WHERE candidate = 1 AND merged_into IS NULL AND text_dropped = 0 AND again_since IS NULL AND review_due_at IS NULL
            AND first_seen >= (SELECT strftime('%Y-%m-%dT%H:%M:%fZ', max(first_seen), '-14 days') FROM article);
        """,
    )
