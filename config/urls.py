"""Every address of the house: portal, API, callbacks, admin."""

from importlib.util import find_spec

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerView

from core.health import healthz


def _room(prefix: str, module: str) -> list[URLPattern | URLResolver]:
    """TEMPORARY while the rooms are built: an absent module is left out."""
    try:
        found = find_spec(module)
    except ModuleNotFoundError:
        found = None
    return [path(prefix, include(module))] if found else []


api = [
    *_room("", "accounts.api.urls"),
    *_room("", "risk.api.urls"),
    *_room("", "lending.api.urls"),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerView.as_view(), name="api-docs"),
    path("redoc/", SpectacularRedocView.as_view(), name="api-redoc"),
]

urlpatterns = [
    path("healthz", healthz),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
    path("api/v1/", include(api)),
    *_room("callbacks/", "payments.api.urls"),
    *_room("", "config.portal_urls"),
    *_room("", "accounts.portal_urls"),
    *_room("", "lending.portal_urls"),
]
