import datetime
import decimal
import json

import yaml

RATES = {"EUR": 1, "USD": 2}


class RowError(ValueError):
    pass


def parse(row):
    quantity = int(row["quantity"])
    price = int(row["price"])
    return quantity * price


def balance(row):
    return row["debit"] - row["credit"]


def require(row, name):
    if name not in row:
        raise RowError(f"column {name} is missing in row {row['number']}")
    return row[name]


def transfer(row):
    iban = require(row, "iban")
    purpose = require(row, "purpose")
    return iban, purpose


def pick(row, key):
    return row[key]


def payee(row):
    return pick(row, "payee")


def payer(row):
    return pick(row, "payer")


def convert(amount, currency):
    return amount * RATES[currency]


def due(text):
    return datetime.datetime.strptime(text, "%Y-%m-%d")


def amount(text):
    return decimal.Decimal(text).quantize(decimal.Decimal("0.01"))


def load_profile(text):
    return json.loads(text)


def load_layout(text):
    return yaml.safe_load(text)


def text_of(data):
    return data.decode("utf-8")


def import_bank(data):
    return text_of(data)


def import_cards(data):
    return text_of(data)


def owner(user):
    return user.name.title()


def label(user):
    return "for " + user.name.title()


def both(order):
    return order.customer.address


def average(values):
    return sum(values) / len(values)


def apply_all(rules, row):
    return [rule(row) for rule in rules]


def total(rows):
    return sum(row["amount"] for row in rows)
