"""Packages that are never the application, wherever they are installed: frameworks, clients, drivers, tools."""

_NAMES = """
a2wsgi aio_pika aioboto3 aiobotocore aiodns aiofiles aiohappyeyeballs aiohttp aiokafka aiomysql aiopg aioredis aiormq
aiosignal aiosmtpd aiosqlite alembic altair amqp aniso8601 annotated_types anthropic anyconfig anyio apispec appdirs
apprise apscheduler argon2 arq arrow asgi_correlation_id asgiref async_lru async_timeout asyncio_mqtt asyncpg asyncssh
attr attrs authlib autobahn automat avro azure babel backoff backports bcrypt billiard bleach blinker boltons boto
boto3 botocore bottle brotli brotli_asgi brotlicffi bs4 bson bugsnag cachecontrol cachetools cassandra cattrs celery
cerberus certifi cffi chardet charset_normalizer cherrypy click clickhouse_connect clickhouse_driver cloudpickle
colander confluent_kafka connexion coverage crispy_forms cryptography curl_cffi cx_Oracle cython daphne dask databases
dataclasses_json dateutil ddtrace debug_toolbar decorator deepdiff defusedxml deprecated dirty_equals discord
distributed distro django django_celery_beat django_filters django_redis dns docker docutils dogpile dotenv dramatiq
drf_spectacular drf_yasg duckdb dynaconf ecdsa elastic_transport elasticapm elasticsearch email_validator environ
eventlet exceptiongroup execnet factory faker fakeredis falcon fastapi fastapi_users fastavro fasteners faust filelock
fire flask flask_admin flask_appbuilder flask_babel flask_caching flask_cors flask_httpauth flask_jwt_extended
flask_limiter flask_login flask_mail flask_marshmallow flask_migrate flask_principal flask_restful flask_restx
flask_security flask_smorest flask_socketio flask_sqlalchemy flask_wtf fontTools freezegun frozenlist fs fsspec ftfy
future gast geopy gevent geventwebsocket git gitdb github gitlab google google_auth_httplib2 googleapiclient gql
graphene graphql greenlet gridfs grpc grpc_status gspread gunicorn h11 h2 hiredis honcho hpack httpcore httplib2
httptools httpx httpx_sse httpx_ws huey humanize hupper hvac hypercorn hyperframe hypothesis idna imagesize
importlib_metadata importlib_resources inflection influxdb influxdb_client iniconfig ipykernel IPython isodate
itsdangerous jaeger_client jedi jenkins jinja2 jiter jmespath joblib jose josepy jsonpatch jsonpath_ng jsonpickle
jsonpointer jsonschema jupyter_client jwt kafka kazoo keras keyring kombu kubernetes langchain langchain_core lark
ldap ldap3 limits litellm litestar llama_index locust logbook loguru lupa lxml mako mammoth markdown markdown_it
markupsafe marshmallow marshmallow_sqlalchemy mashumaro matplotlib minio mistune ml_dtypes mock mongoengine
more_itertools motor msal msgpack msgspec multidict multipart multiprocess mysql MySQLdb nacl nats neo4j nest_asyncio
netaddr networkx newrelic nltk nose numba numexpr numpy oauth2client oauthlib odmantic openai openpyxl opensearchpy
opentelemetry opentracing oracledb orjson ormar oscrypto packaging pandas paramiko parse parsel passlib paste pathos
patsy pdfminer peewee pendulum phonenumbers pika PIL pip pipenv pkg_resources plotly pluggy polars pony pooch prefect
priority prometheus_client prompt_toolkit propcache proto psutil psycopg psycopg2 psycopg_pool ptyprocess puremagic py
pyarrow pyasn1 pyasn1_modules pybrake pycares pycountry pycparser pydantic pydantic_core pydantic_extra_types
pydantic_settings pyexcel pygments pyhive pyinstrument pymemcache pymongo pymssql pymysql pynamodb pyodbc pyparsing
pypdf PyPDF2 pyppeteer pyramid pyrate_limiter pyrsistent pytest python_multipart pytz pyvirtualdisplay pywintypes
qrcode quart raven ray rdflib readability redis rediscluster referencing regex reportlab requests requests_aws4auth
requests_cache requests_oauthlib requests_toolbelt responses rest_framework rest_framework_simplejwt retry retrying
rich rich_click rlpycairo rollbar rpds rq rsa ruamel s3fs s3transfer saml2 sanic schedule schema scipy scrapy seaborn
selenium sendgrid sentry_sdk serial service_identity setproctitle setuptools shapely simplejson six sklearn slack
slack_bolt slack_sdk slowapi smart_open sniffio snowflake social_core social_django socketio socks sortedcontainers
spacy sqlalchemy sqlalchemy_utils sqlglot sqlmodel sqlparse sse_starlette sshtunnel starlette starlette_context statsd
statsmodels stevedore storages strawberry stripe structlog suds supervisor tablib tabulate taskgroup tastypie telegram
telethon tenacity tensorflow testcontainers textual thrift tiktoken tinydb tls_client tocsin tokenizers toml tomli
tomlkit toolz torch torchvision tornado tortoise tqdm traitlets transformers transitions treq trio twilio twisted
typeguard typer typing_extensions typing_inspection tzlocal ujson umap unidecode uritemplate urllib3 uvicorn uvloop
uwsgi validators vcr vine voluptuous wagtail waitress walrus watchdog watchfiles wcwidth weasyprint webargs webob
websocket websockets webtest werkzeug wheel whitenoise winloop wrapt wsgiref wsproto wtforms xgboost xlrd xlsxwriter
xmlschema xmltodict yaml yarl zeep zipp zmq zope zstandard
"""
LIBRARIES = frozenset(_NAMES.lower().split())
