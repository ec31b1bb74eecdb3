"""Change of state, the only way: a named transition, under a row lock, logged with who, when and why.

A model inherits StatefulModel, declares `status = status_field(Status, Status.FIRST)` and its verbs:

    @transition(source=Status.OPEN, target=Status.CLAIMED)
    def claim(self, *, by: str, why: str) -> None:
        self.claimed_by = by

Calling a verb needs an open transaction. The row is locked and read again first, so a stale copy in memory cannot
act on a state that is no longer true; whatever the caller had changed on it in memory is discarded. The body then
sets fields, the row is saved and a TransitionLog row written.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, TransitionNotAllowed
from django_fsm import transition as fsm_transition

from core import clock
from core.models.transition import TransitionLog
from core.problems import Problem
from core.transactions import require_transaction

Verb = TypeVar("Verb", bound=Callable[..., Any])


class StatefulQuerySet(models.QuerySet[Any]):
    """Refuses the ways around a transition."""

    def update(self, **kwargs: Any) -> int:
        if "status" in kwargs:
            raise TypeError("status changes only by a transition, never by update()")
        return super().update(**kwargs)

    def bulk_update(self, objs: Any, fields: Any, batch_size: int | None = None) -> int:
        if "status" in fields:
            raise TypeError("status changes only by a transition, never by bulk_update()")
        return super().bulk_update(objs, fields, batch_size=batch_size)

    def bulk_create(self, objs: Any, *args: Any, **kwargs: Any) -> Any:
        objs = list(objs)
        for obj in objs:
            _require_initial_status(obj)
        return super().bulk_create(objs, *args, **kwargs)


class StatefulModel(models.Model):
    """A model whose `status` moves only by transitions."""

    objects = StatefulQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self._state.adding:
            _require_initial_status(self)
        super().save(*args, **kwargs)

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        """Read the row again; the protected status may be set anew only when it is not there."""
        self.__dict__.pop("status", None)
        super().refresh_from_db(*args, **kwargs)

    def lock(self) -> None:
        """Lock this row until the transaction ends and read it again. Unsaved changes in memory are discarded."""
        require_transaction(f"locking a {self._meta.label}")
        manager = type(self)._base_manager
        fresh = manager.select_for_update(no_key=True, of=("self",)).get(pk=self.pk)
        for field in self._meta.concrete_fields:
            self.__dict__[field.attname] = fresh.__dict__[field.attname]
        self._state.fields_cache.clear()


def status_field(choices: type[models.TextChoices], initial: models.TextChoices) -> Any:
    """The protected FSM field of a StatefulModel."""
    return FSMField(_("status"), default=initial, choices=choices.choices, protected=True, db_index=True)


def status_constraint(name: str, *statuses: str) -> models.CheckConstraint:
    """The database's own refusal of a status that is not in the list (a Meta class cannot see the choices beside
    it).
    """
    return models.CheckConstraint(condition=models.Q(status__in=statuses), name=name)


def transition(*, source: str | Sequence[str], target: str) -> Callable[[Verb], Verb]:
    """Declare a method of a StatefulModel as the named transition from `source` (one or several) to `target`.

    The verb is called with `by` (an actor, see core.actors), `why`, and the body's own keywords. Raises Problem
    `wrong_state` (409) when the row, read again under its lock, is not in `source`.
    """

    def declare(body: Verb) -> Verb:
        move = fsm_transition(field="status", source=source, target=target)(body)

        @functools.wraps(move)
        def verb(self: Any, *, by: str, why: str, **details: Any) -> Any:
            self.lock()
            before = self.status
            try:
                result = move(self, by=by, why=why, **details)
            except TransitionNotAllowed as refused:
                raise wrong_state(self, body.__name__) from refused
            self.save()
            times = {"at": clock.real_now(), "business_at": clock.now()}
            _entry(self, verb=body.__name__, from_status=before, actor=by, reason=why, **times).save()
            return result

        verb.move = move  # type: ignore[attr-defined]
        return verb  # type: ignore[return-value]

    return declare


def move_all(instances: Sequence[Any], verb: str, *, by: str, why: Callable[[Any], str]) -> None:
    """Call a verb that changes nothing but the status on many rows of one model, in two statements.

    The caller has locked the rows and read them since. Raises Problem `wrong_state` (409), and then none has moved.
    """
    require_transaction("moving many rows")
    before = [instance.status for instance in instances]
    for instance in instances:
        try:
            getattr(type(instance), verb).move(instance, by=by, why=why(instance))
        except TransitionNotAllowed as refused:
            raise wrong_state(instance, verb) from refused
    for status in {instance.status for instance in instances}:
        moved = [instance.pk for instance in instances if instance.status == status]
        models.QuerySet(type(instances[0])).filter(pk__in=moved).update(status=status)
    times = {"at": clock.real_now(), "business_at": clock.now()}
    TransitionLog.objects.bulk_create(
        _entry(instance, verb=verb, from_status=status, actor=by, reason=why(instance), **times)
        for instance, status in zip(instances, before, strict=True)
    )


def wrong_state(instance: Any, verb: str) -> Problem:
    """The refusal of a verb that the instance's present status does not allow."""
    message = _("This can no longer be done: its status is “%(status)s”.") % {"status": instance.get_status_display()}
    return Problem("wrong_state", message, status=409, verb=verb, current_status=instance.status)


def _entry(instance: Any, **details: Any) -> TransitionLog:
    return TransitionLog(model=instance._meta.label, object_id=str(instance.pk), to_status=instance.status, **details)


def _require_initial_status(instance: Any) -> None:
    initial = instance._meta.get_field("status").get_default()
    if instance.status != initial:
        raise TypeError(f"a {instance._meta.label} starts as {initial!r}; other states are reached by transitions")
