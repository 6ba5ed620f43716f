"""Whether two numbers may be those of one subject, one of them misspelled (号码录错)."""

MOST_SLIPS = 2
"""Characters put wrongly, left out or put in; two that changed places are two."""


def may_be_misspelled(one: str, other: str) -> bool:
    """Tell whether ``one`` and ``other`` differ by a slip of the hand at most.

    Two people of one name have numbers that differ in birthday, order or both, and so in the check
    digit as well: hardly ever in two characters alone.
    """
    if not one or not other or abs(len(one) - len(other)) > MOST_SLIPS:
        return False
    return _slips(one, other) <= MOST_SLIPS


def _slips(one: str, other: str) -> int:
    """Return the edit distance (Levenshtein)."""
    row = list(range(len(other) + 1))
    for line, character in enumerate(one, start=1):
        above, row = row, [line]
        for column, against in enumerate(other, start=1):
            row.append(
                min(
                    above[column] + 1,
                    row[column - 1] + 1,
                    above[column - 1] + (character != against),
                )
            )
    return row[-1]
