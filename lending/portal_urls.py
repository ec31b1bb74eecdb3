from django.urls import path

from lending import portal

urlpatterns = [
    path("apply/", portal.apply, name="apply"),
    path("applications/<str:serial>/", portal.application, name="application"),
    path("applications/<str:serial>/state/", portal.application_state, name="application-state"),
    path("applications/<str:serial>/costs/", portal.cost_sheet, name="cost-sheet"),
    path("applications/<str:serial>/contract/", portal.contract, name="contract"),
    path("loans/", portal.all_loans, name="loans"),
    path("loans/<str:serial>/", portal.loan, name="loan"),
    path("loans/<str:serial>/state/", portal.loan_state, name="loan-state"),
    path("loans/<str:serial>/contract/", portal.loan_contract, name="loan-contract"),
    path("loans/<str:serial>/repay/", portal.repay, name="repay"),
]
