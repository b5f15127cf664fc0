"""Validates a JUnit report against a schema, and counts it as CI systems do."""

import sys

from junitparser import JUnitXml, Skipped
from lxml import etree

schema, report = sys.argv[1:]
etree.XMLSchema(etree.parse(schema)).assertValid(etree.parse(report))

for suite in JUnitXml.fromfile(report):
    results = [result for case in suite for result in case.result]
    skipped = sum(1 for result in results if isinstance(result, Skipped))
    assert skipped == (suite.skipped or 0), suite.name
    failures = len(results) - skipped
    names = {(case.classname, case.name) for case in suite}
    assert failures == suite.failures, suite.name
    assert len(list(suite)) == len(names) == suite.tests, suite.name
    print(suite.tests, suite.failures, suite.name)
