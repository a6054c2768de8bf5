"""Page obstacles: what stands where the shop's own page was expected, so that its true cause is named.

An error of the shop, a bot challenge, a password and another platform's page are four different causes, and each needs
another remedy than "a cache" or "a firewall" would suggest.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...domain.inspections.forks import read_cookie_name
from ...domain.inspections.notes import Note
from ..http.client import OutboundResponse

_CHALLENGE_HEADERS = {
    "cf-mitigated": ("challenge",),
    "sg-captcha": ("challenge",),
    "x-amzn-waf-action": ("challenge", "captcha"),
    "x-vercel-mitigated": ("challenge",),
}
_CHALLENGE_MARKS = (
    "_cf_chl_opt",
    "<title>just a moment",
    "/.well-known/sgcaptcha/",
    "/.within.website/x/cmd/anubis",
    "captcha-delivery.com",
    "ddos-guard/js-challenge",
    "gokuprops",
    "px-captcha",
    "sucuri_cloudproxy_js",
)
"""Each names one product's challenge, and stands in no page that it lets through."""
_CHALLENGE_WORDS = (
    "_incapsula_resource",
    "checking your browser",
    "enable javascript and cookies to continue",
    "verify you are human",
    "vérifiez que vous êtes humain",
)
"""What only a page with nothing else on it must say to be a challenge."""
LONGEST_CHALLENGE = 20_000

_SHOP_MARKS = ("var prestashop", 'content="prestashop"', "/themes/core.js", "/modules/ps_")
_GENERATOR = re.compile(r"<meta\s[^>]{0,200}?name=[\"']generator[\"'][^>]{0,200}?>")
_CONTENT = re.compile(r"content=[\"']([^\"']{0,60})")
_COOKIE_NAME = re.compile(r"\s*([A-Za-z0-9_.-]{1,60})=")
_PASSING_COOKIE = re.compile(
    r"(?:__cf|cf_|_cfuvid|AWSALB|AWSELB|BIGip|SERVERID|SRV|TS01|_abck|ak_|bm_|datadome|incap_ses|nlbi_|visid_incap|_ga|"
    r"_gid|_fbp)",
    re.IGNORECASE,
)
"""Of what stands before a site, or counts its visitors, whatever made the site."""
MAX_SIGNS = 5


def page_obstacle(response: OutboundResponse) -> Note | None:
    """Why this answer is not a page of the shop's own; None: it may be one."""
    if is_challenge(response):
        return Note.BOT_CHALLENGE
    status = response.status
    if status == 200:
        return None
    if status == 503:
        return Note.IN_MAINTENANCE
    if status in (521, 522, 523):  # a content network that does not reach the shop
        return Note.UNREACHABLE
    if status >= 500:
        return Note.SHOP_ERROR
    if status == 401:
        return Note.PASSWORD_REQUIRED
    return Note.NOT_FOUND if status in (404, 410) else Note.BLOCKED


def data_obstacle(response: OutboundResponse) -> Note | None:
    """Why an answer that should have been data is none of PrestaShop's, by its status; None: it does not say."""
    if is_challenge(response):
        return Note.BOT_CHALLENGE
    status = response.status
    if status == 401 and response.headers.get("www-authenticate", "").lower().startswith(("basic", "digest")):
        return Note.PASSWORD_REQUIRED
    if status in (404, 410):
        return Note.NOT_FOUND
    if status == 503:
        return Note.IN_MAINTENANCE
    return Note.SHOP_ERROR if status >= 500 else None


def is_challenge(response: OutboundResponse) -> bool:
    """Say whether a visitor is asked to prove that they are no robot before the shop shows anything."""
    if any(response.headers.get(name, "").lower() in values for name, values in _CHALLENGE_HEADERS.items()):
        return True
    text = response.text.lower()
    if _has_shop_marks(text):
        return False
    if any(mark in text for mark in _CHALLENGE_MARKS):
        return True
    return len(text) < LONGEST_CHALLENGE and any(words in text for words in _CHALLENGE_WORDS)


def other_platform_signs(responses: Sequence[OutboundResponse]) -> list[str]:
    """Return what speaks for another platform than PrestaShop: what names itself as its maker, or its cookies' names.

    Empty for a page that shows PrestaShop, or nothing at all.
    """
    page = responses[-1]
    if shows_prestashop(page):
        return []
    generators = [(_CONTENT.findall(tag) or [tag])[-1] for tag in _GENERATOR.findall(page.text.lower())]
    return list(dict.fromkeys(generators + own_cookie_names(responses)))[:MAX_SIGNS]


def cookie_names(responses: Sequence[OutboundResponse]) -> list[str]:
    """Return the names of all cookies that were set."""
    cookies = [cookie for one in responses for cookie in one.headers.all("set-cookie")]
    return [match[1] for cookie in cookies if (match := _COOKIE_NAME.match(cookie)) is not None]


def own_cookie_names(responses: Sequence[OutboundResponse]) -> list[str]:
    """Return the names of cookies that the site's own software has set, but for those of a session's form."""
    return [
        name for name in cookie_names(responses) if not _PASSING_COOKIE.match(name) and read_cookie_name(name) is None
    ]


def shows_prestashop(page: OutboundResponse) -> bool:
    """Say whether a page names PrestaShop as what made it."""
    is_powered = page.headers.get("powered-by", "").lower() == "prestashop"
    return is_powered or _has_shop_marks(page.text.lower())


def _has_shop_marks(text: str) -> bool:
    return any(mark in text for mark in _SHOP_MARKS)
