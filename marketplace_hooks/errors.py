"""What may go wrong on purpose, and what each kind means to whoever meets it.

::

    MarketplaceHooksError
    ├── ConfigurationError      a setting is missing, unknown or malformed; the start stops with a sentence
    ├── Refused                 asking again unchanged cannot help; carries a stable `code`
    │   ├── SignatureRejected   an inbound webhook is not from who it says (401)
    │   ├── PayloadRejected     a body breaks its schema; carries every error at once
    │   ├── Conflict            the move is impossible from here; names both states (409)
    │   ├── NotFound            it does not exist, or it is somebody else's (404: we do not say which)
    │   │   └── Withdrawn       it was public, and its sale has ended for good (410)
    │   ├── NotSignedIn         nobody says who asks, or the token is not one of ours (401)
    │   ├── Forbidden           this role may never do that (403)
    │   ├── SignInFailed        what a sign-in brought back cannot be believed, or names nobody we know (400)
    │   ├── NotConfigured       the installation lacks a setting that this needs (503)
    │   ├── MailRefused         the mail server will never take this mail
    │   └── OutboundRefused     an address that we will not connect to
    └── Unavailable             a part we lean on is away; trying later can help
        ├── TooManyRequests     who asks has asked too often; says when to come back (429)
        ├── MailDeferred        the mail server does not take this mail now, but may later
        ├── MailServerAway      there is no mail server to be spoken to, whatever the mail
        ├── LeaseLost           another worker took over what this one held; its work is rolled back
        └── OutboundFailed      the other side did not answer as it should, or not in time

Whoever catches one needs only this tree: `Refused` is never retried, `Unavailable` may be. HTTP statuses
are `web/errors.py`'s business alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class MarketplaceHooksError(Exception):
    """Root of everything this package raises on purpose."""


class ConfigurationError(MarketplaceHooksError):
    """A setting is unknown, missing or malformed. The message is a sentence that says what to do."""


class Refused(MarketplaceHooksError):
    """Asking again unchanged cannot help.

    `code` is stable and for machines; `detail` is English, for logs and developers; pages translate by code.
    """

    code = "refused"

    def __init__(self, detail: str, *, code: str | None = None, **facts: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        if code is not None:
            self.code = code
        self.facts: Mapping[str, Any] = facts


class SignatureRejected(Refused):
    """The message is not signed by a secret we know, or not now. `code` says which part failed."""

    code = "signature_rejected"


class PayloadRejected(Refused):
    """The body breaks its schema. `errors` is every error at once: `[{"path", "message"}, …]`."""

    code = "payload_rejected"

    def __init__(self, detail: str, *, errors: Sequence[Mapping[str, str]], code: str | None = None) -> None:
        super().__init__(detail, code=code)
        self.errors = list(errors)


class Conflict(Refused):
    """The move is impossible from the present state. `facts` names both states."""

    code = "conflict"

    @classmethod
    def between(
        cls, what: str, state: Any, asked: Any, *, code: str = "impossible_move", because: str = "", **facts: Any
    ) -> Conflict:
        """`what` stands at `state`, and `asked` cannot be reached from there; `because` says what else to know."""
        detail = f"{what} is {state} and cannot become {asked}"
        return cls(f"{detail}: {because}" if because else detail, code=code, state=state, asked=asked, **facts)


class NotFound(Refused):
    """It does not exist, or it belongs to somebody else. The two are never told apart."""

    code = "not_found"


class Withdrawn(NotFound):
    """It was public once, and its sale has ended for good."""

    code = "withdrawn"


class NotSignedIn(Refused):
    """Nobody says who asks (`not_signed_in`), or the bearer token is unknown or revoked (`invalid_token`)."""

    code = "not_signed_in"


class Forbidden(Refused):
    """This role may never do that, whatever the object."""

    code = "forbidden"


class SignInFailed(Refused):
    """A sign-in elsewhere came back, and nobody is signed in by it. `code` says why."""

    code = "sign_in_failed"


class NotConfigured(Refused):
    """A setting that this needs is not set: nothing is wrong with what was asked, and an operator can help."""

    code = "not_configured"


class MailRefused(Refused):
    """The mail server will never take this mail: no such mailbox, or not wanted. `code`: `smtp_550`."""

    code = "mail_refused"


class OutboundRefused(Refused):
    """A URL or an address that we will not connect to (`webhooks.md` 12). `code` names the rule."""

    code = "outbound_refused"


class Unavailable(MarketplaceHooksError):
    """A part we lean on is away. Nothing was lost; trying later can help."""


class TooManyRequests(Unavailable):
    """Asked too often; `retry_after_s` says when to come back."""

    def __init__(self, detail: str, *, retry_after_s: int) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class MailDeferred(Unavailable):
    """The mail server does not take this mail now (greylisting, a full mailbox), or fell silent while it was told."""


class MailServerAway(Unavailable):
    """The mail server cannot be reached, does not let us in, or its connection is not as safe as it must be."""


class LeaseLost(Unavailable):
    """Another worker took over what this one had leased; this one's transaction is rolled back."""


class OutboundFailed(Unavailable):
    """The other side was reached, or could have been, and did not answer as it should.

    `reason` is one of a small set of stable words (`timeout`, `too_large`, `connection`, `tls`, `protocol`, `dns`,
    `redirects`).
    """

    def __init__(self, detail: str, *, reason: str) -> None:
        super().__init__(detail)
        self.reason = reason
