"""Root of the command line: the group of all commands, and the runtime that they work in."""

from __future__ import annotations

import dataclasses
import getpass
import os
import sys
from collections.abc import Callable
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import AppGroup, ScriptInfo
from sqlalchemy.exc import DBAPIError

from ..config.settings import EXTENSION
from ..database.failures import driver_errors, outages
from ..errors import MarketplaceHooksError, PayloadRejected, missing_extra
from ..models.access import Role
from ..models.audit import AuditChannel
from ..remote.redis.queue import RedisWakeups
from ..services.core.actor import Actor, acting_as
from ..services.core.runtime import Runtime, redis_url, with_patient_database
from ..telemetry.log_context import get_logger, name_process
from .output import print_line, printable

log = get_logger(__name__)


_EXTRAS = {"rich": "cli", "structlog": "server"}
"""Packages that only some commands need, and the extra that brings each."""


class HooksGroup(AppGroup):
    """A group whose commands report what fails as a sentence with exit status 1, without a traceback.

    Whoever may run a command is an operator: the audit log names the account of the machine.
    """

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, whose lines of the log have its name."""
        found = super().resolve_command(ctx, args)
        name_process(found[0] or "")
        return found

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with (
                acting_as(Actor(channel=AuditChannel.COMMAND, role=Role.OPERATOR, id=_user(), name=_user())),
                outages(),
            ):
                return super().invoke(ctx)
        except PayloadRejected as error:
            for one in error.errors:
                print_line(f"{one['path']}: {one['message']}", is_error=True)
            raise click.ClickException(printable(error.detail)) from error
        except MarketplaceHooksError as error:
            raise click.ClickException(printable(str(error))) from error
        except ModuleNotFoundError as error:
            if (extra := _EXTRAS.get((error.name or "").partition(".")[0])) is None:
                raise
            raise click.ClickException(missing_extra("This command", extra)) from error
        except driver_errors(DBAPIError) as error:
            log.debug("a statement failed", exc_info=True)
            raise click.ClickException(printable(_sentence_of(error))) from error


def _sentence_of(error: Exception) -> str:
    """What to do about an error of the database that does not pass."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    first_line = str(cause).partition("\n")[0]
    return f"The database answered with an error: {first_line}"


hooks_group = HooksGroup(
    "hooks",
    help="""Webhooks, status changes and Business Care for a marketplace of modules and themes.

    \b
    First steps:
      marketplace-hooks up --demo          everything, with a demo marketplace
      marketplace-hooks send --help        post a signed event
      marketplace-hooks events list        the events received, and their state
      marketplace-hooks doctor             check the installation
    """,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in a container.
        return f"uid {os.getuid()}"


def run(create_app: Callable[[], Flask]) -> None:
    """Run the command line of the stand-alone service; the app is created only when a command needs one."""
    try:
        hooks_group.main(prog_name="marketplace-hooks", obj=ScriptInfo(create_app=create_app))
    except MarketplaceHooksError as error:
        print_line(f"Error: {error}", is_error=True)
        sys.exit(1)


def current_runtime() -> Runtime:
    """The runtime of the app that the command runs in; a command may wait longer than a request."""
    runtime = with_patient_database(current_app.extensions[EXTENSION].runtime)
    if context := click.get_current_context(silent=True):
        context.call_on_close(runtime.database.dispose)
    url = redis_url(runtime.settings)
    if url is None:
        return runtime
    return dataclasses.replace(runtime, wakeups=RedisWakeups(url, runtime.redis_names, timeout_s=1.0))
