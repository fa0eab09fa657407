"""The application's own requests: series that make each alert fire, and series that nearly do."""

from pack_cases.case import Case, steady

STABLE = "http_server_request_duration_seconds"
OLD = "http_server_duration_milliseconds"
FAILING = ("HighErrorRatio", "critical", "shop fails 10% of its requests")
SLOW = ("SlowRequests", "warning", "shop is slow at /cart")


def requests(ok, failed, *, name=f"{STABLE}_count", code="http_response_status_code"):
    return {
        f'{name}{{job="shop",instance="a",{code}="200"}}': steady(ok),
        f'{name}{{job="shop",instance="a",{code}="500"}}': steady(failed),
    }


def latencies(name, fast, slow, unit, target="http_route"):
    """Requests to /cart of which so many take under one and so many between one and two seconds."""
    labels = f'job="shop",instance="a",{target}="/cart"'
    return {
        f"{name}_count{{{labels}}}": steady(fast + slow),
        f'{name}_bucket{{{labels},le="{unit}"}}': steady(fast),
        f'{name}_bucket{{{labels},le="{2 * unit}"}}': steady(fast + slow),
        f'{name}_bucket{{{labels},le="+Inf"}}': steady(fast + slow),
    }


def routes(cart, pay):
    """Requests to two routes that come 40 times every 15 s, and after 40 minutes as often as said."""
    name = f'{STABLE}_count{{job="shop",http_route='
    return {
        f'{name}"/cart"}}': f"{steady(40, 160)} {6400 + cart}+{cart}x80",
        f'{name}"/pay"}}': f"{steady(40, 160)} {6400 + pay}+{pay}x80",
    }


ROUTE_DROPS = ("RouteThroughputDrop", "warning", "/cart of shop gets 13.37% of its usual requests")
FEWER = ("ThroughputDrop", "warning", "shop gets 13.37% of its usual requests")

CASES = [
    Case("10 % of requests fail", "application", requests(9, 1), 600, (FAILING,)),
    Case("5 % of requests fail", "application", requests(95, 5), 600),
    Case("half of very few requests fail", "application", requests(0.5, 0.5), 600),
    Case(
        "client errors", "application", {f'{STABLE}_count{{job="shop",http_response_status_code="404"}}': "0+9x60"}, 600
    ),
    Case(
        "10 % fail, old conventions",
        "application",
        requests(9, 1, name=f"{OLD}_count", code="http_status_code"),
        600,
        (FAILING,),
    ),
    Case(
        "5 % fail, old conventions", "application", requests(95, 5, name=f"{OLD}_count", code="http_status_code"), 600
    ),
    Case(
        "both conventions count once",
        "application",
        requests(9, 1) | requests(9, 1, name=f"{OLD}_count", code="http_status_code"),
        600,
        (FAILING,),
    ),
    Case("a tenth is slow", "application", latencies(STABLE, 9, 1, 1), 900, (SLOW,)),
    Case("a fiftieth is slow", "application", latencies(STABLE, 49, 1, 1), 900),
    Case("a tenth is slow, old conventions", "application", latencies(OLD, 9, 1, 1000, "http_target"), 900, (SLOW,)),
    Case("a fiftieth is slow, old conventions", "application", latencies(OLD, 49, 1, 1000, "http_target"), 900),
    Case(
        "a third of one route fails",
        "application",
        {
            f'{STABLE}_count{{job="shop",http_route="/a",http_response_status_code="200"}}': steady(2),
            f'{STABLE}_count{{job="shop",http_route="/a",http_response_status_code="500"}}': steady(1),
            f'{STABLE}_count{{job="shop",http_route="/b",http_response_status_code="200"}}': steady(97),
        },
        600,
        (("RouteFails", "warning", "shop fails 33.33% of /a"),),
    ),
    Case(
        "one request in twenty takes seven seconds",
        "application",
        {
            f'{STABLE}_count{{job="shop",http_route="/cart"}}': steady(20),
            f'{STABLE}_bucket{{job="shop",http_route="/cart",le="1"}}': steady(19.5),
            f'{STABLE}_bucket{{job="shop",http_route="/cart",le="5"}}': steady(19.5),
            f'{STABLE}_bucket{{job="shop",http_route="/cart",le="10"}}': steady(20),
            f'{STABLE}_bucket{{job="shop",http_route="/cart",le="+Inf"}}': steady(20),
        },
        900,
        (("VerySlowRequests", "critical", "shop is very slow at /cart"),),
    ),
    Case(
        "a quarter of the requests comes",
        "application",
        {f'{STABLE}_count{{job="shop"}}': f"{steady(40, 160)} 6410+10x80"},
        3300,
        (("ThroughputDrop", "warning", "shop gets 31.93% of its usual requests"),),
    ),
    Case(
        "requests end soon after they began",
        "application",
        {f'{STABLE}_count{{job="shop"}}': f"{steady(40, 60)} 2400x80"},
        1800,
    ),
    Case("a fifth of one route comes", "application", routes(4, 40), 3300, (ROUTE_DROPS,)),
    Case("a third of one route comes", "application", routes(15, 40), 3300),
    Case("a fifth of every route comes", "application", routes(4, 4), 3300, (FEWER,)),
]
