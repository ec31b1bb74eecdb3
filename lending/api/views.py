"""The REST endpoints of lending: each reads the request, makes one call, and shows the result."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.permissions import IsCustomer, customer_of
from accounts.origin import Channel
from core import clock
from core.api import IDEMPOTENCY_HEADER, once
from lending import applications, confirmations, loans, offers, products, repayments
from lending.api import serializers as forms
from lending.models import LoanApplication
from risk.facts import Declared, Whereabouts


def _valid(form: type[serializers.Serializer], request: Request) -> dict[str, Any]:
    filled = form(data=request.data)
    filled.is_valid(raise_exception=True)
    return filled.validated_data


class Products(generics.ListAPIView):
    """What may be applied for today."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    serializer_class = forms.ProductSerializer

    @extend_schema(tags=["loans"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> Any:
        return products.in_force(clock.today())


class Applications(APIView):
    """The customer's applications. Submitting honours an Idempotency-Key."""

    permission_classes = (IsCustomer,)

    @extend_schema(responses=forms.ApplicationSerializer(many=True), tags=["loans"])
    def get(self, request: Request) -> Response:
        mine = LoanApplication.objects.filter(customer=customer_of(request)).select_related("product").order_by("-id")
        return Response(forms.ApplicationSerializer(mine, many=True).data)

    @extend_schema(request=forms.ApplySerializer, responses={201: forms.ApplicationSerializer}, tags=["loans"])
    def post(self, request: Request) -> Response:
        asked = _valid(forms.ApplySerializer, request)
        customer = customer_of(request)
        product, amount = asked.pop("product"), asked.pop("amount")
        term_months, purpose, method = (asked.pop(name) for name in ("term_months", "purpose", "method"))
        whereabouts = Whereabouts(**{name: asked.pop(name) for name in ("home_address", "employer", "contact_mobile")})

        def action() -> tuple[int, Any]:
            application = applications.submit(
                customer=customer,
                product_code=product,
                amount=amount,
                term_months=term_months,
                purpose=purpose,
                method=method,
                declared=Declared(**asked),
                whereabouts=whereabouts,
            )
            return status.HTTP_201_CREATED, forms.ApplicationSerializer(application).data

        return once(request, scope=customer.serial, action=action)


class ApplicationDetail(APIView):
    """One application: how it stands."""

    permission_classes = (IsCustomer,)

    @extend_schema(responses=forms.ApplicationSerializer, tags=["loans"])
    def get(self, request: Request, serial: str) -> Response:
        return Response(forms.ApplicationSerializer(applications.find(customer_of(request), serial)).data)


class Withdrawal(APIView):
    """Withdraws an application."""

    permission_classes = (IsCustomer,)

    @extend_schema(request=None, responses=forms.ApplicationSerializer, tags=["loans"])
    def post(self, request: Request, serial: str) -> Response:
        application = applications.withdraw(customer=customer_of(request), serial=serial)
        return Response(forms.ApplicationSerializer(application).data)


class Review(APIView):
    """Asks for a person to decide, after the machine declined."""

    permission_classes = (IsCustomer,)

    @extend_schema(request=None, responses=forms.ApplicationSerializer, tags=["loans"])
    def post(self, request: Request, serial: str) -> Response:
        application = applications.ask_for_person(customer=customer_of(request), serial=serial)
        return Response(forms.ApplicationSerializer(application).data)


class Offer(APIView):
    """The offer of an approved application: cost disclosure sheet, schedule and contract."""

    permission_classes = (IsCustomer,)

    @extend_schema(responses=forms.OfferSerializer, tags=["loans"])
    def get(self, request: Request, serial: str) -> Response:
        return Response(forms.OfferSerializer(offers.of(customer_of(request), serial)).data)


class OfferOpened(APIView):
    """Says that the costs are being shown: the forced reading time begins."""

    permission_classes = (IsCustomer,)

    @extend_schema(request=None, responses=forms.OfferSerializer, tags=["loans"])
    def post(self, request: Request, serial: str) -> Response:
        customer = customer_of(request)
        confirmations.open_offer(customer=customer, serial=serial)
        return Response(forms.OfferSerializer(offers.of(customer, serial)).data)


class Confirmation(APIView):
    """Takes the offer. A repetition answers with the same loan."""

    permission_classes = (IsCustomer,)

    @extend_schema(request=None, responses={201: forms.LoanSerializer}, tags=["loans"])
    def post(self, request: Request, serial: str) -> Response:
        loan = confirmations.confirm(customer=customer_of(request), serial=serial, channel=Channel.API)
        return Response(forms.LoanSerializer(loan).data, status=status.HTTP_201_CREATED)


class Loans(generics.ListAPIView):
    """The customer's loans, the newest first."""

    permission_classes = (IsCustomer,)
    serializer_class = forms.LoanSerializer

    @extend_schema(tags=["loans"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> Any:
        return loans.of_customer(customer_of(self.request))


class LoanDetail(APIView):
    """One loan: schedule, events, balances."""

    permission_classes = (IsCustomer,)

    @extend_schema(responses=forms.LoanDetailSerializer, tags=["loans"])
    def get(self, request: Request, serial: str) -> Response:
        return Response(forms.LoanDetailSerializer(loans.find(customer_of(request), serial)).data)


class Repayments(APIView):
    """Repays what is due, or more, up to the payoff. Honours an Idempotency-Key."""

    permission_classes = (IsCustomer,)

    @extend_schema(request=forms.RepaySerializer, responses={201: forms.RepaymentSerializer}, tags=["loans"])
    def post(self, request: Request, serial: str) -> Response:
        asked = _valid(forms.RepaySerializer, request)
        customer = customer_of(request)

        def action() -> tuple[int, Any]:
            key = request.headers.get(IDEMPOTENCY_HEADER, "")
            repayment = repayments.ask(customer=customer, loan_serial=serial, request_key=key, **asked)
            return status.HTTP_201_CREATED, forms.RepaymentSerializer(repayment).data

        return once(request, scope=customer.serial, action=action)


class RepaymentPreview(APIView):
    """What paying an amount today would change: the instalments to come, before and after. Nothing is changed."""

    permission_classes = (IsCustomer,)

    @extend_schema(request=forms.RepaySerializer, responses=forms.RepaymentPreviewSerializer, tags=["loans"])
    def post(self, request: Request, serial: str) -> Response:
        loan = loans.find(customer_of(request), serial)
        shown = repayments.preview(loan=loan, **_valid(forms.RepaySerializer, request))
        return Response(forms.RepaymentPreviewSerializer(shown).data)


class RepaymentDetail(APIView):
    """One repayment: how it stands."""

    permission_classes = (IsCustomer,)

    @extend_schema(responses=forms.RepaymentSerializer, tags=["loans"])
    def get(self, request: Request, serial: str, repayment: str) -> Response:
        return Response(forms.RepaymentSerializer(repayments.find(customer_of(request), serial, repayment)).data)
