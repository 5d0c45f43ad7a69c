"""Every route says who may call it, and means it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.core.permissions import BASELINE, ROLE_GRANTS, Permission
from portal.web.access import PUBLIC, access_of
from tests.support.people import PEOPLE, csrf
from tests.support.routes import SAMPLES, plain_pages, rules, sample_path

LIST = Path(__file__).with_name("access.txt")
WRITING = {"POST", "PUT", "PATCH", "DELETE"}


def written_down() -> dict[str, frozenset[str]]:
    """Endpoint -> the permissions (or "public") that the hand-written list names."""
    found: dict[str, frozenset[str]] = {}
    for line in LIST.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            endpoint, _, names = line.partition(":")
            assert endpoint not in found, f"{endpoint} stands twice in access.txt"
            found[endpoint] = frozenset(name.strip() for name in names.split(","))
    return found


def is_public(endpoint: str) -> bool:
    return written_down()[endpoint] == {PUBLIC}


def may(label: str, endpoint: str) -> bool:
    """Whether the hand-written list lets the role in."""
    needs = written_down()[endpoint]
    return needs == {PUBLIC} or bool(needs & (BASELINE | ROLE_GRANTS[PEOPLE[label][1]]))


def test_the_list_is_sorted_and_names_real_permissions() -> None:
    known = written_down()
    assert list(known) == sorted(known)
    assert {name for names in known.values() for name in names} <= {PUBLIC, *Permission}


def test_the_list_covers_every_route_and_nothing_else(app: Flask) -> None:
    endpoints = {rule.endpoint for rule in rules(app)}
    assert sorted(endpoints - set(written_down())) == [], "write these into tests/architecture/access.txt"
    assert sorted(set(written_down()) - endpoints) == [], "take these out of tests/architecture/access.txt"


def test_every_view_declares_what_the_list_says(app: Flask) -> None:
    declared: dict[str, frozenset[str]] = {}
    for rule in rules(app):
        access = PUBLIC if rule.endpoint == "static" else access_of(app, rule.endpoint)
        assert access, f"{rule.endpoint} declares no access: use @public or @requires"
        declared[rule.endpoint] = frozenset({access}) if isinstance(access, str) else frozenset(access)
    wrong = {name: sorted(found) for name, found in declared.items() if found != written_down().get(name)}
    assert wrong == {}


@pytest.mark.parametrize("label", PEOPLE)
def test_pages_open_for_whom_they_are_meant(app: Flask, client_as: Callable[[str], FlaskClient], label: str) -> None:
    client = client_as(label)
    wrong = []
    for endpoint, path in plain_pages(app):
        status = client.get(path).status_code
        fits = 200 <= status < 400 if may(label, endpoint) else status == 403
        if not fits:
            wrong.append((endpoint, status))
    assert wrong == []


@pytest.mark.parametrize("label", PEOPLE)
def test_every_method_of_every_route_is_shut_for_the_others(
    app: Flask, client_as: Callable[[str], FlaskClient], label: str
) -> None:
    """Rows play no part: whoever lacks the permission is refused before anything is looked up."""
    client = client_as(label)
    token = csrf(client)
    wrong = []
    for rule in rules(app):
        if may(label, rule.endpoint):
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            status = client.open(sample_path(app, rule), method=method, data={"csrf_token": token}).status_code
            if status != 403:
                wrong.append((rule.endpoint, method, status))
    assert wrong == []


def test_signed_out_browsers_go_to_the_login_page(app: Flask) -> None:
    client = app.test_client()
    token = csrf(client)
    for rule in rules(app):
        if is_public(rule.endpoint):
            continue
        path = sample_path(app, rule)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            answer = client.open(path, method=method, data={"csrf_token": token})
            assert (answer.status_code, answer.location.split("?")[0]) == (303, "/accounts/login"), rule.endpoint
            if method != "GET":
                assert "next=" not in answer.location, f"{rule.endpoint}: a POST cannot be come back to"


def test_signed_out_htmx_is_told_where_to_sign_in(app: Flask) -> None:
    client = app.test_client()
    token = csrf(client)
    for rule in rules(app):
        if is_public(rule.endpoint):
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            answer = client.open(
                sample_path(app, rule), method=method, data={"csrf_token": token}, headers={"HX-Request": "true"}
            )
            assert answer.status_code == 401, rule.endpoint
            assert answer.headers["HX-Redirect"].startswith("/accounts/login"), rule.endpoint


@pytest.mark.parametrize("signed_in", [True, False])
def test_no_write_without_a_token(app: Flask, client_as: Callable[[str], FlaskClient], signed_in: bool) -> None:
    client = client_as("exam_officer") if signed_in else app.test_client()
    client.get("/healthz")
    for rule in rules(app):
        for method in sorted((rule.methods or set()) & WRITING):
            path = sample_path(app, rule)
            bare = client.open(path, method=method, data={"a": "b"})
            forged = client.open(path, method=method, data={"csrf_token": "made-up"})
            json = client.open(path, method=method, json={})
            assert (bare.status_code, forged.status_code, json.status_code) == (400, 400, 400), rule.endpoint


def test_a_token_of_another_session_is_refused(app: Flask, client_as: Callable[[str], FlaskClient]) -> None:
    token = csrf(client_as("exam_officer"))
    answer = client_as("exam_officer").post("/accounts/logout", data={"csrf_token": token})
    assert answer.status_code == 400


def test_a_write_that_another_site_sends_is_refused(app: Flask, client_as: Callable[[str], FlaskClient]) -> None:
    client = client_as("exam_officer")
    token = csrf(client)
    for rule in rules(app, "POST"):
        answer = client.post(
            sample_path(app, rule), data={"csrf_token": token}, headers={"Sec-Fetch-Site": "cross-site"}
        )
        assert answer.status_code == 403, rule.endpoint


def test_parameters_have_converters_that_tests_know(app: Flask) -> None:
    for rule in rules(app):
        bare = re.findall(r"<([a-z_]+)>", rule.rule)
        assert not bare, f"{rule.rule}: say the type of {bare}"
        for converter in rule._converters.values():
            assert type(converter).__name__ in SAMPLES, rule.rule


def test_paths_are_kebab_case(app: Flask) -> None:
    for rule in rules(app):
        plain = re.sub(r"<[^>]+>", "x", rule.rule)
        assert re.fullmatch(r"(/[a-z0-9]+(-[a-z0-9]+)*)*/?", plain), rule.rule
