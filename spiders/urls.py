"""Addresses: which of them name the same article."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from w3lib.url import canonicalize_url, safe_url_string

# Parameters that say where a reader came from, never which article it is.
_TRACKERS = re.compile(
    r"^(utm_\w+|at_(medium|campaign|custom\d|link\w*|ptr\w*|bbc\w*|format)|fbclid|gclid|dclid|gbraid|wbraid|yclid|ymclid|msclkid|"
    r"twclid|igshid|mc_[ce]id|_ga|_gl|ref|ref_src|referrer|cmpid|cmp|ocid|ftag|smid|smtyp|partner|xtor|spm|rss|feed|amp|"
    r"phpsessid|jsessionid|aspsessionid\w*|sessionid|outputtype|taid|__twitter_impression|traffic_source|ns_\w+|mkt_tok|wt_\w+|campaign_id|share|shared|ito)$",
    re.IGNORECASE,
)
_TRACKING_PAIRS = {("input", "rss"), ("from", "rss"), ("source", "rss"), ("src", "rss"), ("via", "rss")}
_AMP_END = re.compile(r"[/.]amp(?:\.html?)?/?$", re.IGNORECASE)
_AMP_LONGEST = len("/amp.html/")
_AMP_BEFORE = re.compile(r"^(?:/amp)+(?=/)|(?<=/)(?:amp/)+(?=[^/]+$)", re.IGNORECASE)
_SESSION = re.compile(
    r"(?:;|%3b)(?:jsessionid|phpsessid|sessionid)=[^/?#;]*", re.IGNORECASE
)  # Java writes it without cookies
_PATH_ENDS = ("/", "/.", "/..", "%3B")  # dots: of what stood before a mark of AMP. None is the end of another
_SAME_SITE = ("www.", "amp.", "m.", "mobile.")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_ODD_HOST = re.compile(r"\.\.|[\s<>\"\\^`{}|]")
_LONGEST = 4000  # characters; a longer address is a mistake, and too much for an index


def web_address(link: str, base: str) -> str:
    """`link` made absolute, or "" if it is no http(s) address with a host."""
    try:
        absolute = urljoin(base, _UNSAFE.sub("", link).strip()).strip()
        parts = urlsplit(absolute)
        host, _ = parts.hostname or "", parts.port
        safe_url_string(absolute)  # what a request will do with it
    except ValueError:  # "http://[broken", "http://host:99999"
        return ""
    sane = parts.scheme in {"http", "https"} and host and not _ODD_HOST.search(host) and len(absolute) <= _LONGEST
    return absolute if sane else ""


def canonical_url(url: str) -> str:
    """The plainest form of an http(s) address: https, no `www.`, no tracking, no AMP, no trailing slash, no fragment.

    A fragment that is a route ("#!/news/1") stays: there it is the address. It is an identity and need not be one that
    can be opened.
    """
    try:
        parts = urlsplit(canonicalize_url(_without_parameters(url), keep_fragments=True))
        host = parts.hostname or ""
        port = parts.port
    except ValueError:
        return url
    host = _site(host)
    if port and port not in {80, 443}:
        host = f"{host}:{port}"
    pairs = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not _tracks(k, v)]
    query = f"?{urlencode(pairs)}" if pairs else ""
    route = f"#{parts.fragment}" if parts.fragment.startswith(("!", "/")) else ""
    return f"https://{host}{_plain_path(parts.path)}{query}{route}"


def _without_parameters(url: str) -> str:
    """The address with each ";" of its path encoded: what follows one is spelt otherwise than a path, and once more the next time."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=parts.path.replace(";", "%3B"))) if ";" in parts.path else url


def is_front_page(canonical: str) -> bool:
    """Whether this canonical address is a whole site's: many entries may link to it, and it is no article's own."""
    parts = urlsplit(canonical)
    return not (parts.path or parts.query or parts.fragment)


def _plain_path(path: str) -> str:
    """A path without a session, marks of AMP and trailing slashes, however many there are."""
    path = _SESSION.sub("", path)
    before = None
    while path != before:
        before, path = path, _AMP_BEFORE.sub("", _without_end(path))
    return path


def _without_end(path: str) -> str:
    """A path without what ends it and says nothing.

    By hand: a regular expression would try each slash of a long row anew, and the whole path for each of many marks of AMP.
    """
    end, before = len(path), -1
    while end != before:
        before = end
        end -= len(next((one for one in _PATH_ENDS if path.endswith(one, 0, end)), ""))
        if mark := _AMP_END.search(path, max(0, end - _AMP_LONGEST), end):
            end = mark.start()
    return path[:end]


def _tracks(key: str, value: str) -> bool:
    return bool(_TRACKERS.match(key)) or (key.lower(), value.lower()) in _TRACKING_PAIRS


def _site(host: str) -> str:
    """The host without the prefixes that lead to the same site."""
    if ":" in host:  # IPv6
        return f"[{host}]"
    host = host.rstrip(".")
    while host.count(".") > 1 and (prefix := next((one for one in _SAME_SITE if host.startswith(one)), None)):
        host = host.removeprefix(prefix)
    return host


def page_identity(url: str, declared: str | None) -> str:
    """The canonical address of a fetched page: what it declares, if that is sane, else its own.

    Sane is the same site and not its front page: some sites declare their front page, a section or another site.
    """
    own = canonical_url(url)
    declared = web_address(declared or "", "")
    if not declared:
        return own
    there = canonical_url(declared)
    ours, theirs = urlsplit(own), urlsplit(there)
    if ours.netloc == theirs.netloc and (len(theirs.path) > 1 or theirs.query):
        return there
    return own
