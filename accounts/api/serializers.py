from rest_framework import serializers

from accounts.models import BankCard, Consent, ConsentText, Customer, Document, IdentityCheck, Message
from accounts.models.customer import Language


class MobileSerializer(serializers.Serializer):
    mobile = serializers.CharField(max_length=20)


class TokenSerializer(serializers.Serializer):
    token = serializers.CharField()
    expires_at = serializers.DateTimeField()
    customer = serializers.CharField()
    registered = serializers.BooleanField()


class LanguageSerializer(serializers.Serializer):
    language = serializers.ChoiceField(choices=Language.choices)


class ProfileSerializer(serializers.ModelSerializer):
    """The customer's own data, masked: what goes over the line may be seen on the way."""

    name = serializers.CharField(source="masked_name")
    id_number = serializers.CharField(source="masked_id_number")
    mobile = serializers.CharField(source="masked_mobile")
    verified = serializers.BooleanField(source="is_verified")

    class Meta:
        model = Customer
        fields = [
            "serial",
            "name",
            "id_number",
            "mobile",
            "language",
            "verified",
            "verified_at",
            "created_at",
        ]


class ConsentTextSerializer(serializers.ModelSerializer):
    title = serializers.CharField()
    body = serializers.CharField()
    consent = serializers.SerializerMethodField(help_text="the customer's active consent to it, if there is one")

    class Meta:
        model = ConsentText
        fields = ["id", "purpose", "version", "essential", "title", "body", "consent"]

    def get_consent(self, text: ConsentText) -> int | None:
        return self.context["given"].get(text.pk)


class GiveConsentsSerializer(serializers.Serializer):
    texts = serializers.ListField(child=serializers.IntegerField(), allow_empty=False, max_length=20)


class ConsentSerializer(serializers.ModelSerializer):
    purpose = serializers.CharField(source="text.purpose")
    version = serializers.IntegerField(source="text.version")

    class Meta:
        model = Consent
        fields = ["id", "text", "purpose", "version", "given_at", "withdrawn_at"]


class FourElementsSerializer(serializers.Serializer):
    name = serializers.CharField(max_length=60)
    id_number = serializers.CharField(max_length=40)
    card_number = serializers.CharField(max_length=40)
    reserved_mobile = serializers.CharField(max_length=20)


class DeviceReportSerializer(serializers.Serializer):
    """What the client knows of the device it runs on; each may be left out."""

    platform = serializers.CharField(max_length=100, required=False, allow_blank=True)
    renderer = serializers.CharField(max_length=200, required=False, allow_blank=True)
    emulator = serializers.BooleanField(required=False, help_text="the device is an emulator")
    automated = serializers.BooleanField(required=False, help_text="the device is driven by a program")


class SignInSerializer(MobileSerializer):
    code = serializers.CharField(max_length=10)
    device = DeviceReportSerializer(required=False)
    proof = FourElementsSerializer(required=False, help_text="only where the answer was proof_needed")


class IdentityCheckSerializer(serializers.ModelSerializer):
    class Meta:
        model = IdentityCheck
        fields = ["serial", "status", "asked_at", "answered_at"]


class BankCardSerializer(serializers.ModelSerializer):
    bank_name = serializers.CharField()

    class Meta:
        model = BankCard
        fields = ["id", "bank", "bank_name", "last_four", "verified_at"]


class UploadSerializer(serializers.Serializer):
    kind = serializers.ChoiceField(choices=Document.Kind.choices)
    file = serializers.FileField(allow_empty_file=True)


class DocumentSerializer(serializers.ModelSerializer):
    class Meta:
        model = Document
        fields = ["serial", "kind", "status", "content_type", "size", "uploaded_at", "read_at"]


class MessageSerializer(serializers.ModelSerializer):
    class Meta:
        model = Message
        fields = ["serial", "title", "text", "created_at", "read_at"]
