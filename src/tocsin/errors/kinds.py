"""The tables by which errors are sorted into categories."""

import re
from typing import Literal, TypeAlias

Category: TypeAlias = Literal[
    "database",
    "external_service",
    "network",
    "timeout",
    "rate_limit",
    "authentication",
    "authorization",
    "validation",
    "resource_exhaustion",
    "configuration",
    "serialization",
    "concurrency",
    "internal",
]

#: HTTP status; any other 4xx or 5xx of a client library is the external service's.
BY_STATUS: dict[str, Category] = {
    "401": "authentication",
    "403": "authorization",
    "407": "authentication",
    "408": "timeout",
    "429": "rate_limit",
    "504": "timeout",
    "507": "resource_exhaustion",
}

#: Packages whose HTTP exceptions are answers of this application: a 4xx is about the request it got.
SERVERS = frozenset(
    {"werkzeug", "flask", "starlette", "fastapi", "django", "rest_framework", "tornado", "sanic", "falcon"}
)

#: Class of an SQLSTATE: its first two characters.
BY_SQLSTATE: dict[str, Category] = {
    "08": "network",
    "28": "authentication",
    "40": "concurrency",
    "53": "resource_exhaustion",
    "57": "timeout",
}

#: Phrases of a message, in lower case, that say more than its type.
BY_PHRASE: tuple[tuple[str, Category], ...] = (
    ("deadlock", "concurrency"),
    ("database is locked", "concurrency"),
    ("could not serialize access", "concurrency"),
    ("too many connections", "resource_exhaustion"),
    ("too many clients", "resource_exhaustion"),
    ("queuepool limit", "resource_exhaustion"),
    ("no space left on device", "resource_exhaustion"),
    ("too many open files", "resource_exhaustion"),
    ("out of memory", "resource_exhaustion"),
    ("can't start new thread", "resource_exhaustion"),
    ("timed out", "timeout"),
    ("timeout expired", "timeout"),
    ("timeout exceeded", "timeout"),
    ("statement timeout", "timeout"),
    ("deadline exceeded", "timeout"),
    ("rate limit", "rate_limit"),
    ("too many requests", "rate_limit"),
    ("throttl", "rate_limit"),
    ("password authentication failed", "authentication"),
    ("authentication failed", "authentication"),
    ("invalid credentials", "authentication"),
    ("access denied for user", "authentication"),
    ("certificate verify failed", "network"),
    ("connection refused", "network"),
    ("connection reset", "network"),
    ("name or service not known", "network"),
    ("environment variable", "configuration"),
    ("not json serializable", "serialization"),
)

#: Names of exceptions, without module.
BY_TYPE: dict[str, Category] = {
    "ValueError": "validation",
    "InvalidOperation": "validation",
    "ConversionSyntax": "validation",
    "MemoryError": "resource_exhaustion",
    "BrokenProcessPool": "resource_exhaustion",
    "QueueFull": "resource_exhaustion",
    "Full": "resource_exhaustion",
    "RecursionError": "internal",
    "NotImplementedError": "internal",
    "FileNotFoundError": "internal",
    "EOFError": "network",
    "BrokenPipeError": "network",
    "IncompleteRead": "network",
    "gaierror": "network",
    "herror": "network",
    "SSLError": "network",
    "SSLCertVerificationError": "network",
    "BlockingIOError": "concurrency",
    "InvalidStateError": "concurrency",
    "CancelledError": "concurrency",
    "HTTPError": "external_service",
    "HTTPStatusError": "external_service",
    "URLError": "network",
    "RpcError": "external_service",
}

#: Words in the name of an exception, the ones that say most first.
BY_WORD: tuple[tuple[re.Pattern[str], Category], ...] = (
    (re.compile(r"Time(?:d)?Out|Timeout|DeadlineExceeded|TimeLimitExceeded"), "timeout"),
    (re.compile(r"RateLimit|TooManyRequests|Throttl|QuotaExceeded|SlowDown"), "rate_limit"),
    (
        re.compile(
            r"Deadlock|LockNotAvailable|LockError|Locked|Concurren|StaleData|SerializationFailure|RaceCondition"
        ),
        "concurrency",
    ),
    (
        re.compile(r"Un(?:authorized|authorised|authenticated)|Authenticat|Credential|InvalidToken|TokenExpired"),
        "authentication",
    ),
    (re.compile(r"LoginRequired|ExpiredSignature|InvalidSignature|BadSignature|AuthError|AuthFail"), "authentication"),
    (
        re.compile(r"Forbidden|Permission|AccessDenied|Authoriz|Authoris|NotAllowed|NotPermitted|Privilege"),
        "authorization",
    ),
    (re.compile(r"Config|Setting|ModuleNotFound|ImportError|MissingEnv|EnvVar"), "configuration"),
    (
        re.compile(r"OutOfMemory|NoSpace|DiskFull|Exhaust|PoolFull|TooManyConnections|ResourceLimit|Capacity"),
        "resource_exhaustion",
    ),
    (
        re.compile(
            r"JSON|Json|Decode|Encode|Deserializ|Serializ|Unmarshal|[Pp]ickl|YAML|Yaml|XML|Xml|Pars(?:e|er|ing)Err"
        ),
        "serialization",
    ),
    (re.compile(r"Validat|Invalid|BadRequest|Unprocessable|BadParameter|UsageError|BadData|Malformed"), "validation"),
    (
        re.compile(r"Integrity|Operational|Programming|DataError|Database|Violation|NoResult|MultipleResults"),
        "database",
    ),
    (re.compile(r"SQL|Rollback|Undefined(?:Table|Column)|ORM|DBAPI"), "database"),
    (
        re.compile(r"Connect|Network|Unreachable|DNS|NameResolution|Socket|Disconnect|Protocol|MaxRetr|SMTPServer"),
        "network",
    ),
    (
        re.compile(r"Gateway|ServiceUnavailable|External|Upstream|Remote|ServerError|SMTP|Ap[iI]Error|APIStatus"),
        "external_service",
    ),
)

#: `errno` values of Linux.
BY_ERRNO: dict[str, Category] = {
    **dict.fromkeys(("1", "13"), "authorization"),
    **dict.fromkeys(("12", "23", "24", "28", "122"), "resource_exhaustion"),
    **dict.fromkeys(("-2", "-3", "-5", "32", "101", "103", "104", "111", "113"), "network"),
    "110": "timeout",
}

#: Top-level packages whose exceptions are all of one kind, unless something above says more.
BY_PACKAGE: dict[str, Category] = {
    **dict.fromkeys(("sqlalchemy", "sqlite3", "psycopg", "psycopg2", "asyncpg", "pymysql", "MySQLdb"), "database"),
    **dict.fromkeys(("pymongo", "peewee", "oracledb", "cx_Oracle", "pyodbc", "cassandra", "tortoise"), "database"),
    **dict.fromkeys(("requests", "httpx", "urllib3", "aiohttp", "botocore", "grpc", "google"), "external_service"),
    **dict.fromkeys(("stripe", "openai", "anthropic", "redis", "kombu", "elasticsearch", "twilio"), "external_service"),
    **dict.fromkeys(("pydantic", "pydantic_core", "marshmallow", "jsonschema", "wtforms"), "validation"),
    **dict.fromkeys(("json", "pickle", "yaml", "msgpack", "msgspec", "orjson", "xml", "lxml"), "serialization"),
    **dict.fromkeys(("socket", "ssl"), "network"),
    **dict.fromkeys(("jwt", "authlib", "oauthlib"), "authentication"),
}
