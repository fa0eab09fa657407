"""The keys inside settings that are mappings: the one table of what is read there, and what `tocsin config docs` says.

A place is written with `<name>` where names are the user's own: `thresholds.<name>.above`.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Key(NamedTuple):
    """What may be written there, and what it does."""

    allowed: str
    doc: str


#: From the mildest to the worst.
SEVERITIES = ("info", "warning", "error", "critical", "emergency")

_SEVERITIES = ", ".join(SEVERITIES)
_DURATION = "a duration such as 30s, 5m or 1h30m"
_AMOUNT = "a number such as 100, a percentage such as 70%, or a duration such as 500ms"
_LEVELS = f"{_AMOUNT}; or one for some of {_SEVERITIES}"
_LABELS = "a list of labels, such as [job, http_route]"
_MATCHERS = "a list of matchers, such as ['team=~\"db|sql\"', 'env!=test']"
_SOURCE = "a mapping with metric and where"

SOURCE: Mapping[str, Key] = {
    "metric": Key("a name such as http_server_request_duration_seconds", "The metric, as Prometheus names it."),
    "where": Key(
        "a mapping of labels to a value, a list of values, or one of not, matches, not matches with either",
        "Only series with these labels.",
    ),
}
WHERE: Mapping[str, Key] = {
    "not": Key("a value, or a list of them", "Has another value."),
    "matches": Key("a regular expression, or a list of values", "The whole value matches it, or is among them."),
    "not matches": Key("a regular expression, or a list of values", "The other way round."),
}
#: What an alert says, of thresholds and objectives alike.
ALERT: Mapping[str, Key] = {
    "summary": Key("text, with Prometheus' templates", "The headline of the notification."),
    "description": Key("text, with Prometheus' templates", "What has happened."),
    "runbook": Key("text", "What to do about it."),
    "labels": Key(f"a mapping of labels to texts; severity must be one of {_SEVERITIES}", "More labels of the alert."),
}
THRESHOLD: Mapping[str, Key] = {
    **SOURCE,
    "stat": Key(
        "value (the default), avg, min or max of a gauge, rate or increase of a counter, p1 to p99 or avg of a"
        " histogram",
        "What is compared.",
    ),
    "over": Key(f"{_DURATION}; 5m if not given", "The time that the stat is made of."),
    "by": Key(f"{_LABELS}; [job] if not given", "Series with equal values of these are judged together."),
    "of": Key(f"a metric, or {_SOURCE}", "Makes it a ratio: the metric by which the other is divided."),
    "min_count": Key("a whole number from 1", "So many measurements are needed, or nothing is judged."),
    "forecast": Key(_DURATION, "Compares the value in so long a time, if it goes on as lately."),
    "anomaly": Key("recent or same hour", "Compares how unusual the value is, in standard deviations."),
    "above": Key(_LEVELS, "Fires above it."),
    "below": Key(_LEVELS, "Fires below it."),
    "equals": Key(_LEVELS, "Fires where it is exactly that."),
    "outside": Key("the lowest and the highest good value, such as [10, 50]", "Fires outside of them."),
    "severity": Key(f"one of {_SEVERITIES}; warning if not given", "Where `above` and its like do not say it."),
    "for": Key(_DURATION, "How long it must last before it fires."),
    "absent_for": Key(_DURATION, "Fires when nothing was measured for so long."),
    **ALERT,
}
OBJECTIVE: Mapping[str, Key] = {
    "objective": Key("a percentage below 100%, such as 99.9%", "The share of events that has to be good."),
    "window": Key("a duration from 7d to 90d; 30d if not given", "The time in which it has to be."),
    "total": Key(_SOURCE, "A counter of all events."),
    "good": Key(_SOURCE, "A counter of the good ones."),
    "bad": Key(_SOURCE, "Instead of `good`: a counter of the bad ones."),
    "latency": Key(f"{_SOURCE}, and below", "Instead of `total` and these: what takes less time is good."),
    "by": Key(f"{_LABELS}; [job] if not given", "Each has a budget of its own."),
    **ALERT,
}
LATENCY: Mapping[str, Key] = {
    **SOURCE,
    "below": Key("a duration such as 300ms", "A boundary of the buckets of the histogram that `metric` names."),
}
TERMS: Mapping[str, Key] = {
    "escalate_after": Key(_DURATION, "What nobody acknowledges for so long, `escalate_to` is told of."),
    "escalate_to": Key("the name of another receiver", "Who is told then."),
    "max_per_hour": Key(
        "a whole number; 0 means no cap", "More notifications an hour become one that says how many there were."
    ),
}
#: What an entry of `notify` has besides receivers.
NOTIFY: Mapping[str, Key] = {
    "severity": Key(f"one of {_SEVERITIES}, or a list of them", "Told only of alerts with this label."),
    "matchers": Key(_MATCHERS, "Told only of alerts that match them all, as Alertmanager's matchers do."),
    "group_by": Key(_LABELS, "Alerts with equal values of these are one message."),
    "group_wait": Key(_DURATION, "As the setting of that name, here alone."),
    "group_interval": Key(_DURATION, "As the setting of that name, here alone."),
    "repeat_interval": Key(_DURATION, "As the setting of that name, here alone."),
    "continue": Key("true or false", "Entries after this one are told too."),
    "send_resolved": Key("true or false", "Told that an alert has ended; true if not given."),
    **TERMS,
}
MAINTENANCE: Mapping[str, Key] = {
    "matchers": Key(_MATCHERS, "The alerts of which nobody is told; all, if not given."),
    "time_intervals": Key("a list, as Alertmanager's time_intervals have it", "When."),
}
MASKING: Mapping[str, Key] = {
    "skip": Key("a list of kinds, such as [phone, ip]", "Kinds of personal data and secrets that stay."),
    "keys": Key("a list of names, such as [customer_*]", "Names whose values are masked whole."),
    "keep_keys": Key("a list of names", "Names whose values are never masked."),
    "keep": Key("a list of regular expressions", "Values that match as a whole are never masked."),
    "patterns": Key("a mapping of kinds to regular expressions", "What else is masked, as `[kind]`."),
    "callback": Key("package.module:function", "Gets a name and a text, and returns what becomes of the text."),
}
OTLP: Mapping[str, Key] = {
    "translation_strategy": Key(
        "UnderscoreEscapingWithSuffixes, UnderscoreEscapingWithoutSuffixes, NoUTF8EscapingWithSuffixes or"
        " NoTranslation",
        "How metrics are named.",
    ),
    "promote_resource_attributes": Key("a list of attributes", "Those of the resource that become labels."),
    "promote_all_resource_attributes": Key("true or false", "All of them do."),
    "ignore_resource_attributes": Key("a list of attributes", "But for these."),
    "keep_identifying_resource_attributes": Key(
        "true or false", "`target_info` has those of `job` and `instance` too."
    ),
    "promote_scope_metadata": Key("true or false", "Name and version of the scope become labels."),
    "label_name_underscore_sanitization": Key("true or false", "Labels that begin with `_` get `key` in front."),
    "label_name_preserve_multiple_underscores": Key("true or false", "Several `_` in a row stay."),
}

#: By the place in `tocsin.yml`.
TABLE: Mapping[str, Mapping[str, Key]] = {
    "masking": MASKING,
    "thresholds.<name>": THRESHOLD,
    "thresholds.<name>.of": SOURCE,
    "thresholds.<name>.where.<label>": WHERE,
    "slo.<name>": OBJECTIVE,
    "slo.<name>.total, .good, .bad": SOURCE,
    "slo.<name>.latency": LATENCY,
    "otlp": OTLP,
    "notify.<name>": NOTIFY,
    "receiver_terms.<receiver>": TERMS,
    "maintenance.<name>": MAINTENANCE,
}
