from rest_framework import serializers

from risk import reasons
from risk.models import Decision


class DecisionSerializer(serializers.ModelSerializer):
    """A decision as its customer sees it: the answer, its reasons, and whether a person made it."""

    explanation = serializers.SerializerMethodField()
    by_machine = serializers.BooleanField()

    class Meta:
        model = Decision
        fields = ["serial", "reference", "outcome", "limit", "annual_rate", "explanation", "by_machine", "decided_at"]

    def get_explanation(self, decision: Decision) -> list[str]:
        """The reasons as sentences, in the language asked for."""
        return reasons.for_customer(decision.reasons)
