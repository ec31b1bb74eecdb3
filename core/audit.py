"""Looking at personal data in clear: each look is recorded before anything is shown."""

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from core import clock
from core.models.unmasking import Unmasking
from core.problems import Problem


@transaction.atomic
def reveal(instance: models.Model, field: str, *, by: str, why: str) -> str:
    """The clear value of an encrypted `field`, recorded as seen by actor `by` for the reason `why`.

    Raises Problem when no reason is given.
    """
    if not why.strip():
        raise Problem("reason_missing", _("Say why you need to see this."), field="why")
    Unmasking.objects.create(
        model=instance._meta.label,
        object_id=str(instance.pk),
        field=field,
        actor=by,
        reason=why.strip(),
        at=clock.real_now(),
    )
    return str(getattr(instance, field))
