"""`tocsin rules`: rules, their tests, and what they see."""

import click

from tocsin.cli.rules_eval import eval_rule
from tocsin.cli.rules_explain import explain
from tocsin.cli.rules_export import export
from tocsin.cli.rules_test import test_rules


@click.group()
def rules() -> None:
    """Prometheus rules: test them, and look at what they see."""


for command in (test_rules, eval_rule, explain, export):
    rules.add_command(command)
