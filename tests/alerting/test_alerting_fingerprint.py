import pytest

from tocsin.alerting import fingerprint


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({}, "cbf29ce484222325"),
        ({"alertname": "Y"}, "d2aaefc389c68e6f"),
        ({"pod": "2", "alertname": "Y"}, "2bb7f409f85db3dc"),
        ({"alertname": "X", "instance": "10", "job": "b", "severity": "warn"}, "733a8529cc1bbbe6"),
        ({"alertname": "X", "job": "a", "severity": "critical", "x": 'q"uo\\te\nünï\u200b\t'}, "49b7f9c67c2937b9"),
    ],
)
def test_the_fingerprint_is_alertmanagers(labels, expected):
    assert fingerprint(labels.items()) == expected


def test_the_order_of_labels_does_not_matter():
    labels = {"job": "shop", "alertname": "HighLatency"}
    assert fingerprint(labels.items()) == fingerprint(reversed(labels.items()))
    assert fingerprint({"a": "bc"}.items()) != fingerprint({"ab": "c"}.items())
