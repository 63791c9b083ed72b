"""What the demonstration press received, and what a watcher of it should have."""

from dataclasses import dataclass
from typing import NamedTuple


class Hit(NamedTuple):
    """One request that the press received.

    ``path`` is without its query, which is in ``query``; ``status`` is 0 when the request was left without an answer;
    ``at`` is the monotonic time of its arrival; ``conditional`` is whether it asked for news since an earlier answer.
    """

    host: str
    path: str
    status: int
    at: float
    conditional: bool
    query: str


@dataclass(frozen=True)
class Expected:
    """What a watcher that polled every outlet in every round up to one should have.

    Attributes:
        articles: how many it stores.
        baseline: addresses of the stories of round 1, about which nobody is told.
        alerts: addresses of the live stories on military cooperation, about which somebody is told.
        quiet: addresses of the other live stories.

    """

    articles: int
    baseline: tuple[str, ...]
    alerts: tuple[str, ...]
    quiet: tuple[str, ...]
