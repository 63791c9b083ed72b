"""Answers that are something else than they seem: a wall against programs, a page that asks for consent, a login.

They come with any status, 200 as well, and are named so that a person knows what to do. Pure.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOOKED_AT = 60_000  # bytes of a body in which a wall would show itself
_SMALL = 120_000  # bytes; a challenge is a small page, so in a larger one the same words are an article's

# Signs of one wall, any of which is enough; in lower case. Those that are names of scripts and cookies come before words.
_WALLS: tuple[tuple[str, tuple[bytes, ...]], ...] = (
    (
        "Cloudflare's challenge",
        (b"/cdn-cgi/challenge-platform/", b"cf-chl-", b"cf_chl_opt", b"<title>just a moment...</title>"),
    ),
    ("Cloudflare's block", (b"cf-error-details", b"attention required! | cloudflare")),
    ("DDoS-Guard", (b"/.well-known/ddos-guard/", b"<title>ddos-guard</title>", b"ddos-guard.net")),
    ("Imperva Incapsula", (b"_incapsula_resource", b"incapsula incident id")),
    ("Akamai", (b"errors.edgesuite.net", b"/_sec/cp_challenge/", b"sec-if-cpt-container")),
    ("DataDome", (b"captcha-delivery.com", b"geo.captcha-delivery")),
    ("PerimeterX", (b"px-captcha", b"_pxappid", b"perimeterx.net")),
    ("Qrator", (b"qrator.net/", b"__qrator")),
    ("StormWall", (b"stormwall", b"swp_token")),
    ("AWS WAF", (b"awswafcookiedomainlist", b"awswaf.com", b"token.awswaf")),
    ("Yandex SmartCaptcha", (b"smartcaptcha.yandexcloud.net", b"captcha-api.yandex", b"/showcaptcha")),
    ("a captcha", (b"g-recaptcha", b"h-captcha", b"hcaptcha.com/1/api.js", b"cf-turnstile")),
    (
        "a check of the browser",
        (
            b"checking your browser", b"verify you are human", b"verifying you are human", b"are you a robot",
            b"enable javascript and cookies to continue", b"please enable js and disable any ad blocker",
        ),
    ),
)  # fmt: skip
_HEADERS = {"cf-mitigated": "Cloudflare's challenge", "x-datadome": "DataDome", "x-amzn-waf-action": "AWS WAF"}
_CONSENT = (
    b"consent.google.", b"consent.yahoo.", b"guce.oath", b"/collectconsent", b"privacy-mgmt.com", b"didomi-host",
    b"<title>before you continue", b"cookiewall", b"cookie-wall", b"<title>cookie consent", b"<title>consent",
)  # fmt: skip
_LOGIN = re.compile(rb"<input[^<>]{0,200}type=[\"']?password", re.IGNORECASE)


def wall_of(headers: Mapping[str, str], body: bytes) -> str:
    """What stands between us and what was asked for: "Cloudflare's challenge", "a consent page"; "" if nothing of that kind.

    `headers` by names in lower case. It is asked only of what could not be read as what it should be.
    """
    named = next((name for header, name in _HEADERS.items() if headers.get(header)), "")
    if named or len(body) > _SMALL:
        return named
    start = body[:_LOOKED_AT].lower()
    named = next((name for name, signs in _WALLS if any(sign in start for sign in signs)), "")
    if named:
        return named
    if any(sign in start for sign in _CONSENT):
        return "a consent page"
    return "a login page" if _LOGIN.search(start) else ""
