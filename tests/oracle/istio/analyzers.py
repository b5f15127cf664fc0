#!/usr/bin/env python3
"""How much of what Istio's analyzers are expected to find in their own test data lameduck finds.

    analyzers.py ISTIO LAMEDUCK [--open] [--least N]

ISTIO is a checkout of istio.io/istio (`go list -m -f '{{.Dir}}' istio.io/istio` in this folder), LAMEDUCK a binary. Each
test of pkg/config/analysis/analyzers/analyzers_test.go is a run of its own over its input files. An expectation is met by a
finding about the same object, or one that names it as the other of a pair, by a rule of its topic (below), of whatever
severity. Topics without rules are out of
scope, for the reason given. --open lists the expectations of the others that are not met. With --least it fails where fewer
are met.
"""
import collections
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

# The rules that speak of a topic.
RULES = {
    'AlphaAnnotation': [],
    'ConflictingGateways': ['conflicting-gateways'],
    'ConflictingMeshGatewayVirtualServiceHosts': ['conflicting-mesh-config'],
    'ConflictingSidecarWorkloadSelectors': ['conflicting-mesh-config'],
    'ConflictingTelemetryWorkloadSelectors': ['conflicting-mesh-config'],
    'Deprecated': ['unknown-field', 'ignored-outlier-field'],
    'DeprecatedAnnotation': ['deprecated-inject-annotation', 'ineffective-istio-annotation'],
    'DestinationRuleSubsetNotSelectPods': ['subset-selects-nothing'],
    'EnvoyFilterUsesAddOperationIncorrectly': ['ineffective-envoy-filter'],
    'EnvoyFilterUsesRelativeOperation': ['ineffective-envoy-filter'],
    'EnvoyFilterUsesRelativeOperationWithProxyVersion': ['ineffective-envoy-filter'],
    'EnvoyFilterUsesRemoveOperationIncorrectly': ['ineffective-envoy-filter'],
    'EnvoyFilterUsesReplaceOperationIncorrectly': ['ineffective-envoy-filter'],
    'GatewayDuplicateCertificate': ['conflicting-gateways'],
    'GatewayPortNotDefinedOnService': ['unresolved-gateway'],
    'ImageAutoWithoutInjectionError': ['ineffective-istio-annotation'],
    'ImageAutoWithoutInjectionWarning': ['ineffective-istio-annotation'],
    'IneffectivePolicy': ['policy-selects-nothing'],
    'InvalidAnnotation': ['ineffective-istio-annotation', 'invalid-proxy-config'],
    'InvalidApplicationUID': ['ineffective-istio-annotation'],
    'InvalidGatewayCredential': ['unresolved-gateway'],
    'MisplacedAnnotation': ['ineffective-istio-annotation'],
    'MultipleSidecarsWithoutWorkloadSelectors': ['conflicting-mesh-config'],
    'MultipleTelemetriesWithoutWorkloadSelectors': ['conflicting-mesh-config'],
    'NamespaceMultipleInjectionLabels': ['conflicting-mesh-config'],
    'NoMatchingWorkloadsFound': ['policy-selects-nothing'],
    'NoServerCertificateVerificationDestinationLevel': ['upstream-tls-without-ca'],
    'NoServerCertificateVerificationPortLevel': ['upstream-tls-without-ca'],
    'ReferencedResourceNotFound': [
        'policy-selects-nothing',
        'unresolved-backend',
        'unresolved-destination',
        'unresolved-gateway',
    ],
    'ServiceEntryAddressesRequired': ['unaddressed-service-entry'],
    'UnknownAnnotation': ['ineffective-istio-annotation'],
    'UnknownDestinationRuleHost': ['unresolved-destination'],
    'ValidationMessageType': ['invalid-field', 'unknown-field'],
    'VirtualServiceDestinationPortSelectorRequired': ['unresolved-destination'],
    'VirtualServiceHostNotFoundInGateway': ['unresolved-destination'],
    'VirtualServiceIneffectiveMatch': ['unreachable-route'],
    'VirtualServiceUnreachableRule': ['unreachable-route'],
}

# Why no rule speaks of a topic.
OUT = {
    'AlphaAnnotation': 'it names every annotation that is not stable, whatever it says',
    'ConflictingServiceEntryProtocol': 'a host and port with two protocols: which of the entries a client sees depends on its scope',
    'DeploymentAssociatedToMultipleServices': 'TCP and UDP on one number, which Istio tells apart',
    'DeploymentConflictingPorts': 'two Services with different targets for one port',
    'ExternalControlPlaneAddressIsNotAHostname': 'the installation of the control plane',
    'ExternalNameServiceTypeInvalidPortName': 'such a Service is an alias since 1.21: it has no listener that a name could spoil',
    'GatewayAPICRDVersionBelowMinimum': 'what a cluster has',
    'IneffectiveSelector': 'Istio takes selectors for Gateways of the Gateway API by default (ENABLE_SELECTOR_BASED_K8S_GATEWAY_POLICY)',
    'IngressRouteRulesNotAffected': 'rules of an Ingress that Istio leaves out',
    'InvalidExternalControlPlaneConfig': 'the installation of the control plane',
    'InvalidTelemetryProvider': 'what the mesh configuration defines, which is not in view',
    'InvalidWebhook': 'the installation of the control plane',
    'JwksUriFetchUnrestricted': 'the installation of the control plane',
    'JwtClaimBasedRoutingWithoutRequestAuthN': 'authentication of users',
    'NamespaceInjectionEnabledByDefault': 'no fault',
    'NamespaceNotInjected': 'no fault: a namespace may be outside the mesh',
    'NegativeConditionStatus': 'the status that a cluster gave',
    'PodMissingProxy': 'pods of a cluster that are older than the label',
    'PodsIstioProxyImageMismatchInNamespace': 'pods of a cluster with several versions of the proxy',
    'PortNameIsNotUnderNamingConvention': 'Istio guesses the protocol of other names; gRPC has rules of its own',
    'ReferencedInternalGateway': 'names that Istio reserves',
    'UnknownMeshNetworksServiceRegistry': 'the configuration of networks',
}


def tests(istio):
    """The input files and the expectations of each test."""
    text = (istio / 'analyzers_test.go').read_text()
    text = text[text.index('var testGrid'):text.index('\n// regex patterns')] if '\n// regex patterns' in text \
        else text[text.index('var testGrid'):]
    for block in re.split(r'\n\t\{\n', text)[1:]:
        block = block.split('\n\t},')[0]
        inputs = re.search(r'inputFiles:\s*\[\]string\{(.*?)\}', block, re.S)
        expected = re.findall(r'\{msg\.(\w+), "([^"]*)"\}', block)
        if inputs:
            yield re.findall(r'"([^"]+)"', inputs[1]), expected


def findings(lameduck, istio, inputs):
    """The kind, name and rule of each finding."""
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / '.git').mkdir()
        for name in inputs:
            shutil.copy(istio / name, folder)
        command = [lameduck, 'check', '--no-config', '--pedantic', '--format', 'json', '.']
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
        for finding in json.loads(done.stdout)['findings']:
            resource = finding.get('resource') or {}
            yield resource.get('kind'), resource.get('name'), finding['rule']
            for related in finding.get('related', []):
                line = related['location']['start']['line']
                kind, name = owner(pathlib.Path(folder) / related['path'], line)
                yield kind, name, finding['rule']


def owner(path, line):
    """The kind and name of the object that a place stands in."""
    document = []
    for number, text in enumerate(path.read_text().splitlines(), 1):
        if text.startswith('---'):
            if number > line:
                break
            document = []
        document.append(text)
    text = '\n'.join(document)
    kind = re.search(r'^kind: *(\S+)', text, re.M)
    name = re.search(r'^metadata:.*?^ +name: *(\S+)', text, re.M | re.S)
    return kind and kind[1], name and name[1].strip('"')


def main():
    istio = pathlib.Path(sys.argv[1]) / 'pkg/config/analysis/analyzers'
    lameduck = pathlib.Path(sys.argv[2]).resolve()
    met, total, unmet = collections.Counter(), collections.Counter(), []
    for inputs, expected in tests(istio):
        found = set(findings(lameduck, istio, inputs)) if expected else set()
        for topic, shown in expected:
            kind, _, path = shown.partition(' ')
            name = path.rsplit('/', 1)[-1]
            total[topic] += 1
            if any((kind, name, rule) in found for rule in RULES.get(topic, [])):
                met[topic] += 1
            elif RULES.get(topic):
                unmet.append(f'{topic}: {shown} ({", ".join(inputs)})')
    for topic, count in total.most_common():
        reason = '' if RULES.get(topic) else OUT[topic]
        print(f'{met[topic]:4} of {count:3}  {topic}  {reason}'.rstrip())
    scope = sum(count for topic, count in total.items() if RULES.get(topic))
    print(f'{sum(met.values())} of {sum(total.values())}; {sum(met.values())} of {scope} in scope')
    if '--open' in sys.argv:
        print('\n'.join(unmet))
    if '--least' in sys.argv and sum(met.values()) < int(sys.argv[sys.argv.index('--least') + 1]):
        sys.exit('fewer than expected')


if __name__ == '__main__':
    main()
