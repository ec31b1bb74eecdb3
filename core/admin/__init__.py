"""Operations in the admin: what was said to whom, who changed and saw what, and what is stuck."""

from core.admin.alerts import AlertAdmin
from core.admin.records import ApprovalAdmin, ExternalMessageAdmin, TransitionLogAdmin, UnmaskingAdmin
from core.admin.work import WorkAdmin

__all__ = ["AlertAdmin", "ApprovalAdmin", "ExternalMessageAdmin", "TransitionLogAdmin", "UnmaskingAdmin", "WorkAdmin"]
