import json
import urllib.request

import requests

BASE = "http://rates.internal"
MIRRORS = ("http://mirror-frankfurt.internal", "http://mirror-tokyo.internal")


class RateError(Exception):
    pass


def fetch(url, timeout=2):
    response = requests.get(url, timeout=timeout)
    response.raise_for_status()
    return response.json()


def rate(port, status, currency):
    return fetch(f"{BASE}:{port}/{status}/rate/{currency}")


def history(port, status, currency):
    return fetch(f"{BASE}:{port}/{status}/history/{currency}")


def slow_rate(port, currency):
    return fetch(f"{BASE}:{port}/slow/rate/{currency}", timeout=0.05)


def news(port, status):
    address = f"{BASE}:{port}/{status}/news"
    with urllib.request.urlopen(address, timeout=2) as answer:
        return json.load(answer)


def mirrored(port, status, number):
    base = MIRRORS[number]
    return fetch(f"{base}:{port}/{status}/all")


def checked(port, status, currency):
    response = requests.get(f"{BASE}:{port}/{status}/rate/{currency}", timeout=2)
    if response.status_code != 200:
        raise RateError(f"rates service returned {response.status_code} for {currency}")
    return response.json()


def unknown_host(currency):
    return requests.get(f"http://rates-old.invalid/{currency}", timeout=2).json()


def ask(base, path):
    session = requests.Session()
    return session.get(base + path, timeout=2)


def ask_all(bases, path):
    return [ask(base, path) for base in bases]
