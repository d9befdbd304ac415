"""Names that nobody can own."""

import pytest
from tests.house import OPERATOR, settle

from gasthof.kernel.actions import perform
from gasthof.kernel.refusal import ActionRefused
from gasthof.kernel.values import DomainName
from gasthof.slices.domains.rules import is_public_suffix


@pytest.mark.parametrize("name", ["co.uk", "or.at", "公司.cn", "xn--55qx5d.cn", "ac.jp"])
def test_names_that_registries_give_out_below(name: str) -> None:
    assert is_public_suffix(DomainName.parse(name))


@pytest.mark.parametrize(
    "name", ["bäckerei-müller.test", "example.co.uk", "xn--bcher-kva.example", "mein.github.io", "github.io"]
)
def test_names_that_people_have(name: str) -> None:
    assert not is_public_suffix(DomainName.parse(name))


@pytest.mark.django_db
def test_nobody_keeps_a_registrys_customers_out() -> None:
    house = settle()
    with pytest.raises(ActionRefused) as refused:
        perform(OPERATOR, "domains.add", {"subscription": house.mine, "name": "co.uk"})
    assert [error.field for error in refused.value.errors] == ["name"]
    assert house.run("domains.add", subscription=house.mine, name="müller.co.uk").result["domain"] == "müller.co.uk"
