def test_active_alerts_first_those_that_fire(invoke, alerts):
    assert invoke("alerts").stdout.splitlines() == [
        "STATE    ALERT          SINCE   VALUE  LABELS          SUMMARY",
        'firing   HighErrorRate  5m ago  0.25   service="shop"  errors are high',
        "pending  NoData         1m ago  nan",
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
    assert document("alerts", "history") == {"transitions": [], "notifications": []}
