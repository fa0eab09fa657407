"""The one table of keys inside settings: what is documented is what is read, and nothing else is."""

import pytest

from tocsin.alerting import load, simple
from tocsin.alerting.extension import with_maintenance, with_terms
from tocsin.alerting.receiver_keys import receiver_keys
from tocsin.privacy import Policy
from tocsin.setting_keys import LATENCY, MAINTENANCE, MASKING, NOTIFY, OBJECTIVE, OTLP, TABLE, TERMS, THRESHOLD, WHERE
from tocsin.telemetry.translation import flaws_of

NONSENSE = "no such key"


def unknown(problems, keys):
    """The keys of which it is said that they are not known."""
    told = [line for line in problems if "is not known" in line or "is unknown here" in line]
    return [
        key
        for key in (*keys, NONSENSE)
        if any(line.partition(": ")[0].partition(" =")[0].endswith(f".{key}") for line in told)
    ]


@pytest.mark.parametrize(
    ("setting", "keys"),
    [("thresholds", THRESHOLD), ("slo", OBJECTIVE)],
)
def test_thresholds_and_objectives(setting, keys):
    pytest.importorskip("numpy")
    from tocsin.rules import compile_slos, compile_thresholds

    compiled = {"thresholds": compile_thresholds, "slo": compile_slos}[setting]
    given = {"a": {**dict.fromkeys(keys, "x"), NONSENSE: 1}}
    assert unknown(map(str, compiled(given).problems), keys) == [NONSENSE]


@pytest.mark.parametrize(("key", "keys"), [("latency", LATENCY), ("where", WHERE)])
def test_what_is_inside_of_them(key, keys):
    pytest.importorskip("numpy")
    from tocsin.rules import compile_slos, compile_thresholds

    inside = {**dict.fromkeys(keys, "x"), NONSENSE: 1}
    given = compile_slos({"a": {key: inside}}) if key == "latency" else compile_thresholds({"a": {key: {"b": inside}}})
    assert unknown(map(str, given.problems), keys) == [NONSENSE]


def test_entries_of_notify():
    given = {**dict.fromkeys((*NOTIFY, *receiver_keys()), "x"), NONSENSE: 1}
    with pytest.raises(ValueError) as caught:
        simple({"a": given})
    assert unknown(str(caught.value).splitlines(), (*NOTIFY, *receiver_keys())) == [NONSENSE]


@pytest.mark.parametrize(
    ("read", "keys"),
    [(with_terms, TERMS), (with_maintenance, MAINTENANCE)],
)
def test_terms_and_maintenance(read, keys):
    config = load("{route: {receiver: a}, receivers: [{name: a}]}", "am.yml")
    with pytest.raises(ValueError) as caught:
        read(config, {"a": {**dict.fromkeys(keys, "x"), NONSENSE: 1}}, setting="s")
    assert unknown(str(caught.value).splitlines(), keys) == [NONSENSE]


def test_masking():
    found = Policy.of({**dict.fromkeys(MASKING), NONSENSE: 1})
    assert [flaw.key for flaw in found.flaws] == [NONSENSE]
    assert Policy.of({NONSENSE: 1}).flaws[0].fix == f"is not known; allowed are {', '.join(MASKING)}"


def test_names_of_series():
    (flaw,) = flaws_of({NONSENSE: 1})
    assert flaw.fix == f"is not known; allowed are {', '.join(OTLP)}"


def test_every_key_is_described():
    for keys in TABLE.values():
        assert all(key.allowed and key.doc.endswith((".", "`")) for key in keys.values())
