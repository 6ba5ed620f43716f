"""Why a record is taken back as a source of fields (撤回、下架的理由).

行政处罚法 §48 asks whoever showed a penalty that was revoked to withdraw it and to tell the reasons
in public. They are a person's words about the removal, not part of the record; a format that takes
them sends them with a removal, and blank with everything else.
"""

from collections.abc import Mapping
from types import MappingProxyType

REASON = "removal.reason"
DOCUMENT = "removal.document"
DECIDED_ON = "removal.decided_on"

REMOVAL_LABELS: Mapping[str, str] = MappingProxyType(
    {REASON: "撤下的理由", DOCUMENT: "撤下的依据", DECIDED_ON: "撤销、变更的日期"}
)
"""Path → Chinese name; no kind has fields of these paths."""
