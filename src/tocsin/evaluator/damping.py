"""Alerts that come and go are one alert, where the settings say so."""

from dataclasses import replace

from tocsin.rules import AlertingRule, Group, Rule


def damped(group: Group, cooldown: float) -> Group:
    """The group, whose alerts fire on for `cooldown` seconds at least after their conditions have ended.

    That is Prometheus' `keep_firing_for`; a rule that asks for a longer time keeps it.
    """
    return replace(group, rules=tuple(_damped(rule, cooldown) for rule in group.rules)) if cooldown else group


def _damped(rule: Rule, cooldown: float) -> Rule:
    if not isinstance(rule, AlertingRule) or rule.keep_firing_for >= cooldown:
        return rule
    return replace(rule, keep_firing_for=cooldown)
