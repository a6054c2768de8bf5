"""Reply matrix: what `classify` says of the corpus of replies, by kind of message and by language.

    python -m tests.support.reply_matrix [SPLIT ...] [--wrong]

prints it for the splits named, or for the whole corpus; `--wrong` lists what was judged wrongly. Binding is
`is_automatic` of `replies_corpus.json`: no automatic message may count, no human one may be refused, and of the human
ones at most `MOST_TO_A_PERSON` may be left to a person.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from marketplace_hooks.domain.support.acknowledgement import Message, Verdict, classify

from .cases import cases

MOST_TO_A_PERSON = 0.05

KINDS = {
    "bounce": True,
    "absence": True,
    "ticket_receipt": True,
    "empty": True,
    "short_human": False,
    "human_about_holidays": False,
    "human_long": False,
    "human_quoted": False,
    "mobile_signature_human": False,
}
"""The corpus's kinds of message; True: a machine's, or nothing of the author's own."""


@dataclass(frozen=True)
class Judged:
    """One message of the corpus with its verdict."""

    case: dict[str, Any]
    verdict: Verdict

    @property
    def is_wrong(self) -> bool:
        """Whether an automatic message counts, or a human one does not count at once."""
        return (self.verdict.counts is True) == self.case["is_automatic"]


@dataclass(frozen=True)
class Matrix:
    """The verdicts on a part of the corpus."""

    judged: Sequence[Judged]

    def automatic_that_count(self) -> list[str]:
        return [j.case["id"] for j in self.judged if j.case["is_automatic"] and j.verdict.counts is True]

    def human_refused(self) -> list[str]:
        return [j.case["id"] for j in self._human() if j.verdict.counts is False]

    def human_to_a_person(self) -> list[str]:
        return [j.case["id"] for j in self._human() if j.verdict.counts is None]

    def share_to_a_person(self) -> float:
        return len(self.human_to_a_person()) / len(self._human())

    def table(self) -> str:
        """Return the matrix as lines of text; each cell: counts / to a person / does not count."""
        languages = sorted({j.case["language"] for j in self.judged})
        lines = [f"{'counts / to a person / not':26}" + "".join(f"{name:>10}" for name in [*languages, "all"])]
        for kind in KINDS:
            of_kind = [j for j in self.judged if j.case["kind"] == kind]
            cells = [_cell(j for j in of_kind if j.case["language"] == language) for language in languages]
            lines.append(f"{kind:26}" + "".join(f"{cell:>10}" for cell in [*cells, _cell(of_kind)]))
        return "\n".join(lines)

    def summary(self) -> str:
        human = len(self._human())
        return (
            f"{len(self.judged)} messages, {len(self.judged) - human} automatic, {human} human\n"
            f"automatic that count: {len(self.automatic_that_count())} (none may)\n"
            f"human refused: {len(self.human_refused())} (none may)\n"
            f"human left to a person: {len(self.human_to_a_person())}, {self.share_to_a_person():.1%}"
            f" (at most {MOST_TO_A_PERSON:.0%})"
        )

    def _human(self) -> list[Judged]:
        return [j for j in self.judged if not j.case["is_automatic"]]


def matrix_of(*splits: str) -> Matrix:
    """Judge the messages of these splits of the corpus; of all where none is named."""
    chosen = [case for case in cases("replies_corpus") if not splits or case["split"] in splits]
    return Matrix([Judged(case, classify(message_of(case))) for case in chosen])


def message_of(case: dict[str, Any]) -> Message:
    """Build the message of a worked case, as `replies.json` and its companions write them."""
    return Message(
        side=case["side"],
        author_type=case["actor_type"],
        origin=case["origin"],
        kind=case["kind"] if case.get("kind") in ("status_change", "assignment", "note") else "message",
        headers=case["headers"],
        subject=case["subject"],
        body=case["body"],
        attachments=len(case.get("attachments", ())),
        helpdesk_relay=case.get("seller_helpdesk_relay", False),
        identical_body_count_7d=case.get("identical_body_count_7d", 0),
        request_subject=case.get("request_subject", ""),
    )


def _cell(judged: Iterable[Judged]) -> str:
    count = Counter(j.verdict.counts for j in judged)
    return f"{count[True]}/{count[None]}/{count[False]}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Print what classify says of the corpus of replies.")
    parser.add_argument("splits", nargs="*", metavar="SPLIT")
    parser.add_argument("--wrong", action="store_true", help="list what was judged wrongly")
    options = parser.parse_args()
    matrix = matrix_of(*options.splits)
    wrong = [judged for judged in matrix.judged if judged.is_wrong] if options.wrong else []
    sys.stdout.write(f"{matrix.table()}\n\n{matrix.summary()}\n")
    sys.stdout.writelines(f"\n{j.case['id']}: {j.verdict}\n{j.case['body']}\n" for j in wrong)


if __name__ == "__main__":
    main()
