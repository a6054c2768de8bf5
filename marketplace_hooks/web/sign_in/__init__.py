"""Sign-in and sign-out, the demo's list of people and its tour, and the choice of a time zone."""

from __future__ import annotations

from . import demo, openid, pages, time_zone, tour
from .blueprint import blueprint

__all__ = ["blueprint", "demo", "openid", "pages", "time_zone", "tour"]
