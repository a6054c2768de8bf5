"""Exceptions: everything that this package raises on purpose, in one tree.

::

    MarketplaceHooksError
    ├── ConfigurationError      a setting is missing, unknown or malformed; the start stops with a sentence
    ├── Refused                 asking again unchanged cannot help; carries a stable `code`
    │   ├── SignatureRejected   the signature of an inbound webhook is not valid (401)
    │   ├── PayloadRejected     a body does not match its schema; carries every error at once
    │   ├── ListQueryRefused    a filter or an order that a list does not have; names it (400)
    │   ├── Conflict            the transition is impossible from the present state; names both (409)
    │   ├── NotFound            it does not exist, or belongs to another account; we do not say which (404)
    │   │   └── Withdrawn       it was public, and its sale has ended for good (410)
    │   ├── NotSignedIn         no user is signed in, or the token is unknown or revoked (401)
    │   │   └── FreshSignInNeeded   this asks for a sign-in of the last minutes (401)
    │   ├── Forbidden           this role may never do that (403)
    │   ├── SignInFailed        the answer of the sign-in provider is not valid, or names no known user (400)
    │   ├── NotConfigured       a setting that this needs is not set (503)
    │   ├── SessionRejected     a host's database session that we cannot work in; `code` says why
    │   ├── MailRefused         the mail server rejects this mail for good
    │   ├── BackupRefused       a backup cannot be made there, or not be restored here; nothing was changed
    │   └── OutboundRefused     an address that we do not connect to
    └── Unavailable             a dependency is unavailable; trying later can help
        ├── DatabaseUnavailable the database cannot do its work now; names the problem (503)
        ├── EncryptionKeyLost   no key opens a stored secret; it waits until the key is back (503)
        ├── TooManyRequests     a rate limit is exceeded; says when to try again (429)
        ├── MailDeferred        the mail server does not accept this mail now, but may later
        ├── MailServerAway      the mail server is unavailable for every mail
        ├── LeaseLost           another worker took over the lease; this transaction is rolled back
        └── OutboundFailed      the other server did not answer as it should, or not in time

A `Refused` is never retried, an `Unavailable` may be. Only `web/problems.py` knows HTTP statuses.
"""

from __future__ import annotations

import enum
import errno
from collections.abc import Mapping, Sequence
from typing import Any


def missing_extra(what: str, extra: str) -> str:
    """The sentence about a part of this package that is not installed."""
    return f"{what} needs packages that are not installed here: pip install 'marketplace-hooks[{extra}]'."


class MarketplaceHooksError(Exception):
    """Base class of everything that this package raises on purpose."""


class ConfigurationError(MarketplaceHooksError):
    """A setting is unknown, missing or malformed. The message is a sentence that says what to do."""


class Refused(MarketplaceHooksError):
    """The request is refused; repeating it unchanged cannot help.

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
    """The message is not signed with a known secret, or its timestamp is too old. `code` says which check failed."""

    code = "signature_rejected"


class PayloadRejected(Refused):
    """The body does not match its schema. `errors` is every error at once: `[{"path", "message"}, …]`."""

    code = "payload_rejected"

    def __init__(self, detail: str, *, errors: Sequence[Mapping[str, str]], code: str | None = None) -> None:
        super().__init__(detail, code=code)
        self.errors = list(errors)


class ListQueryRefused(Refused):
    """A filter, a value or an order that a list does not have, or a cursor of another list.

    `code` says which; `name` and `value` are the parameter and what it holds, `choices` what it may be.
    """

    code = "filter_unknown"

    def __init__(self, detail: str, *, code: str, name: str, value: str = "", choices: Sequence[str] = ()) -> None:
        super().__init__(detail, code=code, parameter=name)
        self.name = name
        self.value = value
        self.choices = tuple(choices)


class Conflict(Refused):
    """The transition is impossible from the present state. `facts` names both states."""

    code = "conflict"

    @classmethod
    def between(
        cls, subject: str, state: Any, requested: Any, *, code: str = "impossible_move", because: str = "", **facts: Any
    ) -> Conflict:
        """`subject` is in `state` and cannot change to `requested`; `because` says why, where it is not plain."""
        detail = f"{subject} is {state} and cannot become {requested}"
        return cls(f"{detail}: {because}" if because else detail, code=code, state=state, asked=requested, **facts)


class NotFound(Refused):
    """It does not exist, or belongs to another account. The two cannot be distinguished."""

    code = "not_found"


class Withdrawn(NotFound):
    """It was public once, and its sale has ended for good."""

    code = "withdrawn"


class NotSignedIn(Refused):
    """No user is signed in (`not_signed_in`), or the bearer token is unknown or revoked (`invalid_token`)."""

    code = "not_signed_in"


class FreshSignInNeeded(NotSignedIn):
    """The user has been signed in for too long to do what cannot be undone."""

    code = "fresh_sign_in_needed"


class Forbidden(Refused):
    """This role may never do this, on any object."""

    code = "forbidden"


class SignInFailed(Refused):
    """The answer of the sign-in provider signs no user in. `code` says why."""

    code = "sign_in_failed"


class NotConfigured(Refused):
    """A setting that this needs is not set: the request is valid, and an operator can help."""

    code = "not_configured"


class SessionRejected(Refused):
    """A host's database session that we cannot work in.

    `code`: `closed`, `read_only`, `autocommit`, `another_database` or `not_a_session`.
    """

    code = "session_rejected"


class MailRefused(Refused):
    """The mail server rejects this mail for good, such as for an unknown mailbox. `code`: `smtp_550`."""

    code = "mail_refused"


class BackupRefused(Refused):
    """A backup cannot be made there, is damaged, or cannot be restored here. Nothing was changed."""

    code = "backup_refused"


class OutboundRefused(Refused):
    """A URL or an address that we do not connect to (`webhooks.md` 12). `code` names the rule."""

    code = "outbound_refused"


class Unavailable(MarketplaceHooksError):
    """A dependency is unavailable. Nothing was lost; trying later can help."""


_USED_UP = frozenset({errno.ENOMEM, errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE})


def passes_by_itself(error: BaseException) -> bool:
    """Whether it is no mistake of ours: something is unavailable, or this machine has no memory, space or files."""
    is_used_up = isinstance(error, OSError) and error.errno in _USED_UP
    return is_used_up or isinstance(error, Unavailable | MemoryError)


class DatabaseProblem(enum.StrEnum):
    """What keeps the database from doing its work. The values are stable: `/readyz` names them."""

    AWAY = "away"
    BUSY = "busy"
    FULL = "full"
    NOT_MIGRATED = "not_migrated"
    READ_ONLY = "read_only"
    TOO_MANY_CONNECTIONS = "too_many_connections"


HOW_TO_MIGRATE = "run `marketplace-hooks migrate`, or in a host application `flask hooks migrate`"
"""The stand-alone command reads no host's `config`, so it would migrate another database than the host's."""


class DatabaseUnavailable(Unavailable):
    """The database cannot do its work now; nothing was written. `problem` says why.

    `can_run_again`: the transaction met another (a deadlock, a lock on the file), and may be run again at once.
    """

    _DETAILS: Mapping[DatabaseProblem, str] = {
        DatabaseProblem.AWAY: "the database does not answer",
        DatabaseProblem.BUSY: "the database is busy: it took too long",
        DatabaseProblem.FULL: "the database has no space left",
        DatabaseProblem.NOT_MIGRATED: f"the database is not of this version: {HOW_TO_MIGRATE}",
        DatabaseProblem.READ_ONLY: "the database is read-only",
        DatabaseProblem.TOO_MANY_CONNECTIONS: "the database takes no more connections",
    }

    def __init__(self, problem: DatabaseProblem, *, can_run_again: bool = False) -> None:
        super().__init__(self._DETAILS[problem])
        self.problem = problem
        self.can_run_again = can_run_again


class EncryptionKeyLost(Unavailable):
    """The key of a stored secret is gone or changed. What needs the secret waits until an operator puts it back."""


class TooManyRequests(Unavailable):
    """A rate limit is exceeded; after `retry_after_s` seconds the request may be repeated."""

    def __init__(self, detail: str, *, retry_after_s: int) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class MailDeferred(Unavailable):
    """The mail server does not accept this mail now (greylisting, a full mailbox), or stopped answering midway."""


class MailServerAway(Unavailable):
    """The mail server cannot be reached, rejects our login, or offers no connection as safe as is required."""


class LeaseLost(Unavailable):
    """Another worker took over the lease; this worker's transaction is rolled back."""


class OutboundFailed(Unavailable):
    """The other server did not answer as it should, or could not be reached.

    `reason` is one of a small set of stable words (`timeout`, `too_large`, `connection`, `tls`, `protocol`, `dns`,
    `redirects`, `not_asked`). `address` is the IP address that was connected to, as far as it came to that.
    """

    def __init__(self, detail: str, *, reason: str, address: str | None = None) -> None:
        super().__init__(detail)
        self.reason = reason
        self.address = address
