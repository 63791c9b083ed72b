"""Every outlet's channel as Telegram shows it in public: ``/s/NAME`` with four posts a page, older ones before an id.

A post is a story's headline, summary and link. By their order, some are what channels also have: a forwarded one, a
photo and a video with a caption, an answer, one that is changed in round 3. Two are notices of Telegram's own, that the
channel was made and that it has a new picture, the latter without a word. Ids are given by round and time, so that a post
keeps its own.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from khasan.demo.faults import Answer
from khasan.demo.outlets import ROUNDS, Outlet, Story
from khasan.demo.render import Document, Printer, View
from khasan.demo.shelf import Shelf

_PER_PAGE = 4
_FORWARDED, _PHOTO, _VIDEO, _ANSWER = 1, 2, 3, 5  # which story, by time
_EDITS_FROM = 3  # the round in which the newest post of the round before is changed


@dataclass(frozen=True)
class Post:
    """A message of a channel; without a story it is a notice of Telegram's own."""

    id: int
    at: datetime
    it: View | None = None
    link: str = ""
    edited: bool = False
    forwarded: bool = False
    photo: bool = False
    video: bool = False
    answers: "Post | None" = None

    @property
    def iso(self) -> str:
        """When it was posted, as Telegram writes it: in UTC."""
        return self.at.astimezone(UTC).isoformat()

    @property
    def views(self) -> str:
        """How often it was seen."""
        return f"{self.id / 10 + 1:.1f}K"


def preview_path(outlet: Outlet) -> str:
    """Where the channel's posts are shown."""
    return f"/s/{outlet.channel}"


def post_paths(stories: tuple[Story, ...], outlet: Outlet) -> dict[Story, str]:
    """Tell which post's path belongs to which story, over all rounds."""
    ordered = _by_time(stories)
    return {story: f"/{outlet.channel}/{_id(ordered, story)}" for story in ordered}


def show(printer: Printer, shelf: Shelf) -> Document | Answer | None:
    """Set the channel's posts, its card or a post's card; send on who asks for a channel without a preview."""
    name = shelf.outlet.channel
    if shelf.path == f"/s/closed_{name}":
        location = f"{printer.base(shelf.outlet)}/closed_{name}"
        return Answer(HTTPStatus.FOUND, {"Location": location, "Content-Type": "text/html; charset=utf-8"})
    posts = _posts(printer, shelf)
    if shelf.path in (f"/s/{name}", f"/s/{name}/"):
        return _page(printer, shelf, posts)
    if shelf.path in (f"/{name}", f"/closed_{name}"):
        return _document(printer, shelf, "telegram_card.html", post=None, channel=shelf.path[1:])
    for post in posts:
        if shelf.path == f"/{name}/{post.id}":
            return _document(printer, shelf, "telegram_card.html", post=post, channel=name)
    return None


def _page(printer: Printer, shelf: Shelf, posts: list[Post]) -> Document:
    """Set the latest posts, or the latest before an id, the newest last."""
    before = shelf.number("before", posts[-1].id + 1 if posts else 1)
    older = [post for post in posts if post.id < before]
    shown = older[-_PER_PAGE:]
    more = shown[0].id if len(older) > _PER_PAGE else 0
    return _document(printer, shelf, "telegram.html", posts=shown, more=more, channel=shelf.outlet.channel)


def _document(printer: Printer, shelf: Shelf, template: str, **values: object) -> Document:
    newest = max((story.published(printer.began) for story in shelf.stories), default=printer.began)
    modified = printer.began if shelf.round >= _EDITS_FROM else newest  # a post is changed after the newest came
    text = printer.render(shelf.outlet, template, **values)
    return printer.document(shelf.outlet, text, "text/html", modified, encoding="utf-8")


def _posts(printer: Printer, shelf: Shelf) -> list[Post]:
    """Make the posts of the stories shown, the oldest first."""
    ordered = _by_time(shelf.stories)
    told: list[Post] = []
    for place, story in enumerate(ordered):
        view, number = printer.view(shelf.outlet, story), _id(ordered, story)
        told.append(
            Post(
                number,
                view.published,
                view,
                link="" if story.path == f"/{shelf.outlet.channel}/{number}" else view.link,
                edited=_edited(ordered, story, shelf.round),
                forwarded=place == _FORWARDED,
                photo=place == _PHOTO,
                video=place == _VIDEO,
                answers=told[-1] if place == _ANSWER else None,
            )
        )
    if not told:
        return []
    last = [post for post in told if post.it and post.it.story.round == 1][-1]
    made = Post(1, told[0].at - timedelta(days=90))
    pictured = Post(last.id + 1, last.at + timedelta(minutes=20), photo=True)
    return sorted([made, *told, pictured], key=lambda post: post.id)


def _edited(ordered: list[Story], story: Story, round_: int) -> bool:
    """Whether a post has been changed: the newest of the rounds before, once round 3 is there."""
    before = [other for other in ordered if other.round < ROUNDS]
    return round_ >= _EDITS_FROM and bool(before) and story is before[-1]


def _by_time(stories: tuple[Story, ...]) -> list[Story]:
    return sorted(stories, key=lambda story: (story.round, -story.hours_ago * 60 - story.minutes_ago, story.path))


def _id(ordered: list[Story], story: Story) -> int:
    """Return a story's post; number 1 is the channel's making, and one after the first round's is a notice, too."""
    return ordered.index(story) + (2 if story.round == 1 else 3)
