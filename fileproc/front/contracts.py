"""Contracts for people to look at: which there are, what they say, and which could not be read."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import bottle

from fileproc.errors import NotFound
from fileproc.front.parts import Parts
from fileproc.front.problems import answer
from fileproc.front.route import Parameter, Route
from fileproc.quality.contracts.catalogue import Catalogue
from fileproc.quality.contracts.contract import Contract, Property

#: How old the copy that is shown may be, in seconds; reading a thousand files for every look would be a load.
AGE_SECONDS = 5.0


class Contracts:
    """`/api/v1/contracts…`"""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._read_at = float("-inf")
        self._catalogue = Catalogue()

    def routes(self) -> list[Route]:
        name = Parameter("name", {"type": "string", "minLength": 1}, "the contract's name", "path")
        return [
            Route(
                "GET",
                "/api/v1/contracts",
                self._all,
                "Every contract, and what could not be read.",
                {200: "Contracts"},
                problems=(503,),
            ),
            Route(
                "GET",
                "/api/v1/contracts/{name}",
                self._one,
                "A contract in each of its versions.",
                {200: "ContractVersions"},
                problems=(404, 503),
                parameters=(name,),
            ),
        ]

    def _all(self) -> bottle.HTTPResponse:
        catalogue = self._now()
        problems = [self._relative(one.to_document()) for one in catalogue.problems]
        return answer({"contracts": self._documents(catalogue.contracts, full=False), "problems": problems})

    def _one(self, name: str) -> bottle.HTTPResponse:
        text = name.encode("latin-1", "replace").decode("utf-8", "replace")  # WSGI hands out bytes as characters
        found = [one for one in self._now().contracts if text in (one.name, one.id)]
        if not found:
            raise NotFound("there is no such contract")
        return answer({"name": found[0].name, "versions": self._documents(found, full=True)})

    def _now(self) -> Catalogue:
        now = self._parts.clock.monotonic()
        if now - self._read_at > AGE_SECONDS:
            self._catalogue = self._parts.read(self._parts.load_contracts)
            self._read_at = now
        return self._catalogue

    def _documents(self, contracts: Iterable[Contract], *, full: bool) -> list[dict[str, Any]]:
        return [self._relative(_document(one, full=full)) for one in contracts]

    def _relative(self, document: dict[str, Any]) -> dict[str, Any]:
        """The file as it is called in the folder of contracts; where that is, is nobody's business."""
        folder = self._parts.settings.fileproc_contracts
        return {**document, "file": os.path.relpath(document["file"], folder)}


def _document(contract: Contract, *, full: bool) -> dict[str, Any]:
    schemas: list[dict[str, Any]] = [{"name": schema.name} for schema in contract.schemas]
    if full:
        for shown, schema in zip(schemas, contract.schemas, strict=True):
            shown["properties"] = [_property(one) for one in schema.properties]
    return {
        "name": contract.name,
        "id": contract.id,
        "version": contract.version,
        "status": contract.status,
        "digest": contract.digest,
        "file": contract.file,
        "locations": [server.location for server in contract.servers if server.location is not None],
        "schemas": schemas,
    }


def _property(one: Property) -> dict[str, Any]:
    return {
        "name": one.name,
        "type": one.logical_type,
        "required": one.required,
        "unique": one.unique,
        "primary_key": one.primary_key,
        "description": one.description,
        "quality": [rule.id for rule in one.quality],
    }
