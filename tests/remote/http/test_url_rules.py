from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from marketplace_hooks.errors import OutboundRefused
from marketplace_hooks.outbound import check_url
from marketplace_hooks.remote.http.client import DELIVERIES, INSPECTIONS, OutboundPolicy
from marketplace_hooks.remote.http.url_rules import MAX_URL_LENGTH

from ...support.cases import case_id, cases

URL_CASES = [case for case in cases("outbound_safety") if case["kind"] == "url"]


def verdict(url: str, policy: OutboundPolicy = DELIVERIES, allowed: Any = ()) -> str:
    """Return `allow`, or the code of the refusal."""
    try:
        check_url(url, policy, allowed)
    except OutboundRefused as refusal:
        return refusal.code
    return "allow"


@pytest.mark.parametrize("case", URL_CASES, ids=case_id)
def test_every_url_case_is_decided_as_written(case: dict[str, Any]) -> None:
    answer = verdict(case["url"])
    if case["expected"] == "optional":
        assert answer in ("allow", "url_scheme")
    else:
        assert ("allow" if answer == "allow" else "refuse") == case["expected"].split(" ")[0]


@pytest.mark.parametrize(
    "case", [case for case in URL_CASES if case["url"].lstrip().startswith("http://")], ids=case_id
)
def test_what_hides_behind_http_hides_no_better_behind_https(case: dict[str, Any]) -> None:
    # Nearly every case is http, which is refused whatever follows: this is where the rest of the URL is tried.
    answer = verdict(case["url"].replace("http://", "https://", 1))
    if case["stage"] == "connect" or case["expected"] == "optional" or case["id"] == "url:sch_http":
        assert answer == "allow"
    else:
        assert answer != "allow"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://user@example.com/", "url_userinfo"),
        ("https://@example.com/", "url_userinfo"),
        ("https://example.com:80/", "url_port"),
        ("https://example.com:8444/", "url_port"),
        ("https://example.com:0443/", "url_host"),
        ("https://example.com:/", "url_host"),
        ("https://example.com:4٤3/", "url_host"),
        ("https://example.com./", "url_host"),
        ("https://a..com/", "url_host"),
        ("https://-a.com/", "url_host"),
        ("https://*.com/", "url_host"),
        ("https://[fe80::1%25eth0]/", "url_host"),
        ("https://[::1/", "url_host"),
        ("https://[v1.a]/", "url_host"),
        ("https://example.com。/", "url_host"),
        ("https://ｅxample.com/", "url_host"),
        ("https://" + "a" * 64 + ".com/", "url_host"),
        ("https://1.2.3.4.5/", "url_host"),
        ("https://example.0x7f/", "url_host"),
        ("https://10.0.0.1/", "address_not_public"),
        ("https://[::ffff:93.184.216.34]/", "address_not_public"),
        ("https://169.254.169.254/latest/", "address_not_public"),
        ("https://LOCALHOST/", "url_internal_name"),
        ("https://a.Internal/", "url_internal_name"),
        ("https://printer.home.arpa/", "url_internal_name"),
        ("//example.com/", "url_malformed"),
        ("https:/example.com/", "url_malformed"),
        ("https://exam\u200bple.com/", "url_malformed"),
        ("https://example.com/\ud800", "url_malformed"),
        ("https://example.com/" + "a" * MAX_URL_LENGTH, "url_malformed"),
        ("ftp://example.com/", "url_scheme"),
    ],
)
def test_a_refusal_names_its_rule(url: str, code: str) -> None:
    assert verdict(url) == code


@pytest.mark.parametrize(
    ("url", "leads_to"),
    [
        ("https://example.com", "https://example.com/"),
        ("HTTPS://EXAMPLE.com:443/Path?Q=1#fragment", "https://example.com/Path?Q=1"),
        ("https://example.com:8443/", "https://example.com:8443/"),
        ("https://example.com?a=b", "https://example.com/?a=b"),
        ("https://Münchener-laden.example/é?ü", "https://xn--mnchener-laden-gsb.example/%C3%A9?%C3%BC"),
        ("https://xn--mnchen-3ya.example/", "https://xn--mnchen-3ya.example/"),
        ("https://my_shop.example.com/", "https://my_shop.example.com/"),
        ("https://internal.example.com/", "https://internal.example.com/"),
        ("https://1and1.com/", "https://1and1.com/"),
        ("https://9.9.9.9/", "https://9.9.9.9/"),
        ("https://[2606:4700:4700:0::1111]:8443/", "https://[2606:4700:4700::1111]:8443/"),
        ("https://example.com/a@b:c", "https://example.com/a@b:c"),
    ],
)
def test_a_good_url_has_one_spelling(url: str, leads_to: str) -> None:
    assert check_url(url).url == leads_to
    assert check_url(leads_to).url == leads_to


def test_a_url_may_be_as_long_as_the_limit_and_no_longer() -> None:
    longest = "https://example.com/".ljust(MAX_URL_LENGTH, "a")
    assert verdict(longest) == "allow"
    assert verdict(longest + "a") == "url_malformed"


@pytest.mark.parametrize(
    ("url", "delivery", "inspection"),
    [
        ("http://example.com/", "url_scheme", "allow"),
        ("http://example.com:80/", "url_scheme", "allow"),
        ("http://example.com:443/", "url_scheme", "url_port"),
        ("http://example.com:8080/", "url_scheme", "url_port"),
        ("https://example.com:80/", "url_port", "url_port"),
        ("http://redis/", "url_scheme", "url_internal_name"),
    ],
)
def test_only_inspections_may_knock_at_port_80(url: str, delivery: str, inspection: str) -> None:
    assert (verdict(url, DELIVERIES), verdict(url, INSPECTIONS)) == (delivery, inspection)


@pytest.mark.parametrize(
    ("url", "allowed", "answer"),
    [
        ("http://127.0.0.1:5000/", ["127.0.0.0/8:5000"], "allow"),
        ("http://127.0.0.1:5001/", ["127.0.0.0/8:5000"], "address_not_public"),
        ("http://10.0.0.1:5000/", ["127.0.0.0/8:5000"], "address_not_public"),
        ("http://shop:5000/", ["127.0.0.0/8:5000"], "allow"),
        ("http://shop:5001/", ["127.0.0.0/8:5000"], "url_scheme"),
        ("https://shop/", ["127.0.0.0/8:5000"], "url_internal_name"),
        ("http://shop.lan:6000/", ["fd00::/8"], "allow"),
        ("http://9.9.9.9/", ["127.0.0.0/8"], "url_scheme"),
        ("https://user@shop:5000/", ["127.0.0.0/8:5000"], "url_userinfo"),
        ("ftp://127.0.0.1:5000/", ["127.0.0.0/8:5000"], "url_scheme"),
    ],
)
def test_an_allowed_network_opens_http_and_its_ports_and_nothing_else(
    url: str, allowed: list[str], answer: str
) -> None:
    assert verdict(url, allowed=allowed) == answer


# Pieces that break parsers, put together at random.
url_text = st.lists(
    st.one_of(
        st.sampled_from(
            "https:// http:// // / \\ @ : :443 [ ] % %00 # ? . 。 1 é ß "
            "127.0.0.1 ::1 0x7f.1 example.com localhost xn--".split()
        ),
        st.sampled_from("\t\n \u00ad"),
        st.text(max_size=4),
    )
).map("".join)


@given(url=st.one_of(st.text(), url_text, url_text.map("https://".__add__)))
@example(url="https://xn--0")
@example(url="https://" + "\U0010ffff" * 70)
def test_any_text_is_either_refused_or_leads_where_every_parser_agrees(url: str) -> None:
    try:
        target = check_url(url)
    except OutboundRefused:
        return
    read = urlsplit(target.url)
    assert (read.scheme, read.hostname, read.port or 443) == ("https", target.host, target.port)
    assert target.url.isascii()
    assert check_url(target.url).url == target.url


@given(url=st.one_of(st.none(), st.binary(), st.integers()))
def test_what_is_not_text_is_refused(url: Any) -> None:
    assert verdict(url) == "url_malformed"
