"""Validates a JUnit report against a schema, and counts it as CI systems do."""

import sys

from junitparser import JUnitXml
from lxml import etree

schema, report = sys.argv[1:]
etree.XMLSchema(etree.parse(schema)).assertValid(etree.parse(report))

for suite in JUnitXml.fromfile(report):
    failures = sum(1 for case in suite for _ in case.result)
    names = {(case.classname, case.name) for case in suite}
    assert failures == suite.failures, suite.name
    assert len(list(suite)) == len(names) == suite.tests, suite.name
    print(suite.tests, suite.failures, suite.name)
