"""The API against its own OpenAPI document, by generated requests. By command: `python -m tests.openapi --help`."""
