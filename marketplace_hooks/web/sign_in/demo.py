"""Demo sign-in: a visitor chooses a person. Only in a demo that no host signs people in to."""

from __future__ import annotations

from flask import abort, redirect
from werkzeug.wrappers import Response

from ...models.access import SignInMethod
from ..form_reader import PageForm, TextInputField
from ..i18n.language import wording
from ..identity import sessions
from ..identity.authorization import audience
from ..identity.identity import Identity
from ..state import current_web_state
from .blueprint import blueprint
from .demo_cards import first_page
from .demo_people import find_person
from .pages import wanted_page


class DemoPersonForm(PageForm):
    """Who somebody wants to be."""

    role = TextInputField()
    subject = TextInputField()


@blueprint.post("/sign-in/demo")
@audience()
def choose() -> Response:
    """Be this person from now on."""
    web_state = current_web_state()
    if not web_state.runtime.settings.demo or web_state.identity is not None:
        abort(404)
    form = DemoPersonForm.read()
    with web_state.runtime.database.read_session() as session:
        chosen = find_person(session, form.role.data, form.subject.data)
    if chosen is None:
        abort(404)
    # In the language that is read already: a person of the demo may be known to speak another one.
    identity = Identity(role=chosen.role, subject=chosen.subject, locale=wording().language, name=chosen.name)
    sessions.begin(identity, method=SignInMethod.DEMO, signed_in_at=web_state.runtime.now())
    return redirect(wanted_page() or first_page(identity.role, identity.subject), 303)
