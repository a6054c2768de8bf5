"""Webservice probe, rank 3, PrestaShop 1.6 to 9: the platform version, and whether the key is this site's own.

A key with GET on `shop_urls` is enough (`prestashop.md` 1). The version is believed only beside a 200 with an XML
`<prestashop>` root: refused answers say 0 from 8.0 on, and proxies add or strip the header. XML, for JSON is broken.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element

from ...domain.inspections.evidence import Finding, FindingKind, Strength
from ...domain.inspections.forks import THIRTY_BEES, fork_answering_as
from ...domain.inspections.notes import Note
from ...domain.merchant_sites import Site, parse
from ..http.client import OutboundResponse
from .outcomes import ProbeFailure
from .page_obstacles import data_obstacle
from .protocol import InspectionTarget, Probe
from .safe_parsing import clean_version, looks_like_html, read_xml
from .session import REDIRECTS, ProbeSession, is_on_site, moved, redirect_target

WANTED = "shop_urls"
_SHOP_URLS = f"api/{WANTED}?display=full"
_WITHOUT_REWRITING = f"webservice/dispatcher.php?url={WANTED}&display=full"
_ROOT = "api/"
THIRTY_BEES_HEADER = "tbws-version"
_WRITES = ("put", "post", "patch", "delete")
_MAX_RESOURCES = 30
_MAX_SHOPS = 100

# By the codes of the XML errors, the first that is there (`prestashop.md` 1.3).
_BY_CODE = (
    (17, Note.KEY_EMPTY),
    (18, Note.KEY_LENGTH),
    (20, Note.KEY_UNKNOWN),
    (21, Note.KEY_WITHOUT_RIGHTS),
    (26, Note.SHOP_URLS_NOT_GRANTED),
    (25, Note.SHOP_URLS_NOT_GRANTED),
    (132, Note.KEY_OF_ANOTHER_SHOP),
    (22, Note.WEBSERVICE_OFF),
)


def applies(target: InspectionTarget) -> bool:
    return target.credentials.webservice_key is not None


def run(target: InspectionTarget, probe_session: ProbeSession) -> Iterator[Finding]:
    """Read the version and the shop's addresses, then what else the key could do."""
    secret = _basic(target.credentials.webservice_key or "")
    path = _SHOP_URLS
    response = probe_session.ask(_SHOP_URLS, secret)
    if isinstance(response, OutboundResponse) and _is_not_rewritten(response, target.site):
        path = _WITHOUT_REWRITING
        again = probe_session.ask(_WITHOUT_REWRITING, secret)
        response = again if isinstance(again, OutboundResponse) and again.status not in (404, *REDIRECTS) else response
    request = probe_session.request(path, private=True)
    root = response if isinstance(response, ProbeFailure) else _document(response, target.site, request)
    if isinstance(root, ProbeFailure):
        yield probe_session.unknown(FindingKind.PLATFORM_VERSION, root)
        return
    assert isinstance(response, OutboundResponse)  # noqa: S101 - for the type checker: a document came from an answer
    version = _version(response)
    fork = _fork(response, version)
    if fork is not None:
        yield probe_session.unknown(
            FindingKind.PLATFORM_VERSION, ProbeFailure(note=Note.FORK, request=request, facts=fork)
        )
    elif version is None:
        yield probe_session.unknown(
            FindingKind.PLATFORM_VERSION, ProbeFailure(note=Note.VERSION_UNKNOWN, request=request)
        )
    else:
        yield probe_session.found(FindingKind.PLATFORM_VERSION, version, request=request)
    yield _identity(root, target.site, probe_session, request)
    if path == _SHOP_URLS:
        yield from _warnings(probe_session, secret)


def _is_not_rewritten(response: OutboundResponse, site: Site) -> bool:
    """Whether URL rewriting is off: the shop answers its page for what does not exist, or a redirect to its own."""
    if response.status in REDIRECTS:
        return is_on_site(redirect_target(response), site)
    return response.status == 404 and looks_like_html(response)


def _basic(key: str) -> Mapping[str, str]:
    """The key as a login without a password; never as `ws_key`, which ends in logs and redirects."""
    return {"Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode(), "Accept": "text/xml"}


def _document(response: OutboundResponse, site: Site, request: str) -> Element | ProbeFailure:
    """Return the root of a good answer, or what the answer means."""

    def missed(note: Note, **facts: object) -> ProbeFailure:
        return ProbeFailure(note=note, request=request, facts={"status": response.status, **facts})

    if response.status in REDIRECTS:
        return moved(response, request)
    root = read_xml(response)
    if response.status == 200:
        if isinstance(root, Note):
            return missed(root)
        return root if root.tag == "prestashop" else missed(Note.UNREADABLE)
    if isinstance(root, Note):
        return missed(_without_xml(response))
    codes = {_number(code.text) for code in root.iter("code")}
    for code, note in _BY_CODE:
        if code in codes:
            return missed(note, codes=sorted(codes - {0}))
    return missed(Note.SHOP_ERROR if response.status >= 500 else Note.UNREADABLE)


def _without_xml(response: OutboundResponse) -> Note:
    """What a refusal that is not PrestaShop's XML means."""
    realm = response.headers.get("www-authenticate", "")
    if response.status == 401 and ("PrestaShop" in realm or response.body.strip() == b"401 Unauthorized"):
        return Note.KEY_NOT_RECEIVED
    return data_obstacle(response) or Note.BLOCKED


def _fork(response: OutboundResponse, version: str | None) -> dict[str, str] | None:
    """What is known of the fork that answered; None: it is PrestaShop. thirty bees gives its own version beside."""
    own = response.headers.get(THIRTY_BEES_HEADER)
    name = THIRTY_BEES if own is not None else fork_answering_as(version or "")
    if name is None:
        return None
    known = {"version": clean_version(own), "made_from": version}
    return {"platform": name, **{fact: value for fact, value in known.items() if value is not None}}


def _version(response: OutboundResponse) -> str | None:
    versions = response.headers.all("psws-version")
    version = clean_version(versions[0]) if len(versions) == 1 else None
    return None if version == "0" else version


def _identity(root: Element, site: Site, probe_session: ProbeSession, request: str) -> Finding:
    """Say whether one active row of `shop_urls` is this very site, and which shop of a multistore it is."""
    rows = [_texts(row) for row in root.iter("shop_url")]
    matching = [
        row for row in rows if row.get("active") == "1" and _names(site, (row.get("domain"), row.get("domain_ssl")))
    ]
    exact = [row for row in matching if _path(row) == site.path]
    shops = {_path(row): _number(row.get("id_shop")) for row in matching[:_MAX_SHOPS]}
    facts: dict[str, Any] = {"shops": shops} if len(shops) > 1 else {}
    if not matching:
        value = {"matches": False}
        return probe_session.found(FindingKind.SHOP_IDENTITY, value, request=request, note=Note.KEY_OF_ANOTHER_SITE)
    return probe_session.found(
        FindingKind.SHOP_IDENTITY,
        {"matches": True, "shop_id": _number((exact or matching)[0].get("id_shop")) or None},
        request=request,
        **facts,
    )


def _names(site: Site, domains: Iterable[str | None]) -> bool:
    """Whether one of these domains, whatever port PrestaShop stores with it, is the site's host."""
    for domain in domains:
        found = parse(f"{site.scheme}://{domain.strip()}/") if domain else None
        if found is not None and found.identity[0] == site.identity[0]:
            return True
    return False


def _path(row: Mapping[str, str]) -> str:
    path = f"{row.get('physical_uri', '')}{row.get('virtual_uri', '')}".strip("/")
    return f"/{path}/" if path else "/"


def _texts(row: Element) -> dict[str, str]:
    return {field.tag: (field.text or "").strip() for field in row}


def _warnings(probe_session: ProbeSession, secret: Mapping[str, str]) -> Iterator[Finding]:
    """Say what the key could do beyond reading `shop_urls`. Where that cannot be read, nothing is said."""
    response = probe_session.ask(_ROOT, secret)
    root = read_xml(response) if isinstance(response, OutboundResponse) and response.status == 200 else None
    if not isinstance(root, Element):
        return
    granted = {resource.tag: resource.attrib for api in root.iter("api") for resource in api}
    writes = sorted(name for name, flags in granted.items() if any(flags.get(method) == "true" for method in _WRITES))
    more = sorted(name for name, flags in granted.items() if name != WANTED and flags.get("get") == "true")
    request = probe_session.request(_ROOT, private=True)
    for note, names in ((Note.KEY_CAN_WRITE, writes), (Note.KEY_READS_MORE, more)):
        resources = [name for name in names if name.isidentifier()][:_MAX_RESOURCES]
        if resources:
            value = {"note": note.value, "resources": resources}
            yield probe_session.found(
                FindingKind.CREDENTIAL, value, subject=note.value, request=request, note=note, resources=resources
            )


def _number(text: str | None) -> int:
    digits = (text or "").strip()
    return int(digits) if digits.isdecimal() and len(digits) < 10 else 0


PROBE = Probe(
    name="webservice",
    rank=3,
    strength=Strength.VERIFIED,
    about=FindingKind.PLATFORM_VERSION,
    applies=applies,
    run=run,
    requests=2,
)
