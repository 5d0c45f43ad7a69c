"""The jobs of an import: whose rights they work under, what they do when they are cancelled or come too early."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from portal.accounts.models import RoleGrant
from portal.core import clock
from portal.extensions import db, writing
from portal.imports import services, staging
from portal.imports.models import BatchState, ImportBatch
from portal.imports.tasks import clear_old
from portal.jobs import queue, ticks
from portal.jobs.store import SENT_WITHIN, Job, JobState, store
from portal.jobs.telling import in_words
from tests.support.imports import TEXT, Site
from tests.support.people import Office


def job_of(answer: Any) -> str:
    return str(answer.location).rsplit("/", 1)[1]


def run(site: Site, job_id: str) -> tuple[Job, str]:
    """Do a job: (its row, what it says)."""
    with site.app.app_context():
        queue.run(job_id)
        job = store().get(job_id)
        return job, in_words(job.message)


def take_role(site: Site, label: str) -> None:
    """Somebody else does it meanwhile, past the session of the job at hand."""
    with site.app.app_context():
        wanted = Office.load(db.session()).people[label].id
        db.session.rollback()
        with db.engine.begin() as connection:
            connection.execute(delete(RoleGrant).where(RoleGrant.user_id == wanted))


# --- rights ---------------------------------------------------------------------------------------------------------


def test_a_cancelled_accept_is_not_retried_by_one_who_lost_the_role(site: Site) -> None:
    client = site.client("liaison")
    url = site.ready(client)
    job_id = job_of(site.post(client, f"{url}/accept"))
    site.post(client, f"/jobs/{job_id}/cancel")
    take_role(site, "liaison")
    assert site.post(client, f"/jobs/{job_id}/retry").status_code == 303
    job, said = run(site, job_id)
    assert (job.state, site.count()) == (JobState.FAILED, 0)
    assert "没有这项导入的权限" in said
    assert site.batch(url).state is BatchState.FAILED


def test_who_lost_the_role_has_no_file_read(site: Site) -> None:
    client = site.client("liaison")
    answer = site.upload(client, TEXT.encode(), "题库.txt")
    take_role(site, "liaison")
    job, said = run(site, job_of(answer))
    assert job.state is JobState.FAILED
    assert "没有这项导入的权限" in said
    assert site.batch(job.back_url).state is BatchState.FAILED


def test_a_right_that_goes_while_the_rows_are_made_ready_counts(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    url = site.ready(client := site.client("liaison"))
    job_id = job_of(site.post(client, f"{url}/accept"))
    accepted = staging.accepted

    def slowly(place: Path) -> list[Any]:
        take_role(site, "liaison")
        return accepted(place)

    monkeypatch.setattr(staging, "accepted", slowly)
    job, said = run(site, job_id)
    assert (job.state, site.count()) == (JobState.FAILED, 0)
    assert "没有这项导入的权限" in said


# --- cancelled while it is read ---------------------------------------------------------------------------------------


def test_a_file_cancelled_while_it_is_read(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    client = site.client("liaison")
    answer = site.upload(client, TEXT.encode(), "题库.txt")
    parse = services.parse

    def meanwhile(*given: Any) -> Any:
        with site.app.app_context():
            url = store().get(job_of(answer)).back_url
        site.post(client, f"{url}/cancel")
        return parse(*given)  # the file is gone

    monkeypatch.setattr(services, "parse", meanwhile)
    with caplog.at_level(logging.ERROR):
        job, said = run(site, job_of(answer))
    assert job.state is JobState.CANCELLED
    assert "已按要求取消" in said
    batch = site.batch(job.back_url)
    assert (batch.state, batch.summary) == (BatchState.CANCELLED, {})
    assert caplog.records == [], "nothing went wrong"
    assert not site.folder(job.back_url).exists()


def test_a_file_cancelled_before_it_is_read(site: Site) -> None:
    client = site.client("liaison")
    answer = site.upload(client, TEXT.encode(), "题库.txt")
    with site.app.app_context():
        url = store().get(job_of(answer)).back_url
    site.post(client, f"{url}/cancel")
    with site.app.app_context():
        assert store().get(job_of(answer)).state is JobState.CANCELLED


# --- a job before its rows --------------------------------------------------------------------------------------------


def test_a_job_whose_rows_are_not_committed_is_not_sent_by_the_chore(site: Site) -> None:
    with site.app.app_context():
        early = store().add("imports.read", {"batch": "not-yet"}, owner_id=1, owner_name="Jia", back_url="/")
        queue.send_waiting(site.app)  # the queue is empty, so that everything that waits is sent anew
        assert store().get(early.id).sent_at is None
        assert queue.huey(site.app).pending_count() == 0
        with time_machine.travel(clock.now() + SENT_WITHIN + timedelta(seconds=1)):
            queue.send_waiting(site.app)
        assert store().get(early.id).sent_at is not None


@pytest.mark.parametrize("kind", ["imports.read", "imports.accept"])
def test_a_job_that_does_not_find_its_batch_can_be_tried_again(site: Site, kind: str) -> None:
    with site.app.app_context():
        about = {"batch": "not-yet", "actor": {"address": ""}}
        early = store().add(kind, about, owner_id=1, owner_name="Jia", back_url="/")
    job, said = run(site, early.id)
    assert job.retriable
    assert "没有找到等待处理的导入" in said


def test_an_accept_that_is_not_decided_yet_writes_nothing_and_can_be_tried_again(site: Site) -> None:
    url = site.ready(site.client("liaison"))
    with site.app.app_context():
        about = {"batch": url.rsplit("/", 1)[1], "actor": {"address": ""}}
        early = store().add("imports.accept", about, owner_id=1, owner_name="Jia", back_url="/")
    assert run(site, early.id)[0].retriable
    assert (site.count(), site.batch(url).state) == (0, BatchState.READY)


# --- what stays on the disk -------------------------------------------------------------------------------------------


def age(site: Site, url: str) -> None:
    """Make a batch older than anything is kept."""
    with site.app.app_context(), writing() as session:
        batch = session.get_one(ImportBatch, url.rsplit("/", 1)[1])
        batch.created_at = clock.now() - services.KEEP - timedelta(days=2)
        batch.decided_at = batch.decided_at and clock.now() - services.KEEP - timedelta(days=1)
        session.commit()


def test_the_chore_clears_away_what_nobody_decided_or_finished(site: Site) -> None:
    client = site.client("liaison")
    forgotten, stuck, young = site.ready(client), site.ready(client), site.ready(client)
    job_id = job_of(site.post(client, f"{stuck}/accept"))
    site.post(client, f"/jobs/{job_id}/cancel")
    age(site, forgotten)
    age(site, stuck)
    assert clear_old in [tick.chore for tick in ticks._ticks]
    with site.app.app_context(), writing():
        clear_old()
    assert [site.folder(url).exists() for url in (forgotten, stuck, young)] == [False, False, True]
    assert site.batch(stuck).state is BatchState.CANCELLED
    site.post(client, f"/jobs/{job_id}/retry")
    assert (run(site, job_id)[0].state, site.count()) == (JobState.FAILED, 0)


def test_what_was_decided_just_now_is_kept_however_old_it_is(site: Site) -> None:
    client = site.client("liaison")
    url = site.ready(client)
    age(site, url)
    job_id = job_of(site.post(client, f"{url}/accept"))
    with site.app.app_context(), writing():
        clear_old()
    assert (run(site, job_id)[0].state, site.count()) == (JobState.DONE, 30)


# --- what a failing write says ----------------------------------------------------------------------------------------


def test_rows_that_cannot_be_staged_are_not_in_the_error(tmp_path: Path) -> None:
    row = staging.StagedRow(staging.Verdict.ACCEPTED, "第1行", "王小明", kind=None)  # type: ignore[arg-type]
    with pytest.raises(IntegrityError) as caught:
        staging.store(tmp_path, [row])
    assert "王小明" not in str(caught.value)
