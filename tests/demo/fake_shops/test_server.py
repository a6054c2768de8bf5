"""The fake shop answers over real HTTP as PrestaShop 1.6, 1.7, 8 and 9 do."""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import requests
from defusedxml import EntitiesForbidden
from defusedxml.ElementTree import ParseError, fromstring

from marketplace_hooks.demo.fake_shops.model import DEMO_KEY
from marketplace_hooks.demo.fake_shops.pages import cookie_name
from marketplace_hooks.demo.fake_shops.server import ApiClient, FakeShop, Fault, Key, Module, Server, Shop, ShopUrl
from marketplace_hooks.domain.merchant_sites import solve_cookie
from tests.support.cases import cases

VERSIONS = ["1.6.1.24", "1.7.8.11", "8.2.7", "9.1.4"]
RELEASES = [row["version"] for row in cases("prestashop_releases", "releases")]
KEY = (DEMO_KEY, "")

Open = Callable[..., FakeShop]


@pytest.fixture
def open_shop() -> Iterator[Open]:
    """Open fake shops that are closed when the test ends; arguments are `Shop`'s."""
    with ExitStack() as stack:
        yield lambda **facts: stack.enter_context(FakeShop(Shop(**facts)).start())


def get(site: FakeShop, path: str = "", **options: Any) -> requests.Response:
    return requests.get(site.url + path, timeout=10, allow_redirects=False, **options)


def codes(response: requests.Response) -> list[int]:
    return [int(code.text or "") for code in fromstring(response.content).iter("code")]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_right_key_reads_the_version_and_that_the_shop_is_the_one(open_shop: Open, version: str) -> None:
    site = open_shop(version=version)
    response = get(site, "api/shop_urls?display=full", auth=KEY)
    row = fromstring(response.content).find("shop_urls/shop_url")
    assert response.status_code == 200
    assert response.headers["PSWS-Version"] == version
    assert response.headers["Content-Type"] == "text/xml;charset=utf-8"
    assert row is not None
    assert (row.findtext("domain"), row.findtext("active")) == (f"127.0.0.1:{site.port}", "1")
    assert row.findtext("physical_uri") == "/"


REFUSALS = [
    ({}, None, "", 401, []),
    ({"strips_authorization": True}, KEY, "", 401, []),
    ({"webservice": False}, None, "", 401, []),
    ({"webservice": False}, KEY, "", 503, [22]),
    ({}, ("", ""), "", 401, [17]),
    ({}, ("SHORT", ""), "", 401, [18]),
    ({}, ("X" * 32, ""), "", 401, [20, 21]),
    ({"keys": [Key(active=False)]}, KEY, "", 401, [20, 21]),
    ({"keys": [Key(grants={})]}, KEY, "", 401, [21]),
    ({"keys": [Key(shop_ids=[2])]}, KEY, "", 403, [132]),
    ({}, KEY, "configurations", 401, [26]),
    ({}, KEY, "modules", 400, [27]),
    ({"keys": [Key(grants={"shop_urls": ["PUT"]})]}, KEY, "shop_urls", 405, [25]),
    ({"php_warnings": True}, KEY, "shop_urls", 500, [3]),
]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("facts", "auth", "resource", "status", "expected"), REFUSALS)
def test_a_refusal_has_its_status_and_codes(
    open_shop: Open,
    version: str,
    facts: dict[str, Any],
    auth: tuple[str, str] | None,
    resource: str,
    status: int,
    expected: list[int],
) -> None:
    response = get(open_shop(version=version, **facts), f"api/{resource}", auth=auth)
    assert response.status_code == status
    if not expected:
        assert response.text == "401 Unauthorized"
        assert "PSWS-Version" not in response.headers
        return
    key_is_refused = bool({17, 18, 20, 21, 22} & set(expected))
    assert codes(response) == expected
    assert response.headers["PSWS-Version"] == ("0" if key_is_refused and version[0] in "89" else version)
    assert ("WWW-Authenticate" in response.headers) == (key_is_refused and status == 401)


def test_the_root_shows_what_the_key_may_do(open_shop: Open) -> None:
    grants = {"shop_urls": ["GET"], "orders": ["GET", "PUT"]}
    for version, patch in (("1.7.8.11", None), ("8.2.7", "false")):
        response = get(open_shop(version=version, keys=[Key(grants=grants)]), "api/", auth=KEY)
        resources = {element.tag: element for element in fromstring(response.content)[0]}
        assert set(resources) == {"shop_urls", "orders"}
        assert (resources["orders"].get("put"), resources["shop_urls"].get("put")) == ("true", "false")
        assert resources["orders"].get("patch") == patch


def test_the_key_may_come_in_the_query_and_the_dispatcher_be_asked_directly(open_shop: Open) -> None:
    site = open_shop()
    assert get(site, f"api/shop_urls?ws_key={DEMO_KEY}").status_code == 200
    assert get(site, "webservice/dispatcher.php?url=shop_urls", auth=KEY).status_code == 200


def test_lists_are_filtered_and_cut_to_the_columns_asked_for(open_shop: Open) -> None:
    site = open_shop(version="8.1.7", keys=[Key(grants={"configurations": ["GET"], "shop_urls": ["GET"]})])
    response = get(site, "api/configurations?display=[name,value]&filter[name]=[PS_VERSION_DB|NOTHING]", auth=KEY)
    rows = fromstring(response.content).findall("configurations/configuration")
    assert [[(field.tag, field.text) for field in row] for row in rows] == [
        [("name", "PS_VERSION_DB"), ("value", "8.1.7")]
    ]
    bare = fromstring(get(site, "api/shop_urls", auth=KEY).content).find("shop_urls/shop_url")
    assert bare is not None
    assert list(bare) == []


def test_an_id_that_does_not_exist_is_a_404_without_a_word(open_shop: Open) -> None:
    site = open_shop()
    assert get(site, "api/shop_urls/1", auth=KEY).status_code == 200
    missing = get(site, "api/shop_urls/999", auth=KEY)
    assert (missing.status_code, missing.content) == (404, b"")


def test_an_unknown_shop_of_the_multistore_is_redirected_before_8_and_refused_since(open_shop: Open) -> None:
    other = ShopUrl(shop_id=2, domain="pro.example", virtual_uri="b2b/")
    old, new = (open_shop(version=version, further_urls=[other]) for version in ("1.7.8.11", "8.2.7"))
    assert get(old, "api/shop_urls?id_shop=99", auth=KEY).status_code == 302
    assert codes(get(new, "api/shop_urls?id_shop=99", auth=KEY)) == [999]
    rows = fromstring(get(new, "api/shop_urls?id_shop=2&display=full", auth=KEY).content).findall("shop_urls/shop_url")
    assert [row.findtext("domain") for row in rows] == [f"127.0.0.1:{new.port}", "pro.example"]


def test_the_root_in_json_dies_from_1_7_8_on(open_shop: Open) -> None:
    assert get(open_shop(version="1.7.7.8"), "api/?output_format=JSON", auth=KEY).json() == ["shop_urls"]
    dead = get(open_shop(version="1.7.8.11"), "api/?output_format=JSON", auth=KEY)
    assert (dead.status_code, dead.content) == (500, b"")
    wrong = get(open_shop(), "api/", auth=("X" * 32, ""), headers={"Io-Format": "JSON"}).json()
    assert [error["code"] for error in wrong["errors"]] == [20, 21]


def test_a_body_already_known_is_not_sent_again(open_shop: Open) -> None:
    site = open_shop()
    sha1 = get(site, "api/shop_urls", auth=KEY).headers["Content-Sha1"]
    again = get(site, "api/shop_urls", auth=KEY, headers={"Local-Content-Sha1": sha1})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("versions", [["0"], [""], ["8.2.7", "8.2.7"], []])
def test_a_proxy_may_spoil_the_version_header(open_shop: Open, versions: list[str]) -> None:
    site = open_shop(version_headers=versions)
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
    connection.request("GET", f"/api/?ws_key={DEMO_KEY}")
    assert (connection.getresponse().headers.get_all("PSWS-Version") or []) == versions
    connection.close()


@pytest.mark.parametrize("version", VERSIONS)
def test_another_host_is_redirected_and_the_path_of_the_api_lost(open_shop: Open, version: str) -> None:
    site = open_shop(version=version, domain="shop.example")
    response = get(site, "api/shop_urls", auth=KEY)
    assert (response.status_code, response.headers["Location"]) == (302, "http://shop.example/index.php?url=shop_urls")
    assert get(site, "api/shop_urls", auth=KEY, headers={"Host": "shop.example"}).status_code == 200


def test_a_firewall_answers_html_before_the_apis(open_shop: Open) -> None:
    site = open_shop(version="9.1.4", firewall=True)
    for path in ("api/", "admin-api/modules"):
        response = get(site, path, auth=KEY)
        assert (response.status_code, response.headers["Content-Type"]) == (403, "text/html; charset=utf-8")
    assert get(site).status_code == 200


def token(site: FakeShop, **form: Any) -> requests.Response:
    given = {"grant_type": "client_credentials", "client_id": "inspector", "client_secret": "demo-secret"}
    return requests.post(
        f"{site.url}admin-api/access_token", data={**given, "scope[]": "module_read", **form}, timeout=10
    )


def bearer(site: FakeShop, **form: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(site, **form).json()['access_token']}"}


MODULES = [Module(name=f"module{number:03}", version="1.2.3") for number in range(120)]


def test_all_modules_are_listed_page_by_page(open_shop: Open) -> None:
    site = open_shop(version="9.1.4", modules=MODULES)
    headers = bearer(site)
    names: list[str] = []
    for offset in (0, 50, 100):
        listed = get(site, f"admin-api/modules?limit=50&offset={offset}&orderBy=moduleId", headers=headers).json()
        assert listed["totalItems"] == 120
        assert listed["offset"] == (offset or None)
        names += [item["technicalName"] for item in listed["items"]]
    assert names == [module.name for module in MODULES]
    assert list(listed) == ["totalItems", "orderBy", "sortOrder", "limit", "offset", "filters", "items"]
    assert list(listed["items"][0]) == ["moduleId", "technicalName", "moduleVersion", "installedVersion", "enabled"]


def test_a_module_shows_its_disk_and_database_versions(open_shop: Open) -> None:
    modules = [
        Module(name="correo", version="1.3.8", database_version="1.2.6"),
        Module(name="long", version="11.10.100"),
        Module(name="uploaded", installed=False),
        Module(name="off", enabled=False),
    ]
    site = open_shop(version="9.1.4", modules=modules)
    headers = bearer(site)
    shown = {module.name: get(site, f"admin-api/modules/{module.name}", headers=headers).json() for module in modules}
    assert (shown["correo"]["moduleVersion"], shown["correo"]["installedVersion"]) == ("1.3.8", "1.2.6")
    assert shown["long"]["installedVersion"] == "11.10.10"
    assert (shown["uploaded"]["moduleId"], shown["uploaded"]["installed"]) == (None, False)
    assert shown["off"]["enabled"] is False
    listed = get(site, "admin-api/modules", headers=headers).json()["items"]
    assert [item["technicalName"] for item in listed] == ["correo", "long", "off"]
    assert get(site, "admin-api/modules/unknown", headers=headers).status_code == 404


def test_the_name_filter_finds_more_than_the_name(open_shop: Open) -> None:
    site = open_shop(version="9.1.4", modules=[Module(name="ps_checkout"), Module(name="my_ps_checkout_addon")])
    listed = get(site, "admin-api/modules?filters[technicalName]=ps_checkout", headers=bearer(site)).json()
    assert listed["totalItems"] == 2


def test_one_module_is_read_under_another_path_before_9_0_2(open_shop: Open) -> None:
    for version, right, wrong in (("9.0.1", "module", "modules"), ("9.0.2", "modules", "module")):
        site = open_shop(version=version, modules=[Module(name="ps_banner")])
        headers = bearer(site)
        assert get(site, f"admin-api/{right}/ps_banner", headers=headers).status_code == 200
        assert get(site, f"admin-api/{wrong}/ps_banner", headers=headers).status_code == 404


def test_a_client_sees_its_own_scopes(open_shop: Open) -> None:
    site = open_shop(version="9.1.4", api_clients=[ApiClient(scopes=["module_read", "module_write"], lifetime_s=60)])
    shown = get(site, "admin-api/api-clients/infos", headers=bearer(site)).json()
    assert (shown["clientId"], shown["scopes"], shown["lifetime"]) == ("inspector", ["module_read", "module_write"], 60)
    assert token(site).json()["expires_in"] == 60


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"scope[]": "no_such_scope"}, 400, "invalid_scope"),
        ({"scope[]": "module_write"}, 401, "access_denied"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_a_token_is_refused(open_shop: Open, form: dict[str, str], status: int, error: str) -> None:
    response = token(open_shop(version="9.1.4"), **form)
    assert (response.status_code, response.json()["error"]) == (status, error)


@pytest.mark.parametrize(
    ("authorization", "words"),
    [
        (None, "No Authorization header provided"),
        ("bearer abc", "Bearer token missing"),
        ("Bearer abc", "No authorization server matching your credentials"),
        ("Bearer a.b.c", "Invalid credentials"),
    ],
)
def test_the_admin_api_says_what_is_wrong_with_the_token(
    open_shop: Open, authorization: str | None, words: str
) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    quoted = get(open_shop(version="9.1.4"), "admin-api/modules", headers=headers)
    bare = get(open_shop(version="9.0.0"), "admin-api/modules", headers=headers)
    assert (quoted.status_code, quoted.text) == (401, f'"{words}"')
    assert (bare.status_code, bare.text) == (401, words)
    assert quoted.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_of_no_use_is_refused(open_shop: Open) -> None:
    site = open_shop(version="9.1.4", api_clients=[ApiClient(lifetime_s=0)])
    assert get(site, "admin-api/modules", headers=bearer(site)).text == '"Invalid credentials"'
    without_scope = open_shop(version="9.1.4")
    headers = bearer(without_scope, **{"scope[]": []})
    assert get(without_scope, "admin-api/modules", headers=headers).status_code == 403


@pytest.mark.parametrize(
    "facts", [{"version": "8.2.7"}, {"version": "9.1.4", "admin_api": False}, {"version": "9.1.4", "multistore": True}]
)
def test_a_shop_without_the_admin_api_knows_no_such_path(open_shop: Open, facts: dict[str, Any]) -> None:
    site = open_shop(**facts)
    assert get(site, "admin-api/modules").status_code == 404
    assert token(site).status_code == 404


def test_behind_a_tls_proxy_prestashop_asks_for_https(open_shop: Open) -> None:
    site = open_shop(version="9.1.4", tls_proxy=True)
    response = get(site, "admin-api/modules")
    assert (response.status_code, response.json()) == (401, "Use HTTPS protocol")
    assert response.headers["Location"].startswith("https://")
    assert get(open_shop(version="9.0.0", tls_proxy=True), "admin-api/modules").status_code == 302


@pytest.mark.parametrize("version", ["1.6.0.8", "1.6.0.9", *VERSIONS])
@pytest.mark.parametrize(
    ("facts", "host"),
    [
        ({}, "www.shop.example"),
        ({"shop_id": 7}, "shop.example"),
        ({"shares_orders": True}, "shop.example"),
        ({"shares_carts": True}, "www.shop.example"),
        ({}, "localhost"),
        ({}, "127.0.0.1:8000"),
    ],
)
def test_the_cookie_s_name_betrays_the_version(open_shop: Open, version: str, facts: dict[str, Any], host: str) -> None:
    response = get(open_shop(version=version, **facts), headers={"Host": host})
    name = response.headers["Set-Cookie"].partition("=")[0]
    assert solve_cookie(name, host, RELEASES) == version
    assert name.startswith("PrestaShop-") == (version != "1.6.0.8")


# Without the one real name that its own version's code would not give (inspection-facts 3.1).
NAMED_BY_THE_RULE = [case for case in cases("cookie_names") if case["version"] != "1.6.0.5"]


@pytest.mark.parametrize("case", NAMED_BY_THE_RULE, ids=lambda case: case["version"])
def test_the_fake_shop_names_its_cookie_as_real_ones_do(case: dict[str, str]) -> None:
    shop = Shop(version=case["version"], shop_id=int(case["name_part"].removeprefix("ps-s")))
    assert cookie_name(shop, case["cookie_domain_used"]) == case["cookie_name"]


def test_a_cache_gives_no_cookie_to_a_page_asked_for_without_a_query(open_shop: Open) -> None:
    site = open_shop(strips_cookies=True)
    assert "Set-Cookie" not in get(site).headers
    assert "Set-Cookie" in get(site, "?fresh=1").headers
    assert not get(open_shop(cookie_prefix="QloApps-")).headers["Set-Cookie"].startswith("PrestaShop-")


SHOWN = [Module(name="ps_banner"), Module(name="hidden", on_front=False), Module(name="off", enabled=False)]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_home_page_shows_modules_that_print_something(open_shop: Open, version: str) -> None:
    text = get(open_shop(version=version, modules=SHOWN)).text
    assert set(re.findall(r"/modules/([a-z_]+)/", text)) == {"ps_banner"}
    assert ("var prestashop" in text) == (version != "1.6.1.24")
    assert ("core_js_public_path" in text) == (version[0] in "89")
    assert ('name="generator"' in text) == (version == "1.6.1.24")
    bundled = get(open_shop(version=version, modules=SHOWN, bundled_assets=True)).text
    assert "/modules/" not in bundled


@pytest.mark.parametrize(
    ("version", "powered"), [("1.6.0.11", False), ("1.6.1.24", True), ("1.7.5.2", True), ("1.7.6.0", False)]
)
def test_some_versions_say_what_they_are_powered_by(open_shop: Open, version: str, powered: bool) -> None:
    assert ("Powered-By" in get(open_shop(version=version)).headers) is powered


def test_maintenance_closes_the_pages_and_not_the_webservice(open_shop: Open) -> None:
    for version, reason, retry in (
        ("1.6.1.24", "temporarily overloaded", None),
        ("8.2.7", "Service Unavailable", "3600"),
    ):
        site = open_shop(version=version, maintenance=True)
        front = get(site)
        assert (front.status_code, front.reason, front.headers.get("Retry-After")) == (503, reason, retry)
        assert get(site, "api/shop_urls", auth=KEY).status_code == 200


@pytest.mark.parametrize(
    ("version", "server", "status"),
    [
        ("1.6.1.24", Server.APACHE, 200),
        ("1.7.8.11", Server.APACHE, 200),
        ("8.0.0", Server.APACHE, 200),
        ("8.0.1", Server.APACHE, 403),
        ("9.1.4", Server.APACHE, 403),
        ("8.0.1", Server.NGINX, 200),
        ("9.1.4", Server.NGINX, 200),
    ],
)
def test_config_xml_is_readable_where_nothing_denies_it(
    open_shop: Open, version: str, server: Server, status: int
) -> None:
    module = Module(name="mollie", version="6.2.0", config_version="6.1.0")
    site = open_shop(version=version, server=server, modules=[module])
    response = get(site, "modules/mollie/config.xml")
    assert response.status_code == status
    if status == 200:
        root = fromstring(response.content)
        assert (root.tag, root.findtext("name"), root.findtext("version")) == ("module", "mollie", "6.1.0")
        assert get(site, "modules/mollie/config_fr.xml").content == response.content
        assert get(site, "modules/mollie/config_de.xml").status_code == 404
    assert get(site, "modules/nothere/config.xml").status_code == 404


def test_a_theme_may_answer_200_for_what_it_does_not_have(open_shop: Open) -> None:
    assert get(open_shop(), "no-such-page").status_code == 404
    soft = get(open_shop(soft_404=True, version="1.7.8.11"), "modules/nothere/config.xml")
    assert (soft.status_code, soft.headers["Content-Type"]) == (200, "text/html; charset=utf-8")


def test_a_shop_may_live_in_a_folder(open_shop: Open) -> None:
    site = open_shop(physical_uri="/boutique/", modules=SHOWN)
    assert site.url.endswith("/boutique/")
    assert "/boutique/modules/ps_banner/" in get(site).text
    assert get(site, "api/shop_urls", auth=KEY).status_code == 200
    assert requests.get(f"{site.origin}/api/shop_urls", auth=KEY, timeout=10).status_code == 404


def test_a_slow_shop_is_silent_longer_than_its_visitor_waits(open_shop: Open) -> None:
    site = open_shop(fault=Fault.SLOW)
    with pytest.raises(requests.ReadTimeout):
        requests.get(site.url, timeout=0.2)


@pytest.mark.parametrize("fault", [Fault.DRIP, Fault.ENDLESS])
def test_a_dripping_and_an_endless_shop_never_come_to_an_end(open_shop: Open, fault: Fault) -> None:
    site = open_shop(fault=fault, pause_s=0.001)
    with requests.get(site.url, timeout=10, stream=True) as response:
        pieces = response.iter_content(1)
        assert len([next(pieces) for _ in range(200)]) == 200


def test_a_shop_that_still_drips_closes_at_once(open_shop: Open) -> None:
    site = FakeShop(Shop(fault=Fault.DRIP, pause_s=0.001)).start()
    with requests.get(site.url, timeout=10, stream=True) as response:
        next(response.iter_content(1))
        started = time.monotonic()
        site.stop()
        assert time.monotonic() - started < 5
    with pytest.raises(requests.ConnectionError):
        requests.get(site.url, timeout=1)


def test_a_shop_breaks_the_connection(open_shop: Open) -> None:
    site = open_shop(fault=Fault.RESET)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        get(site)


def test_a_bomb_is_small_until_it_is_opened(open_shop: Open) -> None:
    site = open_shop(fault=Fault.BOMB)
    with requests.get(site.url, timeout=10, stream=True) as response:
        assert response.headers["Content-Encoding"] == "gzip"
        assert len(response.raw.read(decode_content=False)) < 200_000


@pytest.mark.parametrize(("fault", "error"), [(Fault.BROKEN_XML, ParseError), (Fault.ENTITIES, EntitiesForbidden)])
def test_xml_that_must_not_be_trusted(open_shop: Open, fault: Fault, error: type[Exception]) -> None:
    response = get(open_shop(fault=fault), "api/shop_urls", auth=KEY)
    assert (response.status_code, response.headers["Content-Type"]) == (200, "text/xml;charset=utf-8")
    with pytest.raises(error):
        fromstring(response.content)


def test_a_fault_may_strike_one_part_of_the_shop_alone(open_shop: Open) -> None:
    site = open_shop(fault=Fault.HTML, fault_under="/api")
    assert "Parked domain" in get(site, "api/shop_urls", auth=KEY).text
    assert "Ma boutique" in get(site).text


def test_what_was_asked_is_kept_for_whoever_checks_the_client(open_shop: Open) -> None:
    site = open_shop()
    get(site, "api/shop_urls?display=full", auth=KEY, headers={"User-Agent": "inspector"})
    (request,) = site.requests
    assert (request.method, request.target) == ("GET", "/api/shop_urls?display=full")
    assert request.headers["user-agent"] == "inspector"
    assert request.headers["authorization"].startswith("Basic ")


def test_a_head_request_gets_the_headers_alone(open_shop: Open) -> None:
    response = requests.head(open_shop().url, timeout=10)
    assert (response.status_code, response.content) == (200, b"")
    assert "Set-Cookie" in response.headers
