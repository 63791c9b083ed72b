"""The archive's first tables, m001 to m009, as migrations. Append only: see `schema.py`, where new ones go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlite_utils import Migrations

if TYPE_CHECKING:
    from sqlite_utils import Database

migrations = Migrations("khasan")


def script(db: Database, sql: str) -> None:
    """Run statements one by one: executescript would commit the migration's transaction."""
    for statement in sql.split(";\n"):
        if statement.strip():
            db.conn.execute(statement)


@migrations()
def m001_sources(db: Database) -> None:
    """Who is polled and when next; the outcome of every poll."""
    script(
        db,
        """
        CREATE TABLE outlet (id TEXT PRIMARY KEY, name TEXT NOT NULL, country TEXT NOT NULL);
        CREATE TABLE source (
            id TEXT PRIMARY KEY,
            outlet TEXT NOT NULL REFERENCES outlet(id),
            name TEXT NOT NULL,
            kind TEXT NOT NULL,
            url TEXT NOT NULL,
            host TEXT NOT NULL,
            enabled INTEGER NOT NULL,
            settings TEXT NOT NULL,          -- the topic's declaration, JSON
            next_poll_at TEXT NOT NULL,
            leased_until TEXT,               -- somebody is polling it until then at the latest
            etag TEXT NOT NULL DEFAULT '',
            last_modified TEXT NOT NULL DEFAULT '',
            body_sha256 TEXT NOT NULL DEFAULT '',
            last_poll_at TEXT,
            last_good_at TEXT,
            last_new_at TEXT,
            baseline_at TEXT,                -- the first successful poll: what it found mails nothing
            baseline_told_at TEXT,           -- the operator knows
            failures INTEGER NOT NULL DEFAULT 0,
            outcome TEXT,
            detail TEXT NOT NULL DEFAULT ''
        );
        CREATE INDEX source_due ON source(next_poll_at) WHERE enabled;
        CREATE TABLE poll (
            id INTEGER PRIMARY KEY,
            source TEXT NOT NULL REFERENCES source(id),
            polled_at TEXT NOT NULL,
            outcome TEXT NOT NULL,
            http_status INTEGER,
            detail TEXT NOT NULL,
            entries INTEGER NOT NULL,
            new_articles INTEGER NOT NULL,
            seconds REAL NOT NULL
        );
        CREATE INDEX poll_by_source ON poll(source, polled_at);
        CREATE INDEX poll_by_time ON poll(polled_at);
        """,
    )


@migrations()
def m002_articles(db: Database) -> None:
    """What was read, known by its addresses."""
    script(
        db,
        """
        CREATE TABLE article (
            id INTEGER PRIMARY KEY,
            canonical_url TEXT NOT NULL,     -- the address in its plainest form
            url TEXT NOT NULL,               -- the address to open
            host TEXT NOT NULL,
            outlet TEXT NOT NULL,
            source TEXT NOT NULL,            -- the source that brought it first
            arrival TEXT NOT NULL CHECK (arrival IN ('live', 'baseline', 'backfill', 'import')),
            first_seen TEXT NOT NULL,
            published_at TEXT NOT NULL,
            published_zone TEXT,
            published_precision TEXT NOT NULL CHECK (published_precision IN ('minute', 'day')),
            published_origin TEXT NOT NULL CHECK (published_origin IN ('feed', 'page', 'guess')),
            language TEXT NOT NULL DEFAULT '',
            version_id INTEGER,              -- the current text_version
            page_state TEXT NOT NULL,
            page_due_at TEXT,                -- fetch the page from then on
            page_attempts INTEGER NOT NULL DEFAULT 0,
            page_fault TEXT NOT NULL DEFAULT '',
            leased_until TEXT,
            review_due_at TEXT,              -- review the current text from then on
            candidate INTEGER,               -- the last review's gate; NULL before
            wanted INTEGER NOT NULL DEFAULT 0, -- a rule was true of it
            text_dropped INTEGER NOT NULL DEFAULT 0, -- its texts were let go, the titles stay
            merged_into INTEGER REFERENCES article(id) -- found to be the same as that one
        );
        CREATE TABLE article_address (       -- every address by which an article is known: an identity has many
            canonical_url TEXT PRIMARY KEY,
            article_id INTEGER NOT NULL REFERENCES article(id)
        ) WITHOUT ROWID;
        CREATE INDEX address_by_article ON article_address(article_id);
        CREATE INDEX article_page_due ON article(page_due_at) WHERE page_due_at IS NOT NULL;
        CREATE INDEX article_review_due ON article(review_due_at) WHERE review_due_at IS NOT NULL;
        CREATE INDEX article_published ON article(published_at);
        CREATE INDEX article_merged ON article(merged_into) WHERE merged_into IS NOT NULL;
        CREATE INDEX article_to_drop ON article(first_seen) WHERE candidate = 0 AND wanted = 0 AND text_dropped = 0;
        """,
    )


@migrations()
def m003_texts(db: Database) -> None:
    """The immutable texts of an article, and where it was seen."""
    script(
        db,
        """
        CREATE TABLE text_version (
            id INTEGER PRIMARY KEY,
            article_id INTEGER NOT NULL REFERENCES article(id),
            number INTEGER NOT NULL,
            origin TEXT NOT NULL CHECK (origin IN ('feed', 'page', 'import')),
            seen_at TEXT NOT NULL,
            title TEXT NOT NULL,
            text TEXT,                       -- NULL once dropped as irrelevant; the hash stays
            authors TEXT NOT NULL,           -- JSON list
            image_url TEXT,
            language_hint TEXT NOT NULL,     -- what page, feed or source say
            sha256 TEXT NOT NULL,            -- of title and text
            UNIQUE (article_id, number)
        );
        CREATE TABLE sighting (
            source TEXT NOT NULL,
            entry_key TEXT NOT NULL,
            article_id INTEGER NOT NULL REFERENCES article(id),
            url TEXT NOT NULL,
            title TEXT NOT NULL,
            entry_sha256 TEXT NOT NULL,
            first_seen TEXT NOT NULL,
            PRIMARY KEY (source, entry_key)
        ) WITHOUT ROWID;
        CREATE INDEX sighting_by_article ON sighting(article_id);
        """,
    )


@migrations()
def m004_pages(db: Database) -> None:
    """Pages as they were received: the evidence."""
    script(
        db,
        """
        CREATE TABLE page (
            id INTEGER PRIMARY KEY,
            article_id INTEGER NOT NULL REFERENCES article(id),
            text_version_id INTEGER REFERENCES text_version(id),
            url TEXT NOT NULL,
            fetched_at TEXT NOT NULL,
            http_status INTEGER,
            outcome TEXT NOT NULL,
            detail TEXT NOT NULL,
            headers TEXT NOT NULL,           -- JSON
            body_sha256 TEXT NOT NULL,       -- of the bytes received
            html_gzip BLOB                   -- NULL once dropped
        );
        CREATE INDEX page_by_article ON page(article_id);
        CREATE INDEX page_to_drop ON page(fetched_at) WHERE html_gzip IS NOT NULL;
        """,
    )


@migrations()
def m005_search(db: Database) -> None:
    """Full text of each article's current version. External content: the text is stored once."""
    script(
        db,
        """
        CREATE VIRTUAL TABLE article_fts USING fts5(
            title, text, content='text_version', content_rowid='id', tokenize='unicode61 remove_diacritics 0'
        );
        """,
    )


@migrations()
def m006_decisions(db: Database) -> None:
    """What was understood and decided, with the versions of analysis, topic and rule that did it."""
    script(
        db,
        """
        CREATE TABLE review (
            id INTEGER PRIMARY KEY,
            article_id INTEGER NOT NULL REFERENCES article(id),
            text_version_id INTEGER NOT NULL REFERENCES text_version(id),
            reviewed_at TEXT NOT NULL,
            analysis_version TEXT NOT NULL,
            topic_version TEXT NOT NULL,
            candidate INTEGER NOT NULL,
            concepts TEXT NOT NULL,          -- JSON list of lexicon ids
            outcome TEXT NOT NULL,           -- mail, late, nothing, page
            reason TEXT NOT NULL
        );
        CREATE INDEX review_by_article ON review(article_id);
        CREATE TABLE decision (
            id INTEGER PRIMARY KEY,
            review_id INTEGER NOT NULL REFERENCES review(id),
            article_id INTEGER NOT NULL REFERENCES article(id),
            reader TEXT NOT NULL,
            rule TEXT NOT NULL,
            rule_version TEXT NOT NULL,
            outcome TEXT NOT NULL,
            reason TEXT NOT NULL,
            title_marks TEXT NOT NULL,       -- JSON list of [start, end]
            text_marks TEXT NOT NULL
        );
        CREATE INDEX decision_by_article ON decision(article_id);
        CREATE INDEX decision_by_review ON decision(review_id);
        """,
    )


@migrations()
def m007_outbox(db: Database) -> None:
    """Mails: one row each, one Message-ID for ever; and which reader has been alerted of which article."""
    script(
        db,
        """
        CREATE TABLE outbox (
            id INTEGER PRIMARY KEY,
            kind TEXT NOT NULL,
            reader TEXT NOT NULL,
            address TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('queued','sending','sent','failed','dead','merged','dropped')),
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
            merged_into INTEGER REFERENCES outbox(id)
        );
        CREATE INDEX outbox_open ON outbox(due_at) WHERE state IN ('queued', 'sending', 'failed');
        CREATE INDEX outbox_merged ON outbox(merged_into) WHERE merged_into IS NOT NULL;
        CREATE INDEX outbox_sent ON outbox(reader, sent_at) WHERE state = 'sent';
        CREATE TABLE alert (
            article_id INTEGER NOT NULL REFERENCES article(id),
            reader TEXT NOT NULL,
            outbox_id INTEGER NOT NULL REFERENCES outbox(id),
            alerted_at TEXT NOT NULL,
            PRIMARY KEY (article_id, reader)
        ) WITHOUT ROWID;
        """,
    )


@migrations()
def m008_watch(db: Database) -> None:
    """What makes silence provable: where a source stands and since when, what was asked of hosts, outages told of."""
    script(
        db,
        """
        -- where it has moved for good; '' is url
        ALTER TABLE source ADD COLUMN address TEXT NOT NULL DEFAULT '';
        -- where a permanent redirect leads
        ALTER TABLE source ADD COLUMN moved_to TEXT NOT NULL DEFAULT '';
        ALTER TABLE source ADD COLUMN moved_since TEXT;
        ALTER TABLE source ADD COLUMN moved_polls INTEGER NOT NULL DEFAULT 0;
        -- it said that it is gone for good
        ALTER TABLE source ADD COLUMN retired_at TEXT;
        -- since when the outcome is not as it should be
        ALTER TABLE source ADD COLUMN trouble_since TEXT;
        -- when entries were last lost
        ALTER TABLE source ADD COLUMN overflow_at TEXT;
        -- the newest entry's publication, or first sight
        ALTER TABLE source ADD COLUMN newest_at TEXT;
        -- articles in a row without their page
        ALTER TABLE source ADD COLUMN page_failures INTEGER NOT NULL DEFAULT 0;
        -- when it publishes, as learnt
        ALTER TABLE source ADD COLUMN rhythm TEXT NOT NULL DEFAULT '';
        -- how often it wants to be read, as it said last: JSON
        ALTER TABLE source ADD COLUMN hints TEXT NOT NULL DEFAULT '';
        -- how far it was read, as its kind needs it
        ALTER TABLE source ADD COLUMN cursor TEXT NOT NULL DEFAULT '';
        ALTER TABLE poll ADD COLUMN requests INTEGER NOT NULL DEFAULT 1;
        CREATE TABLE seen_address (          -- addresses that stood in a sitemap, read or not
            source TEXT NOT NULL,
            address_hash INTEGER NOT NULL,
            PRIMARY KEY (source, address_hash)
        ) WITHOUT ROWID;
        CREATE TABLE host (
            host TEXT PRIMARY KEY,
            rest_until TEXT,                 -- it asked not to be asked before
            reason TEXT NOT NULL DEFAULT '',
            holder TEXT NOT NULL DEFAULT '', -- the process that asks it now, and until when nobody else may
            held_until TEXT
        ) WITHOUT ROWID;
        CREATE TABLE robots (
            origin TEXT PRIMARY KEY,         -- scheme, host and port
            fetched_at TEXT NOT NULL,
            http_status INTEGER,
            body TEXT NOT NULL,              -- of the last answer that had one
            body_at TEXT NOT NULL            -- when that was
        ) WITHOUT ROWID;
        CREATE INDEX sighting_without_link ON sighting(source, entry_sha256) WHERE url = '';
        -- ask every source for the whole once, so that its rhythm can be learnt
        UPDATE source SET etag = '', last_modified = '', body_sha256 = '';
        CREATE TABLE outage (                -- a source in trouble for long
            id INTEGER PRIMARY KEY,
            source TEXT NOT NULL,
            outcome TEXT NOT NULL,
            detail TEXT NOT NULL,
            began_at TEXT NOT NULL,
            told_at TEXT NOT NULL,           -- when the operator was mailed
            ended_at TEXT,
            end_told_at TEXT,                -- when the operator was mailed that it is over
            UNIQUE (source, began_at)
        );
        CREATE TABLE notice (                -- what was told once, or is kept between two looks
            key TEXT PRIMARY KEY,
            value TEXT NOT NULL,
            noted_at TEXT NOT NULL
        ) WITHOUT ROWID;
        """,
    )


@migrations()
def m009_reading(db: Database) -> None:
    """How relevant each article is and what it speaks of, to be searched by; and the rules that decide now.

    Relevance is 0 to 1, NULL until judged; bands are relevant, unsure, no. What has `again_since` is to be read once more,
    and nobody told.
    """
    script(
        db,
        """
        ALTER TABLE article ADD COLUMN relevance REAL;
        ALTER TABLE article ADD COLUMN band TEXT NOT NULL DEFAULT '';
        ALTER TABLE article ADD COLUMN again_since TEXT;
        CREATE INDEX article_again ON article(again_since) WHERE again_since IS NOT NULL;
        ALTER TABLE review ADD COLUMN relevance REAL;
        ALTER TABLE review ADD COLUMN band TEXT NOT NULL DEFAULT '';
        ALTER TABLE review ADD COLUMN relevance_reasons TEXT NOT NULL DEFAULT '[]';
        CREATE INDEX article_relevance ON article(relevance) WHERE relevance > 0;
        CREATE TABLE article_concept (       -- by the latest review; which concepts an article speaks of
            concept TEXT NOT NULL,
            article_id INTEGER NOT NULL REFERENCES article(id),
            PRIMARY KEY (concept, article_id)
        ) WITHOUT ROWID;
        INSERT INTO article_concept
            SELECT DISTINCT j.value, r.article_id FROM review r, json_each(r.concepts) j
            WHERE r.id IN (SELECT max(id) FROM review GROUP BY article_id);
        CREATE TABLE rule_in_force (         -- what the daemon decides by
            rule TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            query TEXT NOT NULL,             -- with its sets put in
            version TEXT NOT NULL,
            since TEXT NOT NULL
        );
        """,
    )
