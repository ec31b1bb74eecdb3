from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from core.admin.base import ReadOnlyAdmin
from lending.models import Product
from risk.report import percent


@admin.register(Product)
class ProductAdmin(ReadOnlyAdmin):
    """Product versions. A loan keeps the terms of its version, whatever comes after."""

    list_display = [
        *("code", "version", "name", "minimum_amount", "maximum_amount", "rates", "effective_from", "effective_to"),
    ]
    search_fields = ["code", "name_zh", "name_en"]
    ordering = ["code", "-version"]

    @admin.display(description=_("name"))
    def name(self, product: Product) -> str:
        return product.name

    @admin.display(description=_("annual rate"))
    def rates(self, product: Product) -> str:
        return f"{percent(product.minimum_rate)} – {percent(product.maximum_rate)}"
