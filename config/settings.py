"""All settings, read from the environment; `.env.example` explains each. `make run` writes local ones into var/."""

import base64
from decimal import Decimal
from pathlib import Path

import environ
from django.utils.translation import gettext_lazy as _

from config.admin_looks import UNFOLD as UNFOLD
from core.logs import logging_config

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env = environ.Env()
# The environment wins over .env, .env over what `make run` generated.
for env_file in (BASE_DIR / ".env", VAR_DIR / "local.env"):
    if env_file.is_file():
        env.read_env(env_file)


def _keys(text: str) -> dict[str, bytes]:
    pairs = (item.split(":", 1) for item in text.split(",") if item)
    return {version: base64.b64decode(key) for version, key in pairs}


def _path(name: str, default: str) -> Path:
    return BASE_DIR / env.str(name, default)


# The house
DEBUG = env.bool("DEBUG", False)
# Without a key only what needs no secrets works (`manage.py calculate`, `makemigrations --check`).
SECRET_KEY = env.str("SECRET_KEY", "unset-" + "x" * 50)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost"])
PLATFORM_URL = env.str("PLATFORM_URL", "http://127.0.0.1:8000").rstrip("/")
CSRF_TRUSTED_ORIGINS = [PLATFORM_URL]
HTTPS = env.bool("HTTPS", not PLATFORM_URL.startswith("http://"))
SANDBOX = env.bool("SANDBOX", False)

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "axes",
    "core",
    "accounts",
    "risk",
    "payments",
    "lending",
    "debt_collection",
    "config",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.portal.house",
            ],
        },
    }
]

# Engines
DATABASES = {"default": env.db_url("DATABASE_URL", "postgres:///lending")}
DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# The server binds what statements are given and, from the fifth time on, keeps their plans: making one takes it longer
# than most of them take to run.
DATABASES["default"]["OPTIONS"] = {
    **DATABASES["default"].get("OPTIONS", {}),
    "server_side_binding": True,
    "prepare_threshold": 5,
}
if suffix := env.str("PYTEST_DB_SUFFIX", ""):
    DATABASES["default"]["TEST"] = {"NAME": f"test_{suffix}"}
CACHES = {"default": env.cache_url("CACHE_URL", "locmemcache://")}

CELERY_BROKER_URL = env.str("BROKER_URL", "memory://")
CELERY_TASK_IGNORE_RESULT = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A queue message is only a hint: when the broker is away, do not keep the customer waiting.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 5, "socket_connect_timeout": 1}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = {
    "sweep work": {"task": "core.tasks.sweep_work", "schedule": 2.0, "options": {"expires": 2}},
    "day close": {"task": "lending.tasks.start_what_is_due", "schedule": 5.0, "options": {"expires": 5}},
    "early help": {"task": "debt_collection.tasks.start_what_is_due", "schedule": 300.0, "options": {"expires": 60}},
    "profiles and watch": {"task": "risk.tasks.start_what_is_due", "schedule": 60.0, "options": {"expires": 60}},
    "bursts": {"task": "risk.tasks.look_for_bursts", "schedule": 300.0, "options": {"expires": 60}},
    "promise": {"task": "payments.tasks.watch_promise", "schedule": 60.0, "options": {"expires": 60}},
    "seal ledger": {"task": "payments.tasks.seal_what_is_due", "schedule": 60.0, "options": {"expires": 60}},
}

# Words and time
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"  # how times are shown; stored times are UTC

# People
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.5  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_DISABLE_ACCESS_LOG = True  # sign-ins are recorded by accounts
LOGIN_URL = "/sign-in/"

# Personal data: keys by version, the last one active
FIELD_KEYS = _keys(env.str("FIELD_KEYS", ""))
# Of the cases that officers decide, the share that another officer judges again, blind.
QUALITY_SHARE = Decimal(env.str("QUALITY_SHARE", "0.05"))
# Where network addresses are: simulated, unless a bought table of the same form is named.
PLACES_FILE = _path("PLACES_FILE", "accounts/simulated_places.csv")
BLIND_INDEX_KEY = base64.b64decode(env.str("BLIND_INDEX_KEY", ""))
DOCUMENTS_DIR = _path("DOCUMENTS_DIR", "var/documents")
FILE_UPLOAD_HANDLERS = ["core.uploads.InMemoryUploadHandler"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# Institutions
PARTNER_ID = "lending-platform"
PLATFORM_KEY_FILE = _path("PLATFORM_KEY_FILE", "var/keys/platform.pem")
INSTITUTION_TIMEOUT_SECONDS = env.float("INSTITUTION_TIMEOUT_SECONDS", 5.0)
INSTITUTIONS = {
    code: {
        "url": env.str(f"{code.upper()}_URL", "http://127.0.0.1:8100"),
        "public_key_file": _path(f"{code.upper()}_PUBLIC_KEY_FILE", f"sandbox-data/keys/{code}.pub.pem"),
    }
    for code in ("identity", "payment", "funder", "sms", "alipay", "wechat", "unionpay", "bank", "sharing")
}
# Alipay knows us by our application's number and its key
ALIPAY_APP_ID = env.str("ALIPAY_APP_ID", "2021000000000001")
ALIPAY_KEY_FILE = _path("ALIPAY_KEY_FILE", str(PLATFORM_KEY_FILE))
# WeChat Pay knows us by our numbers there and a key; what it tells us is encrypted with a secret that both hold
WECHAT_PUBLIC_KEY_ID = env.str("WECHAT_PUBLIC_KEY_ID", "PUB_KEY_ID_0119000000012026010100000000000001")
WECHAT_MERCHANT_ID = env.str("WECHAT_MERCHANT_ID", "1900000001")
WECHAT_APP_ID = env.str("WECHAT_APP_ID", "wx0000000000000001")
WECHAT_MERCHANT_KEY_SERIAL = env.str("WECHAT_MERCHANT_KEY_SERIAL", "1DDE55AD98ED71D6EDD4A4A16996DE7B47773A8C")
WECHAT_KEY_FILE = _path("WECHAT_KEY_FILE", str(PLATFORM_KEY_FILE))
WECHAT_APIV3_KEY_FILE = _path("WECHAT_APIV3_KEY_FILE", "sandbox-data/keys/wechat_apiv3.key")
WECHAT_SCENE_ID = env.str("WECHAT_SCENE_ID", "1000")
WECHAT_SCENE_REPORT = env.dict("WECHAT_SCENE_REPORT", default={"活动名称": "贷款", "奖励说明": "按合同发放"})
# Our account with the bank: in whose name, its number, and the bank's own number in the clearing (CNAPS)
BANK_ACCOUNT_NAME = env.str("BANK_ACCOUNT_NAME", "示范消费金融公司")
BANK_ACCOUNT = env.str("BANK_ACCOUNT", "11001018800059600001")
BANK_NUMBER = env.str("BANK_NUMBER", "105100000017")
# UnionPay knows us by our merchant number and our certificate; it has another certificate for what is encrypted to it,
# and gives its files elsewhere
UNIONPAY_MER_ID = env.str("UNIONPAY_MER_ID", "777290058110048")
UNIONPAY_CERT_ID = env.str("UNIONPAY_CERT_ID", "69026276696")
UNIONPAY_KEY_FILE = _path("UNIONPAY_KEY_FILE", str(PLATFORM_KEY_FILE))
UNIONPAY_ENCRYPT_CERT_ID = env.str("UNIONPAY_ENCRYPT_CERT_ID", "68759622183")
UNIONPAY_ENCRYPT_KEY_FILE = _path("UNIONPAY_ENCRYPT_KEY_FILE", str(INSTITUTIONS["unionpay"]["public_key_file"]))
UNIONPAY_FILE_URL = env.str("UNIONPAY_FILE_URL", f"{INSTITUTIONS['unionpay']['url']}/file")

# The exchange of lenders: our key of the oblivious function, how many hex digits of a public hash a query shows, and
# how many milliseconds a decision waits for all answers together
SHARING_KEY_FILE = _path("SHARING_KEY_FILE", "var/keys/sharing.pem")
SHARING_BUCKET_DIGITS = env.int("SHARING_BUCKET_DIGITS", 0)
SHARING_BUDGET_MS = env.int("SHARING_BUDGET_MS", 900)

# The ledger's seals: the key that signs them, and the public keys of all that ever did
SEAL_KEY_FILE = _path("SEAL_KEY_FILE", "var/keys/seal.pem")
SEAL_PUBLIC_KEY_FILES = [
    BASE_DIR / name for name in env.list("SEAL_PUBLIC_KEY_FILES", default=["var/keys/seal.pub.pem"])
]

# Alerts: who is told, by which mail server, and which address is called, signed with which key
ALERT_RECIPIENTS = env.list("ALERT_RECIPIENTS", default=[])
ALERT_SENDER = env.str("ALERT_SENDER", "alerts@localhost")
ALERT_WEBHOOK_URL = env.str("ALERT_WEBHOOK_URL", "")
ALERT_WEBHOOK_KEY = base64.b64decode(env.str("ALERT_WEBHOOK_KEY", "").removeprefix("whsec_"))
vars().update(env.email_url("EMAIL_URL", "consolemail://"))

# Files of the pages
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "core.storage.EncryptedStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = DEBUG

# Safety of the pages
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
X_FRAME_OPTIONS = "DENY"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.tokens.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "core.api.exception_handler",
    "COERCE_DECIMAL_TO_STRING": True,
    "UNAUTHENTICATED_USER": None,
    # The calculator is open to everybody; the rate is a caller's, by address.
    "DEFAULT_THROTTLE_RATES": {"calculations": "60/min"},
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Lending platform API",
    "VERSION": "1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "ENUM_NAME_OVERRIDES": {
        "ApplicationStatus": "lending.models.LoanApplication.Status",
        "DocumentKind": "accounts.models.Document.Kind",
        "DocumentStatus": "accounts.models.Document.Status",
        "IdentityCheckStatus": "accounts.models.IdentityCheck.Status",
        "LoanEventKind": "lending.models.LoanEvent.Kind",
        "LoanStatus": "lending.models.Loan.Status",
        "RepaymentStatus": "lending.models.Repayment.Status",
    },
}

LOGGING = logging_config(env.str("LOG_LEVEL", "INFO"))
LOGGING["loggers"]["payments.sealing"] = {"level": "INFO"}  # each seal's hash is to be found outside the database too
SILENCED_SYSTEM_CHECKS: list[str] = []
