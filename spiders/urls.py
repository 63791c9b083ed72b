"""Addresses: which of them name the same article."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from w3lib.url import canonicalize_url

# Parameters that say where a reader came from, never which article it is.
_TRACKERS = re.compile(
    r"^(utm_\w+|at_(medium|campaign|custom\d|link\w*|ptr\w*|bbc\w*|format)|fbclid|gclid|dclid|gbraid|wbraid|yclid|ymclid|msclkid|"
    r"twclid|igshid|mc_[ce]id|_ga|_gl|ref|ref_src|referrer|cmpid|cmp|ocid|ftag|smid|smtyp|partner|xtor|spm|rss|feed|amp|"
    r"outputtype|taid|__twitter_impression|traffic_source|ns_\w+|mkt_tok|wt_\w+|campaign_id|share|shared|ito)$",
    re.IGNORECASE,
)
_TRACKING_PAIRS = {("input", "rss"), ("from", "rss"), ("source", "rss"), ("src", "rss"), ("via", "rss")}
_AMP_PATH = re.compile(r"(?:/amp|\.amp)(?:\.html?)?/?$|^/amp(?=/)|(?<=/)amp/(?=[^/]+$)", re.IGNORECASE)
_SAME_SITE = ("www.", "amp.", "m.", "mobile.")


def web_address(link: str, base: str) -> str:
    """`link` made absolute, or "" if it is no http(s) address with a host."""
    try:
        absolute = urljoin(base, link.strip())
        parts = urlsplit(absolute)
    except ValueError:  # "http://[broken"
        return ""
    return absolute if parts.scheme in {"http", "https"} and parts.hostname else ""


def canonical_url(url: str) -> str:
    """The plainest form of an http(s) address: https, no `www.`, no tracking, no AMP, no trailing slash, no fragment.

    It is an identity and need not be one that can be opened.
    """
    try:
        parts = urlsplit(canonicalize_url(url))
        host = parts.hostname or ""
        port = parts.port
    except ValueError:
        return url
    host = _site(host)
    if port and port not in {80, 443}:
        host = f"{host}:{port}"
    path = _AMP_PATH.sub("", parts.path).rstrip("/")
    pairs = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not _tracks(k, v)]
    query = f"?{urlencode(pairs)}" if pairs else ""
    return f"https://{host}{path}{query}"


def _tracks(key: str, value: str) -> bool:
    return bool(_TRACKERS.match(key)) or (key.lower(), value.lower()) in _TRACKING_PAIRS


def _site(host: str) -> str:
    """The host without the prefixes that lead to the same site."""
    for prefix in _SAME_SITE:
        if host.startswith(prefix) and host.count(".") > 1:
            return host.removeprefix(prefix)
    return host


def page_identity(url: str, declared: str | None) -> str:
    """The canonical address of a fetched page: what it declares, if that is sane, else its own.

    Sane is the same site and not its front page: some sites declare their front page, a section or another site.
    """
    own = canonical_url(url)
    if not declared:
        return own
    there = canonical_url(declared)
    ours, theirs = urlsplit(own), urlsplit(there)
    if ours.netloc == theirs.netloc and (len(theirs.path) > 1 or theirs.query):
        return there
    return own
