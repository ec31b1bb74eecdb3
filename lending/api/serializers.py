from decimal import Decimal

from rest_framework import serializers

from core import clock
from lending import standing
from lending.models import Instalment, Loan, LoanApplication, LoanEvent, Product, Repayment
from risk import reasons


class ProductSerializer(serializers.ModelSerializer):
    name = serializers.CharField()

    class Meta:
        model = Product
        fields = [
            *("code", "version", "name", "minimum_amount", "maximum_amount", "terms_months", "methods"),
            *("minimum_rate", "maximum_rate", "penalty_factor", "cost_cap", "grace_days"),
        ]


class ApplySerializer(serializers.Serializer):
    product = serializers.CharField(max_length=40, default="consumer")
    amount = serializers.DecimalField(max_digits=14, decimal_places=2)
    term_months = serializers.IntegerField()
    method = serializers.CharField(
        max_length=20, default="", help_text="one of the product's methods; without it, the first"
    )
    purpose = serializers.CharField(max_length=30)
    employment = serializers.CharField(max_length=20)
    employment_years = serializers.IntegerField()
    housing = serializers.CharField(max_length=20)
    monthly_income = serializers.DecimalField(max_digits=14, decimal_places=2)
    monthly_expenses = serializers.DecimalField(max_digits=14, decimal_places=2)
    monthly_debt = serializers.DecimalField(max_digits=14, decimal_places=2, default=Decimal(0))
    home_address = serializers.CharField(max_length=200, default="", allow_blank=True)
    employer = serializers.CharField(max_length=200, default="", allow_blank=True)
    contact_mobile = serializers.CharField(
        max_length=20, default="", allow_blank=True, help_text="compared with other applications, never called"
    )


class ApplicationSerializer(serializers.ModelSerializer):
    product = serializers.CharField(source="product.code")
    reasons = serializers.SerializerMethodField(help_text="why it was declined, in the language asked for")
    loan = serializers.SerializerMethodField(help_text="the loan's serial number, once confirmed")

    class Meta:
        model = LoanApplication
        fields = [
            *(
                "serial",
                "product",
                "status",
                "amount",
                "term_months",
                "method",
                "purpose",
                "decision_serial",
                "reasons",
            ),
            *("offered_amount", "annual_rate", "offer_expires_at", "submitted_at", "confirmed_at", "loan"),
        ]

    def get_reasons(self, application: LoanApplication) -> list[str]:
        return reasons.for_customer(application.reasons)

    def get_loan(self, application: LoanApplication) -> str | None:
        if application.confirmed_at is None:
            return None
        return Loan.objects.values_list("serial", flat=True).get(application=application)


class RowSerializer(serializers.Serializer):
    no = serializers.IntegerField()
    due_date = serializers.DateField(source="due")
    principal = serializers.DecimalField(max_digits=18, decimal_places=2)
    interest = serializers.DecimalField(max_digits=18, decimal_places=2)
    total = serializers.DecimalField(max_digits=18, decimal_places=2)
    balance = serializers.DecimalField(max_digits=18, decimal_places=2)


class CostItemSerializer(serializers.Serializer):
    name = serializers.CharField()
    annual_rate = serializers.DecimalField(max_digits=8, decimal_places=4)
    payee = serializers.CharField()
    amount = serializers.DecimalField(max_digits=18, decimal_places=2, allow_null=True)


class OfferSerializer(serializers.Serializer):
    """The cost disclosure sheet, the schedule and the contract of an offer."""

    application = serializers.CharField(source="application.serial")
    annual_rate = serializers.DecimalField(max_digits=8, decimal_places=4, source="quote.annual_rate")
    apr = serializers.DecimalField(
        max_digits=8, decimal_places=4, source="quote.apr", help_text="monthly IRR x 12, all costs included"
    )
    effective_apr = serializers.DecimalField(
        max_digits=8, decimal_places=4, source="quote.effective_apr", help_text="the same, compounded"
    )
    principal = serializers.DecimalField(max_digits=18, decimal_places=2, source="quote.principal")
    costs = CostItemSerializer(many=True, source="quote.costs")
    contingent_costs = CostItemSerializer(many=True, source="quote.contingent_costs")
    no_other_cost = serializers.CharField(source="quote.no_other_cost")
    total_interest = serializers.DecimalField(max_digits=18, decimal_places=2, source="quote.schedule.total_interest")
    total = serializers.DecimalField(max_digits=18, decimal_places=2, source="quote.schedule.total")
    schedule = RowSerializer(many=True, source="quote.schedule.rows")
    contract = serializers.CharField()
    expires_at = serializers.DateTimeField(source="application.offer_expires_at")
    seconds_to_read = serializers.IntegerField()


class InstalmentSerializer(serializers.ModelSerializer):
    total = serializers.DecimalField(max_digits=18, decimal_places=2)

    class Meta:
        model = Instalment
        fields = [
            *("no", "due_date", "principal", "interest", "total", "balance", "penalty"),
            *("paid_principal", "paid_interest", "paid_penalty", "waived_interest", "waived_penalty"),
        ]


class EventSerializer(serializers.ModelSerializer):
    class Meta:
        model = LoanEvent
        fields = ["no", "kind", "business_date", "value_date", "amount", "details", "reference", "recorded_at"]


class LoanSerializer(serializers.ModelSerializer):
    application = serializers.CharField(source="application.serial")
    rate_in_force = serializers.DecimalField(
        max_digits=8,
        decimal_places=4,
        read_only=True,
        help_text="the contract's annual rate, or what it was lowered to",
    )

    class Meta:
        model = Loan
        fields = [
            *("serial", "application", "status", "principal", "annual_rate", "rate_in_force", "term_months"),
            *(
                "value_date",
                "maturity_date",
                "outstanding_principal",
                "dpd",
                "payout_order",
                "confirmed_at",
                "received_at",
            ),
        ]


class LoanDetailSerializer(LoanSerializer):
    due_now = serializers.SerializerMethodField(help_text="what is due up to today and unpaid, yuan")
    payoff_now = serializers.SerializerMethodField(help_text="what settles the loan today, yuan")
    schedule = InstalmentSerializer(source="instalments", many=True)
    events = EventSerializer(many=True)

    class Meta(LoanSerializer.Meta):
        fields = [*LoanSerializer.Meta.fields, "due_now", "payoff_now", "schedule", "events"]

    def get_due_now(self, loan: Loan) -> str:
        return f"{standing.owed_on(loan, clock.today()).due:.2f}"

    def get_payoff_now(self, loan: Loan) -> str:
        return f"{standing.owed_on(loan, clock.today()).payoff:.2f}"


class RepaySerializer(serializers.Serializer):
    amount = serializers.DecimalField(max_digits=14, decimal_places=2)
    strategy = serializers.ChoiceField(
        choices=Repayment.Strategy.choices,
        required=False,
        default="",
        help_text="what paying more than is due does: needed between what is due and the payoff",
    )


class RepaymentPreviewSerializer(serializers.Serializer):
    before = RowSerializer(many=True)
    after = RowSerializer(many=True)
    saved = serializers.DecimalField(max_digits=18, decimal_places=2, help_text="interest saved, yuan")


class RepaymentSerializer(serializers.ModelSerializer):
    loan = serializers.CharField(source="loan.serial")

    class Meta:
        model = Repayment
        fields = ["serial", "loan", "kind", "status", "amount", "strategy", "order", "failure", "asked_at"]
