"""Schemas of the check of a site: what is asked about, and what was found."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from ...domain.inspections.evidence import FindingKind
from ...domain.inspections.notes import Note
from ...domain.member_descriptions import CHECK_ID, PURCHASE_ID, SHOP_URL, about
from ...domain.support.eligibility import CheckResult, EligibilityOutcome
from ...domain.support.refusal_grounds import Ground
from ...remote.companion_format import TrueOrFalse
from .fields import EnumField, ResponseSchema, TextField, nullable, optional


class CredentialsSchema(Schema):
    """Credentials for reading from the site of the purchase; encrypted, used only there, deleted with the request."""

    webservice_key = optional(
        TextField,
        about("A read-only key for the site's webservice.", "8S9K1M3X5Q7W2E4R6T8Y0U1I3O5P7A9S"),
        max_length=200,
    )
    client_id = optional(TextField, about("The id of an API client of the site.", "care-reader"), max_length=200)
    client_secret = optional(TextField, about("The secret of that API client.", "2f1d9c8b7a6e5d4c"), max_length=500)
    companion_key = optional(
        TextField,
        about("The key that the companion module shows in the site's back office.", "k-3f9a2b"),
        max_length=200,
    )


class DeclaredModuleSchema(Schema):
    """One module that the customer says is installed."""

    name = fields.String(
        required=True,
        validate=validate.Regexp(r"^[A-Za-z0-9_-]{1,64}\Z"),
        metadata=about("The technical name of the module.", "oldcache"),
    )
    version = optional(TextField, about("Its version; null: not known.", "1.2.0"), max_length=50)
    enabled = optional(TrueOrFalse, about("Whether it is enabled; null: not known."))


class DeclaredSchema(Schema):
    """What the customer declares about the site, where the site itself does not show it."""

    platform_version = optional(TextField, about("The version of PrestaShop; null: not known.", "8.1.4"), max_length=50)
    modules = fields.List(
        fields.Nested(DeclaredModuleSchema),
        load_default=list,
        validate=validate.Length(max=2_000),
        metadata=about("The modules that are installed."),
    )
    whole_list = TrueOrFalse(load_default=False, metadata=about("Whether these are all the modules that the site has."))


class SiteSchema(Schema):
    """The site that a request is about, credentials for reading from it, and what the customer declares about it."""

    shop_url = optional(TextField, SHOP_URL, max_length=2_000)
    credentials = fields.Nested(
        CredentialsSchema,
        load_default=None,
        allow_none=True,
        metadata=about("Credentials for reading from the site; null: only public information is used."),
    )
    declared = fields.Nested(
        DeclaredSchema,
        load_default=None,
        allow_none=True,
        metadata=about("What the customer declares about the site; null: nothing."),
    )

    @validates_schema
    def _credentials_come_in_pairs(self, data: dict[str, Any], **kwargs: Any) -> None:
        credentials = data.get("credentials") or {}
        if (credentials.get("client_id") is None) != (credentials.get("client_secret") is None):
            raise ValidationError("client_id and client_secret must be given together.", "credentials")


class EligibilityRequestSchema(SiteSchema):
    """The purchase, and the site that the request would be about."""

    purchase_id = TextField(required=True, metadata=PURCHASE_ID)
    fresh = TrueOrFalse(
        load_default=False,
        metadata=about(
            "Whether to inspect the site again, for example after a change on it; otherwise, recent results for the "
            "same purchase may be reused."
        ),
    )


class CheckStartedSchema(ResponseSchema):
    """A running check. A companion's report repeats the `nonce` and is signed with `report_key`, shown only once."""

    check_id = fields.String(required=True, metadata=CHECK_ID)
    nonce = fields.String(required=True, metadata=about("What a companion's report must repeat.", "Jm3k9Qx7Lp2Vt8Rb"))
    report_key = fields.String(
        required=True, metadata=about("The key that a companion signs its report with; shown only once.", "rk_4b1c9e")
    )


class CheckSchema(ResponseSchema):
    """What one check found, where, and how sure it is."""

    name = fields.String(required=True, metadata=about("What was checked.", "platform_version"))
    result = EnumField(CheckResult, required=True, metadata=about("Whether it passed."))
    ground = EnumField(
        Ground,
        required=True,
        allow_none=True,
        metadata=about("The reason for a refusal that it would support; null: none."),
    )
    evidence = fields.Dict(
        required=True, metadata=about("What was found, and where.", {"found": "8.1.4", "source": "webservice"})
    )


class RemarkSchema(ResponseSchema):
    """Why something about the site is unknown, or a remark on a finding; as customers read it, by language."""

    code = EnumField(Note, required=True, metadata=about("The code of the remark."))
    kind = EnumField(
        FindingKind,
        required=True,
        data_key="about",
        attribute="about",
        metadata=about("The type of finding that it is about."),
    )
    subject = fields.String(
        required=True, metadata=about("What exactly it is about; empty: the site as a whole.", "cartreminder")
    )
    probe = fields.String(required=True, data_key="rung", metadata=about("How the site was queried.", "webservice"))
    request = nullable(fields.String, about("The request that was made; null: none.", "GET /api/"))
    text = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        metadata=about(
            "The remark as a customer reads it, for each language.",
            {"fr": "Le site n'a pas répondu.", "en": "The site did not answer."},
        ),
    )


class ExchangeSchema(ResponseSchema):
    """A request to the site and its response, shortened; or a report that the site sent on its own.

    There is no excerpt of a response to a request with credentials.
    """

    at = fields.String(required=True, metadata=about("When it was answered.", "2026-11-24T09:12:03+00:00"))
    request = fields.String(
        required=True, metadata=about("The method and the address.", "GET https://shop.example.com/")
    )
    status = nullable(fields.Integer, about("The status of the answer; null: there was none.", 200))
    content_type = fields.String(required=True, metadata=about("The type of content; empty: not given.", "text/html"))
    size = nullable(fields.Integer, about("Its size in bytes; null: there was no content.", 48210))
    excerpt = fields.String(
        required=True, metadata=about("Its beginning, or where a redirect leads.", "<!doctype html>")
    )
    note = nullable(
        fields.String, about("Why there was no answer, or a report was refused; null: neither.", "too_slow")
    )
    took_ms = nullable(fields.Integer, about("How many milliseconds it took; null: the site sent it on its own.", 184))


def exchanges_field() -> fields.List[Any]:
    """What was asked of the site and what it answered, as a member of an answer."""
    return fields.List(
        fields.Nested(ExchangeSchema),
        required=True,
        metadata=about("The requests sent to the site so far, in order, and the reports that it sent on its own."),
    )


class EligibilitySchema(ResponseSchema):
    """The outcome so far. While `state` is running, checks may still be unknown."""

    check_id = fields.String(required=True, metadata=CHECK_ID)
    state = fields.String(
        required=True, validate=validate.OneOf(["running", "done"]), metadata=about("Whether the check is running.")
    )
    outcome = EnumField(
        EligibilityOutcome,
        required=True,
        allow_none=True,
        metadata=about("The outcome that a request would have; null: not known yet."),
    )
    checks = fields.List(fields.Nested(CheckSchema), required=True, metadata=about("What each check has found."))
    grounds = fields.List(
        EnumField(Ground), required=True, metadata=about("The reasons for which the seller might refuse.")
    )
    missing = fields.List(
        fields.String(), required=True, metadata=about("What could not be found out.", ["platform_version"])
    )
    remarks = fields.List(
        fields.Nested(RemarkSchema),
        required=True,
        metadata=about("Why something is unknown, and remarks on the findings."),
    )
    exchanges = exchanges_field()


class ReportAnswerSchema(ResponseSchema):
    """How many findings the report contained."""

    findings = fields.Integer(required=True, metadata=about("How many findings the report contained.", 41))
