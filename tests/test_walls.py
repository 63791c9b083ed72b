"""Walls against programs, by the signs that they give; and that an article is none."""

import pytest

from khasan.demo.walls import WALLS
from spiders.walls import wall_of

ARTICLE = (
    b"<!doctype html><html><head><title>Guards check papers at the bridge</title></head><body><article>"
    + b"<p>Cloudflare and a captcha are spoken of in this article, and somebody asks: are you sure?</p>" * 40
    + b"</article></body></html>"
)


@pytest.mark.parametrize("name", sorted(WALLS.keys() - {"pdf"}))
def test_walls_of_the_local_press_are_named(name):
    answer = WALLS[name]
    assert wall_of({key.lower(): value for key, value in answer.headers.items()}, answer.body)


@pytest.mark.parametrize(
    ("headers", "body", "named"),
    [
        ({"cf-mitigated": "challenge"}, b"", "Cloudflare's challenge"),
        ({}, b"<title>Just a moment...</title>", "Cloudflare's challenge"),
        ({}, b'<script src="/.well-known/ddos-guard/js-challenge/index.js">', "DDoS-Guard"),
        ({}, b'<iframe src="/_Incapsula_Resource?SWUDNSAI=31">', "Imperva Incapsula"),
        ({}, b'<div class="g-recaptcha" data-sitekey="x">', "a captcha"),
        ({}, b'<form action="https://consent.google.com/save">', "a consent page"),
        ({}, b'<form><input name="p" type="password"></form>', "a login page"),
    ],
)
def test_signs(headers, body, named):
    assert wall_of(headers, body) == named


def test_an_article_is_no_wall():
    assert wall_of({"server": "cloudflare"}, ARTICLE) == ""
    assert wall_of({}, ARTICLE + b" " * 200_000 + b"<title>Just a moment...</title>") == ""
