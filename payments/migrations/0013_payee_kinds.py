from django.db import migrations, models

import core.fields

class Migration(migrations.Migration):
    """Orders to other accounts than bank cards."""

    dependencies = [("payments", "0012_published_routing_rules")]

    operations = [
        migrations.RenameField("paymentorder", "card_number", "account_number"),
        migrations.AlterField(
            "paymentorder", "account_number", core.fields.EncryptedTextField(verbose_name="account number")
        ),
        migrations.AddField(
            "paymentorder",
            "payee_kind",
            models.CharField(
                choices=[("card", "bank card"), ("wechat", "WeChat account"), ("company", "company account")],
                default="card",
                max_length=10,
                verbose_name="kind of account",
            ),
        ),
        migrations.AddConstraint(
            "paymentorder",
            models.CheckConstraint(
                condition=models.Q(("payee_kind__in", ["card", "wechat", "company"])),
                name="payments_order_payee_kind",
            ),
        ),
    ]
