"""Rows of a file, counted and named in messages (行号)."""

from dataclasses import dataclass, field

_MOST_NAMED = 5


@dataclass(slots=True)
class Rows:
    """How many rows there are of one sort, and where the first of them stand."""

    count: int = 0
    first: list[int] = field(default_factory=list)

    def note(self, row: int) -> None:
        """Add a row."""
        self.count += 1
        if len(self.first) < _MOST_NAMED:
            self.first.append(row)

    @property
    def shown(self) -> str:
        """Where they stand, in Chinese."""
        more = f" 等 {self.count} 行" if self.count > len(self.first) else ""
        return f"第 {'、'.join(map(str, self.first))} 行{more}"
