from django.db import migrations

from core.append_only import append_only


class Migration(migrations.Migration):
    """What a customer agreed to, who funds a loan, and what happened to it: written once."""

    dependencies = [("lending", "0001_initial"), ("core", "0002_guards")]

    operations = [
        append_only("lending_loanevent"),
        append_only("lending_loancontract"),
        append_only("lending_loanfunding"),
    ]
