"""Release commands: add the PrestaShop releases that came after this package was made."""

from __future__ import annotations

from pathlib import Path

import click

from ..errors import OutboundFailed, OutboundRefused, Refused, Unavailable
from ..services.core.runtime import Runtime
from ..services.core.unit_of_work import run_in_transaction
from ..services.inspections.platform_releases import LONGEST_LIST, add_releases, read_releases
from .output import json_option, show_one
from .root import current_runtime, hooks_group


@hooks_group.group("releases")
def releases_group() -> None:
    """PrestaShop releases that inspections know."""


@releases_group.command("update")
@click.argument("source")
@json_option
def update(source: str, as_json: bool) -> None:
    """Add the releases in a FILE or at a URL to those already known; none is removed.

    The list has the format of PrestaShop's distribution API: a JSON list of objects, each with a version. A list
    that contains a mistake is refused as a whole.

    \b
    marketplace-hooks releases update https://api.prestashop-project.org/prestashop
    marketplace-hooks releases update releases.json
    """
    runtime = current_runtime()
    releases = read_releases(_content(runtime, source))
    added = run_in_transaction(runtime, lambda uow: add_releases(uow, releases))
    show_one({"read": len(releases), "added": len(added), "versions": added or None}, as_json=as_json)


def _content(runtime: Runtime, source: str) -> bytes:
    if not source.startswith(("http://", "https://")):
        return _file(Path(source))
    try:
        response = runtime.site_client.get(source)
    except (OutboundFailed, OutboundRefused) as error:
        raise Unavailable(f"The list of releases could not be fetched: {error}") from error
    if response.status != 200 or response.truncated:
        why = "it is too large" if response.truncated else f"the answer was {response.status}"
        raise Unavailable(f"The list of releases could not be fetched: {why}.")
    return response.body


def _file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LONGEST_LIST + 1)
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}.", code="releases_malformed") from error
    if len(content) > LONGEST_LIST:
        raise Refused(f"{path} is too large for a list of releases.", code="releases_malformed")
    return content
