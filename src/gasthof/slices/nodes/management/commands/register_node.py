"""manage register_node NAME --uid-base N: once a node, harmless when repeated."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from gasthof.kernel.clock import SystemClock
from gasthof.slices.nodes.registration import LOOPBACK, Address, register


class Command(BaseCommand):
    help = "Make a node known: its database role and its row. Run as the tables' owner."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--uid-base", type=int, required=True, help="customers' uids on the node begin above it")
        parser.add_argument("--host", default=LOOPBACK.host, help="the machine's own name")
        parser.add_argument("--ipv4", default=LOOPBACK.ipv4, help="where the world reaches it; empty: nowhere")
        parser.add_argument("--ipv6", default=LOOPBACK.ipv6, help="the same")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            address = Address(options["host"], options["ipv4"], options["ipv6"])
            node, made = register(options["name"], options["uid_base"], SystemClock().now(), address)
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"node {node.name}: {'registered' if made else 'known'}, role {node.db_role}")
