"""Differences that nobody told of."""

from django.db import connection

from gasthof.slices.nodes.models import Node
from gasthof.slices.nodes.tests.mirror import Mirror
from gasthof.slices.nodes.tests.test_changes import sites
from gasthof.slices.nodes.tests.test_put import put
from gasthof.slices.nodes.watch import send_differing


def test_g10_digests_that_agree_say_nothing(node: Node, mirror: Mirror) -> None:
    put(node, *sites(*range(200)))
    put(node, *sites(7, spec=None))
    mirror.pull()
    assert mirror.say(digests=mirror.digests()).differing is None
    assert send_differing() == 0


def test_g10_a_row_changed_behind_the_protocols_back_is_found_and_sent_again(node: Node, mirror: Mirror) -> None:
    put(node, *sites(*range(200)))
    mirror.say(*mirror.pull())
    with connection.cursor() as cursor:
        cursor.execute("UPDATE nodes_desiredobject SET spec = '\"by hand\"' WHERE key = '00042.test'")
    differing = mirror.say(digests=mirror.digests()).differing
    assert differing is not None
    ((_bucket, named),) = differing.items()
    assert ["web.site", "00042.test"] in named
    assert send_differing() == len(named)
    assert {change.key for change in mirror.pull()} == {key for _kind, key in named}
    assert mirror.specs()["web.site", "00042.test"] == '"by hand"'
    assert mirror.say(digests=mirror.digests()).differing is None


def test_g10_what_the_node_lost_or_has_too_much_is_found(node: Node, mirror: Mirror) -> None:
    put(node, *sites(*range(50)))
    mirror.pull()
    del mirror.objects["web.site", "00010.test"]
    extra = mirror.objects["web.site", "00011.test"]
    mirror.objects["web.site", "never.test"] = type(extra)("web.site", "never.test", 1, 1, "{}")
    differing = mirror.say(digests=mirror.digests()).differing or {}
    named = {tuple(key) for keys in differing.values() for key in keys}
    assert ("web.site", "00010.test") in named
    assert ("web.site", "never.test") not in named
    assert len(differing) == 2
    send_differing()
    mirror.pull()
    assert ("web.site", "00010.test") in mirror.objects


def test_g10_digests_are_compared_only_at_the_head(node: Node, mirror: Mirror) -> None:
    put(node, *sites(1))
    mirror.pull()
    digests = {"3": 12345}
    put(node, *sites(2))
    assert mirror.say(digests=digests).differing is None
    mirror.pull()
    assert mirror.say(digests=digests).differing is not None
