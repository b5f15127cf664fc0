"""Validates a Code Quality report against a schema. Issues of one fingerprint would be one."""

import json
import sys

from jsonschema import Draft202012Validator

schema, report = (json.load(open(path, encoding="utf-8")) for path in sys.argv[1:])
Draft202012Validator.check_schema(schema)
Draft202012Validator(schema).validate(report)
assert len({issue["fingerprint"] for issue in report}) == len(report)
for issue in report:
    print(issue["severity"], issue["check_name"], issue["location"]["path"])
