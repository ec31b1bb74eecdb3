"""The REST endpoints of accounts: each reads the request, makes one call, and shows the result."""

from dataclasses import replace
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import consents, customers, device_signs, documents, identity, messages, signin, tokens
from accounts.api import serializers as forms
from accounts.api.permissions import IsCustomer, customer_of
from accounts.models import ApiToken
from accounts.origin import Channel, Origin, origin_of
from core.api import once


def _valid(form: type[serializers.Serializer], request: Request) -> dict[str, Any]:
    filled = form(data=request.data)
    filled.is_valid(raise_exception=True)
    return filled.validated_data


def _origin(request: Request) -> Origin:
    return origin_of(request._request, Channel.API)


class SignInCodes(APIView):
    """Asks for a sign-in code by SMS."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(request=forms.MobileSerializer, responses={204: None}, tags=["sign-in"])
    def post(self, request: Request) -> Response:
        signin.send_code(mobile=_valid(forms.MobileSerializer, request)["mobile"], origin=_origin(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class SignIn(APIView):
    """Signs in, and registers whoever is new."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(request=forms.SignInSerializer, responses={201: forms.TokenSerializer}, tags=["sign-in"])
    def post(self, request: Request) -> Response:
        given = _valid(forms.SignInSerializer, request)
        report, proof = given.pop("device", {}), given.pop("proof", None)
        signs = device_signs.of_report(report, agent=request.headers.get("User-Agent", ""))
        signed_in = signin.verify_code(
            **given,
            origin=replace(_origin(request), signs=signs),
            proof=identity.clean_elements(**proof) if proof else None,
        )
        text, token = tokens.issue(user=signed_in.user)
        body = {
            "token": text,
            "expires_at": token.expires_at,
            "customer": signed_in.customer.serial,
            "registered": signed_in.registered,
        }
        return Response(forms.TokenSerializer(body).data, status=status.HTTP_201_CREATED)


class CurrentToken(APIView):
    """Signs out."""

    permission_classes = (IsCustomer,)

    @extend_schema(request=None, responses={204: None}, tags=["sign-in"])
    def delete(self, request: Request) -> Response:
        assert isinstance(request.auth, ApiToken)
        tokens.revoke(token=request.auth)
        return Response(status=status.HTTP_204_NO_CONTENT)


class Me(APIView):
    """The customer's own profile, masked."""

    permission_classes = (IsCustomer,)

    @extend_schema(responses=forms.ProfileSerializer, tags=["me"])
    def get(self, request: Request) -> Response:
        return Response(forms.ProfileSerializer(customer_of(request)).data)

    @extend_schema(request=forms.LanguageSerializer, responses=forms.ProfileSerializer, tags=["me"])
    def put(self, request: Request) -> Response:
        customers.choose_language(customer=customer_of(request), **_valid(forms.LanguageSerializer, request))
        return Response(forms.ProfileSerializer(customer_of(request)).data)


class ConsentTexts(APIView):
    """What the customer is asked to agree to, and which of it is agreed to."""

    permission_classes = (IsCustomer,)

    @extend_schema(responses=forms.ConsentTextSerializer(many=True), tags=["consents"])
    def get(self, request: Request) -> Response:
        given = dict(consents.active(customer_of(request)).values_list("text_id", "pk"))
        texts = consents.current_texts()
        return Response(forms.ConsentTextSerializer(texts, many=True, context={"given": given}).data)


class Consents(APIView):
    """Agrees to texts. Agreeing again is harmless."""

    permission_classes = (IsCustomer,)

    @extend_schema(
        request=forms.GiveConsentsSerializer,
        responses={201: forms.ConsentSerializer(many=True)},
        tags=["consents"],
    )
    def post(self, request: Request) -> Response:
        texts = _valid(forms.GiveConsentsSerializer, request)["texts"]
        given = consents.give(customer=customer_of(request), text_ids=texts, origin=_origin(request))
        return Response(forms.ConsentSerializer(given, many=True).data, status=status.HTTP_201_CREATED)


class ConsentDetail(APIView):
    """Withdraws a consent."""

    permission_classes = (IsCustomer,)

    @extend_schema(request=None, responses=forms.ConsentSerializer, tags=["consents"])
    def delete(self, request: Request, consent_id: int) -> Response:
        consent = consents.withdraw(customer=customer_of(request), consent_id=consent_id, origin=_origin(request))
        return Response(forms.ConsentSerializer(consent).data)


class VerifyIdentity(APIView):
    """Real-name verification. Honours an Idempotency-Key."""

    permission_classes = (IsCustomer,)

    @extend_schema(
        request=forms.FourElementsSerializer,
        responses={200: forms.IdentityCheckSerializer},
        tags=["identity"],
    )
    def post(self, request: Request) -> Response:
        elements = _valid(forms.FourElementsSerializer, request)
        customer = customer_of(request)

        def action() -> tuple[int, Any]:
            check = identity.verify(customer=customer, **elements)
            return status.HTTP_200_OK, forms.IdentityCheckSerializer(check).data

        return once(request, scope=customer.serial, action=action)


class Cards(generics.ListAPIView):
    """The customer's verified bank cards."""

    permission_classes = (IsCustomer,)
    serializer_class = forms.BankCardSerializer

    @extend_schema(tags=["identity"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> Any:
        return customer_of(self.request).cards.order_by("id")


class Documents(APIView):
    """The customer's documents. The same file sent again is the same document."""

    permission_classes = (IsCustomer,)
    parser_classes = (MultiPartParser,)

    @extend_schema(responses=forms.DocumentSerializer(many=True), tags=["documents"])
    def get(self, request: Request) -> Response:
        return Response(forms.DocumentSerializer(customer_of(request).documents.order_by("id"), many=True).data)

    @extend_schema(
        request={"multipart/form-data": forms.UploadSerializer},
        responses={201: forms.DocumentSerializer},
        tags=["documents"],
    )
    def post(self, request: Request) -> Response:
        upload = _valid(forms.UploadSerializer, request)
        document = documents.store(customer=customer_of(request), kind=upload["kind"], upload=upload["file"])
        return Response(forms.DocumentSerializer(document).data, status=status.HTTP_201_CREATED)


class DocumentDetail(APIView):
    """One document: how its reading stands."""

    permission_classes = (IsCustomer,)

    @extend_schema(responses=forms.DocumentSerializer, tags=["documents"])
    def get(self, request: Request, serial: str) -> Response:
        return Response(forms.DocumentSerializer(documents.find(customer_of(request), serial)).data)


class Messages(APIView):
    """What we told the customer, the newest first."""

    permission_classes = (IsCustomer,)

    @extend_schema(responses=forms.MessageSerializer(many=True), tags=["messages"])
    def get(self, request: Request) -> Response:
        newest = customer_of(request).messages.order_by("-id")[:100]
        return Response(forms.MessageSerializer(newest, many=True).data)


class MessageRead(APIView):
    """Notes that a message was opened."""

    permission_classes = (IsCustomer,)

    @extend_schema(request=None, responses=forms.MessageSerializer, tags=["messages"])
    def post(self, request: Request, serial: str) -> Response:
        return Response(forms.MessageSerializer(messages.mark_read(customer=customer_of(request), serial=serial)).data)
