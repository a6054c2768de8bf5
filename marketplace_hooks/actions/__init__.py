"""Python actions: what the API does, as typed methods for the code of a host application.

With `session=` an action is part of the host's transaction: what it writes, outgoing events included, is committed or
rolled back with the host's own writes, and workers are woken after the commit. Without it, it is a transaction of its
own, which is committed when the method returns.
"""

from __future__ import annotations
