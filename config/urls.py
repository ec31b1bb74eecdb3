"""Every address of the house: portal, API, callbacks, admin."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerView

from core.health import healthz
from risk.api.sharing import query as sharing_query

api: list[URLPattern | URLResolver] = [
    path("", include("accounts.api.urls")),
    path("", include("risk.api.urls")),
    path("", include("lending.api.urls")),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerView.as_view(), name="api-docs"),
    path("redoc/", SpectacularRedocView.as_view(), name="api-redoc"),
]

urlpatterns = [
    path("healthz", healthz),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
    path("api/v1/", include(api)),
    path("callbacks/", include("payments.api.urls")),
    path("sharing/queries/", sharing_query, name="sharing-query"),
    path("", include("config.portal_urls")),
    path("", include("accounts.portal_urls")),
    path("", include("lending.portal_urls")),
    path("", include("debt_collection.portal_urls")),
]

handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"
