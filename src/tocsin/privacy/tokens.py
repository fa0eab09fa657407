"""Credentials that their form gives away: vendors' keys and tokens, JSON Web Tokens, private keys."""

import re
from collections.abc import Iterator

from tocsin.privacy import shapes
from tocsin.privacy.reading import Finding, Reading

#: Letters, digits, `_` and `-` in a row that each of the tokens below has from its beginning on.
_LONG = 18
_TELEGRAM_LENGTH = 35
_MAILCHIMP_LENGTHS = (36, 37)
_TOKEN = re.compile(
    r"(?:"
    r"(?:AKIA|ASIA|ABIA|ACCA|AGPA|AIDA|AROA|AIPA|ANPA|ANVA|APKA)[A-Z2-7]{16}(?![\w-])"  # Amazon Web Services
    r"|AIza[\w-]{35}|ya29\.[\w-]{20,1000}|GOCSPX-[\w-]{28}"  # Google
    r"|gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_\w{22,255}"
    r"|gl(?:pat|dt|ptt|rt|cbt|soat|ft|imt|agent|oas|ffct)-[\w-]{20,255}"  # GitLab
    r"|xox[abceoprs]-[\w-]{10,255}|xoxe\.xox[bp]-[\w-]{10,255}|xapp-[\w-]{10,255}"  # Slack
    r"|[srp]k_(?:live|test)_\w{10,255}|whsec_[\w+/=]{16,255}"  # Stripe
    r"|sk-(?:(?:proj|svcacct|admin|ant|or|lf)-[\w-]{20,255}|[A-Za-z0-9]{20,255}(?![\w-]))"  # OpenAI, Anthropic, …
    r"|hf_[A-Za-z0-9]{30,40}|gsk_\w{40,60}|xai-\w{60,90}|r8_\w{37}|pplx-\w{40,64}"
    r"|SG\.[\w-]{16,64}\.[\w-]{16,64}|npm_[A-Za-z0-9]{36}|pypi-[\w-]{50,512}|rubygems_[0-9a-f]{48}|dckr_pat_[\w-]{27}"
    r"|SK[0-9a-f]{32}(?!\w)"  # Twilio
    r"|key-[0-9a-f]{32}(?!\w)"  # Mailgun
    r"|shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}|sq0(?:atp|csp|idp)-[\w-]{22,43}|EAAA[\w-]{60}"  # Shopify, Square
    r"|do[opr]_v1_[0-9a-f]{64}|dp\.(?:pt|st)\.\w{40,44}|lin_api_\w{40}|ntn_\w{40,50}"
    r"|hv[sbr]\.[\w-]{20,512}|dapi[0-9a-f]{32}|PMAK-[0-9a-f]{24}-[0-9a-f]{34}"  # Vault, Databricks, Postman
    r"|glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}|glc_[\w+/=-]{32,400}|NRAK-[A-Z0-9]{27}|sntr[yu]s_[\w+/=-]{40,400}"
    r"|EAACEdEose0cBA\w{20,400}|AGE-SECRET-KEY-1[0-9A-Z]{58}"
    r")"
)
#: The first three characters of what begins with a long run, for speed: most runs are names in code.
_BEGINNINGS = frozenset(
    """
    AKI ASI ABI ACC AGP AID ARO AIP ANP ANV APK AIz ya2 GOC gho ghp ghu ghs ghr git glp gld glr glc gls gli gla glo glf
    xox xap sk_ rk_ pk_ whs sk- hf_ gsk xai r8_ ppl npm pyp rub dck key shp sq0 EAA dop doo dor lin ntn dap PMA NRA snt
    AGE eyJ SK0 SK1 SK2 SK3 SK4 SK5 SK6 SK7 SK8 SK9 SKa SKb SKc SKd SKe SKf
    """.split()  # noqa: SIM905  a table reads better as one
)
#: What stands before the long run of a token that has a dot in it.
_DOTTED = ("SG.", "ya29.", "hvs.", "hvb.", "hvr.", "xoxe.", "dp.pt.", "dp.st.")
_TELEGRAM = re.compile(r"(?:bot)?\d{8,10}:\Z")
_AZURE_SECRET = re.compile(r"(?<![\w~.-])[\w~.]{3}\dQ~[\w~.-]{31,34}")
_HOOK = re.compile(r"k(?<=hook)")  # by its rarest letter, for speed
_WEBHOOK = re.compile(
    r"(?:hooks\.slack\.com/(?:services|workflows|triggers)|discord(?:app)?\.com/api/webhooks|webhook\.office\.com/webhookb2)"
    r"/(?P<value>[\w/@.-]{20,255})"
)
_DISCORD = re.compile(r"[MNO](?<![\w-][MNO])[\w-]{23,27}\.[\w-]{6}\.[\w-]{27,40}")
_MAILCHIMP = re.compile(r"(?<!\w)[0-9a-f]{32}-us\d{1,2}(?!\w)")
_JWT = re.compile(r"eyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*){0,3}")
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [^-\n]{0,60}-----|\Z)", re.DOTALL
)


def tokens(reading: Reading) -> Iterator[Finding]:
    """Tokens of cloud providers, code hosts, chats, payment and mail services, and JSON Web Tokens."""
    text = reading.text
    for start, end in shapes.runs(reading.lower, _LONG):
        if text[start : start + 3] in _BEGINNINGS:
            yield from _at(text, start, start)
        elif text[start - 1 : start] == "." and text.endswith(_DOTTED, 0, start):
            yield from _at(text, start - _prefix(text, start), start)
        elif text[start] in "AMNO" or end - start in _MAILCHIMP_LENGTHS:
            yield from _rare(text, start, end)
    if _HOOK.search(text):
        yield from (Finding(*match.span("value"), "token") for match in _WEBHOOK.finditer(text))
    if "~" in text and "Q~" in text:  # a single character is found faster by far
        yield from (Finding(*match.span(), "token") for match in _AZURE_SECRET.finditer(text))


def _prefix(text: str, start: int) -> int:
    return next(len(prefix) for prefix in _DOTTED if text.endswith(prefix, 0, start))


def _at(text: str, begin: int, run: int) -> Iterator[Finding]:
    if match := _TOKEN.match(text, begin):
        yield Finding(begin, match.end(), "token")
    elif match := _JWT.match(text, run):
        yield Finding(run, match.end(), "jwt")


def _rare(text: str, start: int, end: int) -> Iterator[Finding]:
    """Tokens that begin with anything."""
    if text[start] in "MNO":
        found = _DISCORD.match(text, start)
    elif text.startswith("AA", start) and end - start == _TELEGRAM_LENGTH:
        found = _TELEGRAM.search(text, max(start - 14, 0), start)
    else:
        found = _MAILCHIMP.match(text, start)
    if found:
        yield Finding(found.start(), max(found.end(), end), "token")


def private_keys(reading: Reading) -> Iterator[Finding]:
    """PEM blocks of private keys, also such as were cut off."""
    if "PRIVATE KEY" in reading.text:
        yield from (Finding(match.start(), match.end(), "private_key") for match in _PRIVATE_KEY.finditer(reading.text))
