"""What the staff and the suppliers leave to the worker. Each answer names the task."""

from flask import Blueprint, request

from worker.tasks import import_feed, nightly_report, rebuild_recommendations

backoffice = Blueprint("backoffice", __name__, url_prefix="/backoffice")


@backoffice.post("/feeds")
def feeds():
    return {"task": import_feed.delay(request.get_data(as_text=True)).id}, 202


@backoffice.post("/recommendations")
def recommendations():
    return {"task": rebuild_recommendations.delay().id}, 202


@backoffice.post("/nightly-report")
def report():
    return {"task": nightly_report.delay().id}, 202
