"""Text messages: to each number once, for what is bad enough, and no longer than is paid for."""

from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.notify import DeliveryError
from tocsin.notify.receivers.twilio import Twilio
from tocsin.notify.wording.sms import fit, segments
from tocsin.testing import alert, notification


def sms(server, **settings):
    numbers = {"sender": "+15550001", "to": ("+15550002", "+15550003")}
    return Twilio(account_sid="AC1", auth_token="pass", api_url=server.url, **numbers | settings)


def test_a_text_message_goes_to_each_number(server):
    sms(server).deliver(notification(), key="k")
    forms = [parse_qs(request.body.decode()) for request in server.requests]
    assert [form["To"] for form in forms] == [["+15550002"], ["+15550003"]]
    assert forms[0]["From"] == ["+15550001"]
    assert server.requests[0].path.endswith("/2010-04-01/Accounts/AC1/Messages.json")
    assert server.requests[0].headers["Authorization"] == "Basic QUMxOnBhc3M="
    assert forms[0]["Body"][0].startswith("[FIRING:1] critical: shop fails 12% of its requests")


@pytest.mark.parametrize(
    ("severity", "least", "messages"),
    [
        ("warning", "critical", 0),
        ("error", "critical", 0),
        ("critical", "critical", 2),
        ("emergency", "critical", 2),
        ("warning", "warning", 2),
    ],
)
def test_only_what_is_bad_enough_is_texted(severity, least, messages, server):
    sms(server, severity=least).deliver(notification(alert(severity=severity)), key="k")
    assert len(server.requests) == messages


def test_a_number_that_fails_repeats_nothing_to_the_others(server):
    receiver = sms(server)
    answers = iter([200, 500, 200])
    original = Twilio._form

    def form(self, told, number):
        server.status = next(answers)
        return original(self, told, number)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Twilio, "_form", form)
        with pytest.raises(DeliveryError) as caught:
            receiver.deliver(notification(), key="k")
        assert caught.value.recoverable
        receiver.deliver(notification(), key="k")
    assert [parse_qs(each.body.decode())["To"][0] for each in server.requests] == [
        "+15550002",
        "+15550003",
        "+15550003",
    ]


@pytest.mark.parametrize("settings", [{"severity": "bad"}, {"to": ()}, {"max_segments": 0}])
def test_senseless_settings_of_text_messages(settings, server):
    with pytest.raises(ValueError, match=r"severity|number"):
        sms(server, **settings)


def test_segments_are_counted_as_carriers_do():
    assert [segments("a" * length) for length in (1, 160, 161, 306, 307)] == [1, 1, 2, 2, 3]
    assert [segments("ж" * length) for length in (70, 71, 134, 135)] == [1, 2, 2, 3]
    assert (segments("€" * 80), segments("€" * 81)) == (1, 2)
    assert segments("🔥" * 36) == 2


@given(st.text(), st.integers(min_value=1, max_value=4))
def test_a_text_is_cut_to_what_fits(text, limit):
    kept = fit(text, limit=limit)
    assert segments(kept) <= limit
    assert kept == text or (kept.endswith("...") and text.startswith(kept[:-3].rstrip()))
