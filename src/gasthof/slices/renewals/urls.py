"""Routes of prices."""

from django.urls import path

from gasthof.slices.renewals import views

app_name = "renewals"
urlpatterns = [
    path("services/<int:service>/price", views.agree, name="agree"),
    path("services/<int:service>/price/drop", views.end_agreement, name="end_agreement"),
    path("prices/", views.prices, name="prices"),
    path("prices/set", views.set_price, name="set_price"),
    path("prices/<str:price>/", views.change, name="change"),
    path("prices/<str:price>/drop", views.drop, name="drop"),
]
