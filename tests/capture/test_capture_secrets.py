"""No planted secret gets into the store, in whatever part of the context it is."""

import json
import logging

import pytest
from opentelemetry.trace import SpanKind

import tocsin
from tocsin.guard import guard

#: Planted; nothing that is stored may hold one.
EMAIL, CARD, PASSWORD = "alice@example.com", "4111111111111111", "hunter2swordfish"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
SECRETS = (EMAIL, CARD, PASSWORD, JWT)


def fail(message="boom", *arguments):
    raise LookupError(message, *arguments)


class TestSecrets:
    def test_none_is_stored_whatever_part_it_is_in(self, start):
        host = start(local_variables=True)

        def before():
            tocsin.set_context({"user.id": EMAIL, "contact": EMAIL, "feature_flag.x": JWT}, api_key=PASSWORD)
            tocsin.note(f"paid by {CARD}", who=EMAIL, password=PASSWORD)
            logging.getLogger("shop").warning(f"token {JWT} of {EMAIL}")  # noqa: G004  as people do
            with host.tracer.start_as_current_span(f"GET {EMAIL}"):
                pass

        def raising():
            password = PASSWORD
            holder = {"nested": [{"password": PASSWORD, "deep": {"mail": EMAIL}}], "card": int(CARD)}
            error = LookupError(f"no {EMAIL}", {"token": PASSWORD}, holder)
            error.__notes__ = [f"card {CARD}"]
            raise error from ValueError(EMAIL, {"password": password})

        attributes = {"http.method": "GET", "http.target": f"/{EMAIL}?mail={EMAIL}&token={PASSWORD}"}

        def work():
            with host.tracer.start_as_current_span("work", kind=SpanKind.SERVER, attributes=attributes):
                before()
                raising()

        with pytest.raises(LookupError):
            work()
        occurrence = host.occurrence()
        stored = json.dumps(
            [occurrence.message, occurrence.stacktrace, dict(occurrence.attributes), occurrence.details]
        )
        assert {"request", "user", "feature_flags", "breadcrumbs", "exceptions"} <= set(occurrence.details)
        places = occurrence.details["exceptions"][0]["frames"]
        assert any("holder" in place["locals"] for place in places)
        assert [secret for secret in SECRETS if secret in stored] == []
        # Nor does the file hold one anywhere else.
        host.store.close()
        assert [secret for secret in SECRETS if secret.encode() in host.store.path.read_bytes()] == []

    def test_what_masking_fails_on_is_withheld(self, host, monkeypatch):
        monkeypatch.setattr(guard, "strict", False)
        tocsin.capture(LookupError("boom"))
        (draft,) = host.inbox.drafts
        monkeypatch.setattr(type(draft.details), "told", lambda *_: fail())
        assert host.occurrence().details == {}


@pytest.mark.parametrize(
    ("part", "section"),
    [("flags", "feature_flags"), ("process", "execution"), ("versions", "versions"), ("user", "user"),
     ("breadcrumbs", "breadcrumbs"), ("request", "request"), ("arguments", "exceptions")],
)  # fmt: skip
def test_each_part_can_be_had_alone(start, part, section):
    host = start(context=(part,))
    attributes = {"http.method": "GET", "user.id": "7"}
    with host.tracer.start_as_current_span("work", kind=SpanKind.SERVER, attributes=attributes):
        tocsin.set_context({"feature_flag.x": "on"}, plan="pro")
        tocsin.note("hello")
        try:
            fail("boom", 7)
        except LookupError:
            tocsin.capture()
    occurrence = host.occurrence()
    assert set(occurrence.details) == {section}
    assert "plan" not in occurrence.attributes
