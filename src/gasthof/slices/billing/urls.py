"""Routes of billing."""

from django.urls import path

from gasthof.slices.billing.papers import KINDS
from gasthof.slices.billing.views import bookings, customers, house, incoming, pictures, proformas

app_name = "billing"
urlpatterns = [
    path("payments/", incoming.waiting, name="waiting"),
    path("payments/upload", incoming.upload, name="upload"),
    path("payments/statements/", incoming.statements, name="statements"),
    path("payments/statements/<int:statement>/", incoming.statement, name="statement"),
    path("payments/cases/", incoming.cases, name="cases"),
    path("payments/proformas/", incoming.proformas, name="proformas"),
    path("payments/bookings/<int:booking>/", bookings.booking, name="booking"),
    path("payments/bookings/<int:booking>/accept/<int:proforma>", bookings.accept, name="accept"),
    path("payments/bookings/<int:booking>/assign", bookings.assign, name="assign"),
    path("payments/bookings/<int:booking>/return", bookings.send_back, name="send_back"),
    path("payments/bookings/<int:booking>/keep", bookings.keep, name="keep"),
    path("payments/bookings/<int:booking>/close", bookings.close_case, name="close_case"),
    path("payments/house", house.set_house, name="house"),
    path("customers/<int:customer>/invoices/", customers.invoices, name="invoices"),
    path("customers/<int:customer>/invoices/receipts", customers.receipts, name="receipts"),
    path("customers/<int:customer>/invoices/payments", customers.payments, name="payments"),
    path("proformas/<int:proforma>/", proformas.proforma, name="proforma"),
    *(path(f"proformas/<int:proforma>/{act}", proformas.act, {"act": act}, name=act) for act in proformas.ACTS),
    path("proformas/<int:proforma>/<str:kind>.svg", pictures.code, name="code"),
    *(
        path(f"proformas/<int:proforma>/{kind}-<str:language>.pdf", pictures.paper, {"kind": kind}, name=f"{kind}_pdf")
        for kind in KINDS
    ),
]
