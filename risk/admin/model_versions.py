from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from core.admin import shown
from core.admin.shown import Reader, Table, TablesAdmin
from risk import disagreement, model_turns, model_versions
from risk.admin import challenger
from risk.admin.forms import WhyForm
from risk.admin.model_card import card
from risk.admin.pages import form_page, officer_of
from risk.models import ModelTurn, ModelVersion

COLOURS = {"draft": "info", "proposed": "warning", "approved": "success"}
# Which buttons a version shows in which state.
BUTTONS = {
    ModelVersion.Status.DRAFT: {"propose", "download"},
    ModelVersion.Status.PROPOSED: {"approve", "send_back", "download"},
    ModelVersion.Status.APPROVED: {
        *("challenge", "let_decide", "go_back", "end_challenge", "disagreement", "download"),
    },
}


@admin.register(ModelVersion)
class ModelVersionAdmin(TablesAdmin):
    """What `train_model` registered: its card, two people's way to trusting it, and whether it decides."""

    list_display = ["label", "kind", "shown_status", "shown_use", "auc", "ks", "trained_at"]
    list_filter = ["status", "kind", "name"]
    search_fields = ["name"]
    ordering = ["-id"]
    fields = ["label", "kind", "status", "shown_use", "trained_at", "digest", "data_sha256"]
    readonly_fields = ["label", "shown_use"]
    actions_detail = [
        *("propose", "approve", "send_back", "challenge", "end_challenge", "let_decide", "go_back", "disagreement"),
        "download",
    ]

    @admin.display(description=_("version"))
    def label(self, version: ModelVersion) -> str:
        return version.label

    @display(description=_("status"), label=COLOURS, ordering="status")
    def shown_status(self, version: ModelVersion) -> tuple[str, str]:
        return version.status, version.get_status_display()

    @admin.display(description=_("now"))
    def shown_use(self, version: ModelVersion) -> str:
        role = _role(version)
        return str(role.label) if role else "–"

    @admin.display(description="AUC")
    def auc(self, version: ModelVersion) -> str:
        return str(version.stated["metrics"]["auc_mean"])

    @admin.display(description="KS")
    def ks(self, version: ModelVersion) -> str:
        return str(version.stated["metrics"]["ks_mean"])

    def has_propose_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(model_versions.PROPOSE)

    def has_approve_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(model_versions.APPROVE)

    def has_send_back_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return self.has_propose_permission(request) or self.has_approve_permission(request)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Only the buttons that the version's status allows."""
        version = self.get_object(request, str(object_id))
        allowed = BUTTONS[version.status] - _out_of_turn(version) if version else set()
        buttons = super().get_actions_detail(request, object_id)
        return [button for button in buttons if any(button.action_name.endswith(f"_{name}") for name in allowed)]

    @action(description=_("Lay before a second person"), permissions=["propose"], url_path="propose")
    def propose(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._decide(request, object_id, model_versions.propose, _("Lay before a second person"))

    @action(description=_("Approve"), permissions=["approve"], url_path="approve", variant=ActionVariant.SUCCESS)
    def approve(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._decide(request, object_id, model_versions.approve, _("Approve"))

    @action(description=_("Send back"), permissions=["send_back"], url_path="send-back", variant=ActionVariant.DANGER)
    def send_back(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._decide(request, object_id, model_versions.send_back, _("Send back"))

    @action(description=_("Try beside what decides"), permissions=["approve"], url_path="challenge")
    def challenge(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._decide(request, object_id, model_turns.challenge, _("Try beside what decides"))

    @action(description=_("End the trial"), permissions=["approve"], url_path="end-challenge")
    def end_challenge(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._decide(request, object_id, _without_version(model_turns.end_challenge), _("End the trial"))

    @action(
        description=_("Let it decide"), permissions=["approve"], url_path="let-decide", variant=ActionVariant.SUCCESS
    )
    def let_decide(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._decide(request, object_id, model_turns.let_decide, _("Let it decide"))

    @action(
        description=_("Let the one before decide again"),
        permissions=["approve"],
        url_path="go-back",
        variant=ActionVariant.DANGER,
    )
    def go_back(self, request: HttpRequest, object_id: int) -> HttpResponse:
        act = _without_version(model_turns.go_back)
        return self._decide(request, object_id, act, _("Let the one before decide again"))

    @action(description=_("Beside the champion"), permissions=["view"], url_path="disagreement")
    def disagreement(self, request: HttpRequest, object_id: int) -> HttpResponse:
        version = ModelVersion.objects.get(pk=object_id)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Beside the champion"),
            "opts": self.opts,
            "original": version,
            "back": reverse("admin:risk_modelversion_change", args=[version.pk]),
            **challenger.shown(disagreement.of(version)),
        }
        return TemplateResponse(request, "admin/risk/disagreement.html", context)

    @action(description=_("Download as PMML"), permissions=["view"], url_path="download")
    def download(self, request: HttpRequest, object_id: int) -> HttpResponse:
        label = ModelVersion.objects.get(pk=object_id).label
        named = {"Content-Disposition": f'attachment; filename="{label}.pmml"'}
        return HttpResponse(model_versions.as_pmml(label), content_type="application/xml", headers=named)

    def _decide(self, request: HttpRequest, object_id: int, act: Any, title: Any) -> HttpResponse:
        version = ModelVersion.objects.get(pk=object_id)
        return form_page(
            self,
            request,
            obj=version,
            title=title,
            form=WhyForm(request.POST or None),
            act=lambda given: act(officer=officer_of(request), version=version, **given),
            done=_("Done: %s.") % title,
        )

    def tables(self, row: ModelVersion, reader: Reader) -> Iterable[Table]:
        yield from card(row.stated)
        yield shown.approvals(row)
        turns = [[shown.when(turn.at), turn.get_role_display(), turn.by, turn.why] for turn in row.turns.order_by("id")]
        yield Table(str(_("Turns")), list(map(str, (_("from"), _("what it does"), _("by"), _("reason")))), turns)
        yield shown.history(row)


def _role(version: ModelVersion) -> ModelTurn.Role | None:
    """What the version does now."""
    champion, challenger = model_turns.in_force()
    if champion and champion.version_id == version.pk:
        return ModelTurn.Role.CHAMPION
    return ModelTurn.Role.CHALLENGER if challenger and challenger.version_id == version.pk else None


def _out_of_turn(version: ModelVersion) -> set[str]:
    """Buttons that would change nothing."""
    role = _role(version)
    if role == ModelTurn.Role.CHAMPION:
        return {"challenge", "end_challenge", "let_decide"}
    return {"challenge", "go_back"} if role else {"end_challenge", "go_back"}


def _without_version(act: Any) -> Any:
    return lambda officer, version, why: act(officer=officer, why=why)
