from django.db import migrations

from core.append_only import append_only


class Migration(migrations.Migration):
    """Sign-ins are only ever added."""

    dependencies = [("accounts", "0001_initial"), ("core", "0002_guards")]

    operations = [append_only("accounts_signin")]
