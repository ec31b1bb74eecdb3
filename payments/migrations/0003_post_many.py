from django.db import migrations

from payments import ledger_sql


class Migration(migrations.Migration):
    """Many transfers in one round trip, for the day close."""

    dependencies = [("payments", "0002_guards")]

    operations = [migrations.RunSQL(ledger_sql.POST_MANY, ledger_sql.UNDO_POST_MANY)]
