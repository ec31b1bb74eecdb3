from django.db import migrations

from core.append_only import append_only


class Migration(migrations.Migration):
    """Decisions, and the traces they leave, that nobody may rewrite."""

    dependencies = [("risk", "0001_initial"), ("core", "0002_guards")]

    operations = [append_only("risk_decision"), append_only("risk_trace")]
