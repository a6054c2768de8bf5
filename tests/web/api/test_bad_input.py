"""Bad input: every answer to it is a problem document, and never a 500."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from ...support.api_callers import Caller, MakeCaller, problem_of
from ...support.marketplace import Marketplace

# The installation is made once for all the examples of a test: each is one call, and may meet what others left.
made_once = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])

LISTS = ["/products", "/packs", "/events", "/deliveries", "/support-requests", "/reversals"]
LISTING = "/products/{product_id}/listing"
ONES = [
    "/products/{}",
    "/packs/{}",
    "/products/{}/listing",
    "/cascades/{}",
    "/events/{}",
    "/products/{}/status/preview?status=online&actor=seller",
    "/docs/{}",
]

ids = st.one_of(
    st.binary(max_size=300).map(quote),
    st.text(max_size=300).map(lambda text: quote(text, errors="replace")),
    st.sampled_from(["%00", "%ed%a0%80", "mod-1", "." * 3, "%2f", "é" * 100, "a" * 5000, "%E2%80%AE", "mod-1%00"]),
)
words = st.one_of(
    st.text(max_size=50).map(lambda text: quote(text, errors="replace")),
    st.binary(max_size=50).map(quote),
    st.integers().map(str),
    st.sampled_from(["%00", "9" * 5000, "-0", "1e400", "NaN", "٣", "%ff", "2026-01-01", "0001-01-01T00:00:00%2b14:00"]),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
members = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(["online", "offline_temporary"]) | json_values,
        "reason": st.text(min_size=1, max_size=40) | json_values,
        "effective_at": st.datetimes().map(lambda at: f"{at.isoformat()}+14:00") | json_values,
        "actor": st.sampled_from(["seller", "marketplace", "account"]) | json_values,
        "on_behalf_of": st.text(max_size=120) | json_values,
        "more": json_values,
    },
)
header_values = st.text(
    alphabet=st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=80
)
headers = st.dictionaries(
    st.sampled_from(
        [
            "Authorization",
            "Idempotency-Key",
            "If-None-Match",
            "If-Match",
            "If-Modified-Since",
            "If-Range",
            "Range",
            "Accept",
            "Content-Type",
            "Content-Encoding",
            "Cookie",
            "Sec-Fetch-Site",
            "X-Forwarded-For",
        ]
    ),
    header_values,
    max_size=5,
)


@pytest.fixture
def platform(marketplace: Marketplace, calls: MakeCaller) -> Caller:
    """Who may see everything, in an app that lets faults through to the test."""
    marketplace.publish_products("mod-1", "mod-2")
    marketplace.app.testing = True
    return calls("platform")


@pytest.fixture
def parameters(platform: Caller) -> dict[str, list[str]]:
    """What each list and the listing of a product may be asked, by path, as the document says."""
    paths = platform.get("/openapi.json").get_json()["paths"]
    found = {path: paths[f"/api/v1{path}"]["get"]["parameters"] for path in (*LISTS, LISTING)}
    return {path: [one["name"] for one in all_ if one["in"] == "query"] for path, all_ in found.items()}


def asked(names: list[str]) -> st.SearchStrategy[str]:
    """Queries of these parameters, with any words."""
    pairs = st.lists(st.tuples(st.sampled_from(names), words), max_size=4)
    return pairs.map(lambda given: "&".join(f"{name}={word}" for name, word in given))


def is_well_answered(answer: TestResponse) -> None:
    assert answer.status_code < 500
    if answer.status_code >= 400:
        problem_of(answer)
    elif answer.status_code not in (204, 304, 308):
        assert answer.mimetype in ("application/json", "text/html", "text/javascript", "text/plain")


@made_once
@given(path=st.sampled_from(ONES), id_=ids)
@example(path="/products/{}", id_="%00")
@example(path="/events/{}", id_="\ud800".encode("utf-8", "surrogatepass").hex("%"))
def test_any_id_is_known_or_unknown(platform: Caller, path: str, id_: str) -> None:
    is_well_answered(platform.get(path.format(id_)))


@made_once
@given(path=st.sampled_from(LISTS), data=st.data())
def test_any_question_to_a_list_is_answered_or_refused(
    platform: Caller, parameters: dict[str, list[str]], path: str, data: st.DataObject
) -> None:
    is_well_answered(platform.get(f"{path}?{data.draw(asked(parameters[path]))}"))


@pytest.mark.parametrize(
    "question",
    [
        "/products?cursor=cHJvZHVjdHM6AA",
        "/events?cursor=ZXZlbnRzOjk5OTk5OTk5OTk5OTk5OTk5OTk5OTk",
        "/products?q=%25%5f%5c&limit=100",
    ],
)
def test_a_hostile_question_is_answered_or_refused(platform: Caller, question: str) -> None:
    is_well_answered(platform.get(question))


@pytest.mark.parametrize("path", [*LISTS, "/support-requests/export.csv"])
def test_a_list_refuses_a_filter_that_it_does_not_have(platform: Caller, path: str) -> None:
    refused = platform.get(f"{path}?stat=open")
    assert refused.status_code == 422, "it would list everything"
    assert [one["path"] for one in refused.get_json()["errors"]] == ["stat"]


@made_once
@given(data=st.data())
def test_any_day_of_a_listing_is_one_or_none(
    platform: Caller, parameters: dict[str, list[str]], data: st.DataObject
) -> None:
    is_well_answered(platform.get(f"/products/mod-1/listing?{data.draw(asked(parameters[LISTING]))}"))


@made_once
@given(body=members | json_values)
def test_any_json_asks_for_a_change_or_says_what_is_wrong_with_it(platform: Caller, body: Any) -> None:
    is_well_answered(platform.post("/products/mod-1/status", body))


@made_once
@given(body=st.binary(max_size=200), content_type=st.just("application/json") | header_values)
@example(body=b"[" * 100_000, content_type="application/json")
@example(body=b'{"status": 1e999}', content_type="application/json")
@example(body=b'{"status": ' + b"9" * 10_000 + b"}", content_type="application/json")
@example(body=b"\xef\xbb\xbf{}", content_type="application/json; charset=latin-1")
def test_any_bytes_are_json_or_are_refused(platform: Caller, body: bytes, content_type: str) -> None:
    sent = {"Content-Type": content_type}
    is_well_answered(platform.call("POST", "/products/mod-1/status", data=body, headers=sent))


@made_once
@given(path=st.sampled_from([*LISTS, "/products/mod-1", "/docs", "/openapi.json"]), sent=headers)
def test_any_headers_of_a_reader_are_borne(platform: Caller, path: str, sent: dict[str, str]) -> None:
    is_well_answered(platform.get(path, headers=sent))


@made_once
@given(sent=headers)
def test_any_headers_of_a_writer_are_borne(platform: Caller, sent: dict[str, str]) -> None:
    body = b'{"status": "offline_temporary", "reason": "x", "actor": "seller"}'
    given_ = {"Content-Type": "application/json", **sent}
    is_well_answered(platform.call("POST", "/products/mod-1/status", data=body, headers=given_))


@made_once
@given(sent=header_values)
def test_any_authorization_is_a_token_or_none(platform: Caller, sent: str) -> None:
    for scheme in ("", "Bearer ", "Bearer mht_"):
        is_well_answered(platform.get("/events", headers={"Authorization": f"{scheme}{sent}"}))


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/products/mod-1"])
def test_a_precondition_that_does_not_hold_is_a_problem_everywhere(platform: Caller, path: str) -> None:
    assert problem_of(platform.get(path, headers={"If-Match": '"0"'})) == (412, "precondition_failed")
