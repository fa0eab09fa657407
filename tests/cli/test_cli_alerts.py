import time

from tocsin.store import Store


def test_active_alerts_first_those_that_fire(invoke, alerts):
    assert invoke("alerts").stdout.splitlines() == [
        "STATE    ID  ALERT          SINCE   VALUE  LABELS          SUMMARY",
        'firing   f1  HighErrorRate  5m ago  0.25   service="shop"  errors are high',
        "pending  f2  NoData         1m ago  nan",
    ]


def test_active_alerts_as_json(document, alerts):
    firing, pending = document("alerts")["alerts"]
    assert (firing["rule"], firing["state"], firing["value"]) == ("HighErrorRate", "firing", 0.25)
    assert firing["labels"] == {"alertname": "HighErrorRate", "service": "shop"}
    assert (pending["value"], pending["fired_at"]) == (None, None)
    assert list(firing) == [
        "group",
        "rule",
        "fingerprint",
        "labels",
        "annotations",
        "state",
        "value",
        "active_at",
        "fired_at",
        "resolved_at",
        "keep_firing_since",
        "held",
        "status",
        "decided",
    ]


def test_history_tells_changes_and_notifications_in_order(invoke, alerts):
    lines = [line.split("Z  ")[1] for line in invoke("alerts", "history").stdout.splitlines()[1:]]
    assert lines == [
        'pending  HighErrorRate  value 0.25, service="shop"',
        'firing   HighErrorRate  value 0.25, service="shop"',
        "sent     HighErrorRate  to team[0]: 1 firing, 0 resolved",
    ]
    assert len(invoke("alerts", "history", "--limit", "1").stdout.splitlines()) == 2


def test_history_as_json_has_notifications_as_webhooks_have_them(document, alerts):
    history = document("alerts", "history")
    assert [transition["state"] for transition in history["transitions"]] == ["pending", "firing"]
    (notification,) = history["notifications"]
    assert (notification["receiver"], notification["state"], notification["attempts"]) == ("team", "sent", 1)
    assert notification["payload"]["version"] == "4"
    assert notification["payload"]["alerts"][0]["labels"]["alertname"] == "HighErrorRate"


def test_a_notification_that_fails_says_why(invoke, store, alerts):
    store.notifications.park("k", error="404 Not Found")
    assert "attempt 2: 404 Not Found" in invoke("alerts", "history").stdout


def test_nothing_yet(invoke, document, store):
    with store.transaction():
        pass
    assert invoke("alerts").stdout == "no active alerts\n"
    assert invoke("alerts", "history").stdout == "no alert has changed yet\n"
    assert document("alerts") == {"alerts": []}
    assert document("alerts", "history") == {"transitions": [], "notifications": [], "events": []}


def test_it_is_said_when_nobody_evaluates(invoke, store, alerts, monkeypatch):
    assert invoke("alerts").stderr == "never evaluated: start the application, or `tocsin run`\n"
    store.alerts.set_evaluated(at=time.time() - 730)
    assert invoke("alerts").stderr == "last evaluated 12m ago: start the application, or `tocsin run`\n"
    monkeypatch.setenv("TOCSIN_EVALUATION_INTERVAL", "5m")
    assert invoke("alerts").stderr == ""


def test_an_alert_is_acknowledged_and_that_is_shown_and_remembered(invoke, document, alerts):
    said = invoke("alerts", "ack", "f1", "--note", "I look", "--by", "ann", "--until", "2h").stdout
    assert said.startswith("alert f1 is acknowledged until 2")
    assert said.endswith("Z: HighErrorRate\n")
    [firing, _] = document("alerts")["alerts"]
    assert firing["status"] == "acknowledged"
    assert (firing["decided"]["actor"], firing["decided"]["note"]) == ("ann", "I look")
    assert firing["decided"]["until_at"] > time.time() + 7000
    assert invoke("alerts").stdout.splitlines()[1].startswith("acknowledged  f1")
    [event] = document("alerts", "history")["events"]
    assert (event["actor"], event["action"], event["subject"]) == ("ann", "acknowledged", "f1")
    assert event["detail"].endswith(": I look")


def test_an_alert_is_resolved_by_hand_and_reopened(invoke, document, alerts):
    assert document("alerts", "resolve", "HighErrorRate", "--by", "ann")["status"] == "resolved"
    assert [each["status"] for each in document("alerts")["alerts"]] == ["resolved", "pending"]
    assert document("alerts", "reopen", "f1", "--by", "bob")["status"] == "firing"
    answer = invoke("alerts", "reopen", "f1")
    assert (answer.exit_code, answer.stderr) == (1, "Error: nobody has decided anything about alert f1\n")
    events = document("alerts", "history")["events"]
    assert [(each["actor"], each["action"]) for each in events] == [("ann", "resolved"), ("bob", "reopened")]


def test_only_what_fires_can_be_decided_about(invoke, alerts):
    answer = invoke("alerts", "ack", "NoData")
    assert (answer.exit_code, answer.stderr) == (1, "Error: alert f2 does not fire, it is pending\n")
    assert "there is no alert xyz in" in invoke("alerts", "ack", "xyz").stderr


def test_show_has_everything(invoke, document, alerts):
    invoke("alerts", "ack", "f1", "--by", "ann", "--note", "I look")
    lines = invoke("alerts", "show", "f1").stdout
    for part in ("state:", "acknowledged", "label service:", "errors are high", "by ann", "pending", "value 0.25"):
        assert part in lines
    shown = document("alerts", "show", "f1")
    assert [each["state"] for each in shown["transitions"]] == ["pending", "firing"]
    assert [each["action"] for each in shown["events"]] == ["acknowledged"]


def test_history_is_chosen_by_name_labels_severity_and_time(document, invoke, alerts):
    def found(*args):
        history = document("alerts", "history", *args)
        return len(history["transitions"]), len(history["notifications"])

    assert found() == (2, 1)
    assert found("--name", "HighErrorRate") == (2, 1)
    assert found("--name", "Other") == (0, 0)
    assert found('service=~"sh.*"') == (2, 1)
    assert found("service!=shop") == (0, 0)
    assert found("--severity", "critical") == (0, 0)
    assert found("--since", "6m") == (1, 1)
    assert found("--until", "6m") == (1, 0)
    assert invoke("alerts", "history", "service!=shop").stdout == "nothing like that\n"
    assert invoke("alerts", "history", "service=~(").exit_code == 2


def test_silences_are_audited(invoke, document, store, alerts):
    name = invoke("silence", "add", "alertname=X", "--comment", "known", "--author", "ann").stdout.strip()
    invoke("silence", "expire", name)
    events = document("alerts", "history")["events"]
    assert [(each["action"], each["subject"]) for each in events] == [("silenced", name), ("ended a silence", name)]
    assert events[0]["actor"] == "ann"
    assert events[0]["detail"].endswith(": known")


def test_what_could_not_be_delivered_is_listed_and_tried_again(invoke, document, store, alerts):
    assert invoke("notify", "unsent").stdout == "every notification was delivered, or waits for its first attempt\n"
    store.notifications.park("k", error="404 Not Found")
    assert "could not be delivered: 1, see `tocsin notify unsent`" in invoke("alerts").stderr
    assert "404 Not Found" in invoke("notify", "unsent").stdout
    assert invoke("notify", "retry").exit_code == 2
    assert "nothing like that is parked" in invoke("notify", "retry", "other").stderr
    assert document("notify", "retry", "--receiver", "team", "--by", "ann") == {"retried": ["k"]}
    [entry] = Store(store.path).notifications.due("team", 0, at=time.time())
    assert (entry.key, entry.attempts) == ("k", 0)
    assert document("alerts", "history")["events"][0]["action"] == "retried"
