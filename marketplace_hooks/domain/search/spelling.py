"""Similar spellings: words that are one small typing mistake away, and how many mistakes lie between two words."""

from __future__ import annotations

from string import ascii_lowercase, digits

SHORTEST = 4
"""Of shorter words too many are similar."""
LONG = 8
"""From this length on two mistakes are forgiven."""
_ALPHABET = ascii_lowercase + digits


def one_mistake_away(word: str) -> list[str]:
    """All words that become this one by leaving out, adding, changing or swapping letters once."""
    splits = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    found = {before + after[1:] for before, after in splits if after}
    found |= {before + after[1] + after[0] + after[2:] for before, after in splits if len(after) > 1}
    found |= {before + letter + after[1:] for before, after in splits if after for letter in _ALPHABET}
    found |= {before + letter + after for before, after in splits for letter in _ALPHABET}
    return sorted(found - {word})


def mistakes_between(one: str, other: str, *, most: int) -> int:
    """How many letters are left out, added, changed or swapped with a neighbour; more than `most` is `most` + 1."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    previous: list[int] = []
    row = list(range(len(other) + 1))
    for place, letter in enumerate(one, 1):
        before_previous, previous, row = previous, row, [place]
        for column, known in enumerate(other, 1):
            cost = min(previous[column] + 1, row[column - 1] + 1, previous[column - 1] + (letter != known))
            swapped = place > 1 and column > 1 and letter == other[column - 2] and one[place - 2] == known
            row.append(min(cost, before_previous[column - 2] + 1) if swapped else cost)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)
