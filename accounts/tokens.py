"""Bearer tokens of the API: shown once, stored as a keyed hash, ended by time or by signing out."""

import datetime as dt
import secrets

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import ApiToken, User
from core import clock
from core.crypto import token_hash

TOKEN_LIFE = dt.timedelta(hours=12)


@transaction.atomic
def issue(*, user: User) -> tuple[str, ApiToken]:
    """A new token: its text, which nobody can read again, and its row."""
    text = secrets.token_urlsafe(32)
    now = clock.real_now()
    row = ApiToken.objects.create(user=user, token_hash=token_hash(text), created_at=now, expires_at=now + TOKEN_LIFE)
    return text, row


@transaction.atomic
def revoke(*, token: ApiToken) -> None:
    """End a token now. Ending it twice is harmless."""
    ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=clock.real_now())


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>`."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        scheme, _space, text = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer" or not text:
            return None
        found = ApiToken.objects.filter(
            token_hash=token_hash(text.decode(errors="replace")),
            revoked_at__isnull=True,
            expires_at__gt=clock.real_now(),
            user__is_active=True,
        )
        token = found.select_related("user__customer").first()
        if token is None:
            raise AuthenticationFailed(_("You are signed out. Sign in again."))
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class BearerScheme(OpenApiAuthenticationExtension):
    """How the OpenAPI document describes it."""

    target_class = "accounts.tokens.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """The security scheme object."""
        return {"type": "http", "scheme": "bearer"}
