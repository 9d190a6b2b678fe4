"""Credentials in SnapStart: not in variables, which a snapshot would keep, but behind a URL."""

import secrets
from datetime import UTC, datetime, timedelta

from .http_server import json_answer, plain_answer

PATH = "/2021-04-23/credentials"
TOKEN = secrets.token_hex(16)


def variables(runtime_api):
    return {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://{runtime_api}{PATH}",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": TOKEN}


def answer(request):
    if request.method != "GET":
        return plain_answer(405, "405 method not allowed")
    if request.headers.get("Authorization") != TOKEN:
        return plain_answer(404, "404 page not found")
    expires = datetime.now(UTC) + timedelta(hours=6)
    return json_answer(200, {"AccessKeyId": "AKIDEXAMPLE", "SecretAccessKey": "not-a-secret",
                             "Token": "not-a-token",
                             "Expiration": expires.strftime("%Y-%m-%dT%H:%M:%SZ")})
