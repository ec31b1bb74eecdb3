"""What staff may do: three groups, whose permissions each app names for its own rooms."""

from collections.abc import Iterable
from enum import StrEnum

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core import actors
from core.problems import Problem


class Role(StrEnum):
    """The groups, by the names that the database knows them by."""

    RISK_OFFICER = "risk officer"
    FINANCE_OFFICER = "finance officer"
    ADMINISTRATOR = "administrator"


LABELS = {
    Role.RISK_OFFICER: _("risk officer"),
    Role.FINANCE_OFFICER: _("finance officer"),
    Role.ADMINISTRATOR: _("administrator"),
}

_granted: dict[Role, set[str]] = {role: set() for role in Role}


def grant(role: Role, permissions: Iterable[str]) -> None:
    """Give a role permissions (`app.codename`), from AppConfig.ready; in force once loaded."""
    _granted[role].update(permissions)


def actor(officer: User, *permissions: str) -> str:
    """The officer's name as an actor, if a role of theirs gives one of `permissions` (`app.codename`).

    Raises Problem `not_permitted` (403).
    """
    if not any(officer.has_perm(permission) for permission in permissions):
        raise Problem("not_permitted", _("Your role does not allow this."), status=403)
    return actors.staff(officer.get_username())


def require_separate(roles: Iterable[str]) -> None:
    """Who decides on loans or money does not also give out rights. Raises Problem `roles_clash`."""
    held = set(roles)
    if Role.ADMINISTRATOR in held and len(held) > 1:
        raise Problem("roles_clash", _("An administrator holds no other role: choose one of them."), field="groups")


@transaction.atomic
def load() -> None:
    """Make the groups hold exactly what was granted. Raises LookupError for an unknown permission."""
    known = {f"{app}.{codename}": pk for pk, app, codename in _permissions()}
    for role, names in _granted.items():
        if unknown := names - known.keys():
            raise LookupError(f"there is no permission {', '.join(sorted(unknown))}")
        group, _new = Group.objects.get_or_create(name=role.value)
        group.permissions.set([known[name] for name in names])


def _permissions() -> Iterable[tuple[int, str, str]]:
    return Permission.objects.values_list("pk", "content_type__app_label", "codename")


_SEEN_BY_ALL = ["customer", "bankcard", "consent", "consenttext", "document", "identitycheck", "message"]
for _role in Role:
    grant(_role, [f"accounts.view_{model}" for model in _SEEN_BY_ALL])
    grant(_role, ["core.view_approval", "core.view_alert", "core.change_alert"])
grant(
    Role.RISK_OFFICER,
    ["accounts.view_signin", "accounts.view_device", "accounts.reveal_customer", "accounts.reveal_document"],
)
grant(Role.FINANCE_OFFICER, ["core.view_externalmessage", "core.view_transitionlog", "core.view_work"])
grant(
    Role.ADMINISTRATOR,
    [
        "accounts.view_signin",
        "accounts.view_device",
        "accounts.view_user",
        "accounts.add_user",
        "accounts.change_user",
        "auth.view_group",
        "core.view_externalmessage",
        "core.view_transitionlog",
        "core.view_unmasking",
        "core.view_work",
        "core.change_work",
    ],
)
