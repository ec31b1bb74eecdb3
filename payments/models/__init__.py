"""What is kept about money: the ledger, the orders, what institutions said, how they compare."""

from payments.kinds import OrderKind, PayeeKind
from payments.models.agreement import DeductionAgreement
from payments.models.difference import Difference, DifferenceKind
from payments.models.ledger import Account, Entry, Transfer
from payments.models.notice import ChannelNotice
from payments.models.order import IN_FLIGHT, OrderStatus, PaymentAttempt, PaymentOrder
from payments.models.pending import PendingTransfer, Resolution
from payments.models.reconciled_day import ReconciledDay
from payments.models.route import RouteChoice, RoutingRules
from payments.models.seal import Seal, SealedTransfer, SealKind
from payments.models.settlement import SettlementReport
from payments.models.statement import StatementFile, StatementLine

__all__ = [
    "IN_FLIGHT",
    "Account",
    "ChannelNotice",
    "DeductionAgreement",
    "Difference",
    "DifferenceKind",
    "Entry",
    "OrderKind",
    "OrderStatus",
    "PayeeKind",
    "PaymentAttempt",
    "PaymentOrder",
    "PendingTransfer",
    "ReconciledDay",
    "Resolution",
    "RouteChoice",
    "RoutingRules",
    "Seal",
    "SealKind",
    "SealedTransfer",
    "SettlementReport",
    "StatementFile",
    "StatementLine",
    "Transfer",
]
