"""What a request to the demonstration press is about: who is asked for what, and what there is to show."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from khasan.demo.outlets import Outlet, Story


@dataclass(frozen=True)
class Shelf:
    """A path of an outlet with the stories shown there in a round.

    Attributes:
        stories: of the outlet, newest first.
        elsewhere: of all outlets that can be searched, newest first.
        query: the last value of each name.

    """

    outlet: Outlet
    stories: tuple[Story, ...]
    round: int
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    elsewhere: tuple[tuple[Outlet, Story], ...] = ()

    def number(self, name: str, default: int) -> int:
        """Return a number of the query, the default if it is none or less than 1."""
        value = self.query.get(name, "")
        return max(int(value), 1) if value.isascii() and value.isdigit() and len(value) < 10 else default  # noqa: PLR2004 - enough
