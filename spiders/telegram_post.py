"""One post of a Telegram channel's public preview: its element to an entry.

The text is what the channel wrote, a line for each of its own lines, with lines in square brackets around it that say
what a reader must know and the channel did not write:

    [forwarded from NAME (t.me/channel/7)]      first: whose words follow must be known before they are read
    [in reply to t.me/channel/6]
    … the text or caption …
    [poll] QUESTION, then a line "– OPTION" each
    [document] NAME, [audio] TITLE PERFORMER, [contact] NAME
    [link host.example] TITLE: DESCRIPTION      the words of the page that is linked, not the channel's
    [link https://host.example/1]               for each address that is behind words of the text and cannot be read there
    [edited]                                    last

Views, reactions and votes are left out: they would make a new text of the same words. The mark "edited" is told with the
words that it came with, and makes no new text by itself. What a reply quotes is left out, too: it is another post's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lxml import etree

from spiders.feed_dates import published_at
from spiders.found import ReadContext, make_entry
from spiders.page_tree import classes, escaped, line, words
from spiders.telegram_links import hidden_links
from spiders.urls import canonical_url, web_address
from storage.model import Precision

if TYPE_CHECKING:
    from lxml.etree import _Element

    from storage.model import Entry, Published

MAX_TITLE = 120
EDITED = "[edited]"
NOT_SHOWN = "[post that the preview does not show]"
NAME = r"[A-Za-z][A-Za-z0-9_]{2,31}"
_POST = re.compile(rf"({NAME})/(\d{{1,15}})")
_ORIGINAL = re.compile(rf"/(?:s/)?({NAME}(?:/\d{{1,15}})?)/?")
_P = "tgme_widget_message_"
_TEXT, _REPLY, _PREVIEW = "js-message_text", f"{_P}reply", f"{_P}link_preview"
_DATE, _META = f"{_P}date", f"{_P}meta"
_FORWARD, _FORWARD_NAME, _FORWARD_AUTHOR = (f"{_P}forwarded_from{part}" for part in ("", "_name", "_author"))
_NOT_SUPPORTED = "message_media_not_supported_wrap"
_MEDIA = {  # class: what it is called, and where its length is told
    f"{_P}photo_wrap": ("photo", ""),
    f"{_P}video_player": ("video", "message_video_duration"),
    f"{_P}roundvideo_player": ("video message", f"{_P}roundvideo_duration"),
    f"{_P}voice_player": ("voice message", f"{_P}voice_duration"),
    f"{_P}sticker_wrap": ("sticker", ""),
    f"{_P}location_wrap": ("location", ""),
}
_NAMED = {  # class: what it is called, and what in it has words
    f"{_P}document_wrap": ("document", (f"{_P}document_title",)),
    f"{_P}contact_wrap": ("contact", (f"{_P}contact_name",)),
}
_WHOLE = {_TEXT, _REPLY, _PREVIEW, _FORWARD, f"{_P}poll", f"{_P}voters", *_NAMED}  # read as one, not looked into
_CHROME = {f"{_P}user", f"{_P}reactions", "media_not_supported_cont", f"{_P}bubble_tail"}
_BACKGROUND = re.compile(r"background-image:\s*url\(['\"]?([^'\")]{1,2000})")
_SENTENCE = re.compile(r"[.!?…](?=\s)|[。！？]")
_FEW = 3  # words: a first line of less is a heading ("Urgent:"), not yet a title
_SHORT = 40  # characters: a sentence of less is not worth stopping at


@dataclass(frozen=True, slots=True)
class Post:
    """A post as found on the page. `known` says whether anything in it was recognised."""

    entry: Entry
    known: bool


def post_id(element: _Element) -> tuple[str, int] | None:
    """The channel and number of a post's element."""
    match = _POST.fullmatch((element.get("data-post") or "").strip()[:100])
    return (match[1], int(match[2])) if match else None


def is_service(element: _Element) -> bool:
    """Whether it is not a post but what Telegram notes: a channel created, a picture changed, a post pinned."""
    return "service_message" in classes(element)


def read_post(element: _Element, context: ReadContext) -> Post | str:
    """A post's entry, or what is wrong with it. The element must have a `post_id` and be no service message."""
    found = post_id(element)
    if found is None:
        return "a post without a number"
    name, number = found
    parts = _parts(element)
    own = "\n".join(text for one in parts.get(_TEXT, ()) if (text := words(one)))
    poll, named, shown = _poll(parts), _named(parts), _media(parts)
    asked = urlsplit(context.url)
    site = f"{asked.scheme}://{asked.netloc.rpartition('@')[2]}"
    links = [f"[link {address}]" for address in hidden_links(parts.get(_TEXT, ()), own, name)]
    text = "\n".join([*_origin(parts), *([own] if own else []), *poll, *named, *_linked(parts), *links])
    title = _title(own) or " ".join([*poll[:1], *shown, *named])[: 4 * MAX_TITLE] or NOT_SHOWN
    entry = make_entry(
        context,
        key=f"{name.lower()}/{number}",
        link=f"{site}/{name}/{number}",
        title=escaped(_cut(title)),
        markup=escaped(text),
        published=_time(parts, context),
        authors=tuple(one for sign in parts.get(f"{_P}from_author", ())[:1] if (one := line(sign)[:200])),
        image=_image(parts, context),
        whole=True,
    )
    if isinstance(entry, str):
        return entry
    entry = replace(entry, canonical_url=canonical_url(f"{site}/{name.lower()}/{number}"))  # a name's case may change
    if _edited(parts):  # after the hash was made of the words: the mark alone is no change
        entry = replace(entry, text=f"{entry.text}\n{EDITED}".lstrip())
    return Post(entry, bool(own or poll or named or shown or _NOT_SUPPORTED in parts))


def _parts(post: _Element) -> dict[str, list[_Element]]:
    """The elements of a post that matter, by class. What belongs to another post is not looked into."""
    found: dict[str, list[_Element]] = {}
    walk = etree.iterwalk(post, events=("start",))
    for _, node in walk:
        own = classes(node) if isinstance(node.tag, str) else []
        if node is not post and (node.get("data-post") or not _CHROME.isdisjoint(own)):
            walk.skip_subtree()
            continue
        for name in own:
            found.setdefault(name, []).append(node)
        if not _WHOLE.isdisjoint(own):
            walk.skip_subtree()
    if _TEXT not in found:  # older pages have the class without its twin
        found[_TEXT] = found.get(f"{_P}text", [])
    return found


def _inside(element: _Element, name: str) -> list[_Element]:
    return [node for node in element.iter() if name in classes(node)]


def _first_line(element: _Element, name: str) -> str:
    return next((text for one in _inside(element, name) if (text := line(one))), "")


def _origin(parts: dict[str, list[_Element]]) -> list[str]:
    """Whose words these are, and what they answer."""
    return [*(_forwarded(one) for one in parts.get(_FORWARD, ())[:1]), *_reply(parts)]


def _forwarded(element: _Element) -> str:
    named = next(iter(_inside(element, _FORWARD_NAME)), element)
    name = line(named).removeprefix("Forwarded from").strip() or "somebody"
    author = _first_line(element, _FORWARD_AUTHOR)
    hrefs = (one.get("href") or "" for one in named.iter("a"))
    address = next((address for href in hrefs if (address := _telegram(href))), "")
    return f"[forwarded from {name}{f' ({address})' if address else ''}{f', {author}' if author else ''}]"


def _reply(parts: dict[str, list[_Element]]) -> list[str]:
    """The post that is answered, where it can be named. A forwarded post's own has been said."""
    found = (address for one in parts.get(_REPLY, ()) if (address := _telegram(one.get("href") or "")))
    return [f"[in reply to {address}]" for address in found if address.count("/") > 1][:1]


def _telegram(href: str) -> str:
    """A channel's or post's address in short: "t.me/name/7"."""
    try:
        path = urlsplit(href.strip()[:300]).path
    except ValueError:
        return ""
    match = _ORIGINAL.fullmatch(path)
    return f"t.me/{match[1]}" if match else ""


def _poll(parts: dict[str, list[_Element]]) -> list[str]:
    """The question and the options of a poll, without the votes."""
    for poll in parts.get(f"{_P}poll", ())[:1]:
        question = _first_line(poll, f"{_P}poll_question")
        options = [text for one in _inside(poll, f"{_P}poll_option_text") if (text := line(one))]
        return [f"[poll] {question}".strip(), *(f"– {option}" for option in options)]
    return []


def _named(parts: dict[str, list[_Element]]) -> list[str]:
    """Media whose name is words that somebody wrote."""
    found = []
    for kind, (said, places) in _NAMED.items():
        for one in parts.get(kind, ()):
            audio = kind.endswith("document_wrap") and bool(_inside(one, "audio"))
            name = " ".join(_first_line(one, place) for place in (*places, *([f"{_P}document_extra"] if audio else [])))
            found.append(f"[{'audio' if audio else said}] {name}".strip())
    return found


def _media(parts: dict[str, list[_Element]]) -> list[str]:
    """Media without a name, each in brackets: "[photo]", "[2 photos]", "[video 0:35]"."""
    found = []
    for kind, (said, length) in _MEDIA.items():
        elements = parts.get(kind, [])
        if len(elements) > 1:
            found.append(f"[{len(elements)} {said}s]")
        elif elements:
            duration = _first_line(elements[0], length) if length else ""
            found.append(f"[{said} {duration}]" if duration else f"[{said}]")
    return found


def _linked(parts: dict[str, list[_Element]]) -> list[str]:
    """What the preview of a linked page says."""
    for one in parts.get(_PREVIEW, ())[:1]:
        title, description = _first_line(one, "link_preview_title"), _first_line(one, "link_preview_description")
        address = web_address(one.get("href") or "", "")
        host = (urlsplit(address).hostname or "").removeprefix("www.") if address else ""
        site = host or _first_line(one, "link_preview_site_name")
        if title or description:
            return [f"[link{f' {site}' if site else ''}] {': '.join(filter(None, (title, description)))}"]
    return []


def _edited(parts: dict[str, list[_Element]]) -> bool:
    """Whether the post is marked as edited: a word beside its time, which is no author's."""
    beside = (said or "" for one in parts.get(_META, ()) for said in (one.text, *(child.tail for child in one)))
    return any("edited" in said.lower() for said in beside)


def _time(parts: dict[str, list[_Element]], context: ReadContext) -> Published | None:
    """The time of the post, to the minute also where that is midnight."""
    for place in parts.get(_DATE, ()):
        for one in place.iter("time"):
            found = published_at(one.get("datetime") or "", None, context.now, context.zone)
            if found is not None:
                return replace(found, precision=Precision.MINUTE)
    return None


def _image(parts: dict[str, list[_Element]], context: ReadContext) -> str | None:
    """The first picture of the post's own."""
    for one in parts.get(f"{_P}photo_wrap", ())[:1]:
        match = _BACKGROUND.search((one.get("style") or "")[:4000])
        return (web_address(match[1], context.url) or None) if match else None
    return None


def _title(text: str) -> str:
    """The first line that has words and is not hashtags alone; with the next, where it is no more than a heading."""
    lines = [one for one in text.split("\n") if re.search(r"\w", one)]
    said = [one for one in lines if not all(word.startswith("#") for word in one.split())] or lines
    title = (said or text.split("\n"))[0]
    for one in said[1:4]:
        if len(title.split()) >= _FEW:
            break
        title = f"{title} {one}"
    return title


def _cut(title: str) -> str:
    """At most 120 characters: to the end of a sentence, or of a word with "…"."""
    if len(title) <= MAX_TITLE:
        return title
    ends = [end.end() for end in _SENTENCE.finditer(title, 0, MAX_TITLE + 1) if _SHORT <= end.end() <= MAX_TITLE]
    if ends:
        return title[: ends[-1]]
    space = title.rfind(" ", _SHORT, MAX_TITLE)
    return f"{title[: space if space > 0 else MAX_TITLE - 1]}…"
