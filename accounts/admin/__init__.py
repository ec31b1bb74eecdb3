"""Customers and what concerns them, read-only and masked; staff, managed by an administrator."""

from accounts.admin.customers import BankCardAdmin, CustomerAdmin, IdentityCheckAdmin
from accounts.admin.documents import DocumentAdmin
from accounts.admin.records import ConsentAdmin, ConsentTextAdmin, DeviceAdmin, MessageAdmin, SignInAdmin
from accounts.admin.staff import GroupAdmin, StaffAdmin

__all__ = [
    "BankCardAdmin",
    "ConsentAdmin",
    "ConsentTextAdmin",
    "CustomerAdmin",
    "DeviceAdmin",
    "DocumentAdmin",
    "GroupAdmin",
    "IdentityCheckAdmin",
    "MessageAdmin",
    "SignInAdmin",
    "StaffAdmin",
]
