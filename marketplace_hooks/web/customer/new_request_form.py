"""Forms of a new request: what it is about, keys that let the shop answer, and what the customer declares of it.

Whatever is wrong, everything that was written is shown again, the list of a file as text: a browser sends a file once.
"""

from __future__ import annotations

import re
import uuid

from flask import request
from wtforms import Form, ValidationError

from ...domain.inspections.declarations import Declaration, clean_version, read_exported_list
from ...domain.merchant_sites import parse
from ...domain.support.state_machine import Kind
from ...remote.probes.protocol import Credentials
from ..form_reader import ChoiceField, PageForm, TextInputField
from ..i18n.language import gettext, lazy

LONGEST_SUBJECT = 500
LONGEST_BODY = 50_000
LONGEST_URL = 2_000
LONGEST_LIST = 500_000
LONGEST_KEY = 500
KEYS = ("webservice_key", "client_id", "client_secret", "companion_key")
_DRAFT = re.compile(r"[0-9a-f]{32}")


def _one_line(text: str) -> str:
    return " ".join(text.split())


class KeyField(TextInputField):
    """A key for a shop: one line without unprintable characters."""

    def pre_validate(self, form: Form) -> None:
        """Raises `ValidationError` for what was not copied whole, or was copied with something else."""
        if len(self.data) > LONGEST_KEY or not self.data.isprintable():
            raise ValidationError(gettext("This key is too long, or spans several lines. Copy it again."))


class SiteForm(PageForm):
    """What helps to check a shop: keys that let us ask it, and what the customer says of it."""

    webservice_key = KeyField(longest=LONGEST_KEY + 1, is_cut=True)
    client_id = KeyField(longest=LONGEST_KEY + 1, is_cut=True)
    client_secret = KeyField(longest=LONGEST_KEY + 1, is_cut=True)
    companion_key = KeyField(longest=LONGEST_KEY + 1, is_cut=True)
    platform_version = TextInputField(longest=100, is_cut=True)
    modules = TextInputField(longest=LONGEST_LIST + 1, is_cut=True)
    declaration: Declaration | None = None

    def validate(self) -> bool:
        """Check the keys and read the declaration."""
        super().validate()
        if bool(self.client_id.data) != bool(self.client_secret.data):
            missing = "client_secret" if self.client_id.data else "client_id"
            self.add_error(missing, gettext("Enter both the client ID and the client secret, or neither."))
        self.modules.data = _uploaded_list() or self.modules.data
        self.declaration = self._read_declaration()
        return not self.errors

    def credentials(self) -> Credentials | None:
        """The keys for the shop; None when there are none."""
        keys = {name: self[name].data for name in KEYS}
        return Credentials.read({name: key for name, key in keys.items() if key}) or None

    def require_declaration(self) -> None:
        """Reject a form that declares nothing."""
        if self.declaration is None and not self.errors:
            message = gettext("Enter your PrestaShop version, or add the list of your modules.")
            self.add_error("platform_version", message)

    def _read_declaration(self) -> Declaration | None:
        declared = Declaration()
        if self.modules.data:
            try:
                declared = read_exported_list(self.modules.data)
            except ValueError:
                message = gettext(
                    "We could not read this list. Its first line must name the columns, including “name”, as in "
                    "the export."
                )
                self.add_error("modules", message)
        if self.platform_version.data:
            try:
                version = clean_version(self.platform_version.data)
            except ValueError:
                self.add_error("platform_version", gettext("Enter a version such as 8.2.1."))
            else:
                declared = Declaration(
                    platform_version=version, modules=declared.modules, whole_list=declared.whole_list
                )
        return declared if declared != Declaration() else None


class NewRequestForm(SiteForm):
    """The whole form of a new request. A question before any purchase has neither keys nor a shop."""

    draft = TextInputField(longest=100, is_cut=True)
    purchase = TextInputField(longest=100, is_cut=True)
    kind = ChoiceField(Kind)
    subject = TextInputField(
        longest=LONGEST_SUBJECT,
        is_cut=True,
        required=lazy("Enter a subject."),
        filters=[_one_line],
    )
    body = TextInputField(
        longest=LONGEST_BODY, is_cut=True, required=lazy("Describe what happens and what you expected.")
    )
    shop_url = TextInputField(longest=LONGEST_URL, is_cut=True)

    def validate(self) -> bool:
        """Check the shop's address too, for a purchase."""
        super().validate()
        if not _DRAFT.fullmatch(self.draft.data):
            self.draft.data = uuid.uuid4().hex
        if self.kind.data is None:
            self.kind.data = Kind.ANOMALY
        if self.purchase.data:
            if not self.shop_url.data:
                self.add_error("shop_url", gettext("Enter the shop’s address."))
            elif parse(self.shop_url.data) is None:
                message = gettext("Enter the address as your browser shows it, such as www.shop.example.")
                self.add_error("shop_url", message)
        return not self.errors


def _uploaded_list() -> str:
    """The list of modules that was sent as a file; empty without one."""
    uploaded = request.files.get("modules_file")
    content = uploaded.read(LONGEST_LIST * 4).decode("utf-8", "replace").strip() if uploaded else ""
    return "".join(char for char in content if char in "\n\t\r" or char.isprintable() or char == "\ufeff")
