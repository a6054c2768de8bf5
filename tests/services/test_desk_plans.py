"""Of many open clocks, does a sweep look at those that are due, and at no other?"""

from __future__ import annotations

import re

from marketplace_hooks.services import desk_sweeps

from ..desk import opens_shop
from ..many import gather_statistics
from ..many_clocks import request_id, run_out, wait_open
from ..marketplace import Marketplace
from ..plans import listening, plans

OPEN, DUE = 20_000, 20
WALKED = re.compile(r"(?:Seq Scan on|SCAN) (?:mh_clocks|mh_requests)\b(?! USING)")


def test_a_sweep_touches_only_what_is_due(marketplace: Marketplace) -> None:
    opens_shop(marketplace)
    installation = marketplace.installation
    wait_open(installation.database, "mod-1", OPEN)
    run_out(installation.database, range(0, OPEN, OPEN // DUE))
    gather_statistics(installation.database)
    with listening(installation.database.engine) as heard:
        assert desk_sweeps.run_desk(installation) == DUE
        with installation.database.reading() as session:
            assert not desk_sweeps.due(session, installation.now())
    looked = [one for one in heard if re.match(r"\s*(SELECT|UPDATE|INSERT)", one.sql) and "mh_" in one.sql]
    swept = [one for one in looked if "mh_clocks" in one.sql or "mh_requests" in one.sql]
    assert any(one.sql.startswith("UPDATE mh_clocks") for one in swept)
    for one in swept:
        # By the values that were given: a plan made without them does not know how few are due.
        plan = plans(installation, one)[0]
        assert not WALKED.search(plan), f"{one.sql}\n{plan}"
        if one.sql.startswith("SELECT"):
            assert re.search(
                r"ix_mh_(clocks_due|clocks_warn|requests_waiting|refund_claims_due)|mh_refund_claims", plan
            )
    assert marketplace.told(request_id(0), "support_request") == ["support_request.acknowledgement_missed"]
    assert marketplace.told(request_id(1), "support_request") == []
