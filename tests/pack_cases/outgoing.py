"""Calls of others: series that make each alert fire, and series that nearly do."""

from pack_cases.case import Case, durations, steady

CLIENT = "http_client_request_duration_seconds"


def calls(*outcomes, name=f"{CLIENT}_count", server="server_address"):
    return {f'{name}{{job="shop",{server}="pay"{labels}}}': steady(rate) for labels, rate in outcomes}


UNREACHABLE = ("OutgoingCallsFail", "warning", "10% of the calls from shop to pay fail")


def circuit(instance, values):
    return {f'tocsin_circuit_open{{job="shop",instance="{instance}",circuit_name="pay"}}': values}


PAY = 'job="shop",server_address="pay",http_response_status_code="200"'
MODEL = 'job="shop",gen_ai_request_model="m"'

CASES = [
    Case(
        "a tenth of the calls gets no answer",
        "outgoing",
        calls((',http_response_status_code="200"', 9), (',error_type="ConnectionError"', 1)),
        600,
        (UNREACHABLE,),
    ),
    Case(
        "a tenth of the calls gets a 503",
        "outgoing",
        calls((',http_response_status_code="200"', 9), (',error_type="503",http_response_status_code="503"', 1)),
        600,
        (UNREACHABLE,),
    ),
    Case(
        "a tenth of the calls gets a 404",
        "outgoing",
        calls((',http_response_status_code="200"', 9), (',error_type="404",http_response_status_code="404"', 1)),
        600,
    ),
    Case(
        "a tenth of the calls gets a 503, old conventions",
        "outgoing",
        calls(
            (',http_status_code="200"', 9),
            (',http_status_code="503"', 1),
            name="http_client_duration_milliseconds_count",
            server="net_peer_name",
        ),
        600,
        (UNREACHABLE,),
    ),
    Case(
        "nothing but failures",
        "outgoing",
        calls((',error_type="ConnectionError"', 1)),
        600,
        (
            ("OutgoingCallsFail", "warning", "100% of the calls from shop to pay fail"),
            ("ServerDown", "critical", "pay is down for shop"),
        ),
    ),
    Case(
        "calls of 20 seconds",
        "outgoing",
        durations(CLIENT, 20, PAY),
        900,
        (("SlowCalls", "warning", "pay is slow for shop"),),
    ),
    Case(
        "calls of 40 seconds, old conventions",
        "outgoing",
        durations("http_client_duration_milliseconds", 40_000, 'job="shop",net_peer_name="pay",http_status_code="200"'),
        900,
        (("SlowCalls", "critical", "pay is slow for shop"), ("SlowCalls", "warning", "pay is slow for shop")),
    ),
    Case("calls of 9 seconds", "outgoing", durations(CLIENT, 9, PAY), 900),
    Case(
        "answers of 40 seconds",
        "outgoing",
        durations("gen_ai_client_operation_duration_seconds", 40, MODEL),
        900,
        (
            ("SlowModel", "critical", "The model m is slow for shop"),
            ("SlowModel", "warning", "The model m is slow for shop"),
        ),
    ),
    Case("answers of 9 seconds", "outgoing", durations("gen_ai_client_operation_duration_seconds", 9, MODEL), 900),
    Case(
        "a circuit is open in one process",
        "outgoing",
        circuit("a", "1x60") | circuit("b", "0x60"),
        300,
        (("CircuitOpen", "warning", "The circuit pay of shop is open"),),
    ),
    Case("a circuit was open for half a minute", "outgoing", circuit("a", "0x10 1x2 0x40"), 300),
]
