import configparser
import csv
import io
import ipaddress
import pickle
import struct
import uuid
import zipfile
from typing import Any

import jinja2
import marshmallow
import pydantic

TEMPLATES = jinja2.Environment(
    loader=jinja2.DictLoader(
        {
            "bill": "Dear {{ patient.name.first }}, {{ lines | sum }}",
            "reminder": "{% if due > today %}late{% endif %}",
            "receipt": "{% include 'footer' %}",
        }
    ),
    undefined=jinja2.StrictUndefined,
)


class Visit(pydantic.BaseModel):
    day: int
    room: str


class Recipe(pydantic.BaseModel):
    drug: str
    dose: float

    @pydantic.field_validator("drug")
    @classmethod
    def known(cls, drug):
        return {"aspirin": "acetylsalicylic acid"}[drug]


class Invoice(marshmallow.Schema):
    total = marshmallow.fields.Integer(required=True)


class Receipt(marshmallow.Schema):
    paid = marshmallow.fields.Boolean(required=True)


class Denied(Exception):
    pass


def read(model: Any, data: dict):
    return model(**data)


def visit(data):
    return read(Visit, data)


def recipe(data):
    return read(Recipe, data)


def load(schema, data):
    return schema().load(data)


def invoice(data):
    return load(Invoice, data)


def receipt(data):
    return load(Receipt, data)


def render(name, **context):
    return TEMPLATES.get_template(name).render(**context)


def bill(patient):
    return render("bill", patient=patient, lines=[])


def reminder(due):
    return render("reminder", due=due)


def printed(name):
    return render("receipt", name=name)


def unpack(data):
    return struct.unpack(">IHH", data)


def chart(data):
    return pickle.loads(data)


def scans(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.namelist()


def setting(text, option):
    parser = configparser.ConfigParser()
    parser.read_string(text)
    return parser["clinic"][option]


def opening_hours(text):
    return setting(text, "opening_hours")


def phone_number(text):
    return setting(text, "phone_number")


def device(address):
    return ipaddress.ip_address(address)


def case(number):
    return uuid.UUID(number)


def table(text):
    return [row["weight"] for row in csv.DictReader(io.StringIO(text))]


def authorize(user, action):
    if action not in user.get("may", ()):
        raise Denied(f"{user['name']} may not {action}")


def prescribe(user):
    authorize(user, "prescribe")


def discharge(user):
    authorize(user, "discharge")


def plugin(name):
    return __import__(f"clinic_{name}_plugin")


def device_driver(model):
    return __import__("clinic_scanner")


def dose(weight, factor):
    return weight / factor * 1.5


def ratio(weights):
    return weights["today"] / weights["first"]


def handler(kind):
    handlers = {"x-ray": bill}
    return handlers[kind]


def greet(first, last):
    return "Dear " + first + " " + last


class Ward:
    beds = 3

    def admit(self, patient):
        return self.nurses[patient]

    def move(self, patient, target):
        return self.bed + target
