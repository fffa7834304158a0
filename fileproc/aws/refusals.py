"""What an AWS service means when it does not take a delivery, in words for whoever runs the sink."""

from __future__ import annotations

import botocore.exceptions as boto

from fileproc.aws.classify import NO_CREDENTIALS, PLAIN
from fileproc.domain.deliveries import DeliveryError

DENIED = frozenset({
    "AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException", "KMSAccessDenied",
})  # fmt: skip
GONE = frozenset({"NotFound", "NotFoundException", "ResourceNotFoundException", "NoSuchBucket"})

#: The request itself is at fault: no later try can change it.
NEVER = frozenset({"InvalidParameter", "InvalidParameterValue", "ValidationError", "InvalidTag", "EntityTooLarge"})


def explained(error: Exception, what: str, rights: str) -> DeliveryError:
    """The DeliveryError for whatever asking a service raised; no message of AWS is repeated, only its code."""
    if isinstance(error, boto.ClientError):
        code = str(error.response.get("Error", {}).get("Code", ""))
        code = code if PLAIN.fullmatch(code) else "unknown"
        if code in DENIED:
            return DeliveryError(f"{what} may not be used ({code}): {rights}")
        if code in GONE:
            return DeliveryError(f"{what} is not there ({code}): make it, or mend the sinks file")
        return DeliveryError(f"{what} did not take it ({code})", final=code in NEVER)
    if isinstance(error, NO_CREDENTIALS):
        return DeliveryError(f"the credentials are missing or have expired ({type(error).__name__})")
    return DeliveryError(f"{what} cannot be reached ({type(error).__name__})")
