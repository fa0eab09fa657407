"""Prometheus' `otlp:` stanza."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.config import load
from tocsin.telemetry import Translation, samples
from tocsin.telemetry.translation import flaws_of

AT = "1700000000000000000"
RESOURCE = {
    "service.name": "shop",
    "service.instance.id": "i-1",
    "deployment.environment.name": "prod",
    "host.name": "web-1",
}
SCOPE = {"name": "pay", "version": "2", "attributes": [{"key": "team", "value": {"stringValue": "red"}}]}
IDENTITY = {"job": "shop", "instance": "i-1"}


def key_values(attributes):
    return [{"key": key, "value": {"stringValue": value}} for key, value in attributes.items()]


def found(stanza, attributes=None, *, metric="http.requests"):
    """All series of a batch with one counter, by name."""
    point = {"timeUnixNano": AT, "asInt": "1", "attributes": key_values(attributes or {"http.route": "/a"})}
    counter = {"aggregationTemporality": 2, "isMonotonic": True, "dataPoints": [point]}
    batch = {
        "resource": {"attributes": key_values(RESOURCE)},
        "scopeMetrics": [{"scope": SCOPE, "metrics": [{"name": metric, "unit": "By", "sum": counter}]}],
    }
    payload = json.dumps({"resourceMetrics": [batch]}).encode()
    series = [dict(labels) for labels, _, _ in samples(payload, translation=Translation.of(stanza))]
    return {labels.pop("__name__"): labels for labels in series}


def test_the_default_promotes_nothing():
    assert found({}) == {
        "http_requests_bytes_total": {"http_route": "/a", **IDENTITY},
        "target_info": {"deployment_environment_name": "prod", "host_name": "web-1", **IDENTITY},
    }


@pytest.mark.parametrize(
    ("strategy", "name", "label", "info"),
    [
        ("UnderscoreEscapingWithSuffixes", "http_requests_bytes_total", "http_route", "host_name"),
        ("UnderscoreEscapingWithoutSuffixes", "http_requests", "http_route", "host_name"),
        ("NoUTF8EscapingWithSuffixes", "http.requests_bytes_total", "http.route", "host.name"),
        ("NoTranslation", "http.requests", "http.route", "host.name"),
    ],
)
def test_strategies(strategy, name, label, info):
    series = found({"translation_strategy": strategy})
    assert series[name] == {label: "/a", **IDENTITY}
    assert series["target_info"][info] == "web-1"


def test_promoted_attributes_are_labels_of_all_series_and_weaker_than_their_own():
    series = found(
        {"promote_resource_attributes": ["deployment.environment.name", "host.name"]},
        {"http.route": "/a", "host.name": "other"},
    )
    assert series["http_requests_bytes_total"] == {
        "http_route": "/a",
        "deployment_environment_name": "prod",
        "host_name": "other",
        **IDENTITY,
    }


def test_all_are_promoted_but_those_to_ignore():
    series = found({"promote_all_resource_attributes": True, "ignore_resource_attributes": ["host.name"]})
    assert series["http_requests_bytes_total"] == {
        "http_route": "/a",
        "deployment_environment_name": "prod",
        "service_name": "shop",
        "service_instance_id": "i-1",
        **IDENTITY,
    }


def test_identifying_attributes_are_kept_in_target_info():
    info = found({"keep_identifying_resource_attributes": True})["target_info"]
    assert info == {
        "service_name": "shop",
        "service_instance_id": "i-1",
        "deployment_environment_name": "prod",
        "host_name": "web-1",
        **IDENTITY,
    }


def test_the_scope_is_promoted_on_demand():
    series = found({"promote_scope_metadata": True})
    scope = {"otel_scope_name": "pay", "otel_scope_version": "2", "otel_scope_team": "red"}
    assert series["http_requests_bytes_total"] == {"http_route": "/a", **scope, **IDENTITY}
    assert "otel_scope_name" not in series["target_info"]


@pytest.mark.parametrize(
    ("stanza", "key", "fix"),
    [
        ({"promote_resource_attribute": []}, "promote_resource_attribute", "is not known; allowed are translation_"),
        ({"translation_strategy": "Snake"}, "translation_strategy", "must be one of UnderscoreEscapingWithSuffixes, "),
        ({"translation_strategy": ["NoTranslation"]}, "translation_strategy", "must be one of"),
        ({"promote_scope_metadata": "yes"}, "promote_scope_metadata", "must be true or false"),
        ({"promote_resource_attributes": "host.name"}, "promote_resource_attributes", "must be a list of attributes"),
        ({"convert_histograms_to_nhcb": True}, "convert_histograms_to_nhcb", "must be false: Tocsin has no native"),
        ({"ignore_resource_attributes": ["a"]}, "ignore_resource_attributes", "needs promote_all_resource_attributes"),
        (
            {"promote_all_resource_attributes": True, "promote_resource_attributes": ["a"]},
            "promote_resource_attributes",
            "has no effect beside promote_all_resource_attributes",
        ),
    ],
    ids=str,
)
def test_what_cannot_be_used_is_said_and_has_no_effect(stanza, key, fix):
    [flaw] = flaws_of(stanza)
    assert flaw.key == key
    assert fix in flaw.fix
    assert found(stanza) == found({name: value for name, value in stanza.items() if name != key})


def test_the_stanza_is_a_setting_whose_flaws_are_named():
    settings = load(environ={"TOCSIN_OTLP": "{promote_resource_attributes: [host.name], translation_strategy: Snake}"})
    assert settings.config.otlp["promote_resource_attributes"] == ["host.name"]
    [problem] = settings.problems
    assert str(problem).startswith("otlp.translation_strategy = 'Snake' (TOCSIN_OTLP): must be one of Underscore")


@given(st.dictionaries(st.text(), st.none() | st.booleans() | st.text() | st.lists(st.text() | st.integers())))
def test_no_stanza_raises(stanza):
    Translation.of(stanza)
    assert len(flaws_of(stanza)) >= len([key for key in stanza if not hasattr(Translation, key)]) - 2
