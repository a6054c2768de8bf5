"""API tokens: the list, a new one whose secret is shown once, and revoking one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Response, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ...domain.token_scopes import Scope
from ...errors import PayloadRejected
from ...models.access import Role
from ...services.access import tokens as service
from ...services.access.tokens import NewToken
from ...services.core.unit_of_work import UnitOfWork
from ..form_actions import run_form
from ..form_idempotency import run_form_once
from ..form_reader import ChoiceField, NumberField, PageForm, TextInputField
from ..i18n.language import gettext, lazy
from ..identity.authorization import audience
from ..identity.fresh_sign_in import require_fresh_sign_in
from ..labels.operations import SCOPES
from ..labels.sorts import NEWEST_FIRST
from ..list_pages import PAGE_SIZE, checked_id, cursor, is_backward, list_page
from ..list_query import ListQuery
from ..navigation import ROLES
from ..pagination import decode_position, position_key
from ..state import current_runtime
from .blueprint import blueprint
from .layout import page

LIST = "operator-tokens"
QUERY = ListQuery(sorts=NEWEST_FIRST)


class TokenForm(PageForm):
    """A token to be made; its scopes are read beside it."""

    name = TextInputField(required=lazy("Enter what the token is for"), longest=200)
    role = ChoiceField(Role, required=lazy("Choose a role"))
    subject = TextInputField(longest=100)
    days = NumberField()


@blueprint.get("/operator/tokens")
@audience(Role.OPERATOR)
def tokens() -> Response:
    """The tokens, the newest first, and the form of a new one."""
    return _show()


@blueprint.post("/operator/tokens")
@audience(Role.OPERATOR)
def create_token() -> BaseResponse:
    """Make a token, and show its secret this once."""
    form = TokenForm.read()
    if form.days.data == 0:
        form.add_error("days", gettext("Enter a whole number, such as 12"))
    if form.errors:
        return _show(status=422, errors=form.messages)
    require_fresh_sign_in()
    runtime = current_runtime()
    expires_at = runtime.now() + timedelta(days=form.days.data) if form.days.data is not None else None
    new = NewToken(
        role=form.role.data or "",
        subject=form.subject.data or None,
        label=form.name.data,
        scopes=request.form.getlist("scopes"),
        expires_at=expires_at,
    )
    try:
        text = run_form_once(lambda uow: service.create_token(uow, new)[1])
    except PayloadRejected:
        message = gettext("Enter the ID for a seller or customer token; leave it empty for other roles")
        return _show(status=422, errors={"subject": message})
    return _show(made=text)


@blueprint.post("/operator/tokens/<token_id>/revocation")
@audience(Role.OPERATOR)
def revoke_token(token_id: str) -> BaseResponse:
    """Refuse the token from now on."""

    def act(uow: UnitOfWork) -> object:
        return service.revoke(uow, checked_id(token_id))

    return run_form(
        act,
        message=gettext("The token is revoked."),
        next_url=url_for("mh_operator.tokens"),
        refused=lambda why, status: _show(status=status, refused=why),
    )


def _show(*, status: int = 200, **shown: Any) -> Response:
    QUERY.read()
    runtime = current_runtime()
    with runtime.database.read_session() as session:
        found = service.list_tokens(
            session, before=decode_position(LIST, cursor()), is_backward=is_backward(), limit=PAGE_SIZE + 1
        )
        listed = list_page(LIST, found, lambda one: position_key(one.created_at, one.id))
    return page(
        "tokens",
        status,
        listed=listed,
        now=runtime.now(),
        form={} if "made" in shown else request.form,
        chosen_scopes=request.form.getlist("scopes"),
        scopes=[(scope.value, str(SCOPES[scope])) for scope in Scope],
        scope_labels=SCOPES,
        roles_to_choose=[(role.value, str(label)) for role, label in ROLES.items()],
        **{"errors": {}, **shown},
    )
