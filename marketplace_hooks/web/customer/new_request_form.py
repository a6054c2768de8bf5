"""What did the customer fill in, and what of it must be corrected before it can be checked?

Whatever is wrong, everything that was written is shown again, the list of a file as text: a browser sends a file once.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import request

from ...domain.inspections.declarations import Declaration, clean_version, read_exported_list
from ...domain.merchant_sites import parse
from ...domain.support.state_machine import Kind
from ...remote.probes.protocol import Credentials
from ..form_reader import text_of
from ..i18n.language import gettext

LONGEST_SUBJECT = 500
LONGEST_BODY = 50_000
LONGEST_URL = 2_000
LONGEST_LIST = 500_000
LONGEST_KEY = 500
KEYS = ("webservice_key", "client_id", "client_secret", "companion_key")
_DRAFT = re.compile(r"[0-9a-f]{32}")


@dataclass(kw_only=True)
class Entered:
    """The form as it was filled in; `errors` are sentences by the names of their fields."""

    draft_id: str
    kind: Kind = Kind.ANOMALY
    subject: str = ""
    body: str = ""
    shop_url: str = ""
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    platform_version: str = ""
    modules: str = ""
    declared: Declaration | None = None
    errors: dict[str, str] = field(default_factory=dict)

    def given(self) -> Credentials | None:
        """The keys for the shop; None when there are none."""
        found = Credentials.read({name: value for name, value in self.keys.items() if value})
        return found or None


def entered() -> Entered:
    """The whole form of a new request."""
    draft_id = request.form.get("draft", "")
    kind = request.form.get("kind", "")
    found = Entered(
        draft_id=draft_id if _DRAFT.fullmatch(draft_id) else uuid.uuid4().hex,
        kind=Kind(kind) if kind in list(Kind) else Kind.ANOMALY,
        subject=" ".join(text_of("subject", LONGEST_SUBJECT).split()),
        body=text_of("body", LONGEST_BODY),
        shop_url=text_of("shop_url", LONGEST_URL),
    )
    if not found.subject:
        found.errors["subject"] = gettext("Say in a few words what it is about.")
    if not found.body:
        found.errors["body"] = gettext("Describe what happens, and what you expected.")
    if request.form.get("purchase"):
        if not found.shop_url:
            found.errors["shop_url"] = gettext("Say which shop it is about.")
        elif parse(found.shop_url) is None:
            found.errors["shop_url"] = gettext(
                "This address cannot be read. Write it as your browser shows it, such as www.shop.example."
            )
        read_keys(found)
        read_declaration(found)
    return found


def read_keys(found: Entered) -> None:
    """The keys that let us ask the shop itself."""
    found.keys = {name: text_of(name, LONGEST_KEY + 1) for name in KEYS}
    for name, value in found.keys.items():
        if len(value) > LONGEST_KEY or not value.isprintable():
            found.errors[name] = gettext("This key is too long, or is more than one line. Copy it again.")
    if bool(found.keys["client_id"]) != bool(found.keys["client_secret"]):
        missing = "client_secret" if found.keys["client_id"] else "client_id"
        found.errors[missing] = gettext("The client’s id and its secret come together: give both, or neither.")


def read_declaration(found: Entered) -> None:
    """What the customer says of the shop: a version, a list of modules as text or as a file."""
    found.platform_version = text_of("platform_version", 100)
    uploaded = request.files.get("modules_file")
    content = uploaded.read(LONGEST_LIST * 4).decode("utf-8", "replace").strip() if uploaded else ""
    found.modules = "".join(one for one in content if one in "\n\t\r" or one.isprintable() or one == "\ufeff")
    found.modules = found.modules or text_of("modules", LONGEST_LIST + 1)
    declared = Declaration()
    if found.modules:
        try:
            declared = read_exported_list(found.modules)
        except ValueError:
            found.errors["modules"] = gettext(
                "This list cannot be read. Its first line names the columns, one of them “name”, as in the export."
            )
    if found.platform_version:
        try:
            version = clean_version(found.platform_version)
        except ValueError:
            found.errors["platform_version"] = gettext("This is not a version, such as 8.2.1.")
        else:
            declared = Declaration(platform_version=version, modules=declared.modules, whole_list=declared.whole_list)
    found.declared = declared if declared != Declaration() else None
