"""Routes of billing."""

from django.urls import path

from gasthof.slices.billing.papers import KINDS
from gasthof.slices.billing.views import customers, house, pictures, proformas

app_name = "billing"
urlpatterns = [
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
