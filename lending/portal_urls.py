from django.urls import path

from lending import portal

urlpatterns = [
    path("apply/", portal.apply, name="apply"),
    path("applications/<serial:serial>/", portal.application, name="application"),
    path("applications/<serial:serial>/state/", portal.application_state, name="application-state"),
    path("applications/<serial:serial>/review/", portal.ask_for_person, name="ask-for-person"),
    path("applications/<serial:serial>/costs/", portal.cost_sheet, name="cost-sheet"),
    path("applications/<serial:serial>/contract/", portal.contract, name="contract"),
    path("loans/", portal.all_loans, name="loans"),
    path("loans/<serial:serial>/", portal.loan, name="loan"),
    path("loans/<serial:serial>/state/", portal.loan_state, name="loan-state"),
    path("loans/<serial:serial>/contract/", portal.loan_contract, name="loan-contract"),
    path("loans/<serial:serial>/repay/", portal.repay, name="repay"),
]
