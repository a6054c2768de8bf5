"""Extraction and update of the translation catalogs: `python -m marketplace_hooks.web.i18n.catalogs update`.

Messages are the English texts themselves. After `update`, fill in what is empty in the `.po` files; the tests name what
is missing, and what no page uses any more is gone.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import click
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from .formatting import DOMAIN, LANGUAGES, SOURCE_LANGUAGE, catalogue_path

PACKAGE = Path(__file__).parents[1]
METHODS = [("templates/**.html", "jinja2.ext:babel_extract"), ("**.py", "python")]
OPTIONS = {"templates/**.html": {"silent": "false"}}
KEYWORDS = {"_": None, "gettext": None, "lazy": None, "ngettext": (1, 2)}
LINE_WIDTH = 110


def extract() -> Catalog:
    """Every message of our pages, with the files that say it."""
    found = Catalog(domain=DOMAIN, header_comment="", fuzzy=False)
    for file, _line, message, comments, context in extract_from_dir(
        PACKAGE, METHODS, OPTIONS, KEYWORDS, comment_tags=("Translators:",), strip_comment_tags=True
    ):
        found.add(message, None, [(Path(file).as_posix(), 0)], auto_comments=comments, context=context)
    return found


def read(language: str) -> Catalog:
    """The catalogue of a language as it stands; an empty one where there is none."""
    path = catalogue_path(language)
    if not path.exists():
        return Catalog(locale=language, domain=DOMAIN, fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN)


def updated(language: str) -> bytes:
    """The catalogue's file as it should be: every message of the source in its order, translations included."""
    existing = read(language)
    fresh = Catalog(locale=language, domain=DOMAIN, header_comment="", fuzzy=False)
    for message in extract():
        if message.id:
            known = existing.get(message.id, message.context)
            fresh.add(
                message.id,
                known.string if known is not None else None,
                message.locations,
                flags=message.flags,
                auto_comments=message.auto_comments,
                context=message.context,
            )
    body = io.BytesIO()
    write_po(body, fresh, width=LINE_WIDTH, omit_header=True, sort_by_file=True, include_lineno=False)
    return header(fresh) + body.getvalue()


def header(catalogue: Catalog) -> bytes:
    """Only what readers of the file need: dates and names in it would change with every update."""
    lines = [
        'msgid ""',
        'msgstr ""',
        f'"Language: {catalogue.locale_identifier}\\n"',
        '"MIME-Version: 1.0\\n"',
        '"Content-Type: text/plain; charset=utf-8\\n"',
        '"Content-Transfer-Encoding: 8bit\\n"',
        f'"Plural-Forms: {catalogue.plural_forms}\\n"',
    ]
    return ("\n".join(lines) + "\n\n").encode()


@click.group(help="Keep the catalogues of translations.")
def main() -> None:
    """The command line of this module."""


@main.command(help="Write into every catalogue what the source says now, and name what is left to translate.")
def update() -> None:
    """Refresh each language's file."""
    for language in LANGUAGES:
        if language == SOURCE_LANGUAGE:
            continue
        path = catalogue_path(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(updated(language))
        missing = [message for message in read(language) if message.id and not all(forms(message.string))]
        click.echo(f"{language}: {len(missing)} to translate")
        for message in missing:
            click.echo(f"  {message.id}")


def forms(string: str | Sequence[str] | None) -> tuple[str, ...]:
    """Every form of a translation: one, or one for each plural."""
    return (string or "",) if string is None or isinstance(string, str) else tuple(string)


if __name__ == "__main__":
    main()
