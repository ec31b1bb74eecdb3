import django.db.models.deletion
from django.db import migrations, models

import core.fields
from core.append_only import append_only
from payments import pending_sql


class Migration(migrations.Migration):
    """Money in flight: pending, then posted or voided, once."""

    dependencies = [("payments", "0013_payee_kinds")]

    operations = [
        migrations.CreateModel(
            name="PendingTransfer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=120, unique=True, verbose_name="key")),
                ("purpose", models.CharField(max_length=60, verbose_name="purpose")),
                ("reference", models.CharField(db_index=True, max_length=60, verbose_name="reference")),
                ("debit_account", models.CharField(max_length=80, verbose_name="debit")),
                ("credit_account", models.CharField(max_length=80, verbose_name="credit")),
                ("amount", core.fields.MoneyField(decimal_places=2, max_digits=18, verbose_name="amount")),
                ("pended_at", models.DateTimeField(verbose_name="pending since")),
            ],
            options={
                "verbose_name": "pending transfer",
                "verbose_name_plural": "pending transfers",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount__gt", 0)), name="payments_pending_amount_positive"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Resolution",
            fields=[
                (
                    "pending",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        serialize=False,
                        to="payments.pendingtransfer",
                        verbose_name="pending transfer",
                    ),
                ),
                (
                    "transfer",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="payments.transfer",
                        verbose_name="transfer",
                    ),
                ),
                ("resolved_at", models.DateTimeField(verbose_name="resolved")),
            ],
            options={
                "verbose_name": "resolution of a pending transfer",
                "verbose_name_plural": "resolutions of pending transfers",
            },
        ),
        append_only("payments_pendingtransfer"),
        append_only("payments_resolution"),
        migrations.RunSQL(pending_sql.MATCHING, pending_sql.UNDO_MATCHING),
    ]
