"""Label: what a code or a member of an enumeration is called on pages, by who reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from ...models.access import Role
from ..i18n.language import LazyText

Code = TypeVar("Code", bound=str)


@dataclass(frozen=True)
class Label:
    """One text for every reader, and another one for a reader who needs another."""

    text: LazyText
    for_customer: LazyText | None = None
    for_seller: LazyText | None = None
    for_operator: LazyText | None = None

    def __str__(self) -> str:
        return str(self.text)

    def for_role(self, role: Role) -> str:
        """The text for a reader of this role, in the reader's language."""
        return str(getattr(self, f"for_{role}", None) or self.text)


def labels_for(role: Role, labels: Mapping[Code, Label]) -> dict[Code, str]:
    """A whole table of labels for a reader of this role, in the reader's language."""
    return {code: label.for_role(role) for code, label in labels.items()}
