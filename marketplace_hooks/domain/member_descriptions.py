"""Descriptions and examples of members in JSON: `about` writes them, and what stands in many schemas is described here.

Events in, events out and the API say the same of the same id. A member whose example follows from its type, such as an
instant or one of some values, needs none.
"""

from __future__ import annotations

from typing import Any


def about(description: str, *examples: Any) -> dict[str, Any]:
    """What a member is, and an example of it, as JSON Schema says them."""
    return {"description": description, **({"examples": list(examples)} if examples else {})}


PRODUCT_ID = about("The product's id.", "20133")
PACK_ID = about("The pack's id.", "30011")
SELLER_ID = about("The seller's id.", "atelier")
CUSTOMER_ID = about("The customer's id.", "c-17")
PURCHASE_ID = about("The purchase's id.", "o-50434")
REQUEST_ID = about("The support request's id.", "req-1")
RELEASE_ID = about("The release's id.", "r-9")
ENDPOINT_ID = about("The endpoint's id.", "end_1f0c")
EVENT_ID = about("The event's id, which is its `webhook-id`.", "evt-77")
DELIVERY_ID = about("The delivery's number.", 4711)
CHECK_ID = about("The id of the check of a site.", "chk_0f8fad5bd9cb469fa16570867728950e")
CLOSURE_ID = about("The closure's id.", "clo-1")
CASCADE_ID = about("The ID of the follow-up steps of a change.", "cas_1f0c")
CHARGE_ID = about("The charge's id.", "ch_1")
TOKEN_ID = about("The token's id.", "tok_1f0c")
SESSION_ID = about("The session's id.", "ses_1f0c")
SHOP_URL = about("The address of the merchant site.", "https://shop.example.com")
PERIOD_INDEX = about("The number of the period; the one that came with the product is 0.", 2)
IDEMPOTENCY_KEY = about("Makes sure that it is charged once, however often it is requested.", "o-50434:2")
COMPATIBLE_FROM = about("The first version of PrestaShop that it works with; null: not stated.", "1.7.8.0")
COMPATIBLE_TO = about("The last version of PrestaShop that it works with; null: not stated.", "8.2.1")
SHA256 = about("The SHA-256 of the file.", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")
