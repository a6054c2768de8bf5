"""Conversation of a support request: the files of a message, and who handles the request on either side."""

from __future__ import annotations

from typing import Any

from ...models.access import Role
from ...models.support import SupportRequest
from ...services.core.unit_of_work import Cause, UnitOfWork
from ...services.support.assignment import assign_request
from ...services.support.attachments import attach_file
from ...services.support.transitions import locked_request
from ..actors import SIDES
from ..identity.authorization import signed_in
from .support_moves import EVERYBODY, request_move
from .support_schemas import AssignmentSchema, AttachmentSchema


@request_move("attachments", EVERYBODY, AttachmentSchema)
def attach_file_to_message(uow: UnitOfWork, request_id: str, body: dict[str, Any], cause: Cause) -> SupportRequest:
    """Describe a file of a message. The file itself stays where it is: nothing is uploaded.

    Customers and sellers can do this for their own messages, the platform for anyone's. A file that has already been
    described is left as it is; more than 1,000 files for a message are a 409 `too_many_attachments`.
    """
    side = None if signed_in().role is Role.PLATFORM else SIDES[signed_in().role]
    file = {name: value for name, value in body.items() if name != "message_id"}
    attach_file(uow, request_id, body["message_id"], file, side=side)
    return locked_request(uow.session, request_id)


@request_move("assignment", (Role.SELLER, Role.OPERATOR, Role.PLATFORM), AssignmentSchema)
def assign_support_request(uow: UnitOfWork, request_id: str, body: dict[str, Any], cause: Cause) -> SupportRequest:
    """Assign the request to a person on your side, or to no one.

    The platform must say on which side. This changes no deadline, and customers do not see it.
    """
    side = SIDES[signed_in().role]
    if signed_in().role is Role.PLATFORM and body["side"] is not None:
        side = body["side"]
    return assign_request(uow, request_id, body["assignee"], side=side)
