from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from core import clock
from core.admin import shown
from core.problems import Problem
from lending import product_drafts
from lending.admin.product_form import LATE_ORDERS, ProductForm, SimulationForm
from lending.admin.product_words import CONVENTIONS, in_words
from lending.models import Product
from lending.products import methods_of
from lending.simulation import simulate
from risk.admin.forms import WhyForm
from risk.admin.pages import form_page, officer_of
from risk.report import percent

COLOURS = {"draft": "info", "proposed": "warning", "published": "success"}
# Which buttons a version shows in which state.
BUTTONS = {
    Product.Status.DRAFT: {"propose"},
    Product.Status.PROPOSED: {"publish", "send_back"},
    Product.Status.PUBLISHED: {"draft_next"},
}
LANGUAGES = ("zh-hans", "en")
WHAT = ["name_zh", "name_en", "effective_from", ("minimum_amount", "maximum_amount"), "terms_months"]
RATES = [("minimum_rate", "maximum_rate"), "cost_cap", "penalty_factor", "grace_days"]
OFFER = [("offer_days", "reading_seconds"), ("cooling_off_days", "cooling_off_interest")]
ROUNDING = [("rounding", "round_to"), ("instalment_rounding", "instalment_round_to")]


@admin.register(Product)
class ProductAdmin(ModelAdmin):
    """Product versions: a draft is edited and tried out here, a second person publishes it, then it stays as it is."""

    form = ProductForm
    list_display = [
        *("code", "version", "shown_status", "name", "minimum_amount", "maximum_amount", "rates", "effective_from"),
    ]
    list_filter = ["status", "code"]
    search_fields = ["code", "name_zh", "name_en"]
    ordering = ["code", "-version"]
    actions_detail = ["propose", "publish", "send_back", "draft_next"]
    change_form_outer_after_template = "admin/lending/product_after.html"

    @admin.display(description=_("name"))
    def name(self, product: Product) -> str:
        return product.name

    @display(description=_("status"), label=COLOURS, ordering="status")
    def shown_status(self, product: Product) -> tuple[str, str]:
        return product.status, product.get_status_display()

    @admin.display(description=_("annual rate"))
    def rates(self, product: Product) -> str:
        return f"{percent(product.minimum_rate)} – {percent(product.maximum_rate)}"

    @admin.display(description=_("repayment methods"))
    def shown_methods(self, product: Product) -> str:
        return "; ".join(str(word) for _method, word in methods_of(product))

    @admin.display(description=_("a payment pays in this order"))
    def shown_order(self, product: Product) -> str:
        orders = [in_words(product.allocation_order)]
        orders += [f"{bucket}: {in_words(order)}" for bucket, order in product.late_orders.items()]
        return "; ".join(orders)

    @admin.display(description=_("conventions"))
    def shown_conventions(self, product: Product) -> str:
        words = {name: dict(choices)[product.conventions[name]] for name, (_label, choices) in CONVENTIONS.items()}
        return "; ".join(f"{CONVENTIONS[name][0]}: {word}" for name, word in words.items())

    def get_fieldsets(self, request: HttpRequest, obj: Product | None = None) -> Any:
        if obj and not self.has_change_permission(request, obj):
            shown_ones = ["code", "version", "status", *WHAT, "shown_methods", *RATES, "shown_order"]
            return [(None, {"fields": [*shown_ones, "shown_conventions", "conventions", *OFFER]})]
        return [
            (None, {"fields": ["code", *WHAT, "methods"]}),
            (_("Rates and lateness"), {"fields": [*RATES, "allocation_order", *LATE_ORDERS]}),
            (_("Conventions"), {"fields": ["day_count", *ROUNDING, "residue", "month_end", "parts", "interest_on"]}),
            (_("Offer"), {"fields": OFFER}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Product | None = None) -> list[str]:
        return ["code", "version", "shown_methods", "shown_order", "shown_conventions"] if obj else []

    # Who may: drafts only, and only those who draft.

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(product_drafts.DRAFT)

    def has_change_permission(self, request: HttpRequest, obj: Product | None = None) -> bool:
        is_draft = obj is None or obj.status == Product.Status.DRAFT
        return is_draft and request.user.has_perm(product_drafts.DRAFT)

    def has_delete_permission(self, request: HttpRequest, obj: Product | None = None) -> bool:
        return False

    def has_draft_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(product_drafts.DRAFT)

    def has_publish_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(product_drafts.PUBLISH)

    def has_send_back_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return self.has_draft_permission(request) or self.has_publish_permission(request)

    def save_model(self, request: HttpRequest, obj: Product, form: ProductForm, change: bool) -> None:
        """Save by the use case, which checks again under a lock."""
        officer, terms = officer_of(request), form.terms()
        try:
            if change:
                product_drafts.edit(officer=officer, product=obj, terms=terms)
            else:
                saved = product_drafts.draft(officer=officer, code=form.cleaned_data["code"], terms=terms)
                obj.pk, obj.version = saved.pk, saved.version
        except Problem as problem:
            raise PermissionDenied(str(problem.message)) from problem

    def response_add(self, request: HttpRequest, obj: Product, post_url_continue: str | None = None) -> HttpResponse:
        """On to the draft's page, where it can be tried out."""
        return HttpResponseRedirect(_page(obj))

    def response_change(self, request: HttpRequest, obj: Product) -> HttpResponse:
        """Back to the draft's page, what is tried out included."""
        messages.success(request, str(_("The draft is saved.")))
        return HttpResponseRedirect(request.get_full_path())

    # What stands below: the simulation and who decided what.

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        product = self.get_object(request, object_id) if object_id else None
        extra = dict(extra_context or {})
        if product:
            extra |= _simulation(request, product)
            extra["tables"] = [shown.approvals(product), shown.history(product)]
        return super().changeform_view(request, object_id, form_url, extra)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Only the buttons that the version's status allows."""
        product = self.get_object(request, str(object_id))
        allowed = BUTTONS[product.status] if product else set()
        buttons = super().get_actions_detail(request, object_id)
        return [button for button in buttons if any(button.action_name.endswith(f"_{name}") for name in allowed)]

    @action(description=_("Lay before a second person"), permissions=["draft"], url_path="propose")
    def propose(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._decide(request, object_id, product_drafts.propose, _("Lay before a second person"))

    @action(description=_("Publish"), permissions=["publish"], url_path="publish", variant=ActionVariant.SUCCESS)
    def publish(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._decide(request, object_id, product_drafts.publish, _("Publish"))

    @action(description=_("Send back"), permissions=["send_back"], url_path="send-back", variant=ActionVariant.DANGER)
    def send_back(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._decide(request, object_id, product_drafts.send_back, _("Send back"))

    def _decide(self, request: HttpRequest, object_id: int, act: Any, title: Any) -> HttpResponse:
        product = Product.objects.get(pk=object_id)
        return form_page(
            self,
            request,
            obj=product,
            title=title,
            form=WhyForm(request.POST or None),
            act=lambda given: act(officer=officer_of(request), product=product, **given),
            done=_("Done: %s.") % title,
        )

    @action(description=_("Draft the next version"), permissions=["draft"], url_path="draft-next")
    def draft_next(self, request: HttpRequest, object_id: int) -> HttpResponse:
        product = Product.objects.get(pk=object_id)
        try:
            product = product_drafts.draft_next(officer=officer_of(request), product=product)
        except Problem as problem:
            messages.error(request, str(problem.message))
        return HttpResponseRedirect(_page(product))


def _page(product: Product) -> str:
    return reverse("admin:lending_product_change", args=[product.pk])


def _simulation(request: HttpRequest, product: Product) -> dict[str, Any]:
    """The form to try the version as it is saved, and, once asked, what it answers: in both languages."""
    usual = {
        "amount": min(product.maximum_amount, 10000),
        "term_months": product.terms_months[-1],
        "method": product.methods[0],
        "percent": f"{product.maximum_rate * 100:.2f}",
    }
    asked = {name: request.GET.get(name, value) for name, value in usual.items()}
    form = SimulationForm(asked, product=product)
    context: dict[str, Any] = {"simulation": form}
    if form.is_valid():
        given = dict(form.cleaned_data)
        rate = given.pop("percent") / 100
        day = max(product.effective_from, clock.today())
        try:
            quote = simulate(product, **given, annual_rate=rate, value_date=day)
        except Problem as problem:
            form.add_error(problem.field if problem.field in form.fields else "percent", str(problem.message))
        else:
            context["quote"] = quote
            context["sheets"] = [_sheet(quote, language) for language in LANGUAGES]
    return context


def _sheet(quote: Any, language: str) -> str:
    with override(language):
        return render_to_string("admin/lending/simulated_sheet.html", {"quote": quote, "language": language})
