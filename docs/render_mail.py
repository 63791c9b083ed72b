"""Draw docs/mail.png, the picture of an alert in the README, from a sample story written for it.

Run from the checkout: python docs/render_mail.py [path of a chromium] [folder]. With a folder, all sample mails are drawn
there, as a telephone and a desk show them, by day and by night, and written as text. Needs Playwright and Chromium, which
Khasan itself does not; without them it says so. The pictures are of what `alerts.compose` makes today: draw them again
after a change of the templates.
"""  # noqa: INP001 - a script beside the documents, not a package

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from mail_samples import ALL, picture

if TYPE_CHECKING:
    from email.message import EmailMessage

PICTURE = Path(__file__).with_name("mail.png")
WIDTH = 640  # CSS pixels
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]


def body(mail: EmailMessage, kind: str) -> str:
    """Return a body of a mail: "html" or "plain"."""
    part = mail.get_body((kind,))
    return str(part.get_content()) if part else ""


def draw(html: str, path: Path, browser: Any, width: int = WIDTH, scheme: str = "light") -> None:
    """Write a picture."""
    page = browser.new_page(viewport={"width": width, "height": 400}, color_scheme=scheme, device_scale_factor=1.25)
    page.set_content(html)
    page.screenshot(path=str(path), full_page=True)
    page.close()


def draw_all(folder: Path, browser: Any) -> None:
    """Write every sample, in two widths and by day and night, and as text."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, made in ALL.items():
        mail = made()
        (folder / f"{name}.txt").write_text(f"{mail['Subject']}\n\n{body(mail, 'plain')}", encoding="utf-8")
        for width, scheme in ((380, "light"), (380, "dark"), (700, "light"), (700, "dark")):
            draw(body(mail, "html"), folder / f"{name}-{width}-{scheme}.png", browser, width, scheme)


def main() -> int:
    """Draw the picture, or all of them, or say why not."""
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only this script wants it
    except ImportError:
        sys.stderr.write("Playwright is not installed; in another environment: pip install playwright\n")
        return 1
    chromium, *folder = sys.argv[1:] or ["/usr/bin/chromium"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        if folder:
            draw_all(Path(folder[0]), browser)
        else:
            draw(body(picture(), "html"), PICTURE, browser)
            sys.stdout.write(f"{PICTURE.name}: {PICTURE.stat().st_size / 1000:.0f} kB\n")
        browser.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
