"""Telemetry: what the service says of its own work, in logs, traces and reports of errors.

Every module may log and open spans, so this is one of the lowest layers. Nothing here is imported from a library that
is not needed: structlog, OpenTelemetry and Sentry are loaded by the stand-alone service alone, when it is asked to.
"""
