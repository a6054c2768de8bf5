"""Webhook signatures, for those who embed the product: Standard Webhooks 1.0.0, symmetric `v1` (HMAC-SHA256).

`docs/python.md` has an example of each name; no other path to them is promised.
"""

from __future__ import annotations

from .remote.signatures import sign, verify

__all__ = ["sign", "verify"]
