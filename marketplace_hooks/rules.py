"""The marketplace's rules, for those who embed the product: deadlines, who answered in person, versions, renewals.

Pure functions over values: nothing here reads a clock, a database or the network. `docs/python.md` has an example of
each; no other path to them is promised.
"""

from __future__ import annotations

from .domain.business_care.renewals import notice_window, period_end, renewal_instant
from .domain.merchant_sites import same_site, solve_cookie
from .domain.support.acknowledgement import Message, Verdict, classify
from .domain.support.deadlines import Closure, Deadline, deadline
from .domain.versions import compare, compatible

__all__ = [
    "Closure",
    "Deadline",
    "Message",
    "Verdict",
    "classify",
    "compare",
    "compatible",
    "deadline",
    "notice_window",
    "period_end",
    "renewal_instant",
    "same_site",
    "solve_cookie",
]
