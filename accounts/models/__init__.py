"""Who the customer is, what they agreed to, from where they came, and what they gave us."""

from accounts.models.api_token import ApiToken
from accounts.models.bank_card import BankCard
from accounts.models.consent import Consent, ConsentText, Purpose
from accounts.models.customer import Customer
from accounts.models.device import Device, SignIn
from accounts.models.document import Document
from accounts.models.identity_check import IdentityCheck
from accounts.models.message import Message
from accounts.models.picture_print import PicturePrint
from accounts.models.sms_code import SmsCode
from accounts.models.user import User

__all__ = [
    "ApiToken",
    "BankCard",
    "Consent",
    "ConsentText",
    "Customer",
    "Device",
    "Document",
    "IdentityCheck",
    "Message",
    "PicturePrint",
    "Purpose",
    "SignIn",
    "SmsCode",
    "User",
]
