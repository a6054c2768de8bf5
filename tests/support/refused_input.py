"""Input about endpoints and deliveries that is refused everywhere: by API, on pages and by command, from one list.

Each entry is written as the API takes it; the functions below write it as a form and as a command line.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

URL = "https://93.184.215.14/hooks"
REFUSED_ENDPOINTS: dict[str, dict[str, Any]] = {
    "a private address": {"url": "https://10.0.0.1/in"},
    "a link-local address": {"url": "https://169.254.169.254/latest/meta-data"},
    "a private address as IPv6": {"url": "https://[::ffff:10.0.0.1]/in"},
    "no encryption": {"url": "http://93.184.215.14/in"},
    "another scheme": {"url": "ftp://93.184.215.14/in"},
    "another port": {"url": "https://93.184.215.14:22/in"},
    "a user and a password": {"url": "https://user:pass@93.184.215.14/in"},
    "no URL": {"url": "nonsense"},
    "too long a URL": {"url": f"https://93.184.215.14/{'x' * 2_000}"},
    "an unknown type": {"types": ["product.hidden", "product.sold"]},
    "a reserved header": {"headers": {"Host": "elsewhere.example"}},
    "a header of ours": {"headers": {"Webhook-Id": "evt_1"}},
    "a header with a blank in its name": {"headers": {"X Team": "a"}},
    "a header without a name": {"headers": {"": "a"}},
    "a line break in a header": {"headers": {"X-Team": "a\r\nb"}},
    "a carriage return in a header": {"headers": {"X-Team": "a\rX-Admin: yes"}},
    "a line separator in a header": {"headers": {"X-Team": "a\u2028X-Admin: yes"}},
    "a null character in a header": {"headers": {"X-Team": "a\0b"}},
    "a header twice": {"headers": {"X-Team": "a", "x-team": "b"}},
    "too many headers": {"headers": {f"X-{number}": "a" for number in range(21)}},
    "no rate": {"rate_per_s": 0},
    "a negative rate": {"rate_per_s": -1},
    "too high a rate": {"rate_per_s": 1_001},
    "a rate far too high": {"rate_per_s": 100_000},
    "a rate that is no number": {"rate_per_s": "fast"},
    "too long a description": {"description": "x" * 501},
    "a description of two lines": {"description": "The desk\nand more"},
}

RANGE = Mapping[str, str]
REFUSED_RANGES: dict[str, RANGE] = {
    "only a beginning": {"from": "2026-03-01T00:00:00Z"},
    "only an end": {"to": "2026-03-01T00:00:00Z"},
    "more than 14 days": {"from": "2026-03-01T00:00:00Z", "to": "2026-03-15T00:00:01Z"},
    "its end before its beginning": {"from": "2026-03-03T00:00:00Z", "to": "2026-03-01T00:00:00Z"},
    "no instants": {"from": "yesterday", "to": "today"},
    "no day of the calendar": {"from": "2026-02-30T00:00:00Z", "to": "2026-03-01T00:00:00Z"},
}

MEANINGLESS_FILTERS: dict[str, tuple[str, str]] = {
    "an unknown state": ("state", "asleep"),
    "no beginning": ("from", "yesterday"),
    "no end": ("to", "2026-02-30"),
    "an unknown filter": ("colour", "red"),
}
LOGS = ("events", "deliveries")


def as_form(settings: Mapping[str, Any]) -> dict[str, str]:
    """Settings of an endpoint as a page's form sends them."""
    headers = settings.get("headers")
    fields = {
        "url": settings.get("url"),
        "description": settings.get("description"),
        "types": " ".join(settings["types"]) if "types" in settings else None,
        "headers": None if headers is None else "\r\n".join(f"{name}: {value}" for name, value in headers.items()),
        "rate": str(settings["rate_per_s"]) if "rate_per_s" in settings else None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def as_options(settings: Mapping[str, Any]) -> list[str]:
    """Settings of an endpoint, without its URL, as options of a command."""
    pairs = [
        *(("--type", type_) for type_ in settings.get("types", ())),
        *(("--header", f"{name}: {value}") for name, value in settings.get("headers", {}).items()),
        *(("--rate", str(settings["rate_per_s"])) for _ in range("rate_per_s" in settings)),
        *(("--description", settings["description"]) for _ in range("description" in settings)),
    ]
    return [f"{name}={value}" for name, value in pairs]
