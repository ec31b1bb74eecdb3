from django.db import migrations

from core.append_only import REFUSE_CHANGE, append_only


class Migration(migrations.Migration):
    """The serial numbers' sequence, and the logs that nobody may rewrite."""

    dependencies = [("core", "0001_initial")]

    operations = [
        migrations.RunSQL("CREATE SEQUENCE core_serial", "DROP SEQUENCE core_serial"),
        migrations.RunSQL(REFUSE_CHANGE, "DROP FUNCTION core_refuse_change() CASCADE"),
        append_only("core_transitionlog"),
        append_only("core_unmasking"),
    ]
