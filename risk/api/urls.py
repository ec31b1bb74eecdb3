from django.urls import path

from risk.api import views

urlpatterns = [path("decisions/", views.Decisions.as_view(), name="api-decisions")]
