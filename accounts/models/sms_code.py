from django.db import models

from core import clock


class SmsCode(models.Model):
    """A one-time code sent to a mobile. Neither the code nor the mobile is here, only their keyed hashes."""

    serial = models.CharField(max_length=20, unique=True)
    mobile_index = models.CharField(max_length=64)
    ip_index = models.CharField(max_length=64)
    code_hash = models.CharField(max_length=64)
    sent_at = models.DateTimeField(default=clock.real_now)
    expires_at = models.DateTimeField()
    wrong_attempts = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["mobile_index", "sent_at"]),
            models.Index(fields=["ip_index", "sent_at"]),
        ]

    def __str__(self) -> str:
        return self.serial
