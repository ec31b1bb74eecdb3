"""Model fields: money, rates, and personal data that the database holds only as ciphertext."""

from typing import Any

from django.core import checks
from django.db import models

from core import crypto


class MoneyField(models.DecimalField):
    """Yuan with two places."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 18)
        kwargs.setdefault("decimal_places", 2)
        super().__init__(*args, **kwargs)


class RateField(models.DecimalField):
    """A rate as a fraction (0.146 for 14.6 %), ten places."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 14)
        kwargs.setdefault("decimal_places", 10)
        super().__init__(*args, **kwargs)


class EncryptedTextField(models.TextField):
    """Text that is in clear only in memory. The column holds `<key version>:<base64 of nonce and ciphertext>`.

    The model and field name are authenticated with it, so a value copied into another column does not decrypt.
    It cannot be searched; give it a BlindIndexField beside it where equality must be found.
    """

    def _context(self) -> str:
        return f"{self.model._meta.label_lower}.{self.attname}"

    def get_prep_value(self, value: Any) -> Any:
        if value is None or value == "":
            return value
        return crypto.encrypt_text(str(value), context=self._context())

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        if value is None or value == "":
            return value
        return crypto.decrypt_text(value, context=self._context())

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise TypeError("an encrypted field cannot be searched: filter on its blind index")
        return super().get_lookup(lookup_name)


class BlindIndexField(models.CharField):
    """A keyed hash of another field of the same row, for finding equal values without storing them in clear.

    `source` is the field hashed; `purpose` separates indexes, so that equal values of different kinds differ.
    """

    def __init__(self, *args: Any, source: str = "", purpose: str = "", **kwargs: Any) -> None:
        self.source = source
        self.purpose = purpose
        kwargs.setdefault("max_length", 64)
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "source": self.source, "purpose": self.purpose}

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        if self.source and self.purpose:
            return super().check(**kwargs)
        return [checks.Error("BlindIndexField needs source and purpose", obj=self, id="core.E001")]

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = getattr(model_instance, self.source)
        index = crypto.blind_index(self.purpose, value) if value else (None if self.null else "")
        setattr(model_instance, self.attname, index)
        return index
