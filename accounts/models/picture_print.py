from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from accounts.models.document import Document


class PicturePrint(models.Model):
    """By what a stored picture is known again (accounts.picture_prints). Pictures with one likeness are the same."""

    document = models.OneToOneField(Document, on_delete=models.PROTECT, related_name="picture_print")
    bands = ArrayField(models.IntegerField())
    likeness = models.CharField(max_length=64, db_index=True)

    class Meta:
        indexes = [GinIndex(fields=["bands"], name="accounts_print_bands")]

    def __str__(self) -> str:
        return self.likeness[:12]
