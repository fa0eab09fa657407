import socket
import ssl

import boto3
import botocore.stub
import celery
import grpc
import tenacity
from clinic import forms

app = celery.Celery("clinic", broker="memory://", backend="cache+memory://")
app.conf.task_always_eager = True
app.conf.task_eager_propagates = True


class Upload(Exception):
    def __init__(self, code, reason):
        super().__init__(f"upload failed [{code}]: {reason}")
        self.code = code


def client(kind, method, code, status):
    made = boto3.client(kind, region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="y")
    stubber = botocore.stub.Stubber(made)
    stubber.add_client_error(method, service_error_code=code, service_message="no", http_status_code=status)
    stubber.activate()
    return made


def image(number, code="NoSuchKey", status=404):
    s3 = client("s3", "get_object", code, status)
    return s3.get_object(Bucket="images", Key=f"{number}.png")


def enqueue(number, code="ThrottlingException", status=400):
    sqs = client("sqs", "send_message", code, status)
    return sqs.send_message(QueueUrl="https://sqs/1", MessageBody=str(number))


def predict(port, number):
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        call = channel.unary_unary("/model.Triage/Predict")
        return call(str(number).encode(), timeout=2)


def secure(port):
    with socket.create_connection(("127.0.0.1", port), timeout=2) as plain:
        with ssl.create_default_context().wrap_socket(plain, server_hostname="clinic.internal"):
            pass


@app.task
def send_bill(patient):
    return forms.bill(patient)


@app.task
def compute(weight):
    return forms.dose(weight, 0)


@tenacity.retry(stop=tenacity.stop_after_attempt(2), wait=tenacity.wait_none())
def persistent_case(number):
    return forms.case(number)


@tenacity.retry(stop=tenacity.stop_after_attempt(2), wait=tenacity.wait_none())
def persistent_unpack(data):
    return forms.unpack(data)


def put(name, size):
    if size > 100:
        raise Upload("E_TOO_LARGE", f"{name} has {size} bytes")
    raise Upload("E_QUOTA", f"no room for {name}")


def send(sock, data):
    sock.sendall(data)


def page(data):
    near, far = socket.socketpair()
    far.close()
    with near:
        send(near, data)
        send(near, data)
