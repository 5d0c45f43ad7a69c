"""合格证书: issued once to whoever passed, voided when the result moves, checked by code and name."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from portal.core import clock
from portal.core.errors import RuleError
from portal.exams import after_regrade
from portal.exams.models_records import Certificate
from portal.exams.rules.certificate import shown_code
from portal.exams.rules.round import RoundKind, RoundState
from portal.exams.services import attempts, certificates, recorded
from portal.exams.services.recorded import Result
from tests.support.after import DAY, build_elsewhere, score
from tests.support.exams import build_round, sit
from tests.support.people import csrf


@pytest.fixture
def round_(session, office):
    """Cadre and leader passed, the liaison failed."""
    made = build_round(session(), office)
    for label in ("cadre", "leader"):
        sit(session(), made, office.people[label])
    sit(session(), made, office.people["liaison"], right=1)
    session.commit()
    return made


def issue(session, office, round_) -> int:
    return certificates.issue(session(), actor=office.viewer(session(), "exam_officer"), now=clock.now(), round_=round_)


def held(session, round_):
    return session.scalars(select(Certificate).where(Certificate.round_id == round_.id).order_by(Certificate.id)).all()


def test_who_passed_gets_one_and_only_one(session, office, round_) -> None:
    assert issue(session, office, round_) == 2
    found = held(session, round_)
    assert {each.user_id for each in found} == {office.people["cadre"].id, office.people["leader"].id}
    assert [each.number for each in found] == [f"2026-{each.serial:06d}" for each in found]
    assert found[1].serial == found[0].serial + 1
    with pytest.raises(RuleError, match="nobody-deserves"):
        issue(session, office, round_)


def test_no_draft_and_no_mock(session, office) -> None:
    draft = build_round(session(), office, title="稿", state=RoundState.DRAFT)
    mock = build_round(session(), office, title="模拟", kind=RoundKind.MOCK)
    with pytest.raises(RuleError, match="round-not-published"):
        issue(session, office, draft)
    with pytest.raises(RuleError, match="no-certificates"):
        issue(session, office, mock)


def test_a_regrade_voids_what_no_longer_holds_and_a_new_one_can_be_issued(session, office, round_) -> None:
    issue(session, office, round_)
    attempt = sit_of(session, round_, office.people["cadre"])
    assert not certificates.follow(session(), attempt), "nothing changed"
    attempt.score = attempt.score - 500
    assert certificates.follow(session(), attempt)
    first = next(each for each in held(session, round_) if each.user_id == attempt.user_id)
    assert first.void_reason == certificates.RESULT_CHANGED
    assert issue(session, office, round_) == 1
    second = held(session, round_)[-1]
    assert (second.user_id, second.score) == (attempt.user_id, attempt.score)
    assert second.number != first.number
    attempt.score = 100
    attempt.passed = False
    assert certificates.follow(session(), attempt)
    with pytest.raises(RuleError, match="nobody-deserves"):
        issue(session, office, round_)


def sit_of(session, round_, user):
    from portal.exams.models import Attempt

    return session.scalars(select(Attempt).where(Attempt.round_id == round_.id, Attempt.user_id == user.id)).one()


def test_what_a_regrade_tells_reaches_only_the_certificates_that_it_changed(session, office, round_) -> None:
    issue(session, office, round_)
    attempts_ = [sit_of(session, round_, office.people[label]) for label in ("cadre", "leader", "liaison")]
    attempts_[0].score -= 500
    session.flush()
    officer = office.viewer(session(), "exam_officer")
    after_regrade.tell(session(), officer, clock.now(), [each.id for each in attempts_])
    voided = [each.user_id for each in held(session, round_) if each.voided_at is not None]
    assert voided == [office.people["cadre"].id]


def test_a_voided_attempt_and_a_corrected_score_take_the_certificate_along(session, office, round_) -> None:
    actor, now = office.viewer(session(), "exam_officer"), clock.now()
    issue(session, office, round_)
    attempt = sit_of(session, round_, office.people["leader"])
    attempts.void(session(), actor=actor, now=now, attempt=attempt, reason="替考")
    superior = build_elsewhere(session(), office)
    row = score(session(), superior, office.people["cadre"], 90)
    issue(session, office, superior)
    recorded.correct(session(), actor=actor, now=now, round_=superior, row=row, result=Result(9100, DAY), reason="复核")
    voided = select(func.count()).where(Certificate.voided_at.is_not(None))
    assert session.execute(voided).scalar_one() == 2


def test_issue_print_and_check_on_the_pages(session, office, round_, client_as) -> None:
    officer = client_as("exam_officer")
    here = f"/exams/rounds/{round_.id}/certificates"
    assert "发放合格证书（2 人）" in officer.get(here).text
    assert officer.post(f"{here}/issue", data={"csrf_token": csrf(officer)}).status_code == 303
    mine = next(each for each in held(session, round_) if each.user_id == office.people["cadre"].id)
    assert officer.get(f"{here}/print").text.count('<article class="cert"') == 2
    cadre = client_as("cadre")
    page = cadre.get(f"/exams/certificates/{mine.id}").text
    assert f"{office.people['cadre'].name}同志" in page
    assert shown_code(mine.code) in page
    assert mine.number in cadre.get("/exams/history").text
    assert client_as("leader").get(f"/exams/certificates/{mine.id}").status_code == 404
    square = cadre.get(f"/exams/certificates/{mine.code}/square")
    assert square.mimetype == "image/svg+xml"
    assert square.data.startswith(b"<svg")


def test_the_check_tells_nothing_to_who_knows_half(session, office, round_, client_as) -> None:
    issue(session, office, round_)
    session.commit()
    mine = next(each for each in held(session, round_) if each.user_id == office.people["cadre"].id)
    anybody = client_as("foreign_cadre")

    def asked(code: str, name: str) -> str:
        return anybody.get("/exams/certificates/check", query_string={"code": code, "name": name}).text

    good = asked(shown_code(mine.code).lower(), mine.name)
    assert "证书有效" in good
    assert mine.number in good
    for code, name in ((mine.code, "别人"), (mine.code[:-1], mine.name)):
        refused = asked(code, name)
        assert "没有查到这张证书" in refused
        assert mine.number not in refused
    certificates.void(
        session(), actor=office.viewer(session(), "exam_officer"), now=clock.now(), certificate=mine, reason="错发"
    )
    session.commit()
    assert "证书已作废" in asked(mine.code, mine.name)


def test_the_liaison_sees_and_voids_only_what_is_theirs(session, office, round_, client_as) -> None:
    issue(session, office, round_)
    session.commit()
    liaison = client_as("liaison")
    page = liaison.get(f"/exams/rounds/{round_.id}/certificates").text
    assert office.people["cadre"].name in page
    assert office.people["leader"].name not in page
    theirs = next(each for each in held(session, round_) if each.user_id == office.people["cadre"].id)
    void = f"/exams/rounds/{round_.id}/certificates/{theirs.id}/void"
    assert liaison.post(void, data={"csrf_token": csrf(liaison), "reason": "x"}).status_code == 404
    officer = client_as("exam_officer")
    assert officer.post(void, data={"csrf_token": csrf(officer), "reason": "错发"}).status_code == 303
    assert theirs.void_reason == "错发"
