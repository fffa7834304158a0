"""Columns whose values should not be shown: by their names, or by what stands in them.

It is a suspicion, so it is proposed as a `classification`; and what is suspected never appears in the draft itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fileproc.quality.infer.candidates import Candidate

#: Values that are looked at closely, and how many of them must be what they look like.
ODD_VALUES = 20
ENOUGH = 8

#: Regular expressions for the engine: only what looks like one is fetched.
CARD = "[0-9][0-9 -]{11,21}[0-9]"
IBAN = "[A-Z]{2}[0-9]{2}[A-Z0-9 ]{11,40}"

#: Words in column names → what they are about.
NAMES = {
    "e-mail addresses": ("email", "mail", "emails"),
    "names of people": (
        "firstname", "lastname", "surname", "fullname", "forename", "givenname", "familyname", "vorname", "nachname",
        "maiden", "middlename",
    ),
    "telephone numbers": ("phone", "phones", "telephone", "mobile", "fax", "tel", "telefon", "cellphone", "msisdn"),
    "addresses of people": ("address", "street", "addr", "strasse", "postcode", "zipcode"),
    "dates of birth": ("birth", "dob", "birthday", "birthdate", "geburtsdatum", "dateofbirth"),
    "account or card numbers": ("iban", "bic", "card", "cardnumber", "creditcard", "pan", "cvv", "accountnumber"),
    "identity numbers": ("ssn", "passport", "taxid", "nino", "socialsecurity", "steuerid", "nationalid"),
    "pay": ("salary", "wage", "income", "gehalt"),
    "secrets": ("password", "passwd", "secret", "token", "apikey", "pin"),
    "health": ("diagnosis", "patient", "disease", "medication"),
    "addresses of machines": ("ip", "ipaddress"),
}  # fmt: skip

#: Two words that mean one of the above only together.
PAIRS = {
    ("first", "name"), ("last", "name"), ("full", "name"), ("family", "name"), ("given", "name"), ("middle", "name"),
    ("date", "birth"), ("credit", "card"), ("card", "number"), ("account", "number"), ("social", "security"),
    ("tax", "id"), ("api", "key"), ("national", "id"), ("user", "name"), ("customer", "name"), ("contact", "name"),
    ("person", "name"), ("employee", "name"),
}  # fmt: skip

BY_FORMAT = {"email": "e-mail addresses", "ipv4": "addresses of machines", "ipv6": "addresses of machines"}

#: Not its own name or values, but those of what it is in.
INSIDE = "inside of"

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_BETWEEN = re.compile(r"[^a-z]+")


@dataclass(frozen=True, slots=True)
class Suspicion:
    """What the values of a column may be, and what tells so: its name, or the values."""

    what: str
    by: str

    def __str__(self) -> str:
        if self.by == INSIDE:
            return f"it is {INSIDE} what looks like {self.what}"
        return f"its {self.by} {'looks' if self.by == 'name' else 'look'} like {self.what}"


def account_numbers(cards: list[Any], ibans: list[Any]) -> Suspicion | None:
    """Values with the check digits of cards or accounts."""
    if _all(cards, _is_card) or _all(ibans, _is_iban):
        return Suspicion("account or card numbers", "values")
    return None


def suspicion_of(name: str, best: Candidate | None) -> Suspicion | None:
    """Whether values of this column had better not be shown."""
    if best is not None and best.is_text and best.format in BY_FORMAT:
        return Suspicion(BY_FORMAT[best.format], "values")
    words = [word for word in _BETWEEN.split(_CAMEL.sub(" ", name).lower()) if word]
    for what, signs in NAMES.items():
        if any(word in signs for word in words) or "".join(words) in signs:
            return Suspicion(what, "name")
    if any(pair <= set(words) for pair in map(set, PAIRS)):
        return Suspicion("data about people", "name")
    return None


def _all(values: list[Any], true: Callable[[str], bool]) -> bool:
    texts = [str(one) for one in values]
    return len(texts) >= ENOUGH and all(map(true, texts))


def _is_card(text: str) -> bool:
    """13 to 19 digits whose check digit is right (Luhn)."""
    digits = [int(sign) for sign in text if sign.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return 13 <= len(digits) <= 19 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_iban(text: str) -> bool:
    """ISO 13616: moved round and taken as a number, the rest by 97 is 1."""
    plain = text.replace(" ", "")
    return plain.isalnum() and int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % 97 == 1
