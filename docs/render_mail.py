"""Draw docs/mail.png, the picture of an alert in the README, from a sample article written for it.

Run from the checkout: python docs/render_mail.py [path of a chromium]. Needs Playwright and Chromium, which Khasan
itself does not; without them it says so. The picture is of what `alerts.compose` makes today: draw it again after
a change of the templates.
"""  # noqa: INP001 - a script beside the documents, not a package

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from alerts import compose
from alerts.coverage import CoverageLine
from storage.model import (
    Arrival,
    Article,
    PageState,
    Precision,
    Published,
    RuleHit,
    TimeOrigin,
)

PICTURE = Path(__file__).with_name("mail.png")
WIDTH = 640  # CSS pixels
SEEN = datetime(2026, 11, 9, 12, 41, tzinfo=UTC)
TITLE = "Wagons with artillery crates cross the Tumen bridge for a third night"
TEXT = """\
Freight trains carrying crates under tarpaulin crossed the Tumen bridge into Russia for the third night in a row, \
railway workers in Khasan told this paper on Monday.
Two of them said the crates had the size and the markings of 152 mm artillery shells, and that North Korean soldiers \
had guarded the wagons as far as the border station. Their account could not be checked independently.
The regional railway said that traffic was “within the timetable”.
Fishermen in the bay, meanwhile, complain of a poor squid season and of fuel prices that have risen by a fifth since \
August. The cooperative has asked the district for help.
The school at the station will get a new roof. Lessons are held in the railway club until then, in two shifts, and \
the older classes have been asked to bring firewood. Nobody at the school would say who pays for the timber, which \
came by rail in October, together with a brass bell that an earlier generation of railwaymen had taken away.
In September the two governments signed a protocol on rail maintenance. Its third annex, which was never published, \
is said to provide for engineering troops to repair the line from Rajin to Khasan before winter.
"""
RULES = {
    "Munitions by rail": ("artillery shells", "artillery crates", "Tumen bridge"),
    "Troops and engineers": ("North Korean soldiers", "engineering troops", "Rajin"),
}


def sample() -> str:
    """Return the HTML of a sample alert."""
    published = Published(SEEN - timedelta(minutes=9), "+10:00", Precision.MINUTE, TimeOrigin.PAGE)
    article = Article(
        id=1, version=1, url="https://www.primorye-ledger.example/2026/11/09/wagons", canonical_url="", outlet="ledger",
        outlet_name="Primorye Ledger", source="ledger-en", sources=("ledger-en", "maritime-wire-en"),
        arrival=Arrival.LIVE, first_seen=SEEN, published=published, language="en", language_hint="", title=TITLE,
        text=TEXT, authors=("A. Sample",), image=None, page_state=PageState.FETCHED, page_fault="", text_origin="page",
    )  # fmt: skip
    hits = [RuleHit(name, name, "1", "", _marks(TITLE, words), _marks(TEXT, words)) for name, words in RULES.items()]
    mail = compose.alert_mail(
        article,
        hits,
        reader=compose.Addressee("the duty desk", "desk@example.org", "Europe/Kyiv"),
        message_id="<sample@khasan.localhost>",
        date=SEEN,
        options=compose.MailOptions("Khasan <khasan@example.org>"),
        coverage=CoverageLine("All 84 sources current."),
    )
    body = mail.get_body(("html",))
    return str(body.get_content()) if body else ""


def draw(html: str, chromium: str) -> None:
    """Write the picture. Raises ImportError where Playwright is not installed."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only this script wants it

    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        page = browser.new_page(
            viewport={"width": WIDTH, "height": 400}, color_scheme="light", device_scale_factor=1.25
        )
        page.set_content(html)
        page.screenshot(path=str(PICTURE), full_page=True)
        browser.close()


def main() -> int:
    """Draw the picture, or say why not."""
    try:
        draw(sample(), sys.argv[1] if len(sys.argv) > 1 else "/usr/bin/chromium")
    except ImportError:
        sys.stderr.write("Playwright is not installed; in another environment: pip install playwright\n")
        return 1
    sys.stdout.write(f"{PICTURE.name}: {PICTURE.stat().st_size / 1000:.0f} kB\n")
    return 0


def _marks(text: str, words: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    """Find the words, as rules would mark them."""
    return tuple(match.span() for word in words for match in re.finditer(re.escape(word), text))


if __name__ == "__main__":
    raise SystemExit(main())
