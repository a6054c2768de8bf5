"""People sign in at a real OpenID Connect provider; whoever comes back with anything else is signed in by nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from sqlalchemy import select

from marketplace_hooks.errors import ConfigurationError
from marketplace_hooks.models.access import PersonSession
from marketplace_hooks.remote.openid import POLICY, TOKENS_AT_ONCE
from marketplace_hooks.standalone import build_app

from ...support.marketplace import SECRET_KEY, Marketplace, open_marketplace
from ...support.openid_provider import Provider, running_provider
from ...support.page_client import Browser
from ...support.ports import free_port

ACCOUNTS = {
    "seller-1": {"role": "seller", "name": "Pixelune", "locale": "fr-FR"},
    "customer-1": {"role": ["guest", "customer"], "name": "Odile"},
    "op-1": {"role": "operator"},
    "nobody": {"role": "guest"},
    "robot": {"role": "platform"},
    "clerk": {"groups": {"market": ["staff"]}, "shop": 42},
    "vendor": {"groups": {"market": ["vendors"]}, "shop": 42},
}
OWN = "http://127.0.0.1:8000"
Opens = Callable[..., Marketplace]


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running_provider(ACCOUNTS) as running:
        yield running


@pytest.fixture
def opens(sqlite_url: str, tmp_path: Path) -> Iterator[Opens]:
    """Opens installations; nothing here depends on the kind of database."""
    with ExitStack() as opened:

        def opens_one(issuer: str, **settings: Any) -> Marketplace:
            given = {
                "SECRET_KEY": SECRET_KEY,
                "OIDC_ISSUER": issuer,
                "OIDC_CLIENT_ID": "shop",
                "OIDC_CLIENT_SECRET": "s3cret",
                **settings,
            }
            return opened.enter_context(open_marketplace(sqlite_url, tmp_path / "instance", **given))

        yield opens_one


@pytest.fixture
def shop(opens: Opens, provider: Provider) -> Marketplace:
    return opens(provider.url)


def begins(browser: Browser, path: str = "/sign-in/openid") -> str:
    """Where the browser is sent to sign in."""
    page = browser.get(path)
    assert page.status == 303, page.visible_text
    return str(page.answer.location)


def returns(address: str) -> str:
    """The path of ours that the provider sends the browser back to."""
    assert address.startswith(f"{OWN}/sign-in/openid/return?")
    return address.removeprefix(OWN)


def signs_in(marketplace: Marketplace, provider: Provider, subject: str, language: str = "en") -> Browser:
    browser = Browser(marketplace.app, language)
    browser.get(returns(provider.signs_in(begins(browser), subject)))
    return browser


# --- the way in


@pytest.mark.parametrize(
    ("subject", "path"), [("seller-1", "/seller"), ("customer-1", "/account"), ("op-1", "/operator")]
)
def test_who_signs_in_at_the_provider_comes_to_the_room_of_his_role(
    shop: Marketplace, provider: Provider, subject: str, path: str
) -> None:
    browser = signs_in(shop, provider, subject)
    assert (browser.page.status, browser.page.answer.location) == (303, path)
    assert browser.get(path).status == 200


def test_the_way_in_is_asked_for_leads_back_and_greets_by_name_in_ones_language(
    shop: Marketplace, provider: Provider
) -> None:
    browser = Browser(shop.app, "de")
    page = browser.get("/seller?after=x", follow=True)
    [way] = [link for link in page.links if link.startswith("/sign-in/openid")]
    page = browser.get(returns(provider.signs_in(begins(browser, way), "seller-1")))
    assert page.answer.location == "/seller?after=x"
    page = browser.get("/seller")
    assert "Pixelune" in page.visible_text
    assert '<html lang="fr">' in page.text


def test_the_provider_is_asked_with_a_fresh_state_nonce_and_challenge_each_time(shop: Marketplace) -> None:
    browser = Browser(shop.app)
    asked = [parse_qs(urlsplit(begins(browser)).query) for _ in range(2)]
    for name in ("state", "nonce", "code_challenge"):
        first, second = (one[name][0] for one in asked)
        assert first != second
        assert len(first) >= 43
    assert asked[0]["code_challenge_method"] == ["S256"]
    assert asked[0]["redirect_uri"] == [f"{OWN}/sign-in/openid/return"]


def test_roles_and_ids_may_stand_in_claims_of_other_names(opens: Opens, provider: Provider) -> None:
    shop = opens(
        provider.url,
        OIDC_ROLE_CLAIM="groups.market",
        OIDC_ROLES="vendors=seller staff=operator",
        OIDC_SUBJECT_CLAIM="shop",
    )
    shop.publish_products("mod-1", seller_id="42")
    assert signs_in(shop, provider, "clerk").page.answer.location == "/operator"
    assert signs_in(shop, provider, "vendor").page.answer.location == "/seller"


# --- what signs nobody in


def refused(browser: Browser, path: str, status: int, words: str) -> None:
    page = browser.get(path)
    assert (page.status, words in page.visible_text) == (status, True), page.visible_text
    assert "/sign-in" in " ".join(page.links)
    assert browser.get("/seller").status == 303


def test_an_answer_that_this_browser_did_not_ask_for_signs_nobody_in(shop: Marketplace, provider: Provider) -> None:
    victim = Browser(shop.app)
    attacker = Browser(shop.app)
    begins(victim)
    theirs = returns(provider.signs_in(begins(attacker), "seller-1"))
    refused(victim, theirs, 400, "was not started in this browser")
    refused(Browser(shop.app), "/sign-in/openid/return?code=x&state=", 400, "was not started in this browser")


def test_an_answer_is_taken_once(shop: Marketplace, provider: Provider) -> None:
    browser = Browser(shop.app)
    answer = returns(provider.signs_in(begins(browser), "nobody"))
    refused(browser, answer, 403, "no access here")
    refused(browser, answer, 400, "was not started in this browser")


def test_a_token_of_another_sign_in_signs_nobody_in(shop: Marketplace, provider: Provider) -> None:
    browser = Browser(shop.app)
    answer = returns(provider.signs_in(begins(browser), "seller-1", nonce="another"))
    refused(browser, answer, 400, "could not be verified")


def test_a_code_that_the_provider_does_not_know_signs_nobody_in(shop: Marketplace, provider: Provider) -> None:
    browser = Browser(shop.app)
    word = parse_qs(urlsplit(begins(browser)).query)["state"][0]
    refused(browser, f"/sign-in/openid/return?code=invented&state={word}", 400, "could not be verified")


def test_an_answer_in_the_name_of_another_issuer_signs_nobody_in(shop: Marketplace, provider: Provider) -> None:
    browser = Browser(shop.app)
    answer = returns(provider.signs_in(begins(browser), "seller-1"))
    refused(browser, f"{answer}&iss=https://evil.example", 400, "could not be verified")


def test_a_token_that_has_expired_signs_nobody_in(opens: Opens) -> None:
    with running_provider(ACCOUNTS, "--token-max-age", "1") as hasty:
        shop = opens(hasty.url)
        browser = Browser(shop.app)
        answer = returns(hasty.signs_in(begins(browser), "seller-1"))
        with time_machine.travel(_later(120), tick=True):
            refused(browser, answer, 400, "could not be verified")


def test_a_sign_in_that_takes_too_long_has_to_begin_again(shop: Marketplace, provider: Provider) -> None:
    browser = Browser(shop.app)
    answer = returns(provider.signs_in(begins(browser), "seller-1"))
    with time_machine.travel(_later(901), tick=True):
        refused(browser, answer, 400, "took too long")


@pytest.mark.parametrize("subject", ["nobody", "robot", "a-stranger"])
def test_an_account_without_a_role_here_is_told_so(shop: Marketplace, provider: Provider, subject: str) -> None:
    browser = Browser(shop.app)
    refused(browser, returns(provider.signs_in(begins(browser), subject)), 403, "no access here")


def test_who_declines_at_the_provider_is_led_back_to_the_way_in(shop: Marketplace, provider: Provider) -> None:
    browser = Browser(shop.app)
    refused(browser, returns(provider.declines(begins(browser))), 403, "was cancelled")


def test_a_provider_that_is_away_is_said_to_be_away(opens: Opens) -> None:
    browser = Browser(opens(f"http://127.0.0.1:{free_port()}").app)
    assert browser.get("/sign-in").status == 200
    refused(browser, "/sign-in/openid", 503, "is not responding")


def test_a_provider_that_goes_away_in_between_is_said_to_be_away(opens: Opens) -> None:
    with running_provider(ACCOUNTS) as leaving:
        browser = Browser(opens(leaving.url).app)
        answer = returns(leaving.signs_in(begins(browser), "seller-1"))
    refused(browser, answer, 503, "is not responding")


WEB_THREADS = 8
HELD_FOR_AT_MOST_S = 60.0


@pytest.mark.parametrize("path", ["/sign-in/openid", "return"])
def test_a_silent_provider_holds_few_threads_and_nobody_who_is_in(
    opens: Opens, provider: Provider, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr("marketplace_hooks.remote.openid.POLICY", replace(POLICY, total_s=120.0))
    shop = opens(provider.url)
    seller = signs_in(shop, provider, "seller-1")
    browsers = [Browser(shop.app) for _ in range(40)]
    paths = [path] * 40
    if path == "return":
        paths = [returns(provider.signs_in(begins(browser), "seller-1")) for browser in browsers]
    else:
        monkeypatch.setattr(shop.web.provider, "_published", None)  # as in a process that has just started.
    held_at_once = TOKENS_AT_ONCE if path == "return" else 1
    with ThreadPoolExecutor(WEB_THREADS) as threads:
        with provider.silent():
            clicks = [threads.submit(browser.get, path) for browser, path in zip(browsers, paths, strict=True)]
            health = threads.submit(Browser(shop.app).get, "/healthz")
            inside = threads.submit(seller.get, "/seller")
            assert (health.result().status, inside.result().status) == (200, 200)
            answered = list(islice(as_completed(clicks, HELD_FOR_AT_MOST_S), len(clicks) - held_at_once))
        pages = [click.result() for click in answered]
        held = [click.result() for click in clicks if click not in answered]
    assert [page.status for page in held] == [303] * held_at_once  # it waited for the provider, and was answered.
    for page in pages:
        assert (page.status, page.answer.headers["Retry-After"]) == (503, "5")
        assert "is not responding" in page.visible_text


def test_a_sign_in_at_the_provider_longer_ago_than_a_session_lasts_signs_nobody_in(opens: Opens) -> None:
    now = int(datetime.now(UTC).timestamp())
    ages = {"long-ago": 13 * 3600, "today": 11 * 3600}
    by_age = {name: {"role": "operator", "auth_time": now - age} for name, age in ages.items()}
    with running_provider({**by_age, "unsaid": {"role": "operator", "auth_time": None}}) as provider:
        shop = opens(provider.url)
        browser = Browser(shop.app)
        refused(browser, returns(provider.signs_in(begins(browser), "long-ago")), 400, "did not ask you to identify")
        for name in ("today", "unsaid"):
            assert signs_in(shop, provider, name).page.answer.location == "/operator"


def test_a_page_of_another_site_begins_no_sign_in(shop: Marketplace) -> None:
    begin = "/sign-in/openid?again=1&next=/seller?after=x%26y=z"
    for site in ("cross-site", "same-site"):
        browser = Browser(shop.app)
        page = browser.get(begin, follow=True, Sec_Fetch_Site=site)
        assert (page.status, page.path) == (200, "/sign-in")
        [way] = [link for link in page.links if link.startswith("/sign-in/openid")]
        assert parse_qs(urlsplit(way).query) == {"next": ["/seller?after=x&y=z"]}
    for site in ("same-origin", "none"):
        location = str(Browser(shop.app).get(begin, Sec_Fetch_Site=site).answer.location)
        assert urlsplit(location).path != "/sign-in"


# --- a sign-in that is asked for again


def test_a_sign_in_again_counts_only_when_the_provider_has_just_asked(opens: Opens) -> None:
    now = int(datetime.now(UTC).timestamp())
    by_age = {name: {"role": "operator", "auth_time": now - age} for name, age in (("now", 0), ("before", 7200))}
    with running_provider(by_age) as provider:
        shop = opens(provider.url)
        browser = signs_in(shop, provider, "before")
        asked = begins(browser, "/sign-in/openid?again=1")
        assert parse_qs(urlsplit(asked).query)["prompt"] == ["login"]
        page = browser.get(returns(provider.signs_in(asked, "before")))
        assert (page.status, "did not ask you to identify yourself again" in page.visible_text) == (400, True)
        browser = Browser(shop.app)
        browser.get(returns(provider.signs_in(begins(browser, "/sign-in/openid?again=1"), "now")))
        assert browser.get("/operator").status == 200
    signed_in_at = {session.signed_in_at for session in shop.all(select(PersonSession))}
    assert signed_in_at == {datetime.fromtimestamp(now - age, UTC) for age in (0, 7200)}


def test_an_account_without_its_role_has_no_session_left(opens: Opens) -> None:
    with running_provider(ACCOUNTS) as provider:
        shop = opens(provider.url, OIDC_ROLES="")
        operator = signs_in(shop, provider, "op-1")
        assert operator.get("/operator").status == 200
        other = opens(provider.url, OIDC_ROLES="operator=seller")
        signs_in(other, provider, "op-1")
        assert operator.get("/operator").status == 303
        seller = signs_in(other, provider, "op-1")
        without = opens(provider.url, OIDC_ROLES="operator=guest")
        refused(Browser(without.app), "/sign-in/openid/return?state=x&code=y", 400, "was not started")
        page = signs_in(without, provider, "op-1").page
        assert (page.status, "no access here" in page.visible_text) == (403, True)
        assert seller.get("/seller").status == 303


# --- the way out


def test_who_signs_out_is_shown_the_way_out_of_the_provider_too(shop: Marketplace, provider: Provider) -> None:
    browser = signs_in(shop, provider, "op-1")
    browser.get("/operator")
    page = browser.post("/sign-out")
    assert (page.path, page.status) == ("/signed-out", 200)
    [way] = [link for link in page.links if link.startswith(provider.url)]
    assert parse_qs(urlsplit(way).query)["post_logout_redirect_uri"] == [f"{OWN}/"]
    assert "sign out" in provider.open(way).lower() or "end" in provider.open(way).lower()
    assert browser.get("/operator").status == 303


def test_the_session_before_the_sign_in_opens_nothing_after_it(shop: Marketplace, provider: Provider) -> None:
    browser = Browser(shop.app)
    fixed = browser.get("/times").form().fields["form_token"]
    browser.get(returns(provider.signs_in(begins(browser), "op-1")))
    browser.get("/times")
    assert browser.post("/times", form_token=fixed, zone="UTC").status == 400


# --- configuration


def test_without_a_provider_its_addresses_are_nowhere(opens: Opens, sqlite_url: str, tmp_path: Path) -> None:
    with open_marketplace(sqlite_url, tmp_path / "instance", SECRET_KEY=SECRET_KEY) as plain:
        for path in ("/sign-in/openid", "/sign-in/openid/return?state=x&code=y"):
            assert Browser(plain.app).get(path).status == 404


def test_an_issuer_without_a_client_stops_the_start_with_a_sentence(tmp_path: Path) -> None:
    given = {"MARKETPLACE_HOOKS_INSTANCE": str(tmp_path), "MARKETPLACE_HOOKS_OIDC_ISSUER": "https://id.example"}
    with pytest.raises(ConfigurationError, match="OIDC_CLIENT_ID is not"):
        build_app(given)


def _later(seconds: int) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def test_failed_sign_ins_are_counted_for_each_address_and_keep_nobody_out(opens: Opens, provider: Provider) -> None:
    shop = opens(provider.url, SIGN_IN_RATE_PER_MINUTE=2)
    with time_machine.travel(datetime.now(UTC).replace(second=0), tick=False):
        guessing = Browser(shop.app, "fr")
        statuses = [guessing.get("/sign-in/openid/return?code=x&state=y").status for _ in range(3)]
        assert statuses == [400, 400, 429]
        assert "Réessayez dans" in guessing.page.visible_text
        assert 1 <= int(guessing.page.answer.headers["Retry-After"]) <= 60
        assert signs_in(shop, provider, "seller-1").page.answer.location == "/seller"
