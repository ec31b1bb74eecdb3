"""Where institutions call us back; mounted at /callbacks/."""

from django.urls import path

from payments.api.views import callback

urlpatterns = [path("<slug:channel>/", callback, name="payment-callback")]
