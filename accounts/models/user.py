from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.utils.translation import gettext_lazy as _

from core import clock
from core.fields import BlindIndexField, EncryptedTextField


class UserManager(BaseUserManager["User"]):
    """Makes users. Customers come in by sign-in, staff by an administrator."""

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> "User":
        """A user; without a password, one who cannot sign in by password."""
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> "User":
        """What `manage.py createsuperuser` calls."""
        return self.create_user(username, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """Whoever can sign in: a customer by mobile and SMS code, a member of staff by name and password.

    A customer's `username` is the customer's serial number, and the password is unusable.
    """

    username = models.CharField(_("sign-in name"), max_length=40, unique=True)
    display_name = models.CharField(_("shown name"), max_length=60, blank=True)
    mobile = EncryptedTextField(_("mobile"), blank=True)
    mobile_index = BlindIndexField(source="mobile", purpose="mobile", null=True, unique=True)
    is_staff = models.BooleanField(_("staff"), default=False)
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("Switch off instead of deleting: records keep pointing here.")
    )
    # Real time: a system check makes a bare User before there is a database to hold the business clock.
    joined_at = models.DateTimeField(_("joined"), default=clock.real_now, editable=False)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")

    def __str__(self) -> str:
        return self.display_name or self.username

    def get_full_name(self) -> str:
        """What the admin greets by."""
        return str(self)

    def get_short_name(self) -> str:
        """What the admin greets by."""
        return str(self)
