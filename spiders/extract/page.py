"""One page to one article: parse once, read each field, fall back where the page gives little."""

from datetime import tzinfo

from spiders.extract import head, title
from spiders.extract.authors import authors
from spiders.extract.blocks import Block
from spiders.extract.body import paragraphs
from spiders.extract.decode import decode
from spiders.extract.model import Extracted, ExtractFault, Overrides
from spiders.extract.overrides import Picked, pick
from spiders.extract.published import published
from spiders.extract.rescue import hidden_body, rescue
from spiders.extract.sheet import Sheet, parse, read_sheet
from spiders.extract.trim import ends, trim

_NO_OVERRIDES = Overrides()
_MOST_TEXT = 400_000  # characters: ten times the longest article seen


def extract(
    body: bytes,
    *,
    url: str,
    content_type: str | None = None,
    overrides: Overrides = _NO_OVERRIDES,
    default_zone: tzinfo | None = None,
) -> Extracted:
    """Read the article on a page.

    `url` is where the page was fetched from, `content_type` the HTTP header, `default_zone` the zone of times that
    the page gives without offset. Raises ExtractFault where the body is no page or holds no article, and nothing else.
    """
    try:
        return _extract(body, url, content_type, overrides, default_zone)
    except ExtractFault:
        raise
    except (MemoryError, RecursionError) as error:
        raise ExtractFault("too-large", f"the page is beyond reading: {type(error).__name__}") from error
    except Exception as error:  # whatever a stranger's page brings about is a fault of that page
        raise ExtractFault("no-text", f"the page cannot be read: {type(error).__name__}: {error}") from error


def _extract(body: bytes, url: str, content_type: str | None, overrides: Overrides, zone: tzinfo | None) -> Extracted:
    root = parse(decode(body, content_type))
    picked = pick(root, overrides)
    sheet = read_sheet(root, url)
    headline = picked.title or title.choose(sheet.titles, sheet.outlets)
    chosen = paragraphs(sheet, headline)
    text = _text(sheet, picked, chosen, headline)
    if not text:
        raise ExtractFault("no-text", "there is no article text on the page")
    stamp = picked.published or published(sheet)
    when, offset = stamp.zoned(zone) if stamp else (None, None)
    return Extracted(
        title=headline,
        text=text[:_MOST_TEXT],
        authors=picked.authors or authors(sheet, ends(chosen)),
        image=head.absolute(picked.image, url) if picked.image else head.image(sheet.meta, sheet.node, url),
        language=head.language(root, sheet.meta, sheet.node),
        published=when,
        zone=offset,
        precision=stamp.precision if stamp else None,
        canonical=head.canonical(root, sheet.meta, url),
        site=head.site(sheet.meta),
    )


def _text(sheet: Sheet, picked: Picked, chosen: list[Block], headline: str) -> str:
    """Give the text: the source's own selection, the article's paragraphs, or for want of them a second opinion."""
    inside = {index for element in picked.text if element in sheet.spans for index in range(*sheet.spans[element])}
    own = trim([block for block in sheet.blocks if block.index in inside and not block.junk], set())
    if own:
        return "\n".join(block.text for block in own)
    lines = [block.text for block in trim(chosen, sheet.said)]
    text = "\n".join(hidden_body(sheet.node, sheet.blocks, "\n".join(lines)) or lines)
    return rescue(sheet.root, sheet.node, sheet.description, headline, text)
