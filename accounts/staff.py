"""Members of staff: a name, a password, a role."""

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from accounts.models import User
from accounts.roles import Role


@transaction.atomic
def hire(*, username: str, password: str, role: Role, display_name: str = "") -> User:
    """A member of staff in one of the three roles. Raises django's ValidationError for a weak password."""
    user = User(username=username, display_name=display_name, is_staff=True)
    validate_password(password, user)
    user.set_password(password)
    user.save()
    user.groups.add(Group.objects.get(name=role.value))
    return user
