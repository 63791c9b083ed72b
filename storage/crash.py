"""Numbered places at which the process may be killed to prove that nothing is lost or doubled.

`point("store.2")` does nothing, unless the environment variable KHASAN_KILL_AT names that point: then the process ends
at once, as by `kill -9`. `KHASAN_KILL_AT=store.2:3` ends it at the third passing. The tests walk POINTS, so a new point
is tested by being listed. Where the variable is set, if only to a name that is no point, `passed` says what was passed: so a
run that is let through finds the passings at which the next ones are to end.
"""

from __future__ import annotations

import os
import signal

POINTS = (
    "commit.before",  # a transaction of the archive's writer has done its work and is not committed
    "commit.after",  # it is committed, and nobody knows yet
    "collect.1",  # a poll is leased, nothing fetched
    "collect.2",  # the feed is fetched, nothing stored
    "collect.3",  # articles are written, the transaction is open
    "collect.4",  # the poll is committed, no page asked for
    "collect.5",  # a page is fetched, nothing stored
    "collect.6",  # the page is written, the transaction is open
    "collect.7",  # the page is committed
    "review.1",  # an article is read, nothing written
    "review.2",  # decision and outbox are written, the transaction is open
    "review.3",  # decision and outbox are committed
    "deliver.1",  # a mail is marked as being sent, nothing went out
    "deliver.2",  # the server took the mail, nothing marked
    "deliver.3",  # the mail is marked, the transaction is open
    "deliver.4",  # the mail is marked and committed
)

passed: list[tuple[str, str]] = []  # point and what was in hand there, in order


def point(name: str, what: str = "") -> None:
    """End the process here if KHASAN_KILL_AT says so. `what` is in hand, for whoever reads `passed`."""
    wanted = os.environ.get("KHASAN_KILL_AT")
    if wanted is None:
        return
    passed.append((name, what))
    where, _, nth = wanted.partition(":")
    if where == name and sum(name == one for one, _ in passed) >= int(nth or 1):
        os.kill(os.getpid(), signal.SIGKILL)
