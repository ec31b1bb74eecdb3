from django.db import models

from core.fields import EncryptedTextField


class IdempotencyRecord(models.Model):
    """A request that carried an idempotency key, and, once it has been worked, its answer."""

    scope = models.CharField(max_length=100)
    key = models.CharField(max_length=100)
    payload_hash = models.CharField(max_length=64)
    started_at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    body = EncryptedTextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "key"], name="core_idempotency_once")]
