"""The words of reminders and offers of help: who writes, which loan, what is open, what helps. No threats, no
strangers.
"""

from django.utils.translation import gettext_lazy as _

from accounts.message_templates import MessageTemplate

TEMPLATES = [
    MessageTemplate(
        "help_offered",
        _("Can we help with your next instalment?"),
        _(
            "Your lender writes: %(amount)s of your loan %(loan)s are due on %(date)s. If that will be hard, tell us "
            "before: in the app, on the first page, you can ask for more time. Otherwise nothing is to be done."
        ),
    ),
    MessageTemplate(
        "help_refused",
        _("About your wish for more time"),
        _(
            "Your lender writes: we looked at your loan %(loan)s and cannot change it. %(amount)s stay due on "
            "%(date)s. Write to us if you want to talk about it."
        ),
    ),
    MessageTemplate(
        "overdue_first",
        _("An instalment is overdue"),
        _(
            "Your lender writes: the instalment of your loan %(loan)s was due yesterday; %(amount)s is open. "
            "You can pay in the app. If you have just paid, thank you: nothing more is to be done."
        ),
    ),
    MessageTemplate(
        "overdue_reminder",
        _("Reminder: an instalment is overdue"),
        _(
            "Your lender writes: your loan %(loan)s has been overdue for %(days)s days; %(amount)s is open. "
            "Please pay in the app, or tell us there if you cannot just now."
        ),
    ),
    MessageTemplate(
        "overdue_help",
        _("Let us find a way to repay"),
        _(
            "Your lender writes: your loan %(loan)s has been overdue for %(days)s days; %(amount)s is open. "
            "If times are hard, write to us in the app: we can agree easier instalments."
        ),
    ),
]
