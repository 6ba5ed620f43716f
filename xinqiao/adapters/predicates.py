"""Functions that our expressions have beyond those of JMESPath: ``matches`` and ``present``."""

import re
from typing import Any

import jmespath
from jmespath.functions import Functions, signature

LONGEST_TEXT = 2_000
"""Characters that ``matches`` looks at; a longer text is cut, so that no answer keeps us busy."""


class Predicates(Functions):
    """The functions of JMESPath and ours; the library finds them by their names."""

    @signature({"types": []}, {"types": ["string"]})
    def _func_matches(self, value: Any, pattern: str) -> bool:
        """Return whether a text, or a number as text, holds the regular expression somewhere."""
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return False
        return re.search(pattern, str(value)[:LONGEST_TEXT]) is not None

    @signature({"types": []})
    def _func_present(self, value: Any) -> bool:
        """Return whether there is something: no null, blank text, empty list or table."""
        blank = isinstance(value, str) and not value.strip()
        return value is not None and not blank and value not in ([], {})


PREDICATES = jmespath.Options(custom_functions=Predicates())
"""How the library is told of them."""
