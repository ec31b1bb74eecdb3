from django.db import migrations

from core.append_only import append_only

ALWAYS = [
    f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_{guard}"
    for table in ("payments_seal", "payments_sealedtransfer")
    for guard in ("append_only", "no_truncate")
]


class Migration(migrations.Migration):
    """Seals that nobody may rewrite, in replica role neither."""

    dependencies = [("payments", "0005_seals")]

    operations = [
        append_only("payments_seal"),
        append_only("payments_sealedtransfer"),
        migrations.RunSQL(ALWAYS, migrations.RunSQL.noop),
    ]
