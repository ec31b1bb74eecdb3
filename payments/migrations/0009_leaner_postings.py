from django.db import migrations, models

from payments import ledger_sql


class Migration(migrations.Migration):
    """A posting checked as a whole, planned once, and without indexes that nothing reads."""

    dependencies = [
        ('payments', '0008_difference_owner'),
    ]

    operations = [
        migrations.AlterField(
            model_name='transfer',
            name='key',
            field=models.CharField(max_length=120, verbose_name='key'),
        ),
        migrations.AlterField(
            model_name='transfer',
            name='reference',
            field=models.CharField(max_length=60, verbose_name='reference'),
        ),
        migrations.AlterField(
            model_name='transfer',
            name='serial',
            field=models.CharField(max_length=20, verbose_name='serial number'),
        ),
        migrations.AddIndex(
            model_name='transfer',
            index=models.Index(fields=['reference'], name='payments_transfer_reference'),
        ),
        migrations.AddConstraint(
            model_name='transfer',
            constraint=models.UniqueConstraint(fields=('serial',), name='payments_transfer_serial'),
        ),
        migrations.AddConstraint(
            model_name='transfer',
            constraint=models.UniqueConstraint(fields=('key',), name='payments_transfer_key'),
        ),
        migrations.RunSQL(ledger_sql.BALANCED_AT_ONCE, ledger_sql.UNDO_BALANCED_AT_ONCE),
    ]
