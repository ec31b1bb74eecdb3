from django.db import migrations


class Migration(migrations.Migration):
    """Rules by which payouts went stay as they were."""

    dependencies = [("payments", "0011_reconciled_days"), ("core", "0002_guards")]

    operations = [
        migrations.RunSQL(
            """
            CREATE TRIGGER payments_routingrules_read_only BEFORE UPDATE OR DELETE ON payments_routingrules
                FOR EACH ROW WHEN (OLD.status = 'published') EXECUTE FUNCTION core_refuse_change()
            """,
            "DROP TRIGGER payments_routingrules_read_only ON payments_routingrules",
        ),
    ]
