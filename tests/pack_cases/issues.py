"""Issues: series that make each alert fire, and series that nearly do."""

from pack_cases.case import Case, steady


def issue(kind, value, *, instance="a", severity="error"):
    labels = {
        "service_name": "shop",
        "issue": "7",
        "error_type": "KeyError",
        "category": "validation",
        "severity": severity,
        "title": "KeyError: 'sku'",
        "culprit": "cart.add",
        "job": "shop",
        "instance": instance,
    }
    pairs = ",".join(f'{name}="{text}"' for name, text in labels.items())
    return {f"tocsin_issue_{kind}_timestamp_seconds{{{pairs}}}": value}


NEW_ISSUE = ("NewIssue", "error", "New issue in shop: KeyError: 'sku'")
BACK = ("RegressedIssue", "error", "Issue came back in shop: KeyError: 'sku'")


def spike(before, after):
    labels = 'job="shop",error_type="KeyError",tocsin_error_fingerprint="v1:7",tocsin_error_severity="error"'
    return {f"tocsin_errors_total{{{labels}}}": f"{steady(before)} {60 * before}+{after}x40"}


CASES = [
    Case("first seen 1 m ago", "issues", issue("first_seen", "240x40"), 300, (NEW_ISSUE,)),
    Case("first seen 15 m ago", "issues", issue("first_seen", "240x80"), 1140),
    Case(
        "two evaluators, one alert",
        "issues",
        issue("first_seen", "240x40") | issue("first_seen", "240x40", instance="b"),
        300,
        (NEW_ISSUE,),
    ),
    Case(
        "as severe as the issue",
        "issues",
        issue("first_seen", "240x40", severity="critical"),
        300,
        (("NewIssue", "critical", NEW_ISSUE[2]),),
    ),
    Case("came back 1 m ago", "issues", issue("regressed", "240x40") | issue("first_seen", "-9000x40"), 300, (BACK,)),
    Case("came back 15 m ago", "issues", issue("regressed", "240x80"), 1140),
    Case("ten times as many", "issues", spike(0.25, 5), 1050, (("SpikingIssue", "error", "KeyError spikes in shop"),)),
    Case("four times as many", "issues", spike(2, 8), 1050),
    Case("many more than few", "issues", spike(0.01, 0.9), 1050),
]
