"""Money in the admin: orders, ledger, notices, statements, differences, settlement. Buttons are use cases."""

from payments.admin.days import DifferenceAdmin, SettlementReportAdmin, StatementFileAdmin
from payments.admin.ledger import AccountAdmin, SealAdmin, TransferAdmin
from payments.admin.orders import ChannelNoticeAdmin, PaymentOrderAdmin

__all__ = [
    "AccountAdmin",
    "ChannelNoticeAdmin",
    "DifferenceAdmin",
    "PaymentOrderAdmin",
    "SealAdmin",
    "SettlementReportAdmin",
    "StatementFileAdmin",
    "TransferAdmin",
]
