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
