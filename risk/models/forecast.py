from django.db import models
from django.utils.translation import gettext_lazy as _


class RepaymentForecast(models.Model):
    """How likely something that falls due soon is not to be paid, and why (see risk.repayment_ability).

    Made once for each reference, never changed, never deleted.
    """

    reference = models.CharField(_("reference"), max_length=40, unique=True)
    customer_serial = models.CharField(_("customer"), max_length=20, db_index=True)
    due_date = models.DateField(_("due date"))
    made_on = models.DateField(_("made on (business date)"))
    features = models.JSONField(_("features"))
    score = models.IntegerField(_("score"))
    pd = models.DecimalField(_("probability of trouble"), max_digits=8, decimal_places=6)
    reasons = models.JSONField(_("reasons"))
    scorecard = models.CharField(_("scorecard"), max_length=60)
    scorecard_digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("repayment forecast")
        verbose_name_plural = _("repayment forecasts")

    def __str__(self) -> str:
        return self.reference
