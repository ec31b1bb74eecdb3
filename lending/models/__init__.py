"""What is lent, to whom, on which terms, by whom it is funded, and what became of it."""

from lending.models.accrual import DayAccrual
from lending.models.allowance import AllowanceRate
from lending.models.application import LoanApplication
from lending.models.contract import LoanContract
from lending.models.credit_line import CreditLine, LimitHold
from lending.models.day_close import ClosedDay
from lending.models.day_files import DayFile, DayFileSet, RejectedRow, ToldLoan
from lending.models.funding import AgreementShare, Funder, FundingAgreement, LoanFunding, Participation
from lending.models.instalment import Instalment
from lending.models.loan import Loan
from lending.models.loan_change import LoanChange
from lending.models.loan_event import LoanEvent
from lending.models.month_end import MonthEnd
from lending.models.partner_account import PartnerAccount
from lending.models.partner_settlement import PartnerSettlement
from lending.models.product import Product
from lending.models.repayment import Repayment

__all__ = [
    "AgreementShare",
    "AllowanceRate",
    "ClosedDay",
    "CreditLine",
    "DayAccrual",
    "DayFile",
    "DayFileSet",
    "Funder",
    "FundingAgreement",
    "Instalment",
    "LimitHold",
    "Loan",
    "LoanApplication",
    "LoanChange",
    "LoanContract",
    "LoanEvent",
    "LoanFunding",
    "MonthEnd",
    "Participation",
    "PartnerAccount",
    "PartnerSettlement",
    "Product",
    "RejectedRow",
    "Repayment",
    "ToldLoan",
]
