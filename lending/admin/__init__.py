"""Lending in the admin: applications, credit lines, loans and what belongs to them; products and changes of loans, each
by two people."""

from lending.admin.applications import LoanApplicationAdmin
from lending.admin.books import (
    AllowanceRateAdmin,
    ClosedDayAdmin,
    DayAccrualAdmin,
    InstalmentAdmin,
    LoanEventAdmin,
    RepaymentAdmin,
)
from lending.admin.contracts import LoanContractAdmin
from lending.admin.credit_lines import CreditLineAdmin
from lending.admin.day_files import DayFileSetAdmin, RejectedRowAdmin
from lending.admin.funding import FunderAdmin, FundingAgreementAdmin, ParticipationAdmin
from lending.admin.loan_changes import LoanChangeAdmin
from lending.admin.loans import LoanAdmin
from lending.admin.partner_accounts import PartnerAccountAdmin
from lending.admin.partner_settlements import PartnerSettlementAdmin
from lending.admin.products import ProductAdmin

__all__ = [
    "AllowanceRateAdmin",
    "ClosedDayAdmin",
    "CreditLineAdmin",
    "DayAccrualAdmin",
    "DayFileSetAdmin",
    "FunderAdmin",
    "FundingAgreementAdmin",
    "InstalmentAdmin",
    "LoanAdmin",
    "LoanApplicationAdmin",
    "LoanChangeAdmin",
    "LoanContractAdmin",
    "LoanEventAdmin",
    "ParticipationAdmin",
    "PartnerAccountAdmin",
    "PartnerSettlementAdmin",
    "ProductAdmin",
    "RejectedRowAdmin",
    "RepaymentAdmin",
]
