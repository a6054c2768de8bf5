"""How is a text looked for, alike on both databases: folded words in a column, and a word in a JSON list?"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Boolean
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


def folded(text: str) -> str:
    """The text as it is compared: without case and accents, so that « Étiquettes » is found by "etiquettes"."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(letter for letter in apart if not unicodedata.combining(letter)).split())


def words_of(*texts: str | Iterable[str]) -> str:
    """What a row is found by: every given text, folded, one on each line, so that no word spans two of them."""
    several = ((text,) if isinstance(text, str) else text for text in texts)
    return "\n".join(dict.fromkeys(folded(text) for group in several for text in group))


class list_holds(FunctionElement[bool]):  # noqa: N801 - reads as the SQL function it is
    """`list_holds(column, 'text')`: whether a JSON list holds exactly this text."""

    type = Boolean()
    inherit_cache = True


@compiles(list_holds, "postgresql")
def _list_holds_postgresql(element: list_holds, compiler: SQLCompiler, **kw: Any) -> str:
    column, text = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"({column} @> jsonb_build_array({text}::text))"


@compiles(list_holds, "sqlite")
def _list_holds_sqlite(element: list_holds, compiler: SQLCompiler, **kw: Any) -> str:
    column, text = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"(EXISTS (SELECT 1 FROM json_each({column}) AS one WHERE one.value = {text}))"  # noqa: S608 - compiled parts
