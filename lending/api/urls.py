from django.urls import path

from lending.api import views
from lending.api.calculations import Calculations

urlpatterns = [
    path("calculations/", Calculations.as_view(), name="api-calculations"),
    path("products/", views.Products.as_view(), name="api-products"),
    path("applications/", views.Applications.as_view(), name="api-applications"),
    path("applications/<serial:serial>/", views.ApplicationDetail.as_view(), name="api-application"),
    path("applications/<serial:serial>/withdrawal/", views.Withdrawal.as_view(), name="api-withdrawal"),
    path("applications/<serial:serial>/review/", views.Review.as_view(), name="api-review"),
    path("applications/<serial:serial>/offer/", views.Offer.as_view(), name="api-offer"),
    path("applications/<serial:serial>/offer/opened/", views.OfferOpened.as_view(), name="api-offer-opened"),
    path("applications/<serial:serial>/confirmation/", views.Confirmation.as_view(), name="api-confirmation"),
    path("loans/", views.Loans.as_view(), name="api-loans"),
    path("loans/<serial:serial>/", views.LoanDetail.as_view(), name="api-loan"),
    path("loans/<serial:serial>/repayments/", views.Repayments.as_view(), name="api-repayments"),
    path("loans/<serial:serial>/repayments/preview/", views.RepaymentPreview.as_view(), name="api-repayment-preview"),
    path("loans/<serial:serial>/repayments/<serial:repayment>/", views.RepaymentDetail.as_view(), name="api-repayment"),
]
