import core.fields
import django.db.models.deletion
import django_fsm
from django.db import migrations, models

from core.append_only import append_only


class Migration(migrations.Migration):
    """Which channel a payout goes through, by rules, and why it went there."""

    dependencies = [
        ('payments', '0009_leaner_postings'),
    ]

    operations = [
        migrations.CreateModel(
            name='RouteChoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('channel', models.CharField(blank=True, max_length=30, verbose_name='channel')),
                ('candidates', models.JSONField(verbose_name='candidates')),
                ('at', models.DateTimeField(verbose_name='chosen (real time)')),
            ],
            options={
                'verbose_name': 'choice of a channel',
                'verbose_name_plural': 'choices of channels',
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='RoutingRules',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(unique=True, verbose_name='version')),
                ('status', django_fsm.FSMField(choices=[('draft', 'draft'), ('proposed', 'proposed'), ('published', 'published')], db_index=True, default='draft', max_length=50, protected=True, verbose_name='status')),
                ('lanes', models.JSONField(default=list, verbose_name='channels')),
                ('failed_try_cost', core.fields.MoneyField(decimal_places=2, max_digits=18, verbose_name='cost of a failed try')),
                ('authors', models.JSONField(default=list, verbose_name='authors')),
            ],
            options={
                'verbose_name': 'routing rules',
                'verbose_name_plural': 'routing rules',
                'permissions': [('draft_routingrules', 'Can draft routing rules'), ('publish_routingrules', 'Can publish routing rules')],
            },
        ),
        migrations.AddIndex(
            model_name='paymentattempt',
            index=models.Index(fields=['channel', '-sent_at'], name='payments_attempt_late'),
        ),
        migrations.AddField(
            model_name='routechoice',
            name='order',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='choices', to='payments.paymentorder', verbose_name='payment order'),
        ),
        migrations.AddConstraint(
            model_name='routingrules',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ('draft', 'proposed', 'published'))), name='payments_routingrules_status'),
        ),
        migrations.AddField(
            model_name='routechoice',
            name='rules',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='payments.routingrules', verbose_name='routing rules'),
        ),
        append_only("payments_routechoice"),
    ]
