from django.urls import path

from accounts import portal

urlpatterns = [
    path("sign-in/", portal.sign_in, name="sign-in"),
    path("sign-out/", portal.sign_out, name="sign-out"),
    path("language/", portal.language, name="language"),
    path("consents/", portal.agreements, name="consents"),
    path("consents/<int:consent_id>/withdraw/", portal.withdraw, name="withdraw-consent"),
    path("identity/", portal.real_name, name="identity"),
    path("documents/", portal.papers, name="documents"),
    path("messages/", portal.inbox, name="messages"),
    path("messages/<serial:serial>/", portal.letter, name="message"),
    path("profile/", portal.profile, name="profile"),
]
