"""Routes of card payments."""

from django.urls import path

from gasthof.slices.cards import views

app_name = "cards"
urlpatterns = [
    path("card-payments/", views.payments, name="payments"),
    path("card-payments/<int:payment>/", views.payment, name="payment"),
    path("card-payments/<int:payment>/back", views.back, name="back"),
    path("card-payments/<int:payment>/look", views.look, name="look"),
    path("proformas/<int:proforma>/card", views.begin, name="begin"),
    path("card-network/notifications", views.notifications, name="notifications"),
]
