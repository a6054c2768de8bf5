"""A merchant site is recognised by its whole host, and its version by its cookie's name."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace_hooks.domain.merchant_sites import (
    TEST_PREFIXES,
    Relation,
    Site,
    normalise_host,
    parse,
    relation,
)
from marketplace_hooks.rules import same_site, solve_cookie
from tests.support.cases import cases

BOUND = "https://www.shop.example/"
RELEASES = [row["version"] for row in cases("prestashop_releases", "releases")]

labels = st.from_regex(r"[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,4})?", fullmatch=True)
hosts = st.lists(labels, min_size=2, max_size=4).map(".".join)


@pytest.mark.parametrize(
    "asked",
    [
        "https://shop.example",
        "http://shop.example/",
        "shop.example",
        "//shop.example/fr/",
        "  HTTPS://WWW.Shop.Example./index.php?id=3#top ",
        "https://shop.example:443/",
        "http://shop.example:80/",
        "shop.example:443",
        "https://someone:secret@shop.example/",
        "https://shop。example/",
        "https://ｓｈｏｐ.example/",
    ],
)
def test_the_same_site_however_it_is_written(asked: str) -> None:
    assert relation(asked, BOUND) is Relation.SAME
    assert same_site(asked, BOUND)
    assert same_site(BOUND, asked)


@pytest.mark.parametrize(
    "asked",
    [
        "https://shop.example.evil.test/",
        "https://shop.example@evil.test/",
        "https://evil-shop.example/",
        "https://myshop.example/",
        "https://shop.examples/",
        "https://fr.shop.example/",
        "https://example/",
        "https://shop.example:8443/",
        "http://shop.example:443/",
        "https://devshop.example/",
        "https://demo.shop.example/",
        "https://dev.staging.shop.example/",
        "https://shop.example.dev./",
        "https://xn--shop-epa.example/",
        "https://shöp.example/",
        "https://www.www.shop.example/",
        "https://192.0.2.1/",
    ],
)
def test_another_site_however_much_it_resembles(asked: str) -> None:
    assert relation(asked, BOUND) is Relation.DIFFERENT
    assert not same_site(asked, BOUND)
    assert not same_site(BOUND, asked)


@pytest.mark.parametrize("prefix", TEST_PREFIXES)
def test_a_listed_test_prefix_of_the_bound_host_is_a_test_copy(prefix: str) -> None:
    for asked in (f"https://{prefix}shop.example/", f"{prefix}www.shop.example", f"www.{prefix}shop.example"):
        assert relation(asked, BOUND) is Relation.TEST_COPY
        assert same_site(asked, BOUND)
        assert same_site(BOUND, asked)


def test_a_purchase_bound_to_a_test_host_does_not_open_its_parent() -> None:
    assert relation("https://shop.example", bound="https://dev.shop.example") is Relation.DIFFERENT
    assert relation("https://dev.shop.example", bound="https://dev.shop.example") is Relation.SAME
    assert relation("https://test.dev.shop.example", bound="https://dev.shop.example") is Relation.TEST_COPY


def test_the_contract_owner_may_list_other_prefixes() -> None:
    assert relation("https://demo.shop.example", BOUND, ["demo."]) is Relation.TEST_COPY
    assert relation("https://demo.shop.example", BOUND, ["demo"]) is Relation.TEST_COPY
    assert relation("https://demoshop.example", "https://shop.example", ["demo"]) is Relation.DIFFERENT
    assert relation("https://dev.shop.example", BOUND, []) is Relation.DIFFERENT


@pytest.mark.parametrize(
    "address",
    [
        "",
        "   ",
        "https://",
        "https:///path",
        "ftp://shop.example/",
        "javascript:alert(1)",
        "mailto:someone@shop.example",
        "someone@shop.example",
        "my shop",
        "shop",
        "https://shop .example/",
        "https://evil.test\\@shop.example/",
        "https://shop.example:port/",
        "https://shop.example:70000/",
        "https://shop.example:0/",
        "https://[::1/",
        "https://[fe80::1%25eth0]/",
        "https://shop..example/",
        "https://-shop.example/",
        "https://shop%2eexample/",
        "https://300.1.1.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://shop.example\n.evil.test/",
        "https://" + "a" * 64 + ".example/",
        "https://" + ".".join(["a" * 60] * 5) + "/",
        "https://a\u200db.example/",
    ],
)
def test_an_address_that_cannot_be_read_is_neither_the_site_nor_another(address: str) -> None:
    assert parse(address) is None
    assert relation(address, BOUND) is Relation.INVALID
    assert not same_site(address, BOUND)
    assert not same_site(BOUND, address)


def test_idna_2008_keeps_apart_what_idna_2003_merged() -> None:
    assert not same_site("https://straße.example", "https://strasse.example")
    assert same_site("https://MÜNCHEN.example", "https://xn--mnchen-3ya.example")
    assert same_site("https://cafe\u0301.example", "https://caf\u00e9.example")


@pytest.mark.parametrize(
    ("address", "site", "url"),
    [
        (
            "Shop.Example",
            Site(scheme="https", host="shop.example"),
            "https://shop.example/",
        ),
        (
            "http://www.shop.example:8080/fr/index.php?x=1",
            Site(scheme="http", host="www.shop.example", port=8080, path="/fr/"),
            "http://www.shop.example:8080/fr/",
        ),
        (
            "https://[2001:DB8::0:1]/boutique",
            Site(scheme="https", host="2001:db8::1", path="/boutique/"),
            "https://[2001:db8::1]/boutique/",
        ),
        (
            "127.0.0.1:8000",
            Site(scheme="https", host="127.0.0.1", port=8000),
            "https://127.0.0.1:8000/",
        ),
        ("https://my_shop.example", Site(scheme="https", host="my_shop.example"), "https://my_shop.example/"),
        ("http://intranet/", Site(scheme="http", host="intranet"), "http://intranet/"),
    ],
)
def test_an_address_is_read_into_where_the_shop_lives(address: str, site: Site, url: str) -> None:
    assert parse(address) == site
    assert site.url == url


@given(st.text())
def test_no_address_whatever_makes_the_reader_fail(address: str) -> None:
    site = parse(address)
    assert site is None or parse(site.url) == site


@given(hosts, hosts)
def test_being_the_same_site_does_not_depend_on_the_order(a: str, b: str) -> None:
    assert same_site(a, b) == same_site(b, a)


@given(hosts, labels)
def test_no_unlisted_label_before_or_behind_makes_the_same_site(host: str, label: str) -> None:
    bound = f"https://{host}/"
    if f"{label}." not in (*TEST_PREFIXES, "www."):
        assert relation(f"https://{label}.{host}/", bound) is Relation.DIFFERENT
    assert not same_site(f"https://{host}.{label}/", bound)
    assert not same_site(f"https://{label}{host}/", bound)


@given(hosts)
def test_normalising_twice_changes_nothing_more(host: str) -> None:
    assert normalise_host(host.upper() + ".") == host == normalise_host(host)


@pytest.mark.parametrize("case", cases("cookie_names"), ids=lambda case: case["version"])
def test_a_cookie_name_betrays_the_version(case: dict[str, str]) -> None:
    host = case.get("http_host", case["cookie_domain_used"])
    assert solve_cookie(case["cookie_name"], host, RELEASES) == case["version"]
    assert solve_cookie(case["cookie_name"], host, cases("prestashop_releases", "releases")) == case["version"]


def cookie_name(text: str, prefix: str = "PrestaShop-") -> str:
    return prefix + hashlib.md5(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("hashed", "host"),
    [
        ("8.1.7ps-s1shop.example.com", "shop.example.com"),
        ("8.1.7ps-s1shop.example.com", "SHOP.example.com:8080"),
        ("8.1.7ps-s20shop.example.com", "shop.example.com"),
        ("8.1.7ps-sg1shop.example.com", "shop.example.com"),
        ("8.1.7psAdminshop.example.com", "shop.example.com"),
        ("8.1.7psAdmin", "192.0.2.1"),
        ("8.1.7ps-s3.example.com", "shop.example.com"),
        ("8.1.7ps-s3.shop.co.uk", "www.shop.co.uk"),
        ("8.1.7ps-s1", "192.0.2.1"),
        ("8.1.7ps-s1", "localhost"),
        ("8.1.7ps-s1", "intranet"),
    ],
)
def test_every_form_of_the_cookie_domain_is_tried(hashed: str, host: str) -> None:
    assert solve_cookie(cookie_name(hashed), host, RELEASES) == "8.1.7"


def test_before_1_6_0_9_the_name_is_bare() -> None:
    assert solve_cookie(cookie_name("1.6.0.8ps-s1", prefix=""), "shop.example", RELEASES) == "1.6.0.8"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "PrestaShop-",
        "PHPSESSID",
        cookie_name("8.1.7ps-s1other.example"),
        cookie_name("8.1.7ps-s21shop.example"),
        cookie_name("7.7.7ps-s1shop.example"),
        cookie_name("8.1.7psOthershop.example"),
        cookie_name("8.1.7ps-s1shop.example", prefix="QloApps-"),
        cookie_name("8.1.7ps-s1shop.example") + "0",
    ],
)
def test_a_name_that_no_known_release_explains_stays_unknown(name: str) -> None:
    assert solve_cookie(name, "shop.example", RELEASES) is None
