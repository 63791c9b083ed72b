"""What a spider yields: one item a job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spiders.work import Job
    from storage.model import PageResult, PollResult, Stored


@dataclass(frozen=True, slots=True)
class JobItem:
    """A job, what came of it, and, once it is stored, the articles that are new or read differently."""

    job: Job
    result: PollResult | PageResult
    stored: tuple[Stored, ...] = ()
