from django.urls import path

from config import portal

urlpatterns = [path("", portal.home, name="home")]
