"""Codes of problem documents: what each says, by the HTTP status that it comes with.

A code never changes, and its meaning neither; new ones may be added. `tests/contracts/test_error_codes.py` holds the
table to what the code raises.
"""

from __future__ import annotations

from collections.abc import Mapping

CODES: Mapping[int, Mapping[str, str]] = {
    400: {
        "bad_request": "The request is malformed.",
        "not_json": "The body is not strict JSON.",
        "not_an_envelope": "The body of an event is not `{type, timestamp, data}`.",
        "incomplete_body": "The body ended before its declared length.",
        "cursor_malformed": "The cursor does not belong to this list: start without one.",
        "idempotency_key_malformed": "The `Idempotency-Key` is not 1 to 255 visible ASCII characters.",
        "site_url_invalid": "This is not the address of a site.",
        "credential_malformed": "A credential is too long, or has unprintable characters.",
        "refused": "The request cannot be carried out, for the reason in `detail`.",
    },
    401: {
        "not_signed_in": "No token was sent.",
        "invalid_token": "The token is unknown, expired or revoked.",
        "fresh_sign_in_needed": "A signed-in person must sign in again to do this.",
        "signature_rejected": "The signature is not valid.",
        "signature_header_missing": "A header of the signature is missing.",
        "signature_headers_contradict": "A header of the signature and its `svix-` name differ.",
        "signature_id_malformed": "`webhook-id` is malformed.",
        "signature_timestamp_malformed": "`webhook-timestamp` is malformed.",
        "signature_too_old": "`webhook-timestamp` is too old.",
        "signature_too_new": "`webhook-timestamp` is too far in the future.",
        "signature_unreadable": "No `v1` signature was sent.",
        "signature_mismatch": "No signature matches a secret of this source.",
    },
    403: {
        "forbidden": "This role is not allowed to do this.",
        "insufficient_scope": "The token is limited to other scopes.",
        "person_required": "A person must do this; a token may not.",
        "cross_site": "The call was sent by a page of another site.",
    },
    404: {
        "not_found": "It does not exist, or belongs to someone else.",
        "no_listing": "The product had no listing at that time.",
        "no_business_care": "The product was free: the purchase has no Business Care.",
        "nothing_scheduled": "No change is scheduled.",
    },
    405: {"method_not_allowed": "The path accepts other methods, listed in `Allow`."},
    408: {"request_timeout": "The body did not arrive in time."},
    409: {
        "conflict": "The current state does not allow it.",
        "impossible_move": "The current state does not allow it: `state` is current, `asked` was requested.",
        "changed_meanwhile": "It was changed since it was read.",
        "held_by_others": "Another side has taken it offline, and only that side can put it back online.",
        "withdrawn_for_good": "It is permanently disabled.",
        "not_withdrawn": "It is not permanently disabled.",
        "several_sources": "Several sources have an event with this id: name the `source`.",
        "not_replayable": "Its state does not allow it to be sent or applied again.",
        "already_corrected": "The event has already been corrected.",
        "not_correctable": "Only a rejected or ignored event can be corrected.",
        "payload_purged": "Its payload was purged.",
        "idempotency_key_in_use": "A call with this `Idempotency-Key` is still running.",
        "still_checking": "The check of the site is still running.",
        "already_judged": "It has already been judged.",
        "too_many_attachments": "The message already has the maximum number of files.",
        "no_offer": "There is no open offer.",
        "offer_changed": "The seller has made another offer since: read it again.",
        "offer_awaits_purchase": "The customer has accepted an offer and has not bought it yet.",
        "too_late": "The time for it has passed.",
        "clock_not_running": "The deadline is not running.",
        "nothing_to_refund": "There is no refund to decide on.",
        "closure_over": "The closure is over.",
        "too_many_closures": "The seller has announced too many closures.",
        "does_not_run": "The Business Care is not active.",
        "not_expired": "The Business Care has not expired.",
        "product_withdrawn": "The product is permanently disabled.",
        "payment_disputed": "The payment is disputed.",
    },
    410: {"withdrawn": "It is permanently disabled."},
    412: {"precondition_failed": "The caller's version is out of date."},
    413: {"too_large": "The body is too large."},
    415: {
        "unsupported_media_type": "Send JSON, with `Content-Type: application/json`.",
        "unsupported_encoding": "Send the body uncompressed.",
    },
    422: {
        "payload_rejected": "The request does not match its schema: `errors` names everything at once.",
        "idempotency_key_reused": "The `Idempotency-Key` was used with another body.",
        "range_malformed": "The range has no endpoint, no beginning or no end.",
        "range_too_large": "The range is longer than 14 days, or has more than 10,000 deliveries.",
        "closure_in_the_past": "A closure cannot begin or end in the past.",
        "text_says_nothing": "The text has no visible letter or digit.",
        "evidence_shows_nothing": "The evidence has no text and no number.",
        "ground_waived": "The seller has waived this reason.",
        "ground_overturned": "A refusal for this reason was overturned.",
        "ground_excluded": "This reason does not apply to the request.",
        "release_required": "The release that fixes it must be named.",
        "unknown_release": "There is no such release of the product.",
        "release_not_downloadable": "The customer may not download this release.",
        "release_not_paid": "The release is free, and is not sold.",
        "release_not_on_sale": "The release cannot be bought now.",
        "release_already_bought": "The customer has already bought the release.",
        "offer_currency": "The offer is in another currency than the price.",
        "offer_above_price": "The offer exceeds the price of the release.",
        "outbound_refused": "We do not connect to this address.",
        "address_not_public": "The URL leads to an address that is not public.",
        "url_malformed": "It is not an absolute URL.",
        "url_scheme": "The URL must begin with `https://`.",
        "url_userinfo": "The URL contains a user name or a password.",
        "url_host": "The host or port of the URL is malformed.",
        "url_port": "We do not connect to this port.",
        "url_internal_name": "The host is a name that only an internal network knows.",
        "header_count": "There are too many custom headers.",
        "header_name": "The name of a custom header is malformed.",
        "header_reserved": "A custom header is one that we set ourselves.",
        "header_twice": "A custom header is given twice.",
        "header_value": "The value of a custom header is malformed or too long.",
    },
    429: {"too_many_requests": "Too many calls: try again after `Retry-After` seconds."},
    500: {"internal_error": "An error on our side; it has been logged."},
    503: {
        "unavailable": "A service that we need does not respond: try again after `Retry-After` seconds.",
        "not_configured": "A required setting is missing; an operator can help.",
    },
}


def describe(status: int, phrase: str) -> str:
    """The description of a response: its codes, each with what it says."""
    codes = CODES.get(status, {})
    return "\n".join([f"{phrase}.", *([""] if codes else ()), *(f"- `{code}`: {text}" for code, text in codes.items())])
