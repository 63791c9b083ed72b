"""From the bytes of a page to an article: title, text, authors, time, picture, language. Pure functions, no I/O.

`page.extract` runs the readers of the single fields; each has a module of its own. What a page says of itself in
structured data (`ldjson`, `head`) comes first, then its markup (`blocks`, `body`, `trim`), last trafilatura (`rescue`).
"""

from spiders.extract.model import Extracted, ExtractFault, Overrides
from spiders.extract.page import extract

__all__ = ["ExtractFault", "Extracted", "Overrides", "extract"]
