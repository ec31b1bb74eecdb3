from django.urls import path

from accounts.api import views

urlpatterns = [
    path("sign-in/codes/", views.SignInCodes.as_view(), name="api-sign-in-codes"),
    path("sign-in/", views.SignIn.as_view(), name="api-sign-in"),
    path("sign-in/token/", views.CurrentToken.as_view(), name="api-token"),
    path("me/", views.Me.as_view(), name="api-me"),
    path("consent-texts/", views.ConsentTexts.as_view(), name="api-consent-texts"),
    path("consents/", views.Consents.as_view(), name="api-consents"),
    path("consents/<int:consent_id>/", views.ConsentDetail.as_view(), name="api-consent"),
    path("identity/verify/", views.VerifyIdentity.as_view(), name="api-identity-verify"),
    path("cards/", views.Cards.as_view(), name="api-cards"),
    path("documents/", views.Documents.as_view(), name="api-documents"),
    path("documents/<serial:serial>/", views.DocumentDetail.as_view(), name="api-document"),
    path("messages/", views.Messages.as_view(), name="api-messages"),
    path("messages/<serial:serial>/read/", views.MessageRead.as_view(), name="api-message-read"),
]
