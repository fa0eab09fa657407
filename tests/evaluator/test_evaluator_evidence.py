"""What the store knows of an issue, in notifications about it."""

from contextlib import closing

import pytest
from msgspec.structs import replace

from tocsin.evaluator.evidence import Evidence, frame
from tocsin.notify import decode, encode
from tocsin.store import LoggedNotification, Occurrence, OutboxEntry, Sighting, Store
from tocsin.testing import alert, notification

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
STACK = """Traceback (most recent call last):
  File "/srv/shop/storefront/views.py", line 12, in checkout
    create(order)
  File "/srv/shop/payments/charges.py", line 31, in create
    return answer["authorization"]
KeyError: 'authorization'
"""


@pytest.fixture
def store(tmp_path):
    with closing(Store(tmp_path / "tocsin.db")) as store:
        yield store


@pytest.fixture
def issue(store):
    sample = Occurrence(at=100.0, message="'authorization'", stacktrace=STACK, trace_id=TRACE, span_id="1" * 16)
    sighting = Sighting(
        service="payments",
        fingerprint="v1:0123456789abcdef",
        title="KeyError: 'authorization'",
        culprit="payments.charges in create",
        error_type="KeyError",
        category="internal",
        severity="error",
        handled=False,
        release="",
        count=1,
        first_at=100.0,
        last_at=100.0,
        samples=(sample,),
    )
    store.issues.record([sighting], status_after=lambda *_: "new")
    [found] = store.issues.recent()
    return found


def decision(*alerts):
    told = notification(*alerts)
    logged = LoggedNotification(group_key="g", receiver="r", integration=0, at=0.0, firing=("a",), resolved=())
    return OutboxEntry(
        key="k", receiver="r", integration=0, group_key="g", payload=encode(told), created_at=0.0
    ), logged


def told(store, *alerts, trace_url="https://traces.example/{trace_id}"):
    [(entry, _)] = Evidence(store, trace_url=trace_url).added([decision(*alerts)])
    return decode(entry.payload)


@pytest.mark.parametrize("labels", [{"issue": "1"}, {"tocsin_error_fingerprint": "v1:0123456789abcdef"}])
def test_an_alert_about_an_issue_says_where_it_was_raised_and_names_a_trace(labels, store, issue):
    [seen] = told(store, alert(annotations={"summary": "x"}, **labels)).alerts
    assert seen.annotations == {
        "summary": "x",
        "frame": "payments/charges.py:31",
        "trace_id": TRACE,
        "trace_url": f"https://traces.example/{TRACE}",
    }


def test_without_an_address_of_traces_their_number_is_told(store, issue):
    [seen] = told(store, alert(issue=str(issue.id)), trace_url="").alerts
    assert seen.annotations["trace_id"] == TRACE
    assert "trace_url" not in seen.annotations


def test_what_the_rule_says_stays(store, issue):
    [seen] = told(store, alert(issue=str(issue.id), annotations={"frame": "mine"})).alerts
    assert seen.annotations["frame"] == "mine"


def test_what_all_alerts_share_is_common(store, issue):
    about = alert(issue=str(issue.id), annotations={})
    assert (
        told(store, about, alert(issue=str(issue.id), pod="b", annotations={})).common_annotations["trace_id"] == TRACE
    )
    assert told(store, about, alert(annotations={})).common_annotations == {}


@pytest.mark.parametrize("labels", [{}, {"issue": "77"}, {"issue": "x"}, {"tocsin_error_fingerprint": "v1:none"}])
def test_other_alerts_stay_as_they_are(labels, store, issue):
    before = decision(alert(**labels))
    [(entry, logged)] = Evidence(store, trace_url="").added([before])
    assert (decode(entry.payload).alerts, logged) == (decode(before[0].payload).alerts, before[1])


def test_a_decision_that_sends_nothing_passes(store):
    logged = decision()[1]
    assert list(Evidence(store, trace_url="").added([(None, logged)])) == [(None, logged)]


@pytest.mark.parametrize(
    ("stack", "culprit", "found"),
    [
        (STACK, "storefront.views in checkout", "storefront/views.py:12"),
        (STACK, "storefront.views in other", ""),
        (STACK, "", ""),
        ("", "payments.charges in create", ""),
        ('  File "C:\\\\shop\\\\cart.py", line 3, in add\n', "cart in add", "cart.py:3"),
        ('  File "<string>", line 1, in <module>\n', "__main__ in <module>", "<string>:1"),
    ],
)
def test_the_frame_of_the_culprit(stack, culprit, found):
    assert frame(stack, culprit).endswith(found)
    assert bool(frame(stack, culprit)) == bool(found)


def test_the_entry_is_otherwise_the_same(store, issue):
    before = decision(alert(issue="1"))
    [(entry, _)] = Evidence(store, trace_url="").added([before])
    assert replace(entry, payload=b"") == replace(before[0], payload=b"")
