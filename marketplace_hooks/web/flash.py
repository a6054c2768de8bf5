"""Flash messages: a sentence that the next page shows once, such as what a form has done.

Kept in Flask's session under a key of our own, so that a host's own flash messages stay the host's.
"""

from __future__ import annotations

from flask import session

from .identity.sessions import require_session

SESSION_KEY = "mh_messages"
TONES = ("calm", "good", "warning", "bad")
MAX_MESSAGES = 5


def flash(tone: str, message: str) -> None:
    """Show `message`, which is in the reader's language, at the top of the next page. `tone` is one of `TONES`."""
    if tone not in TONES:
        raise ValueError(f"a tone is one of {', '.join(TONES)}")
    require_session()
    session[SESSION_KEY] = [*session.get(SESSION_KEY, []), [tone, str(message)]][-MAX_MESSAGES:]


def messages() -> list[tuple[str, str]]:
    """The (tone, message) pairs to show on this page. They are removed from the session."""
    if SESSION_KEY not in session:
        return []
    return [(tone, message) for tone, message in session.pop(SESSION_KEY) or ()]
