"""Money in the admin: orders, ledger, notices, statements, differences, settlement. Buttons are use cases."""

from payments.admin.day_locks import ReconciledDayAdmin
from payments.admin.days import SettlementReportAdmin, StatementFileAdmin
from payments.admin.differences import DifferenceAdmin
from payments.admin.ledger import AccountAdmin, PendingTransferAdmin, SealAdmin, TransferAdmin
from payments.admin.orders import ChannelNoticeAdmin, DeductionAgreementAdmin, PaymentOrderAdmin
from payments.admin.routing import RouteChoiceAdmin, RoutingRulesAdmin

__all__ = [
    "AccountAdmin",
    "ChannelNoticeAdmin",
    "DeductionAgreementAdmin",
    "DifferenceAdmin",
    "PaymentOrderAdmin",
    "PendingTransferAdmin",
    "ReconciledDayAdmin",
    "RouteChoiceAdmin",
    "RoutingRulesAdmin",
    "SealAdmin",
    "SettlementReportAdmin",
    "StatementFileAdmin",
    "TransferAdmin",
]
