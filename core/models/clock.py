from django.db import models


class BusinessClock(models.Model):
    """How far a sandbox has moved business time ahead of real time. One row, or none when it was never moved."""

    offset_seconds = models.FloatField(default=0)
    moved_by = models.CharField(max_length=100, blank=True)
    moved_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="core_one_business_clock")]
