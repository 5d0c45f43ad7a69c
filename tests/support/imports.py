"""A live site with one bank, and somebody who imports into it."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal.core import clock
from portal.core.viewer import system_viewer
from portal.exams.models import Question
from portal.exams.services import bank as banks
from portal.extensions import db, writing
from portal.imports import staging
from portal.imports.models import ImportBatch
from portal.jobs import queue
from portal.jobs.store import store
from tests.support.people import Office, csrf, sign_in

# Thirty good questions, one repeated, one repeated with another answer, one without an answer.
TEXT = "\n".join(
    [f"{n}. 第{n}道题几日内办理？（ A ）\nA. {n}日\nB. {n + 1}日" for n in range(1, 31)]
    + [
        "31. 第1道题几日内办理？（ A ）\nA. 1日\nB. 2日",
        "32. 第2道题几日内办理？（ B ）\nA. 2日\nB. 3日",
        "33. 没有答案的是？\nA. 甲\nB. 乙\n",
    ]
)


class Site:
    """A live site with one bank and the people who use it."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        with app.app_context(), writing() as session:
            units = Office.load(session).units
            made = banks.create_bank(
                session,
                actor=system_viewer(),
                now=clock.now(),
                name="街道题库",
                unit_id=units["D02"].id,
            )
            self.bank_id = made.id
            session.commit()

    def client(self, label: str) -> FlaskClient:
        with self.app.app_context(), writing() as session:
            client = sign_in(self.app, Office.load(session).people[label])
            session.commit()
        return client

    @property
    def upload_url(self) -> str:
        return f"/imports/new/questions?bank={self.bank_id}"

    def upload(self, client: FlaskClient, content: bytes, name: str, **more: Any) -> Any:
        data = {"csrf_token": csrf(client), "file": (io.BytesIO(content), name), **more}
        answer = client.post(self.upload_url, data=data, content_type="multipart/form-data")
        answer.request.input_stream.close()  # Werkzeug's client leaves a large form open on the disk
        return answer

    def work(self, answer: Any) -> str:
        """Do the job that an answer leads to; gives the address that the job leads back to."""
        assert answer.status_code == 303, answer.text
        job_id = answer.location.rsplit("/", 1)[1]
        with self.app.app_context():
            queue.run(job_id)
            return store().get(job_id).back_url

    def ready(self, client: FlaskClient, text: str = TEXT) -> str:
        return self.work(self.upload(client, text.encode(), "题库.txt"))

    def post(self, client: FlaskClient, url: str) -> Any:
        return client.post(url, data={"csrf_token": csrf(client)})

    def count(self) -> int:
        with self.app.app_context():
            found = db.session.scalar(select(func.count()).select_from(Question))
            db.session.remove()
            return found or 0

    def batch(self, url: str) -> ImportBatch:
        with self.app.app_context():
            found = db.session.get_one(ImportBatch, url.rsplit("/", 1)[1])
            db.session.expunge(found)
            db.session.remove()
            return found

    def folder(self, url: str) -> Path:
        return staging.folder(self.app.config["PORTAL"].instance, url.rsplit("/", 1)[1])


def multipart(fields: dict[str, bytes], filename: str, content: bytes) -> bytes:
    """A form with a file as a browser sends it, the boundary being "edge"."""
    said = 'Content-Disposition: form-data; name="{}"'
    parts = [said.format(name).encode() + b"\r\n\r\n" + value for name, value in fields.items()]
    head = said.format("file") + f'; filename="{filename}"\r\nContent-Type: application/octet-stream\r\n\r\n'
    parts.append(head.encode() + content)
    return b"".join(b"--edge\r\n" + part + b"\r\n" for part in parts) + b"--edge--\r\n"
