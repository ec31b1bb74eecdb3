from decimal import Decimal

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

import core.fields

# No funder's share of a loan is under 30 %, ours included (domain rules, Limits): the partners together take 70 % at most.
OUR_SHARE = """
CREATE FUNCTION lending_keep_our_share() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT sum(share) FROM lending_agreementshare WHERE agreement_id = NEW.agreement_id) > 0.7 THEN
        RAISE EXCEPTION 'the partners of an agreement take more than 70 percent together'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'lending_our_smallest_share';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER lending_our_smallest_share AFTER INSERT OR UPDATE ON lending_agreementshare
    FOR EACH ROW EXECUTE FUNCTION lending_keep_our_share();
"""
WITHOUT_OUR_SHARE = """
DROP TRIGGER lending_our_smallest_share ON lending_agreementshare;
DROP FUNCTION lending_keep_our_share;
"""
SHARES_OF_BEFORE = """
INSERT INTO lending_agreementshare (agreement_id, partner_id, share, servicing_fee)
SELECT id, partner_id, partner_share, 0 FROM lending_fundingagreement
"""
# A loan's shares are written once: only here is a column added to those that stand.
INCOME_AS_PRINCIPAL = """
ALTER TABLE lending_loanfunding DISABLE TRIGGER lending_loanfunding_append_only;
UPDATE lending_loanfunding SET income_share = share;
ALTER TABLE lending_loanfunding ENABLE TRIGGER lending_loanfunding_append_only;
"""
# What partners were asked before, they were asked by their own agreement, at the customer's rate.
ASKED_BEFORE = """
UPDATE lending_participation AS asked SET partner_rate = loan.annual_rate, agreement_id = (
    SELECT min(agreement.id) FROM lending_fundingagreement AS agreement
    JOIN lending_agreementshare AS share ON share.agreement_id = agreement.id
    WHERE share.partner_id = asked.partner_id AND agreement.product_code = loan.frozen_terms ->> 'product')
FROM lending_loan AS loan WHERE loan.id = asked.loan_id
"""
RELEASES_BY_PARTICIPATION = """
UPDATE core_work SET key = asked.serial
FROM lending_participation AS asked JOIN lending_loan AS loan ON loan.id = asked.loan_id
WHERE core_work.kind = 'release_partner' AND core_work.state <> 'done' AND core_work.key = loan.serial
"""
AT_ONCE = "SET CONSTRAINTS ALL IMMEDIATE"


class Migration(migrations.Migration):
    """Several agreements, asked in order, each with one partner or more that have rates and fees of their own."""

    dependencies = [
        ("lending", "0015_month_end_loan_unchecked"),
        ("core", "0005_transitions_by_time"),
    ]

    operations = [
        migrations.CreateModel(
            name="AgreementShare",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("share", core.fields.RateField(decimal_places=10, max_digits=14, verbose_name="partner's share")),
                (
                    "partner_rate",
                    core.fields.RateField(
                        blank=True, decimal_places=10, max_digits=14, null=True, verbose_name="partner's own annual rate"
                    ),
                ),
                (
                    "servicing_fee",
                    core.fields.RateField(
                        decimal_places=10, default=Decimal("0"), max_digits=14, verbose_name="servicing fee"
                    ),
                ),
                (
                    "agreement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="shares",
                        to="lending.fundingagreement",
                        verbose_name="funding agreement",
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="lending.funder",
                        verbose_name="funding partner",
                    ),
                ),
            ],
            options={"verbose_name": "partner's share", "verbose_name_plural": "partners' shares", "ordering": ["pk"]},
        ),
        migrations.RunSQL(SHARES_OF_BEFORE, migrations.RunSQL.noop),
        migrations.RunSQL(AT_ONCE, AT_ONCE),
        migrations.RemoveConstraint(model_name="fundingagreement", name="lending_smallest_share"),
        migrations.RemoveField(model_name="fundingagreement", name="partner"),
        migrations.RemoveField(model_name="fundingagreement", name="partner_share"),
        migrations.AlterField(
            model_name="agreementshare",
            name="partner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="agreements",
                to="lending.funder",
                verbose_name="funding partner",
            ),
        ),
        migrations.AddConstraint(
            model_name="agreementshare",
            constraint=models.UniqueConstraint(
                fields=("agreement", "partner"), name="lending_agreement_partner_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="agreementshare",
            constraint=models.CheckConstraint(
                condition=Q(share__gte="0.3", share__lte="0.7"), name="lending_smallest_share"
            ),
        ),
        migrations.AddConstraint(
            model_name="agreementshare",
            constraint=models.CheckConstraint(
                condition=Q(servicing_fee__gte=0, servicing_fee__lt=1)
                & (Q(partner_rate__isnull=True) | Q(partner_rate__gte=0)),
                name="lending_partner_conditions",
            ),
        ),
        migrations.RunSQL(OUR_SHARE, WITHOUT_OUR_SHARE),
        migrations.AlterModelOptions(
            name="fundingagreement",
            options={
                "ordering": ["product_code", "priority", "pk"],
                "verbose_name": "funding agreement",
                "verbose_name_plural": "funding agreements",
            },
        ),
        migrations.AddField(
            model_name="fundingagreement",
            name="priority",
            field=models.PositiveSmallIntegerField(default=1, verbose_name="asked in this order"),
        ),
        migrations.AddField(
            model_name="fundingagreement",
            name="regions",
            field=models.JSONField(blank=True, default=list, verbose_name="regions"),
        ),
        migrations.AddField(
            model_name="fundingagreement",
            name="fallback",
            field=models.CharField(
                choices=[("next", "ask the next agreement's partners"), ("direct", "fund it alone")],
                default="next",
                max_length=10,
                verbose_name="if not taken",
            ),
        ),
        migrations.AddField(
            model_name="funder",
            name="tier_1_capital",
            field=core.fields.MoneyField(
                blank=True, decimal_places=2, max_digits=18, null=True, verbose_name="our tier-1 capital"
            ),
        ),
        migrations.AddField(
            model_name="funder",
            name="loans_elsewhere",
            field=core.fields.MoneyField(
                decimal_places=2, default=Decimal("0"), max_digits=18, verbose_name="our loans outside this platform"
            ),
        ),
        migrations.AddField(
            model_name="loanfunding",
            name="income_share",
            field=core.fields.RateField(
                decimal_places=10, default=Decimal("0"), max_digits=14, verbose_name="share of the income"
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="loanfunding",
            name="servicing_fee",
            field=core.fields.RateField(
                decimal_places=10, default=Decimal("0"), max_digits=14, verbose_name="servicing fee"
            ),
        ),
        migrations.RunSQL(INCOME_AS_PRINCIPAL, migrations.RunSQL.noop),
        migrations.RunSQL(AT_ONCE, AT_ONCE),
        migrations.AddConstraint(
            model_name="loanfunding",
            constraint=models.CheckConstraint(
                condition=Q(income_share__gte=0, income_share__lte=1, servicing_fee__gte=0, servicing_fee__lt=1),
                name="lending_income_share_range",
            ),
        ),
        migrations.AlterModelOptions(
            name="participation",
            options={"ordering": ["pk"], "verbose_name": "participation", "verbose_name_plural": "participations"},
        ),
        migrations.AlterField(
            model_name="participation",
            name="loan",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="participations",
                to="lending.loan",
                verbose_name="loan",
            ),
        ),
        migrations.AddField(
            model_name="participation",
            name="agreement",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="lending.fundingagreement",
                verbose_name="funding agreement",
            ),
        ),
        migrations.AddField(
            model_name="participation",
            name="partner_rate",
            field=core.fields.RateField(
                decimal_places=10, default=Decimal("0"), max_digits=14, verbose_name="partner's own annual rate"
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="participation",
            name="servicing_fee",
            field=core.fields.RateField(
                decimal_places=10, default=Decimal("0"), max_digits=14, verbose_name="servicing fee"
            ),
        ),
        migrations.RunSQL(ASKED_BEFORE, migrations.RunSQL.noop),
        migrations.RunSQL(RELEASES_BY_PARTICIPATION, migrations.RunSQL.noop),
        migrations.RunSQL(AT_ONCE, AT_ONCE),
        migrations.AlterField(
            model_name="participation",
            name="agreement",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="lending.fundingagreement",
                verbose_name="funding agreement",
            ),
        ),
        migrations.AddConstraint(
            model_name="participation",
            constraint=models.UniqueConstraint(
                fields=("loan", "agreement", "partner"), name="lending_partner_asked_once"
            ),
        ),
    ]
