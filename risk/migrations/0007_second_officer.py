import core.fields
import django_fsm
from django.db import migrations, models


class Migration(migrations.Migration):
    """A second officer agrees to what one alone may not grant; a customer may ask for a person."""

    dependencies = [
        ('risk', '0006_trace_kinds'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='reviewcase',
            name='risk_review_case_status',
        ),
        migrations.RemoveConstraint(
            model_name='reviewcase',
            name='risk_review_case_decided',
        ),
        migrations.AddField(
            model_name='reviewcase',
            name='asked_by_customer',
            field=models.BooleanField(default=False, verbose_name='asked for by the customer'),
        ),
        migrations.AddField(
            model_name='reviewcase',
            name='proposed_limit',
            field=core.fields.MoneyField(decimal_places=2, max_digits=18, null=True, verbose_name='proposed limit'),
        ),
        migrations.AddField(
            model_name='reviewcase',
            name='proposed_rate',
            field=core.fields.RateField(decimal_places=10, max_digits=14, null=True, verbose_name='proposed annual rate'),
        ),
        migrations.AddField(
            model_name='reviewcase',
            name='proposed_reasons',
            field=models.JSONField(default=list, verbose_name='reasons of the proposal'),
        ),
        migrations.AlterField(
            model_name='reviewcase',
            name='status',
            field=django_fsm.FSMField(choices=[('open', 'open'), ('claimed', 'claimed'), ('proposed', 'waits for a second officer'), ('approved', 'approved'), ('declined', 'declined')], db_index=True, default='open', max_length=50, protected=True, verbose_name='status'),
        ),
        migrations.AddConstraint(
            model_name='reviewcase',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ('open', 'claimed', 'proposed', 'approved', 'declined'))), name='risk_review_case_status'),
        ),
        migrations.AddConstraint(
            model_name='reviewcase',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['open', 'claimed', 'proposed']), ('final_decision__isnull', False), _connector='XOR'), name='risk_review_case_decided'),
        ),
        migrations.AddConstraint(
            model_name='reviewcase',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'proposed'), _negated=True), ('proposed_limit__isnull', False), _connector='OR'), name='risk_review_case_proposal'),
        ),
    ]
