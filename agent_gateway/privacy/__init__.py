"""Who sees personal data in full, and who sees it masked."""

from agent_gateway.privacy.masking import masked_json
from agent_gateway.privacy.unmasking import (
    UNMASK_ACTION,
    UNMASK_HEADER,
    UnmaskReason,
    unmask_reason,
)

__all__ = ["UNMASK_ACTION", "UNMASK_HEADER", "UnmaskReason", "masked_json", "unmask_reason"]
