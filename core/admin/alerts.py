import datetime as dt

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextareaWidget

from core import actors, alerts
from core.admin.base import ReadOnlyAdmin, go_to
from core.models import Alert
from core.problems import Problem


class AcknowledgeForm(BaseDialogForm):
    """What is being done about it, and for how long it need not remind anybody."""

    why = forms.CharField(
        label=_("What do you do about it?"), max_length=500, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )
    silent_hours = forms.IntegerField(
        label=_("Silent for how many hours"), min_value=0, initial=0, widget=UnfoldAdminIntegerFieldWidget
    )


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    """What somebody should look at."""

    list_display = ["raised_at", "shown_severity", "title", "sentence", "status", "owner", "last_raised_at"]
    list_filter = ["status", "severity", "kind"]
    search_fields = ["key", "owner"]
    ordering = ["-id"]
    fields = [
        *("title", "sentence", "key", "shown_severity", "status", "owner", "silent_until"),
        *("raised_at", "last_raised_at", "cleared_at"),
    ]
    readonly_fields = ["title", "sentence", "shown_severity"]
    actions_detail = ["acknowledge"]

    @display(description=_("severity"), label={1: "info", 2: "warning", 3: "danger"})
    def shown_severity(self, alert: Alert) -> tuple[int, str]:
        return alert.severity, alert.get_severity_display()

    @admin.display(description=_("alert"))
    def title(self, alert: Alert) -> str:
        return alerts.title_of(alert)

    @admin.display(description=_("what is the matter"))
    def sentence(self, alert: Alert) -> str:
        return alerts.sentence_of(alert)

    def has_acknowledge_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("core.change_alert")

    @action(
        description=_("See to it"),
        permissions=["acknowledge"],
        url_path="acknowledge",
        dialog={
            "title": _("See to this alert"),
            "description": _("You become its owner. It ends by itself when its cause does."),
            "form_class": AcknowledgeForm,
            "form_submit_text": _("See to it"),
        },
    )
    def acknowledge(self, request: HttpRequest, form: AcknowledgeForm, object_id: int) -> HttpResponse:
        by, given = actors.staff(request.user.get_username()), form.cleaned_data
        silent_for = dt.timedelta(hours=given["silent_hours"])
        try:
            alerts.acknowledge(Alert.objects.get(pk=object_id), by=by, why=given["why"], silent_for=silent_for)
        except Problem as problem:
            messages.error(request, str(problem.message))
        return go_to(reverse("admin:core_alert_change", args=[object_id]))
