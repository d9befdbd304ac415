"""Names that nobody can own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.house import OPERATOR, settle

from gasthof.kernel.actions import perform
from gasthof.kernel.refusal import ActionRefused
from gasthof.kernel.values import DomainName
from gasthof.slices.domains.rules import is_above_server, is_public_suffix, is_servers


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


LABELS = st.lists(st.sampled_from(["a", "ns1", "server", "xn--bcher-kva", "test"]), min_size=2, max_size=5)


@given(LABELS, st.lists(LABELS, max_size=3))
def test_a_name_is_a_servers_above_one_or_free(labels: list[str], others: list[list[str]]) -> None:
    name, hosts = DomainName(".".join(labels)), [".".join(each) for each in others]
    at_or_below = any(labels[-len(each) :] == each for each in others)
    above = any(each[-len(labels) :] == labels and len(each) > len(labels) for each in others)
    assert (is_servers(name, hosts), is_above_server(name, hosts)) == (at_or_below, above)
