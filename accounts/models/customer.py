import datetime as dt

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.identity_number import age_on
from core import clock
from core.fields import BlindIndexField, EncryptedTextField
from core.masking import mask_id_number, mask_mobile, mask_name


class Language(models.TextChoices):
    CHINESE = "zh-hans", "简体中文"
    ENGLISH = "en", "English"


class Customer(models.Model):
    """A person who borrows or may. Name and ID number are empty until the identity authority agreed to them.

    `serial` is how other rooms refer to the customer.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="customer")
    serial = models.CharField(_("customer number"), max_length=20, unique=True)
    language = models.CharField(_("language"), max_length=10, choices=Language.choices, default=Language.CHINESE)
    name = EncryptedTextField(_("name"), blank=True)
    id_number = EncryptedTextField(_("ID number"), blank=True)
    id_number_index = BlindIndexField(source="id_number", purpose="id_number", null=True, unique=True)
    verified_at = models.DateTimeField(_("identity verified"), null=True, editable=False)
    created_at = models.DateTimeField(_("registered"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        permissions = [("reveal_customer", _("Can see a customer's personal data in clear"))]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(verified_at__isnull=True) | models.Q(id_number_index__isnull=False),
                name="accounts_verified_customer_has_id_number",
            )
        ]

    def __str__(self) -> str:
        return self.serial

    @property
    def is_verified(self) -> bool:
        """Whether the identity authority has agreed who this is."""
        return self.verified_at is not None

    @property
    def mobile(self) -> str:
        """The mobile number, in clear."""
        return self.user.mobile

    @property
    def masked_name(self) -> str:
        """The name as pages may show it; empty before verification."""
        return mask_name(self.name)

    @property
    def masked_id_number(self) -> str:
        """The ID number as pages may show it; empty before verification."""
        return mask_id_number(self.id_number) if self.id_number else ""

    @property
    def masked_mobile(self) -> str:
        """The mobile number as pages may show it."""
        return mask_mobile(self.user.mobile)

    def age_on(self, date: dt.date) -> int:
        """Whole years of age on `date`. Raises ValueError before verification."""
        if not self.is_verified:
            raise ValueError(f"{self} is not verified")
        return age_on(self.id_number, date)
