"""What is classified is never shown: which properties that concerns, and how texts that may hold it are told."""

from __future__ import annotations

from fileproc.quality.contracts.contract import Property


def hides(prop: Property) -> bool:
    """Whether the property, or anything inside of it, is classified."""
    inside = (*prop.properties, *(one for one in (prop.items, prop.map_key, prop.map_value) if one is not None))
    return prop.masked or any(hides(one) for one in inside)
