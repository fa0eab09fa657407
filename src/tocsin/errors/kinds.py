"""The tables by which errors are sorted into categories."""

import re

from tocsin.errors.categories import Category

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

#: Status of a gRPC call.
BY_RPC_STATUS: dict[str, Category] = {
    "UNAVAILABLE": "network",
    "DEADLINE_EXCEEDED": "timeout",
    "UNAUTHENTICATED": "authentication",
    "PERMISSION_DENIED": "authorization",
    "RESOURCE_EXHAUSTED": "rate_limit",
    **dict.fromkeys(("INVALID_ARGUMENT", "OUT_OF_RANGE", "FAILED_PRECONDITION"), "validation"),
    **dict.fromkeys(("ABORTED", "CANCELLED"), "concurrency"),
    **dict.fromkeys(
        ("NOT_FOUND", "ALREADY_EXISTS", "UNKNOWN", "INTERNAL", "UNIMPLEMENTED", "DATA_LOSS"), "external_service"
    ),
}

#: Words in the error codes of cloud services, which name their exceptions all alike.
BY_API_ERROR: tuple[tuple[re.Pattern[str], Category], ...] = (
    (re.compile(r"Throttl|TooManyRequests|SlowDown|ThroughputExceeded|RequestLimit|RateExceeded"), "rate_limit"),
    (re.compile(r"ExpiredToken|ClientTokenId|AccessKeyId|SignatureDoesNot|UnrecognizedClient|AuthFailure|Credential"),
     "authentication"),
    (re.compile(r"AccessDenied|Unauthorized|NotAuthorized|Forbidden|^403$"), "authorization"),
    (re.compile(r"Timeout"), "timeout"),
    (re.compile(r"LimitExceeded|Quota|InsufficientCapacity"), "resource_exhaustion"),
    (re.compile(r"ConditionalCheck|Conflict|Concurrent|OptimisticLock"), "concurrency"),
    (re.compile(r"Validation|Invalid|Malformed|MissingParameter"), "validation"),
)  # fmt: skip

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
    ("remaining connection slots", "resource_exhaustion"),
    ("dictionary changed size during iteration", "concurrency"),
    ("event loop is closed", "concurrency"),
    ("attached to a different loop", "concurrency"),
    ("another operation is in progress", "concurrency"),
    ("after shutdown", "concurrency"),
    ("un-acquired lock", "concurrency"),
    ("unlocked lock", "concurrency"),
    ("released too many times", "concurrency"),
    ("threads can only be started once", "concurrency"),
    ("objects created in a thread", "concurrency"),
    ("canceling statement due to", "timeout"),
    ("timed out", "timeout"),
    ("timeout expired", "timeout"),
    ("timeout exceeded", "timeout"),
    ("statement timeout", "timeout"),
    ("deadline exceeded", "timeout"),
    ("etimedout", "timeout"),
    ("rate limit", "rate_limit"),
    ("too many requests", "rate_limit"),
    ("throttl", "rate_limit"),
    ("password authentication failed", "authentication"),
    ("authentication failed", "authentication"),
    ("invalid credentials", "authentication"),
    ("access denied for user", "authentication"),
    ("certificate verify failed", "network"),
    ("fatal:  database", "database"),
    ("connection refused", "network"),
    ("econnrefused", "network"),
    ("econnreset", "network"),
    ("getaddrinfo", "network"),
    ("socket hang up", "network"),
    ("connection reset", "network"),
    ("name or service not known", "network"),
    ("failed to resolve", "network"),
    ("could not translate host name", "network"),
    ("could not connect", "network"),
    ("cannot connect to host", "network"),
    ("connection to server", "network"),
    ("server closed the connection", "network"),
    ("broken pipe", "network"),
    ("[ssl", "network"),
    ("environment variable", "configuration"),
    ("not json serializable", "serialization"),
    ("is not valid json", "serialization"),
    ("in json at position", "serialization"),
    ("can't pickle", "serialization"),
    ("cannot pickle", "serialization"),
    ("can't get local object", "serialization"),
)

#: Phrases of `ValueError` that are about code rather than input: unpacking, empty sequences, shapes of arrays.
BUG_PHRASES = (
    "values to unpack",
    "is empty",
    "empty sequence",
    "could not be broadcast",
    "cannot reshape",
    "must be in range(0, 256)",
    "is not in list",
    "substring not found",
    "closed file",
    "already executing",
)

#: Phrases of an application's own exceptions, where nothing else tells.
BY_WEAK_PHRASE: tuple[tuple[str, Category], ...] = (
    ("is required", "validation"),
    ("is missing", "validation"),
    ("must be", "validation"),
    ("must not be", "validation"),
    ("not a valid", "validation"),
    ("is not valid", "validation"),
    ("is invalid", "validation"),
    ("may not", "authorization"),
    ("not allowed", "authorization"),
    ("not permitted", "authorization"),
    ("not configured", "configuration"),
    ("missing setting", "configuration"),
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
    "_InactiveRpcError": "external_service",
    "AioRpcError": "external_service",
    "WorkerLostError": "resource_exhaustion",
    "NotRegistered": "configuration",
    "NoRegionError": "configuration",
    "ProfileNotFound": "configuration",
    "NoOptionError": "configuration",
    "NoSectionError": "configuration",
    "UndefinedValueError": "configuration",
    "TemplateNotFound": "internal",
    "TemplateDoesNotExist": "configuration",
    "ContentTypeError": "serialization",
    "UnpicklingError": "serialization",
    "BadZipFile": "serialization",
    "BadGzipFile": "serialization",
    "ReadError": "network",
    "WriteError": "network",
    "NoBrokersAvailable": "network",
    "AutoReconnect": "network",
    "CertificateError": "network",
    "DuplicateKeyError": "database",
    "DoesNotExist": "database",
    "MultipleObjectsReturned": "database",
    "Http404": "validation",
    "ArgumentError": "validation",
    "NoReverseMatch": "configuration",
    "ObjectDoesNotExist": "database",
    "NotFoundError": "external_service",
    "TooManyRedirects": "external_service",
    **dict.fromkeys(("InvalidStatus", "InvalidStatusCode", "InvalidHandshake"), "external_service"),
    "MissingSchema": "validation",
    "LocationParseError": "validation",
    "SuspiciousOperation": "validation",
    "DisallowedHost": "validation",
    "ObjectNotExecutableError": "internal",
    "UnsupportedProtocol": "configuration",
}

#: Packages of which each exception is of one kind, whatever its name.
BY_PACKAGE_FIRST: dict[str, Category] = {
    **dict.fromkeys(("jwt", "jose", "oauthlib", "authlib", "itsdangerous", "google.auth", "msal"), "authentication"),
    **dict.fromkeys(
        ("configparser", "tomllib", "decouple", "dynaconf", "environ", "pydantic_settings"), "configuration"
    ),
    **dict.fromkeys(
        ("struct", "zlib", "gzip", "lzma", "bz2", "binascii", "csv", "tarfile", "zipfile", "plistlib"), "serialization"
    ),
    **dict.fromkeys(("kombu", "amqp", "pika"), "network"),
}

#: Packages that, where they raise an exception of Python's own, tell its kind.
BY_RAISING_PACKAGE: dict[str, Category] = {
    **dict.fromkeys(("configparser", "decouple", "dynaconf", "environ", "pydantic_settings"), "configuration"),
    **dict.fromkeys(
        ("json", "pickle", "_pickle", "struct", "zipfile", "tarfile", "gzip", "csv", "plistlib"), "serialization"
    ),
    **dict.fromkeys(("ssl", "socket", "smtplib", "ftplib", "imaplib", "http"), "network"),
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
            r"JSON|Json|Decod|Encode|Deserializ|Serializ|Unmarshal|[Pp]ickl|YAML|Yaml|XML|Xml|Pars(?:e|er|ing)Err"
        ),
        "serialization",
    ),
    (re.compile(r"NoCredentials|NoAuthHandler"), "authentication"),
    (re.compile(r"Validat|Invalid|BadRequest|Unprocessable|BadParameter|UsageError|BadData|Malformed"), "validation"),
    (re.compile(r"NumberFormat|^FormatException|IllegalArgument|ArgumentNull|ArgumentOutOfRange"), "validation"),
    (
        re.compile(
            r"Integrity|Operational|Programming|DataError|Database|NoResult|MultipleResults"
            r"|(?:Unique|Null|Key|Check|Exclusion|Constraint)Violation"
        ),
        "database",
    ),
    (re.compile(r"SQL|Sql|PDO|Rollback|Undefined(?:Table|Column)|ORM|DBAPI"), "database"),
    (re.compile(r"RecordNot|DbUpdate|DataAccess|QueryException"), "database"),
    (
        re.compile(
            r"Connect|Network|Unreachable|DNS|NameResolution|Socket|Disconnect|Protocol|MaxRetr|SMTPServer|SSL|TLS|Proxy"
            r"|ChunkedEncoding|IncompleteRead|ClientOS|ClientPayload|NetworkError|ConnectorError"
        ),
        "network",
    ),
    (
        re.compile(
            r"Gateway|Integration|ServiceUnavailable|External|Upstream|Remote|RpcError|ServerError|SMTP|Ap[iI]Error|APIStatus"
        ),
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
