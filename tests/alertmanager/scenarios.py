"""What happens to alerts, in seconds; a flush comes a second after the first alert, then every two seconds."""

from dataclasses import dataclass, field

SCENARIO = "scenario"
HOUR = 3600.0


@dataclass(frozen=True)
class Event:
    """At a time, a verb of the real Alertmanager and of ours, with an alert's labels or a silence's matchers."""

    at: float
    verb: str
    name: str
    given: dict = field(default_factory=dict)
    options: dict = field(default_factory=dict)

    def arguments(self, scenario):
        if self.verb in {"fire", "resolve"}:
            return {"labels": {"alertname": "Down", "pod": self.name, SCENARIO: scenario} | self.given} | self.options
        name = f"{scenario}/{self.name}"
        if self.verb == "unsilence":
            return {"name": name}
        return {"name": name, "matchers": [matcher(SCENARIO, scenario), *self.given["matchers"]]} | self.options


def fire(at, name, *, age=0.0, **labels):
    return Event(at, "fire", name, labels, {"age": age})


def resolve(at, name, **labels):
    return Event(at, "resolve", name, labels)


def silence(at, *matchers, begin=0.0, end=HOUR, name="s"):
    return Event(at, "silence", name, {"matchers": matchers}, {"begin": begin, "end": end})


def unsilence(at, name="s"):
    return Event(at, "unsilence", name)


def matcher(name, value, *, is_regex=False, is_equal=True):
    return {"name": name, "value": value, "isRegex": is_regex, "isEqual": is_equal}


@dataclass(frozen=True)
class Scenario:
    """A route with what happens, and how many notifications that makes.

    Receivers have short names in a scenario; for each, the `send_resolved` of its integrations.
    """

    name: str
    notifications: int
    events: tuple
    route: dict = field(default_factory=dict)
    receivers: dict = field(default_factory=lambda: {"a": [True]})
    inhibit: tuple = ()

    def configuration(self, url):
        """Its part of an alertmanager.yml."""
        timing = {"group_wait": "1s", "group_interval": "2s", "repeat_interval": "1h", "receiver": "a"}
        return {
            "route": self._route(timing | self.route) | {"matchers": [f'{SCENARIO}="{self.name}"']},
            "receivers": [self._receiver(url, *each) for each in self.receivers.items()],
            "inhibit_rules": [self._rule(each) for each in self.inhibit],
        }

    def _route(self, route):
        named = {"receiver": f"{self.name}/{route['receiver']}"} if "receiver" in route else {}
        return route | named | {"routes": [self._route(each) for each in route.get("routes", ())]}

    def _receiver(self, url, receiver, integrations):
        name = f"{self.name}/{receiver}"
        configs = [
            {"url": f"{url}/{name}/{place}", "send_resolved": flag, "http_config": {}}
            for place, flag in enumerate(integrations)
        ]
        return {"name": name, "webhook_configs": configs}

    def _rule(self, rule):
        own = f'{SCENARIO}="{self.name}"'
        return rule | {side: [own, *rule.get(side, ())] for side in ("source_matchers", "target_matchers")}


URGENT = {
    "source_matchers": ['severity="critical"'],
    "target_matchers": ['severity="warning"'],
    "equal": ["cluster"],
}
BY_SEVERITY = {"group_by": ["severity"]}
CRITICAL, WARNING = {"severity": "critical", "cluster": "x"}, {"severity": "warning", "cluster": "x"}
REPEAT = {"repeat_interval": "3s"}
BOTH = [{"matchers": ["pod=~a.*"], "receiver": "a", "continue": True}, {"receiver": "b"}]
TWO = {"a": [True], "b": [True]}

SCENARIOS = (
    # Waiting and grouping
    Scenario("one", 1, (fire(0, "a"),)),
    Scenario("resolved", 2, (fire(0, "a"), resolve(2, "a"))),
    Scenario("resolved-before-told", 0, (fire(0, "a"), resolve(0.3, "a"))),
    Scenario("one-of-two-resolved-before-told", 1, (fire(0, "a"), fire(0, "b"), resolve(0.3, "b"))),
    Scenario("joins-at-once", 1, (fire(0, "a"), fire(0.3, "b"))),
    Scenario("joins-later", 2, (fire(0, "a"), fire(2, "b"))),
    Scenario("one-of-two-resolved", 2, (fire(0, "a"), fire(0, "b"), resolve(2, "b"))),
    Scenario("one-after-the-other", 3, (fire(0, "a"), fire(0, "b"), resolve(2, "b"), resolve(4, "a"))),
    Scenario(
        "ever-others",
        5,
        (fire(0, "a"), fire(2, "b"), resolve(4, "a"), fire(6, "c"), resolve(8, "b"), resolve(8, "c")),
    ),
    Scenario("no-wait", 2, (fire(0, "a"), fire(1, "b")), {"group_wait": "0s"}),
    Scenario("old-alert", 1, (fire(0, "a", age=60),), {"group_wait": "6s"}),
    Scenario("old-alert-joins", 1, (fire(0, "a"), fire(2, "b", age=60)), {"group_wait": "6s"}),
    Scenario("by-name", 2, (fire(0, "a", alertname="X"), fire(0, "b", alertname="Y")), {"group_by": ["alertname"]}),
    Scenario("by-all", 3, (fire(0, "a"), fire(0, "b"), resolve(2, "b")), {"group_by": ["..."]}),
    Scenario("by-absent-label", 2, (fire(0, "a"), fire(0, "b", job="x")), {"group_by": ["job"]}),
    Scenario(
        "group-labels-change",
        3,
        (fire(0, "a", job="x"), fire(2, "a", job="y"), resolve(4, "a", job="x")),
        {"group_by": ["job"]},
    ),
    # Repeating
    Scenario("repeated", 4, (fire(0, "a"),), REPEAT),
    Scenario("change-begins-anew", 4, (fire(0, "a"), fire(2, "b")), REPEAT),
    Scenario("repeated-without-the-resolved", 4, (fire(0, "a"), fire(0, "b"), resolve(2, "b")), REPEAT),
    Scenario("repeat-shorter-than-interval", 7, (fire(0, "a"),), {"repeat_interval": "500ms"}),
    Scenario("repeat-as-long-as-interval", 4, (fire(0, "a"),), {"repeat_interval": "2s"}),
    Scenario("repeat-shorter-than-two-intervals", 4, (fire(0, "a"),), {"repeat_interval": "3600ms"}),
    Scenario("resolved-is-not-repeated", 3, (fire(0, "a"), resolve(6, "a")), REPEAT),
    # Coming and going
    Scenario("back-before-told", 1, (fire(0, "a"), resolve(1.7, "a"), fire(2.3, "a"))),
    Scenario("gone-before-told", 2, (fire(0, "a"), fire(1.7, "b"), resolve(2.3, "b"))),
    Scenario("back", 3, (fire(0, "a"), resolve(2, "a"), fire(4, "a"))),
    Scenario("back-later", 3, (fire(0, "a"), resolve(2, "a"), fire(8, "a"))),
    Scenario("back-and-gone", 4, (fire(0, "a"), resolve(2, "a"), fire(6, "a"), resolve(10, "a"))),
    # The tree
    Scenario("continue", 2, (fire(0, "a"),), {"routes": BOTH}, TWO),
    Scenario(
        "first-that-fits",
        2,
        (fire(0, "a"), fire(0, "b")),
        {"routes": [{"matchers": ["pod=a"], "receiver": "b"}, {"matchers": ["pod=~.+"]}]},
        TWO,
    ),
    Scenario("nothing-below-fits", 1, (fire(0, "a"),), {"routes": [{"match": {"pod": "b"}, "receiver": "b"}]}, TWO),
    Scenario(
        "nested",
        2,
        (fire(0, "a"), fire(0, "b")),
        {"routes": [{"match_re": {"pod": "a|b"}, "routes": [{"matchers": ["pod!=a"], "receiver": "b"}]}]},
        TWO,
    ),
    Scenario(
        "own-timing",
        3,
        (fire(0, "a"), fire(0, "b")),
        {"routes": [{"matchers": ["pod=b"], "group_wait": "3s", "repeat_interval": "7s"}]},
    ),
    # Receivers
    Scenario("two-integrations", 4, (fire(0, "a"), resolve(2, "a")), receivers={"a": [True, True]}),
    Scenario("one-hears-no-ends", 3, (fire(0, "a"), resolve(2, "a")), receivers={"a": [True, False]}),
    Scenario("no-ends", 1, (fire(0, "a"), resolve(2, "a")), receivers={"a": [False]}),
    Scenario("no-ends-and-back", 2, (fire(0, "a"), resolve(2, "a"), fire(4, "a")), receivers={"a": [False]}),
    Scenario(
        "no-ends-and-back-among-others",
        1,
        (fire(0, "a"), fire(0, "b"), resolve(2, "b"), fire(4, "b")),
        receivers={"a": [False]},
    ),
    Scenario("no-ends-repeated", 4, (fire(0, "a"), fire(0, "b"), resolve(2, "b")), REPEAT, receivers={"a": [False]}),
    Scenario("nobody-listens", 0, (fire(0, "a"),), receivers={"a": []}),
    # Inhibition
    Scenario("inhibited", 1, (fire(0, "c", **CRITICAL), fire(0, "w", **WARNING)), BY_SEVERITY, inhibit=(URGENT,)),
    Scenario("inhibited-in-its-group", 1, (fire(0, "c", **CRITICAL), fire(0, "w", **WARNING)), inhibit=(URGENT,)),
    Scenario(
        "inhibited-elsewhere",
        2,
        (fire(0, "c", **CRITICAL), fire(0, "w", **WARNING | {"cluster": "y"})),
        BY_SEVERITY,
        inhibit=(URGENT,),
    ),
    Scenario(
        "no-longer-inhibited",
        3,
        (fire(0, "c", **CRITICAL), fire(0, "w", **WARNING), resolve(4, "c", **CRITICAL)),
        BY_SEVERITY,
        inhibit=(URGENT,),
    ),
    Scenario(
        "no-longer-inhibited-in-its-group",
        2,
        (fire(0, "c", **CRITICAL), fire(0, "w", **WARNING), resolve(4, "c", **CRITICAL)),
        inhibit=(URGENT,),
    ),
    Scenario(
        "inhibited-after-it-was-told",
        3,
        (fire(0, "w", **WARNING), fire(2, "c", **CRITICAL), resolve(6, "c", **CRITICAL)),
        BY_SEVERITY,
        inhibit=(URGENT,),
    ),
    Scenario(
        "ends-while-inhibited",
        3,
        (fire(0, "w", **WARNING), fire(2, "c", **CRITICAL), resolve(4, "w", **WARNING), resolve(8, "c", **CRITICAL)),
        BY_SEVERITY,
        inhibit=(URGENT,),
    ),
    Scenario(
        "does-not-inhibit-itself",
        1,
        (fire(0, "a", cluster="x"), fire(0, "b", cluster="x")),
        inhibit=({"equal": ["cluster"]},),
    ),
    Scenario(
        "inhibited-where-both-lack-the-label",
        1,
        (fire(0, "c", severity="critical"), fire(0, "w", severity="warning")),
        BY_SEVERITY,
        inhibit=(URGENT,),
    ),
    Scenario(
        "inhibited-repeats",
        3,
        (fire(0, "w", **WARNING), fire(4, "c", **CRITICAL), resolve(8, "c", **CRITICAL)),
        BY_SEVERITY | REPEAT | {"routes": [{"matchers": ["severity=critical"], "receiver": "b"}]},
        {"a": [True], "b": []},
        inhibit=(URGENT,),
    ),
    # Silences
    Scenario("silenced", 0, (silence(0), fire(0.3, "a"))),
    Scenario("silence-ended-by-hand", 1, (silence(0), fire(0.3, "a"), unsilence(4.3))),
    Scenario("silence-runs-out", 1, (silence(0, end=4.3), fire(0.3, "a"))),
    Scenario("silence-begins-later", 2, (silence(0, begin=2.0, end=6.0), fire(0, "a"), fire(2, "b"))),
    Scenario("silenced-after-it-was-told", 1, (fire(0, "a"), silence(2), unsilence(6))),
    Scenario("silenced-repeats", 3, (fire(0, "a"), silence(2), unsilence(8)), REPEAT),
    Scenario("one-of-two-silenced", 1, (silence(0, matcher("pod", "b")), fire(0.3, "a"), fire(0.3, "b"))),
    Scenario(
        "silenced-by-expression", 1, (silence(0, matcher("pod", "b.*", is_regex=True)), fire(0.3, "a"), fire(0.3, "bc"))
    ),
    Scenario(
        "silenced-but-for-one", 1, (silence(0, matcher("pod", "a", is_equal=False)), fire(0.3, "a"), fire(0.3, "b"))
    ),
    Scenario("ends-while-silenced", 1, (fire(0, "a"), silence(2), resolve(4, "a"), unsilence(6))),
    Scenario(
        "ends-while-silenced-among-others",
        2,
        (fire(0, "a"), fire(0, "b"), silence(2, matcher("pod", "b")), resolve(4, "b"), unsilence(6), resolve(8, "a")),
    ),
    Scenario(
        "two-silences",
        1,
        (
            silence(0, name="s"),
            silence(0, matcher("pod", "a"), name="t"),
            fire(0.3, "a"),
            unsilence(2.3, "s"),
            unsilence(6.3, "t"),
        ),
    ),
    # Time intervals
    Scenario(
        "muted",
        1,
        (fire(0, "a"), fire(0, "b")),
        {"routes": [{"matchers": ["pod=b"], "mute_time_intervals": ["always"]}]},
    ),
    Scenario(
        "not-muted-now",
        2,
        (fire(0, "a"), fire(0, "b")),
        {"routes": [{"matchers": ["pod=b"], "mute_time_intervals": ["never"]}]},
    ),
    Scenario("active", 1, (fire(0, "a"),), {"active_time_intervals": ["never", "always"]}),
    Scenario("not-active", 0, (fire(0, "a"), resolve(2, "a")), {"active_time_intervals": ["never"]}),
    Scenario(
        "active-and-muted",
        0,
        (fire(0, "a"),),
        {"active_time_intervals": ["always"], "mute_time_intervals": ["never", "always"]},
    ),
    Scenario(
        "muted-on-one-of-two-routes",
        1,
        (fire(0, "a"),),
        {"routes": [BOTH[0] | {"mute_time_intervals": ["always"]}, BOTH[1]]},
        TWO,
    ),
    Scenario(
        "muting-is-not-inherited",
        1,
        (fire(0, "a"),),
        {"mute_time_intervals": ["always"], "routes": [{"matchers": ["pod=a"]}]},
    ),
)
