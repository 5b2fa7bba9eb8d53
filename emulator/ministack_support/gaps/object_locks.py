"""Who writes an object with a lock of its own needs the permission to set one.

Call: `s3:PutObject` with `x-amz-object-lock-retain-until-date` or `x-amz-object-lock-legal-hold`. MiniStack asks for
`s3:PutObject` alone. AWS asks for `s3:PutObjectRetention` and `s3:PutObjectLegalHold` as well (S3 user guide, "Required
permissions for Amazon S3 API operations", PutObject).
"""

from ministack_support import requests

NAME = "object-locks"

PERMISSIONS = {"x-amz-object-lock-retain-until-date": "s3:PutObjectRetention",
               "x-amz-object-lock-legal-hold": "s3:PutObjectLegalHold"}


def install():
    requests.further_checks.append(_check)


def _check(request, resource_arn):
    if request.action != "s3:PutObject":
        return
    for header, action in PERMISSIONS.items():
        if header in request.headers:
            yield "s3", action, resource_arn, {}
