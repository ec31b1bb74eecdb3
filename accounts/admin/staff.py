from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts import roles
from accounts.models import User
from core.admin.base import ReadOnlyAdmin
from core.problems import Problem

admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(ReadOnlyAdmin):
    """The three roles. Their permissions are part of the program, so they are only shown."""

    filter_horizontal = ["permissions"]


class StaffForm(UserChangeForm):
    """A member of staff; the roles given must not clash."""

    def clean_groups(self) -> QuerySet[Group]:
        groups: QuerySet[Group] = self.cleaned_data["groups"]
        try:
            roles.require_separate(group.name for group in groups)
        except Problem as problem:
            raise ValidationError(str(problem.message), code=problem.code) from problem
        return groups


class StaffCreationForm(UserCreationForm):
    """A new member of staff."""

    class Meta:
        model = User
        fields = ["username", "display_name"]


@admin.register(User)
class StaffAdmin(UserAdmin, ModelAdmin):
    """Members of staff. Customers are not here, nobody is deleted, becomes a superuser or changes their own rights."""

    form = StaffForm
    add_form = StaffCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "display_name", "held_roles", "is_active", "last_login"]
    list_filter = ["groups", "is_active"]
    search_fields = ["username", "display_name"]
    ordering = ["username"]
    filter_horizontal = ["groups"]
    readonly_fields = ["last_login", "joined_at"]
    fieldsets = [
        (None, {"fields": ["username", "password", "display_name"]}),
        (_("what they may do"), {"fields": ["is_active", "groups"]}),
        (_("dates"), {"fields": ["last_login", "joined_at"]}),
    ]
    add_fieldsets = [(None, {"fields": ["username", "display_name", "password1", "password2"]})]

    @admin.display(description=_("roles"))
    def held_roles(self, user: User) -> str:
        return ", ".join(group.name for group in user.groups.all())

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        staff = super().get_queryset(request).filter(is_staff=True).prefetch_related("groups")
        return staff if request.user.is_superuser else staff.filter(is_superuser=False)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return [*fields, "groups", "is_active"] if obj == request.user else fields

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        obj.is_staff = True
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
