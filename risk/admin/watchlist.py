from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.enums import ActionVariant

from core.admin.base import ReadOnlyAdmin
from risk import watchlist
from risk.admin.forms import WatchForm, WhyForm
from risk.admin.pages import form_page, officer_of
from risk.models import WatchlistEntry


@admin.register(WatchlistEntry)
class WatchlistEntryAdmin(ReadOnlyAdmin):
    """The watchlist: entries are put on and taken off by use cases, and known only by keyed hashes."""

    list_display = ["id", "kind", "action", "status", "added_by", "added_at"]
    list_filter = ["status", "kind", "action"]
    ordering = ["-id"]
    fields = ["kind", "index", "action", "status", "why", "added_by", "added_at"]
    actions_list = ["put_on"]
    actions_detail = ["take_off"]

    def has_put_on_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(watchlist.ADD)

    def has_take_off_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(watchlist.DEACTIVATE)

    @action(description=_("Put on the list"), permissions=["put_on"], url_path="put-on", variant=ActionVariant.PRIMARY)
    def put_on(self, request: HttpRequest) -> HttpResponse:
        return form_page(
            self,
            request,
            obj=None,
            title=_("Put on the watchlist"),
            form=WatchForm(request.POST or None),
            act=lambda given: watchlist.add(officer=officer_of(request), **given),
            done=_("It is on the watchlist."),
        )

    @action(description=_("Take off the list"), permissions=["take_off"], url_path="take-off")
    def take_off(self, request: HttpRequest, object_id: int) -> HttpResponse:
        entry = WatchlistEntry.objects.get(pk=object_id)
        return form_page(
            self,
            request,
            obj=entry,
            title=_("Take off the watchlist"),
            form=WhyForm(request.POST or None),
            act=lambda given: watchlist.deactivate(entry=entry, officer=officer_of(request), **given),
            done=_("It is off the watchlist."),
        )
