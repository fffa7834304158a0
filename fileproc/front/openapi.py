"""`/openapi.json`: OpenAPI 3.1, made from the table of routes."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fileproc import __version__
from fileproc.front.guard import Role
from fileproc.front.problems import PROBLEM
from fileproc.front.route import Parameter, Route
from fileproc.front.schemas import SCHEMAS, named

Document = dict[str, Any]


def openapi(routes: list[Route]) -> Document:
    """The document about these routes."""
    paths: dict[str, Document] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "fileproc", "version": __version__, "description": "A data-quality gate for files in S3."},
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(route: Route) -> Document:
    operation: Document = {
        "summary": route.what,
        "operationId": f"{route.method.lower()} {route.path}",
        "responses": {str(status): _answer(status, what) for status, what in route.answers.items()},
    }
    for status in route.every_problem:
        operation["responses"].setdefault(str(status), _problem(status))
    if route.parameters:
        operation["parameters"] = [_parameter(one) for one in route.parameters]
    if route.body is not None:
        content = {"application/json": {"schema": named(route.body)}}
        operation["requestBody"] = {"required": True, "content": content}
    if route.role is not Role.NOBODY:
        operation["security"] = [{}, {"token": []}]
        operation["x-role"] = route.role.name.lower()
    return operation


def _answer(status: int, what: str) -> Document:
    types: Document = {one: {"schema": {"type": "string"}} for one in what.split(", ")}
    if what in SCHEMAS:
        types = {"application/json": {"schema": named(what)}}
    return {"description": HTTPStatus(status).phrase, "content": types}


def _problem(status: int) -> Document:
    return {"description": HTTPStatus(status).phrase, "content": {PROBLEM: {"schema": named("Problem")}}}


def _parameter(one: Parameter) -> Document:
    return {
        "name": one.name,
        "in": one.where,
        "required": one.where == "path",
        "description": one.what,
        "schema": one.schema,
    }
