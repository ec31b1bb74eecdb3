from django.db import migrations, models


class Migration(migrations.Migration):
    """By what a channel may deduct from a card."""

    dependencies = [("payments", "0015_company_banks")]

    operations = [
        migrations.CreateModel(
            name="DeductionAgreement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("serial", models.CharField(max_length=20, unique=True, verbose_name="serial number")),
                ("channel", models.CharField(max_length=30, verbose_name="channel")),
                ("card_index", models.CharField(editable=False, max_length=64)),
                ("number", models.CharField(max_length=64, verbose_name="agreement number")),
                ("signed_at", models.DateTimeField(verbose_name="signed")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="ended")),
            ],
            options={"verbose_name": "deduction agreement", "verbose_name_plural": "deduction agreements"},
        ),
        migrations.AddConstraint(
            "deductionagreement",
            models.UniqueConstraint(
                condition=models.Q(("ended_at__isnull", True)),
                fields=("channel", "card_index"),
                name="payments_agreement_standing",
            ),
        ),
    ]
