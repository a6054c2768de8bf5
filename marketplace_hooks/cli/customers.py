"""Customer commands: erase the personal data of one."""

from __future__ import annotations

import sys

import click

from ..services.core.unit_of_work import Cause, run_in_transaction
from ..services.privacy.erasure import erase_customer
from .output import json_option, show_one
from .root import current_runtime, hooks_group


@hooks_group.command("erase-customer")
@click.argument("customer_id")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation: this cannot be undone.")
@json_option
def erase(customer_id: str, yes: bool, as_json: bool) -> None:
    """Remove a customer's personal data everywhere; ids, amounts and dates stay.

    \b
    marketplace-hooks erase-customer c-1001
    """
    if not yes and not as_json and sys.stdin.isatty():
        click.confirm(f"Permanently erase the personal data of {customer_id}?", abort=True)
    cause = Cause(actor="operator", reason="")
    is_new = run_in_transaction(current_runtime(), lambda uow: erase_customer(uow, customer_id, cause))
    show_one({"customer_id": customer_id, "erased": True, "was_known_as_erased": not is_new}, as_json=as_json)
