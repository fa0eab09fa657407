"""Notifications, and the annotations in the store, are masked."""

import json

RULES = """
groups:
  - name: own
    rules:
      - alert: Paid
        expr: vector(1)
        labels: {owner: jane@example.com}
        annotations: {summary: "card 4111 1111 1111 1111 of bob@example.com"}
"""


def test_labels_and_annotations(scene):
    candidate = scene.candidate(rules=(scene.write("rules.yml", RULES),))
    scene.step(candidate, times=2)
    scene.wait_until(scene.told_path.exists)
    told = json.loads(scene.told_path.read_text().splitlines()[0])
    (alert,) = told["alerts"]
    assert alert["labels"]["owner"] == told["commonLabels"]["owner"] == "[email]"
    assert alert["annotations"]["summary"] == told["commonAnnotations"]["summary"] == "card [card] of [email]"
    (kept,) = scene.store().alerts.current()
    assert kept.annotations == {"summary": "card [card] of [email]"}


def test_it_can_be_off(scene):
    candidate = scene.candidate(rules=(scene.write("rules.yml", RULES),), mask=False)
    scene.step(candidate, times=2)
    scene.wait_until(scene.told_path.exists)
    assert "jane@example.com" in scene.told_path.read_text()
