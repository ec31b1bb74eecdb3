"""What lending tells a customer."""

from django.utils.translation import gettext_lazy as _

from accounts.message_templates import MessageTemplate

TEMPLATES = [
    MessageTemplate(
        "application_approved",
        _("Your loan is approved"),
        _("You can have %(amount)s. Look at the costs in the app, and confirm if they suit you."),
    ),
    MessageTemplate(
        "application_in_review",
        _("A person looks at your application"),
        _("We tell you the decision as soon as it is made. There is nothing you need to do."),
        by_sms=False,
    ),
    MessageTemplate(
        "application_declined",
        _("Your application was declined"),
        _("We cannot lend to you this time. The app shows the reasons."),
    ),
    MessageTemplate(
        "loan_paid_out",
        _("The money is on your card"),
        _("%(amount)s of your loan %(loan)s has been paid to your bank card."),
    ),
    MessageTemplate(
        "loan_paid_after_all",
        _("The money is on your card after all"),
        _(
            "We told you that the money of loan %(loan)s could not be paid out. Your bank has now confirmed "
            "%(amount)s on your card, and the loan runs from today. If you do not want it, give it back in the app."
        ),
    ),
    MessageTemplate(
        "payout_failed",
        _("The money could not be paid out"),
        _("Your bank did not take the money of loan %(loan)s. You owe nothing; your limit is free again."),
    ),
    MessageTemplate(
        "repayment_received",
        _("Your payment has arrived"),
        _("We received %(amount)s for your loan %(loan)s. Thank you."),
    ),
    MessageTemplate(
        "repayment_failed",
        _("Your payment did not arrive"),
        _("Your bank did not pay %(amount)s for your loan %(loan)s. Check your card and pay again in the app."),
    ),
    MessageTemplate(
        "loan_refund",
        _("Your money is coming back"),
        _("You paid %(amount)s more than was owed for your loan %(loan)s. It has been paid back to your bank card."),
    ),
    MessageTemplate(
        "loan_waiver",
        _("You owe less"),
        _("%(amount)s of interest and penalty interest on your loan %(loan)s are forgiven."),
    ),
    MessageTemplate(
        "loan_extension",
        _("You have more time to repay"),
        _("Your loan %(loan)s runs %(months)s months longer, until %(date)s. The app shows your new instalments."),
    ),
    MessageTemplate(
        "loan_rate",
        _("Your loan has become cheaper"),
        _("The annual rate of your loan %(loan)s is %(rate)s from %(date)s on. The app shows your new instalments."),
    ),
]
