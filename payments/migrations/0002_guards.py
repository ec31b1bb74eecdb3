from django.db import migrations

from core.append_only import append_only
from payments import ledger_sql


class Migration(migrations.Migration):
    """The ledger's posting function and guards, and the records that nobody may rewrite."""

    dependencies = [("payments", "0001_initial"), ("core", "0002_guards")]

    operations = [
        append_only("payments_account"),
        append_only("payments_transfer"),
        append_only("payments_entry"),
        append_only("payments_channelnotice"),
        append_only("payments_statementfile"),
        append_only("payments_statementline"),
        append_only("payments_settlementreport"),
        migrations.RunSQL(
            [ledger_sql.SERIAL, ledger_sql.POST, ledger_sql.BALANCED, ledger_sql.GUARDS], ledger_sql.UNDO
        ),
    ]
