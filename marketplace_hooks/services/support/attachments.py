"""Attachments: descriptions of the files of a message, which stay where the marketplace keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...domain.audit_actions import AuditAction
from ...domain.support.attachments import MOST_FILES
from ...errors import Conflict, Forbidden, NotFound
from ..core.unit_of_work import UnitOfWork
from .transitions import locked_message


def attach_file(
    uow: UnitOfWork, request_id: str, message_id: str, file: Mapping[str, Any], *, side: str | None
) -> None:
    """Describe one more file of a message. A file that is described already is left as it is.

    `file` has a `name`, and perhaps `media_type`, `size` in bytes, `sha256` and `url`. `side` is the side whose
    messages may be changed; None: of every side. Whether the message acknowledged the request was judged when it came,
    and stays. Raises `NotFound`, `Forbidden` for another side's message, and `Conflict` when it has the most files
    already.
    """
    _, message = locked_message(uow.session, request_id, message_id)
    if side == "customer" and message.visibility != "public":
        raise NotFound(f"no message {message_id}")
    if side is not None and message.side != side:
        raise Forbidden("each side attaches files to its own messages")
    uow.audit(AuditAction.FILE_ATTACHED, request_id, message_id=message_id)
    described = message.files or []
    if file in described:
        return
    if len(described) >= MOST_FILES:
        because = f"a message has at most {MOST_FILES} files"
        raise Conflict.between("the message", "full", "attached", code="too_many_attachments", because=because)
    message.files = [*described, dict(file)]
    message.attachments = max(message.attachments, len(message.files))
