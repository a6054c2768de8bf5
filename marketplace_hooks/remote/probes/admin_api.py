"""Admin API probe, rank 2: the modules of PrestaShop 9 and later, whether enabled, and their versions.

It lists every module and never the platform's version. A client with the scope `module_read` is enough
(`prestashop.md` 2).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from ...domain.inspections.evidence import Finding, FindingKind, Strength, upgrade_is_unfinished
from ...domain.inspections.notes import Note
from ...domain.merchant_sites import parse
from ..http.client import OutboundResponse
from .outcomes import ProbeFailure
from .page_obstacles import data_obstacle, is_challenge
from .protocol import InspectionTarget, Probe
from .safe_parsing import MAX_MODULES, clean_name, clean_version, read_json
from .session import REDIRECTS, ProbeSession

SCOPE = "module_read"
PAGE = 100
_TOKEN = "admin-api/access_token"  # noqa: S105 - where one is asked for
_CLIENT = "admin-api/api-clients/infos"
# "module" in the first published endpoints, those of 9.0.0 and 9.0.1.
_ONE = ("admin-api/modules/", "admin-api/module/")
_MAX_SCOPES = 30


def applies(target: InspectionTarget) -> bool:
    return target.credentials.client_id is not None and target.credentials.client_secret is not None


def run(target: InspectionTarget, probe_session: ProbeSession) -> Iterator[Finding]:
    """Get a token, see what else it is good for, read the list, and the module in question if it is not in it."""
    token = _token(target, probe_session)
    if isinstance(token, ProbeFailure):
        yield probe_session.unknown(FindingKind.MODULE_LIST, token)
        return
    secret = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    client = probe_session.ask(_CLIENT, secret)
    if isinstance(client, OutboundResponse) and client.status == 401:
        yield probe_session.unknown(
            FindingKind.MODULE_LIST,
            _refusal(client, probe_session.request(_CLIENT, private=True), Note.TOKEN_NOT_RECEIVED),
        )
        return
    if isinstance(client, OutboundResponse):
        yield from _warnings(client, probe_session)
    listed: set[str] = set()
    for finding in _list(probe_session, secret):
        listed.add(finding.subject.casefold())
        yield finding
        if not finding.is_known:
            return
    if target.module is not None and target.module.casefold() not in listed:
        yield from _one(target.module, probe_session, secret)


def _token(target: InspectionTarget, probe_session: ProbeSession) -> str | ProbeFailure:
    form = {
        "grant_type": "client_credentials",
        "client_id": target.credentials.client_id or "",
        "client_secret": target.credentials.client_secret or "",
        "scope[]": SCOPE,
    }
    response = probe_session.post(_TOKEN, urlencode(form).encode(), "application/x-www-form-urlencoded")
    if isinstance(response, ProbeFailure):
        return response
    request = probe_session.request(_TOKEN, "POST", private=True)
    if response.status != 200:
        return _refusal(response, request, Note.CLIENT_REFUSED)
    content = read_json(response)
    if isinstance(content, Note):
        return ProbeFailure(note=content, request=request)
    token = content.get("access_token") if isinstance(content, dict) else None
    return token if isinstance(token, str) and token else ProbeFailure(note=Note.UNREADABLE, request=request)


def _refusal(response: OutboundResponse, request: str, unauthorised: Note) -> ProbeFailure:
    """What a refusal means; `unauthorised` is what a plain 401 says."""
    return ProbeFailure(note=_note(response, unauthorised), request=request, facts={"status": response.status})


def _note(response: OutboundResponse, unauthorised: Note) -> Note:
    status = response.status
    if status in REDIRECTS:
        # 9.0 answered a redirect to https where 9.1 says "Use HTTPS protocol"; we had asked over https.
        redirect_target = parse(response.headers.get("location", ""))
        requested = parse(response.url)
        to_itself = (
            redirect_target is not None
            and requested is not None
            and redirect_target.host == requested.host
            and redirect_target.scheme == "https"
        )
        return Note.HTTPS_HIDDEN if to_itself else Note.NOT_THE_SHOP
    if status == 404 and not is_challenge(response):
        return Note.ADMIN_API_ABSENT
    obstacle = data_obstacle(response)
    if obstacle in (Note.BOT_CHALLENGE, Note.PASSWORD_REQUIRED):
        return obstacle
    body = read_json(response)
    # A bare JSON string; 9.0 wrote the same words without quotes.
    message = (body if isinstance(body, str) and not isinstance(body, Note) else response.text[:200]).strip().strip('"')
    if status == 426 or message == "Use HTTPS protocol":
        return Note.HTTPS_HIDDEN
    error = body.get("error") if isinstance(body, dict) else None
    if error in ("access_denied", "invalid_scope") or (status == 403 and isinstance(body, dict)):
        return Note.SCOPE_NOT_GRANTED
    if status == 401 and not (isinstance(body, Note) and message.startswith("<")):
        return unauthorised
    if status == 200:
        return Note.NOT_THE_SHOP
    return obstacle or Note.BLOCKED


def _warnings(client: OutboundResponse, probe_session: ProbeSession) -> Iterator[Finding]:
    """Say what the client could do beyond reading modules."""
    content = read_json(client) if client.status == 200 else None
    scopes = content.get("scopes") if isinstance(content, dict) else None
    if not isinstance(scopes, list):
        return
    more = [scope for scope in map(clean_name, scopes) if scope is not None and scope != SCOPE][:_MAX_SCOPES]
    writable = [scope for scope in more if not scope.endswith("_read")]
    if more:
        note = Note.CLIENT_CAN_WRITE if writable else Note.CLIENT_READS_MORE
        value = {"note": note.value, "scopes": more}
        yield probe_session.found(
            FindingKind.CREDENTIAL,
            value,
            subject=note.value,
            request=probe_session.request(_CLIENT, private=True),
            note=note,
            scopes=writable or more,
        )


def _list(probe_session: ProbeSession, secret: Mapping[str, str]) -> Iterator[Finding]:
    """Read the whole list, page by page: the list is complete only when every module of it was read."""
    names: set[str] = set()
    read = 0
    total = 1
    while read < total:
        path = f"admin-api/modules?limit={PAGE}&offset={read}&orderBy=moduleId&sortOrder=asc"
        page = _page(path, probe_session, secret)
        if isinstance(page, ProbeFailure):
            # Nothing but the first page's failure leaves the list unknown; a later one leaves it incomplete.
            if not read or page.note is not Note.NOT_ASKED:
                yield probe_session.unknown(FindingKind.MODULE_LIST, page)
                return
            break
        items, total = page
        for item in items:
            name = clean_name(item.get("technicalName"))
            if name is not None and name not in names and len(names) < MAX_MODULES:
                names.add(name)
                yield _module(item, name, True, probe_session, path)
        read += len(items)
        if not items:
            break
    request = probe_session.request("admin-api/modules", private=True)
    if len(names) >= total:
        yield probe_session.found(FindingKind.MODULE_LIST, {"complete": True, "count": len(names)}, request=request)
    else:
        value = {"complete": False, "count": len(names)}
        yield probe_session.found(FindingKind.MODULE_LIST, value, request=request, note=Note.LIST_INCOMPLETE)


def _page(
    path: str, probe_session: ProbeSession, secret: Mapping[str, str]
) -> tuple[list[dict[str, Any]], int] | ProbeFailure:
    response = probe_session.ask(path, secret)
    if isinstance(response, ProbeFailure):
        return response
    request = probe_session.request(path, private=True)
    if response.status != 200:
        return _refusal(response, request, Note.TOKEN_NOT_RECEIVED)
    content = read_json(response)
    if isinstance(content, Note):
        return ProbeFailure(note=content, request=request)
    items, total = (content.get("items"), content.get("totalItems")) if isinstance(content, dict) else (None, None)
    if not isinstance(items, list) or not isinstance(total, int) or not all(isinstance(one, dict) for one in items):
        return ProbeFailure(note=Note.UNREADABLE, request=request)
    return items, max(total, len(items))


def _one(name: str, probe_session: ProbeSession, secret: Mapping[str, str]) -> Iterator[Finding]:
    """Read one module that the list does not show: it may lie on the disk without being installed."""
    for folder in _ONE:
        response = probe_session.ask(folder + name, secret)
        item = None if isinstance(response, ProbeFailure) else read_json(response)
        if isinstance(response, ProbeFailure) or not isinstance(item, dict) or response.status not in (200, 404):
            return
        if response.status == 200:
            if item.get("technicalName") == name:
                yield _module(item, name, item.get("installed") is not False, probe_session, folder + name)
            return
    # Neither of the two addresses that PrestaShop 9 ever had knows the name: it is not even on the disk.
    value = {"on_disk": False, "installed": False}
    yield probe_session.found(
        FindingKind.MODULE, value, subject=name, request=probe_session.request(_ONE[0] + name, private=True)
    )


def _module(item: Mapping[str, Any], name: str, installed: bool, probe_session: ProbeSession, path: str) -> Finding:
    disk = clean_version(item.get("moduleVersion"))
    database = clean_version(item.get("installedVersion"))
    enabled = item.get("enabled")
    value = {
        "on_disk": True,
        "installed": installed,
        "enabled": enabled if isinstance(enabled, bool) else None,
        "version": disk,
        "installed_version": database,
    }
    note = Note.UNFINISHED_UPGRADE if upgrade_is_unfinished(disk, database) else None
    return probe_session.found(
        FindingKind.MODULE, value, subject=name, request=probe_session.request(path, private=True), note=note
    )


PROBE = Probe(
    name="admin_api",
    rank=2,
    strength=Strength.VERIFIED,
    about=FindingKind.MODULE_LIST,
    applies=applies,
    run=run,
    requests=5,
)
