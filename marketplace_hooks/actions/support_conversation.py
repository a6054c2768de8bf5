"""Conversation of a support request, as Python actions: its messages, their files, and who handles it."""

from __future__ import annotations

import uuid
from typing import Literal

from ..database.host_session import HostSession
from ..domain.support.attachments import MOST_FILES, describe_file
from ..models.support import SupportRequest
from ..services.core.unit_of_work import Cause, UnitOfWork
from ..services.support import messages
from ..services.support.assignment import LONGEST_NAME, assign_request
from ..services.support.attachments import attach_file
from ..services.support.transitions import locked_request
from .base import RequestSide
from .support_moves import RequestMoves


class Conversation(RequestMoves):
    """Messages, files and assignment. Each action returns the request after it, and raises `NotFound`."""

    def post_message(
        self,
        request_id: str,
        *,
        side: RequestSide,
        body: str,
        author_type: Literal["human", "automation"] | None = "human",
        subject: str = "",
        visibility: Literal["public", "internal"] = "public",
        attachments: int = 0,
        message_id: str | None = None,
        by: str | None = None,
        session: HostSession | None = None,
    ) -> SupportRequest:
        """Add a message to the thread. A personal answer of the seller's side acknowledges the request.

        `author_type` None: you do not say whether a person wrote it, and an operator judges. With a `message_id` that
        is known already, nothing is done. Raises `NotFound`.
        """
        if author_type not in (None, "human", "automation") or visibility not in ("public", "internal"):
            raise ValueError("author_type is human, automation or None; visibility is public or internal")
        if not 0 <= attachments <= MOST_FILES:
            raise ValueError(f"attachments is a number of files, from 0 to {MOST_FILES}")

        def move(uow: UnitOfWork, cause: Cause) -> SupportRequest:
            new = messages.NewMessage(
                request_id=request_id,
                message_id=message_id or f"msg_{uuid.uuid4().hex}",
                side=side,
                author=by or side,
                author_type=author_type,
                received_at=uow.now,
                body=body,
                subject=subject,
                visibility=visibility if side != "customer" else "public",
                attachments=attachments,
            )
            messages.post_message(uow, new, cause)
            return locked_request(uow.session, request_id)

        return self._move(move, side, by, session)

    def confirm_message(
        self,
        request_id: str,
        message_id: str,
        *,
        counts: bool,
        by: str | None = None,
        session: HostSession | None = None,
    ) -> SupportRequest:
        """An operator judges whether a message acknowledges the request; it then counts at its receipt.

        Raises `NotFound`, and `Conflict` where it has been judged already.
        """

        def move(uow: UnitOfWork, cause: Cause) -> SupportRequest:
            actor = by or "marketplace"
            messages.confirm_message(uow, request_id, message_id, counts=counts, actor=actor, cause=cause)
            return locked_request(uow.session, request_id)

        return self._move(move, "marketplace", by, session)

    def attach_file(
        self,
        request_id: str,
        message_id: str,
        *,
        side: RequestSide,
        name: str,
        media_type: str | None = None,
        size: int | None = None,
        sha256: str | None = None,
        url: str | None = None,
        by: str | None = None,
        session: HostSession | None = None,
    ) -> SupportRequest:
        """Describe a file of a message of this side. The file itself stays where it is; nothing is uploaded.

        A file that is described already is left as it is. Raises `ValueError` for a description that the API refuses
        too, `Forbidden` for another side's message, `Conflict` for a message that has the most files already.
        """
        file = describe_file(name=name, media_type=media_type, size=size, sha256=sha256, url=url)

        def move(uow: UnitOfWork, cause: Cause) -> SupportRequest:
            attach_file(uow, request_id, message_id, file, side=side)
            return locked_request(uow.session, request_id)

        return self._move(move, side, by, session)

    def assign(
        self,
        request_id: str,
        assignee: str | None,
        *,
        side: Literal["seller", "marketplace"],
        by: str | None = None,
        session: HostSession | None = None,
    ) -> SupportRequest:
        """Assign the request to a person of this side; None: to no one. No deadline changes, and customers see nothing.

        Raises `ValueError` for a side that handles no requests, and for a name of more than 200 characters.
        """
        if side not in ("seller", "marketplace"):
            raise ValueError(f"side is seller or marketplace, not {side!r}")
        if assignee is not None and not 0 < len(assignee) <= LONGEST_NAME:
            raise ValueError(f"assignee is a name of 1 to {LONGEST_NAME} characters, or None")
        return self._move(lambda uow, _cause: assign_request(uow, request_id, assignee, side=side), side, by, session)
