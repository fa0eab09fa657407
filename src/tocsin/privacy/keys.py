"""Names under which applications keep secrets, and such under which telemetry keeps nothing of anybody."""

import re
from functools import lru_cache

# Patterns are text here: `re` compiles them, and keeps them, with the first name that is looked at, not before.
_WORDS = (
    r"(?:^|[_. -])(?:"
    r"[a-z]*(?:password|passwd|passwort|secret)|pass(?:word|phrase|code)?s?\d?|pwd|contrasena|secrets|credentials?"
    r"|(?:proxy[_-])?authorization|auth|cookies?|csrf|xsrf|bearer|apikeys?|authkey"
    r"|(?:access|refresh|auth|id|api|session|user|client|bearer|device|push)?token"
    r"|(?:access|api|app|auth|private|session|signing|signature|encryption|account|shared|secret|master|license|service"
    r"|subscription|storage|client|deploy|ssh|gpg|pgp|rsa|aes|hmac|crypto|webhook)[_. -]?keys?"
    r"|session|sess(?:ion)?[_. -]?id|(?:php|j|asp)?sess(?:ion)?id|sid|dsn|cvv2?|cvc2?|ssn|otp|totp|mfa|pin|jwt|sig"
    r"|signature|pat|card[_. -]?number|security[_. -]?code|social[_. -]?security(?:[_. -]?number)?"
    r")(?:$|[_. -])"
)
#: Endings by which a name only speaks about a secret: `token_count`, `password_length`.
_ABOUT = (
    r"[_. -](?:count|length|len|size|type|name|ttl|valid|validated?|required|enabled|limit|index|usage|ur[il]|path|file"
    r"|status|state|method|mode|errors?|reset|policy|strength|field|column|input|form|version|algorithm|provider|backend"
    r"|scheme|time|timeout|duration|latency|ms|seconds|age|start|started|end|ended|is|has|in|at|by|for|of|on|failed"
    r"|failure|success|expir(?:y|es|ed|ation)(?:_(?:at|in))?)$"
)
_HUMP = r"(?<=[a-z0-9])(?=[A-Z])"

#: Attributes of the semantic conventions that hold names, numbers and states: nothing of anybody.
_PLAIN = frozenset(
    """
    http.request.method http.method http.response.status_code http.status_code http.route http.scheme http.flavor
    http.host http.server_name http.request.method_original http.request.resend_count url.scheme url.port
    url.template server.address server.port network.protocol.name network.protocol.version network.transport
    network.type net.host.name net.host.port net.peer.name net.peer.port net.transport net.protocol.name
    net.protocol.version db.system db.system.name db.name db.namespace db.operation db.operation.name
    db.collection.name db.sql.table db.response.status_code rpc.system rpc.service rpc.method rpc.grpc.status_code
    messaging.system messaging.operation messaging.operation.name messaging.operation.type messaging.destination
    messaging.destination.name messaging.destination_kind celery.action celery.state celery.task_name error.type
    exception.type exception.escaped log.iostream service.name service.version service.namespace gen_ai.system
    gen_ai.request.model gen_ai.response.model gen_ai.operation.name gen_ai.provider.name
    """.split()  # noqa: SIM905  a table reads better as one
)
_PLAIN_PREFIXES = (
    "code.", "otel.", "thread.", "telemetry.", "tocsin.", "process.runtime.", "host.", "os.", "k8s.", "container.",
    "cloud.", "deployment.", "gen_ai.usage.", "faas.", "trace.", "span.",
)  # fmt: skip
#: Attributes that hold an address of the network and nothing else.
_ADDRESSES = frozenset(
    """
    client.address client.port client.socket.address net.peer.ip net.host.ip net.sock.peer.addr net.sock.host.addr
    net.sock.peer.port network.peer.address network.peer.port network.local.address network.local.port http.client_ip
    """.split()  # noqa: SIM905  same
)
_SQL = frozenset({"db.statement", "db.query.text"})
_PARAMETERS = r"db\.(?:query|operation)\.parameters?(?:\.|$)|db\.(?:statement\.)?(?:params|parameters)(?:\.|$)"


@lru_cache(maxsize=4096)
def is_secret(key: str) -> bool:
    """Whether a key's name says that its value is a secret: `snake_case`, `camelCase`, `kebab-case`, `dotted.case`."""
    words = re.sub(_HUMP, "_", key[-128:]).lower()
    return re.search(_WORDS, words) is not None and re.search(_ABOUT, words) is None


def is_plain(key: str, *, ips: bool) -> bool:
    """Whether the semantic conventions say that an attribute holds nothing of anybody; addresses if `ips` is False."""
    return (
        (key in _PLAIN and not (ips and "address" in key))
        or key.startswith(_PLAIN_PREFIXES)
        or (key in _ADDRESSES and not ips)
    )


def is_sql(key: str) -> bool:
    """Whether an attribute holds a statement with its literals."""
    return key in _SQL


def is_sql_parameter(key: str) -> bool:
    """Whether an attribute holds what a statement was given."""
    return re.match(_PARAMETERS, key) is not None
