"""What users say about grouping: rules, a callback, and issues that were known to an earlier algorithm."""

from contextlib import closing

import pytest

import tocsin
from tocsin.errors import Failure, Frame, Grouping, InApp, Recognizer, RuleError, identify
from tocsin.errors import identity as identity_module
from tocsin.errors.fingerprint import Component
from tocsin.guard import guard
from tocsin.store import Sighting, Store

CART = Failure("shop.LostError", "cart 7 is lost", (Frame.at("/srv/app/shop/legacy/carts.py", "find", 3, "x()"),))
OTHER = Failure("KeyError", "'x'", (Frame.at("/srv/app/shop/pages.py", "show", 5, "y()"),))


def verdict(failure, *rules, **attributes):
    grouping = Grouping.of(rules).of_resource({"service.name": "web"})
    return identify(failure, grouping=grouping, attributes=attributes)


def is_changed(failure, rule, **attributes):
    return verdict(failure, rule, **attributes).fingerprint != verdict(failure, **attributes).fingerprint


@pytest.mark.parametrize(
    "matchers",
    [
        "type:LostError",
        "type:shop.*",
        "error.type:shop.LostError",
        'message:"cart * is lost"',
        "value:*lost",
        "module:shop.legacy.*",
        "stack.function:find",
        "path:*/legacy/*",
        "path:*/legacy/* function:find",
        "service:web",
        "logger:shop.*",
        "transaction:/carts/*",
        "tags.tenant:acme",
        "attributes.tenant:ac?e",
        "tenant.does.not.matter:x !type:KeyError".partition(" ")[2],
        "type:LOSTERROR",
    ],
)
def test_what_a_rule_can_match(matchers):
    attributes = {"logger": "shop.carts", "http.route": "/carts/{id}", "tenant": "acme"}
    assert is_changed(CART, f"{matchers} -> ours", **attributes)
    assert not is_changed(CART, f"{matchers} type:Nothing -> ours", **attributes)


def test_matchers_of_frames_are_for_one_frame():
    both = Failure("E", "", (*CART.frames, *OTHER.frames))
    assert is_changed(both, "function:show module:*pages -> ours")
    assert not is_changed(both, "function:find module:*pages -> ours")


def test_a_rule_matches_a_cause_too():
    assert is_changed(Failure("Wrapper", "", cause=CART), "type:LostError message:*lost -> ours")


def test_rules_merge_and_split():
    merged = {verdict(failure, "type:* -> everything").fingerprint for failure in (CART, OTHER)}
    assert len(merged) == 1
    rule = "type:LostError -> {{ default }}, {{ tags.tenant }}"
    split = {verdict(CART, rule, tenant=tenant).fingerprint for tenant in ("a", "b")}
    assert len(split) == 2


def test_variables_are_filled_in():
    rule = 'type:LostError -> lost, "{{ type }}|{{ function }}|{{ module }}|{{ tags.x }}" title="Lost by {{ service }}"'
    found = verdict(CART, rule, x=7)
    assert [component.value for component in found.components] == ["lost", "shop.LostError|find|legacy.carts|7"]
    assert found.title == "Lost by web"
    assert found.components[0].why == f"rule: {rule}"
    assert verdict(CART, "type:* -> {{ tags.nothing }}").components[0].value == "<no-tags.nothing>"


def test_the_first_rule_that_fits_decides():
    assert verdict(CART, "type:LostError -> one", "type:* -> two").components[0].value == "one"


def test_comments_and_empty_lines_are_no_rules():
    assert not Grouping.of(["# a comment", "  ", ""])


def test_frame_rules_decide_whose_a_frame_is():
    rules = Grouping.of(["path:*/legacy/* -app", "module:requests.* +app", "module:requests.sessions -app"])
    in_app = InApp(rules=rules.frame_rules)
    library = Frame.at("/x/lib/python3.12/site-packages/requests/api.py", "get", 1)
    sessions = Frame.at("/x/lib/python3.12/site-packages/requests/sessions.py", "send", 1)
    assert [in_app.includes(frame) for frame in (*CART.frames, library, sessions)] == [False, True, False]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("type:X", "must end with"),
        ("type:X ->", "no fingerprint after ->"),
        ("typ:X -> a", "there is no matcher typ; there are function"),
        ("X -> a", "'X' is no matcher; write name:glob"),
        ("type:X -app", "type is not known of a frame"),
        ('type:X -> a "b', "is no part"),
    ],
)
def test_a_wrong_rule_is_refused_with_a_reason(rule, said):
    with pytest.raises(RuleError, match=said):
        Grouping.of([rule])


@pytest.fixture
def hook():
    yield tocsin.fingerprint
    tocsin.fingerprint(None)


def test_a_callback_has_the_last_word(hook):
    seen, default = [], identify(OTHER)

    @hook
    def mine(failure, attributes, fingerprint):
        seen.append((failure.type, attributes["tenant"], fingerprint))
        return ["{{ default }}", attributes["tenant"]] if failure.short_type == "LostError" else None

    assert verdict(OTHER, tenant="a") == default
    split = {verdict(CART, tenant=tenant).fingerprint for tenant in ("a", "b")}
    assert len(split) == 2
    assert seen[0] == ("KeyError", "a", default.fingerprint)


def test_a_callback_that_fails_changes_nothing(hook):
    default = identify(CART).fingerprint
    guard.strict = False
    hook(lambda *_: 1 / 0)
    assert identify(CART).fingerprint == default
    assert guard.failures["fingerprint hook"] == 1


def test_warm_failures_are_regrouped_by_what_they_say_and_where(raised):
    def fail(number):
        raise ValueError(f"tenant acme{number}")

    recognizer = Recognizer(grouping=Grouping.of(["type:ValueError -> {{ message }}, {{ tags.x }}"]))
    found = [
        recognizer.identify(raised(fail, number), handled=False, attributes={"x": x}).components
        for number, x in ((1, "a"), (2, "a"), (2, "b"))
    ]
    assert [[component.value for component in each] for each in found] == [
        ["tenant acme1", "a"],
        ["tenant acme2", "a"],
        ["tenant acme2", "b"],
    ]


def coarse(site, attributes):
    yield Component("type", site.failure.short_type, "all that the first algorithm looked at")


def sighting(identity, at):
    return Sighting(
        service="web",
        fingerprint=identity.fingerprint,
        title=identity.title,
        culprit=identity.culprit,
        error_type="KeyError",
        category=identity.category,
        severity=identity.severity,
        handled=False,
        release="",
        count=2,
        first_at=at,
        last_at=at,
        aliases=identity.aliases,
    )


@pytest.fixture
def second_version(monkeypatch):
    """What is known today becomes the second algorithm, after a coarser first one."""
    today = identity_module.ALGORITHMS["v1"]

    def arrive():
        monkeypatch.setattr(identity_module, "ALGORITHMS", {"v2": today, "v1": coarse})

    monkeypatch.setattr(identity_module, "ALGORITHMS", {"v1": coarse})
    return arrive


def test_a_new_algorithm_finds_the_issues_of_the_old_one(second_version, tmp_path):
    def ongoing(*_):
        return "ongoing"

    with closing(Store(tmp_path / "tocsin.db")) as store:
        store.issues.record([sighting(identify(OTHER), 1.0)], status_after=ongoing)
        second_version()
        identity = identify(OTHER)
        assert identity.fingerprint.startswith("v2:")
        assert [alias[:3] for alias in identity.aliases] == ["v1:"]
        store.issues.record([sighting(identity, 2.0), sighting(identity, 3.0)], status_after=ongoing)
        (issue,) = store.issues.recent()
        assert (issue.count, issue.first_seen, issue.last_seen) == (6, 1.0, 3.0)
        assert store.issues.fingerprints("web") == {identity.fingerprint, *identity.aliases}
        assert [each.id for each in store.issues.find(identity.fingerprint)] == [issue.id]


def test_rules_keep_the_fingerprints_of_old_algorithms(second_version):
    rule = "type:KeyError -> {{ default }}, mine"
    old = verdict(OTHER, rule).fingerprint
    second_version()
    new = verdict(OTHER, rule)
    assert new.fingerprint.startswith("v2:")
    assert new.aliases == (old,)
