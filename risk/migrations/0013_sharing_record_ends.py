from django.db import migrations

from core.append_only import deletable_after


class Migration(migrations.Migration):
    """What was asked of other lenders, and by them, is kept for three years, and may then be deleted."""

    dependencies = [("risk", "0012_sharing")]

    operations = [deletable_after(table, years=3) for table in ("risk_sharingquery", "risk_sharinganswer")]
