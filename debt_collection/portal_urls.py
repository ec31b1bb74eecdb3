from django.urls import path

from debt_collection import portal

urlpatterns = [path("help/<serial:serial>/", portal.help_offer, name="help-offer")]
