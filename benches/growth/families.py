"""Inputs that grow: each family makes a repository of n of something, as a hostile pull request may."""

FAMILIES = []


def family(n, *arguments):
    """Registers a family: how many of its things to begin with, and how lameduck is run."""

    def register(make):
        name = make.__name__.replace("_", "-")
        FAMILIES.append((name, n, list(arguments) or ["check", "."], make))
        return make

    return register


def one(documents):
    return {"a.yaml": "---\n".join(documents)}


def deployment(name, labels="app: a", spec="", pod="", container="", metadata="", annotations=""):
    return (
        "apiVersion: apps/v1\nkind: Deployment\n"
        f"metadata: {{name: {name}{metadata}}}\n"
        f"spec:\n  selector: {{matchLabels: {{{labels}}}}}\n{spec}"
        f"  template:\n    metadata: {{labels: {{{labels}}}, annotations: {{{annotations}}}}}\n"
        f"    spec:\n{pod}"
        f"      containers: [{{name: a, image: 'a:1'{container}}}]\n"
    )


def service(name, selector="app: a", ports="{port: 80}", metadata="", annotations=""):
    return (
        "apiVersion: v1\nkind: Service\n"
        f"metadata: {{name: {name}{metadata}, annotations: {{{annotations}}}}}\n"
        f"spec: {{selector: {{{selector}}}, ports: [{ports}]}}\n"
    )


def budget(name, selector="{}"):
    return (
        "apiVersion: policy/v1\nkind: PodDisruptionBudget\n"
        f"metadata: {{name: {name}}}\nspec: {{minAvailable: 1, selector: {selector}}}\n"
    )


def autoscaler(name, target):
    return (
        "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n"
        f"metadata: {{name: {name}}}\n"
        "spec: {maxReplicas: 3, scaleTargetRef: "
        f"{{apiVersion: apps/v1, kind: Deployment, name: {target}}}}}\n"
    )


def rule(name, host, more=""):
    return (
        "apiVersion: networking.istio.io/v1\nkind: DestinationRule\n"
        f"metadata: {{name: {name}}}\nspec: {{host: '{host}', trafficPolicy: {{tls: {{mode: DISABLE}}}}{more}}}\n"
    )


def routes(name, destinations):
    return (
        "apiVersion: networking.istio.io/v1\nkind: VirtualService\n"
        f"metadata: {{name: {name}}}\nspec:\n  hosts: [a]\n  http:\n"
        + "".join(f"    - route: [{{destination: {{{it}}}}}]\n" for it in destinations)
    )


def each(n, make):
    return [make(i) for i in range(n)]


# What selects, times what is selected.


@family(400)
def budgets_of_everything(n):
    return one(each(n, lambda i: deployment(f"d{i}")) + each(n, lambda i: budget(f"p{i}")))


@family(150, "checklist", ".")
def budgets_of_everything_in_the_checklist(n):
    return budgets_of_everything(n)


@family(400)
def budgets_of_one_label(n):
    selector = "{matchLabels: {app: a}}"
    return one(each(n, lambda i: deployment(f"d{i}")) + each(n, lambda i: budget(f"p{i}", selector)))


@family(400)
def budgets_with_selectors_of_their_own(n):
    def selector(i):
        return f"{{matchExpressions: [{{key: x{i}, operator: DoesNotExist}}]}}"

    return one(each(n, lambda i: deployment(f"d{i}")) + each(n, lambda i: budget(f"p{i}", selector(i))))


@family(1000)
def services_and_deployments_of_one_label(n):
    return one(each(n, lambda i: deployment(f"d{i}")) + each(n, lambda i: service(f"s{i}")))


@family(500, "checklist", ".")
def services_in_the_checklist(n):
    return services_and_deployments_of_one_label(n)


@family(500, "timeline", ".")
def services_in_the_timeline(n):
    return services_and_deployments_of_one_label(n)


@family(1000)
def services_of_deployments_with_labels_of_their_own(n):
    workloads = each(n, lambda i: deployment(f"d{i}", f"app: a, own: a{i}"))
    return one(workloads + each(n, lambda i: service(f"s{i}")))


@family(1000)
def meshed_services_of_one_label(n):
    workloads = each(
        n, lambda i: deployment(f"d{i}", "app: a, sidecar.istio.io/inject: 'true'", "  replicas: 2\n")
    )
    return one(workloads + each(n, lambda i: service(f"s{i}", "app: a", "{port: 80, name: grpc}")))


@family(1000)
def named_ports_of_one_label(n):
    port = ", ports: [{containerPort: 80, name: http}]"
    workloads = each(n, lambda i: deployment(f"d{i}", container=port))
    return one(workloads + each(n, lambda i: service(f"s{i}", "app: a", "{port: 80, targetPort: web}")))


@family(3000)
def replicated_deployments_of_one_label(n):
    return one(each(n, lambda i: deployment(f"d{i}", spec="  replicas: 3\n")))


@family(1000)
def unpublished_services_of_one_label(n):
    unready = each(n, lambda i: service(f"s{i}").replace("spec: {", "spec: {publishNotReadyAddresses: true, "))
    return one(each(n, lambda i: deployment(f"d{i}")) + unready)


@family(2000)
def autoscalers_of_one_deployment(n):
    return one([deployment("d", spec="  replicas: 3\n")] + each(n, lambda i: autoscaler(f"h{i}", "d")))


@family(1000)
def autoscalers_of_deployments_of_one_name(n):
    workloads = each(n, lambda i: deployment("d", spec="  replicas: 3\n"))
    return one(workloads + each(n, lambda i: autoscaler(f"h{i}", "d")))


@family(2000)
def deployments_of_one_name(n):
    return one(each(n, lambda i: deployment("d", spec="  replicas: 3\n")))


@family(2000)
def objects_of_one_name_in_namespaces(n):
    return one(each(n, lambda i: deployment("d", metadata=f", namespace: n{i}", spec="  replicas: 3\n")))


@family(2000)
def namespaces_with_a_deployment_each(n):
    return one(
        each(n, lambda i: f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: n{i}}}\n")
        + each(n, lambda i: deployment("d", metadata=f", namespace: n{i}"))
    )


@family(1000)
def namespaces_of_one_name(n):
    label = ", labels: {istio-injection: enabled}"
    return one(
        each(n, lambda i: f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: n{label}}}\n")
        + each(n, lambda i: deployment(f"d{i}", metadata=", namespace: n"))
    )


@family(1000, "checklist", ".")
def namespaces_in_the_checklist(n):
    return namespaces_with_a_deployment_each(n)


@family(1000)
def limit_ranges(n):
    limits = "spec: {limits: [{type: Container, defaultRequest: {cpu: 1}}]}"
    return one(
        each(n, lambda i: deployment(f"d{i}"))
        + each(n, lambda i: f"apiVersion: v1\nkind: LimitRange\nmetadata: {{name: l{i}}}\n{limits}\n")
    )


@family(1000)
def volume_claims_of_one_name(n):
    volumes = "      volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]\n"
    return one(
        each(n, lambda i: deployment(f"d{i}", pod=volumes, spec="  replicas: 2\n"))
        + each(
            n,
            lambda i: "apiVersion: v1\nkind: PersistentVolumeClaim\n"
            f"metadata: {{name: c, namespace: n{i}}}\nspec: {{accessModes: [ReadWriteOnce]}}\n",
        )
    )


@family(1000)
def ingresses_of_one_service(n):
    ingress = (
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: i{}}}\n"
        "spec: {{ingressClassName: nginx, defaultBackend: {{service: {{name: s, port: {{number: 80}}}}}}}}\n"
    )
    workloads = each(n, lambda i: deployment(f"d{i}"))
    return one(workloads + [service("s")] + each(n, ingress.format))


@family(1000)
def budgets_and_parked_deployments(n):
    return one(
        each(n, lambda i: deployment(f"d{i}", spec="  replicas: 0\n")) + each(n, lambda i: budget(f"p{i}"))
    )


# Names that lead nowhere.


@family(1500)
def services_that_select_nothing(n):
    return one(
        each(n, lambda i: deployment(f"d{i}", f"app: a{i}"))
        + each(n, lambda i: service(f"s{i}", f"app: b{i}"))
    )


@family(1500)
def budgets_that_select_nothing(n):
    return one(
        each(n, lambda i: deployment(f"d{i}", f"app: a{i}"))
        + each(n, lambda i: budget(f"p{i}", f"{{matchLabels: {{app: b{i}}}}}"))
    )


@family(1000)
def autoscalers_of_nothing(n):
    return one(
        each(n, lambda i: deployment(f"deployment-{i}")) + each(n, lambda i: autoscaler(f"h{i}", f"absent-{i}"))
    )


@family(1000)
def routes_to_nothing(n):
    return one(
        each(n, lambda i: service(f"service-{i}"))
        + [routes("v", each(n, lambda i: f"host: absent-{i}"))]
    )


@family(1000)
def rules_for_nothing(n):
    return one(each(n, lambda i: service(f"service-{i}")) + each(n, lambda i: rule(f"r{i}", f"absent-{i}")))


@family(1000)
def custom_resources_and_dangling_services(n):
    resource = "apiVersion: example.com/v1\nkind: Maker\nmetadata: {{name: m{}}}\n"
    return one(
        [deployment("d")]
        + each(n, resource.format)
        + each(n, lambda i: service(f"s{i}", f"app: b{i}"))
    )


# Ports, hosts and subsets.


@family(2000)
def named_ports_and_target_ports(n):
    ports = ", ports: [" + ", ".join(each(n, lambda i: f"{{containerPort: {i + 1}, name: a{i}}}")) + "]"
    targets = ", ".join(each(n, lambda i: f"{{port: {i + 1}, name: p{i}, targetPort: b{i}}}"))
    return one([deployment("d", container=ports), service("s", "app: a", targets)])


@family(2000)
def ports_and_probes(n):
    ports = "[" + ", ".join(each(n, lambda i: f"{{containerPort: {i + 1}, name: a{i}}}")) + "]"
    probe = ", readinessProbe: {httpGet: {port: b}}"
    containers = "".join(each(n, lambda i: f"        - {{name: c{i}, image: 'a:1'{probe}}}\n"))
    text = deployment("d", container=f", ports: {ports}")
    return one([text.replace("containers: [", "containers:\n        - ").replace("]}]\n", "]}\n") + containers])


@family(2000)
def rules_of_one_host(n):
    return one([service("a")] + each(n, lambda i: rule(f"r{i}", "a")))


@family(1000)
def rules_of_one_wildcard(n):
    return one(each(n, lambda i: service(f"s{i}")) + each(n, lambda i: rule(f"r{i}", "*.local")))


@family(1000)
def wildcard_rules_of_hosts_of_their_own(n):
    return one(
        [deployment("d", "app: a, sidecar.istio.io/inject: 'true'", "  replicas: 2\n")]
        + each(n, lambda i: service(f"s{i}"))
        + each(n, lambda i: rule(f"r{i}", f"*.n{i}.svc.cluster.local"))
    )


@family(1000)
def subsets_and_routes(n):
    subsets = ", subsets: [" + ", ".join(each(n, lambda i: f"{{name: a{i}, labels: {{v: a{i}}}}}")) + "]"
    return one(
        [deployment("d"), service("a"), rule("r", "a", subsets)]
        + [routes("v", each(n, lambda i: f"host: a, subset: b{i}"))]
    )


@family(4000)
def subsets_that_routes_name(n):
    subsets = ", subsets: [" + ", ".join(each(n, lambda i: f"{{name: a{i}}}")) + "]"
    return one([service("a"), rule("r", "a", subsets), routes("v", each(n, lambda i: f"host: a, subset: a{i}"))])


@family(20000)
def parents_of_one_route(n):
    gateway = "apiVersion: gateway.networking.k8s.io/v1\nkind: {}\nmetadata: {{name: g}}\nspec: {}\n"
    parents = "{name: g}," * n
    spec = f"{{parentRefs: [{parents}], rules: [{{backendRefs: [{{name: a}}]}}]}}"
    return one(
        [deployment("d"), service("a"), gateway.format("Gateway", "{gatewayClassName: gke-l7-rilb}")]
        + [gateway.format("HTTPRoute", spec)]
    )


@family(4000)
def gateways_that_a_route_misses(n):
    gateway = "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {{name: g{}}}\nspec: {{}}\n"
    missing = ", ".join(each(n, lambda i: f"m{i}"))
    route = routes("v", ["host: a"]).replace("  hosts: [a]\n", f"  hosts: [a]\n  gateways: [{missing}]\n")
    return one([service("a"), route] + each(n // 8, gateway.format))


@family(3000)
def destinations_and_ports(n):
    ports = ", ".join(each(n * 3, lambda i: "{port: 1}"))
    return one([service("a", ports=ports), routes("v", each(n, lambda i: "host: a, port: {number: 2}"))])


@family(2000)
def destinations_and_hidden_service_entries(n):
    exported = "['~'" + ", x" * 50 + "]"
    entry = (
        "apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {{name: e{}}}\n"
        f"spec: {{{{exportTo: {exported}, hosts: ['*.a']}}}}\n"
    )
    route = routes("v, namespace: q", each(n, lambda i: f"host: s{i}"))
    return one([service("a"), route] + each(n // 5, entry.format))


@family(1000)
def subsets_and_workloads(n):
    subsets = ", subsets: [" + ", ".join(each(n, lambda i: f"{{name: a{i}, labels: {{v: a{i}}}}}")) + "]"
    return one(each(n, lambda i: deployment(f"d{i}")) + [service("a"), rule("r", "a", subsets)])


@family(600)
def subsets_of_two_rules(n):
    subsets = ", subsets: [" + ", ".join(each(n, lambda i: f"{{name: a{i}, labels: {{v: a{i}}}}}")) + "]"
    return one([service("a"), rule("r", "a", subsets), rule("s", "a", subsets)])


@family(1000)
def service_entries_and_routes(n):
    entry = (
        "apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {{name: e{0}}}\n"
        "spec: {{hosts: [e{0}.example.com]}}\n"
    )
    return one([service("a"), routes("v", each(n, lambda i: f"host: b{i}"))] + each(n, entry.format))


@family(1000)
def authentications_and_workloads(n):
    policy = (
        "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {{name: e{0}}}\n"
        "spec: {{selector: {{matchLabels: {{app: b}}}}, mtls: {{mode: STRICT}}}}\n"
    )
    return one(
        each(n, lambda i: deployment(f"d{i}", "app: a, sidecar.istio.io/inject: 'true'"))
        + each(n, lambda i: rule(f"r{i}", f"a{i}"))
        + each(n, policy.format)
    )


@family(1000)
def proxy_configurations_and_workloads(n):
    config = (
        "apiVersion: networking.istio.io/v1beta1\nkind: ProxyConfig\nmetadata: {{name: e{0}}}\n"
        "spec: {{selector: {{matchLabels: {{app: b}}}}, environmentVariables: {{A: b}}}}\n"
    )
    return one(
        each(n, lambda i: deployment(f"d{i}", "app: a, sidecar.istio.io/inject: 'true'"))
        + each(n, config.format)
    )


@family(150)
def hosts_that_suggest_a_mesh(n):
    return {
        "a.yaml": "---\n".join(each(n, lambda i: deployment(f"d{i}"))),
        "b.yaml": "---\n".join(each(n, lambda i: rule(f"r{i}", "*.svc.cluster.local"))),
        "c.yaml": "---\n".join(each(n, lambda i: service(f"s{i}", f"app: x{i}"))),
    }


@family(2000)
def routes_of_one_service(n):
    matches = "".join(each(n, lambda i: f"    - match: [{{uri: {{exact: /{i}}}}}]\n"))
    return one([routes("v", []) + matches])


@family(1000)
def names_that_hosts_hold(n):
    hosts = ", ".join(each(2 * n, lambda i: f"h{i}"))
    matches = "{sniHosts: [x]}, " * n
    spec = f"{{hosts: [{hosts}], tls: [{{match: [{matches}], route: [{{destination: {{host: a}}}}]}}]}}"
    return one([f"apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: v}}\nspec: {spec}\n"])


@family(1000)
def hosts_of_one_service_entry(n):
    hosts = ", ".join(each(2 * n, lambda i: f"'*.h{i}'"))
    entry = f"apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {{name: e}}\nspec: {{hosts: [{hosts}]}}\n"
    return one([service("a"), entry, routes("v", each(n, lambda i: f"host: b{i}"))])


@family(2000)
def routes_of_hosts_of_their_own(n):
    return one(each(n, lambda i: routes(f"v{i}", [f"host: h{i}"]).replace("hosts: [a]", f"hosts: [h{i}]")))


@family(1000)
def ports_of_a_service_and_workloads(n):
    workloads = each(n, lambda i: deployment(f"d{i}", f"app: a, own: a{i}"))
    return one(workloads + [service("s", ports="{port: 1}, " * (10 * n))])


@family(4000)
def ports_that_a_service_lacks(n):
    ways = "{name: s, port: 9}, " * n
    route = (
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: a}\n"
        f"spec: {{rules: [{{backendRefs: [{ways}]}}]}}\n"
    )
    return one([route, service("s", ports="{port: 1}, " * n)])


# One object that holds much.


@family(10000)
def empty_containers(n):
    return one([deployment("d").replace("[{name: a, image: 'a:1'}]", "[" + "{}," * n + "]")])


@family(3000)
def containers(n):
    items = ", ".join(each(n, lambda i: f"{{name: c{i}, image: 'a:1', ports: [{{containerPort: {i + 1}}}]}}"))
    text = deployment("d").replace("[{name: a, image: 'a:1'}]", f"[{items}]")
    return one([text, service("s", "app: a", "{port: 80}")])


@family(5000)
def containers_with_refused_sleeps(n):
    hook = "lifecycle: {preStop: {sleep: {seconds: 60}}}"
    items = ", ".join(each(n, lambda i: f"{{name: c{i}, image: 'a:1', {hook}}}"))
    return one([deployment("d").replace("[{name: a, image: 'a:1'}]", f"[{items}]")])


@family(1500)
def containers_and_ignore_annotations(n):
    items = ", ".join(each(n, lambda i: f"{{name: c{i}, image: 'a:1'}}"))
    ignored = ", ".join(each(n, lambda i: f"lameduck.dev/ignore.missing-resources.c{i}: why"))
    text = deployment("d", annotations=ignored).replace("[{name: a, image: 'a:1'}]", f"[{items}]")
    return one([text])


@family(3000)
def containers_and_annotations_of_their_own(n):
    items = "".join(each(n, lambda i: f"        - {{name: c{i}, image: 'a:1'}}\n"))
    ignored = ", ".join(each(n, lambda i: f"lameduck.dev/ignore.c{i}: missing-pdb"))
    text = deployment("d", annotations=ignored).replace("[{name: a, image: 'a:1'}]\n", "\n" + items)
    return one([text])


@family(1000)
def containers_below_comments(n):
    items = ", ".join(each(n, lambda i: f"{{name: c{i}, image: 'a:latest'}}"))
    text = deployment("d").replace("      containers: [{name: a, image: 'a:1'}]", f"{'# ab cd ef' + chr(10)}" * (4 * n) + f"      containers: [{items}]")
    return one([text])


@family(4000)
def ignored_names_in_one_annotation(n):
    names = ",".join(each(n, lambda i: f"no-rule-{i}"))
    return one([deployment("d", annotations=f"lameduck.dev/ignore: '{names}'")])


@family(1500)
def ignore_comments(n):
    return {
        "a.yaml": "".join(
            each(n, lambda i: f"# lameduck: ignore[missing-resources] -- why\n{deployment(f'd{i}')}---\n")
        )
    }


@family(3000)
def comments_that_ignore_nothing(n):
    lines = each(n, lambda i: f"  # lameduck: ignore[missing-resourcse{i}]\n  a{i}: b\n")
    return one(["apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n" + "".join(lines)])


@family(5000)
def annotations(n):
    return one([deployment("d", annotations=", ".join(each(n, lambda i: f"a{i}.istio.io/b: c")))])


@family(4000)
def labels(n):
    many = ", ".join(each(n, lambda i: f"a{i}: b"))
    return one([deployment("d", many), service("s", many)])


@family(5000)
def unknown_fields(n):
    return one([deployment("d", pod="".join(each(n, lambda i: f"      containerz{i}: 1\n")))])


@family(5000)
def duplicate_keys(n):
    return one([deployment("d", pod="      hostNetwork: true\n" * n)])


@family(2000)
def documents_with_duplicate_keys(n):
    return one(each(n, lambda i: deployment(f"d{i}", pod="      hostNetwork: true\n" * 2)))


@family(1000)
def duplicate_keys_in_one_list(n):
    item = "- apiVersion: v1\n  kind: ConfigMap\n  metadata: {{name: a{0}}}\n  immutable: true\n  immutable: true\n"
    return one(["apiVersion: v1\nkind: List\nitems:\n" + "".join(each(n, item.format))])


@family(5000)
def wrong_types(n):
    return one([deployment("d", container=", env: [" + "{name: [], value: {}}, " * n + "]")])


@family(10000)
def broken_documents(n):
    return {"a.yaml": "apiVersion: v1\nkind: Pod\nspec: {a: [}\n---\n" * n}


@family(5000)
def objects_of_one_identity(n):
    return one(each(n, lambda i: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"))


@family(5000)
def anchors_and_aliases(n):
    data = "".join(each(n, lambda i: f"  a{i}: &a{i} b\n  b{i}: *a{i}\n"))
    return one(["apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n" + data])


@family(3000)
def merge_keys(n):
    data = "".join(each(n, lambda i: f"  a{i}: {{<<: *a, b: c}}\n"))
    return one(["apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nbase: &a {c: d}\ndata:\n" + data])


@family(1000)
def one_mapping_merged_from_many(n):
    bases = "".join(each(n, lambda i: f"  a{i}: &a{i} {{k{i}: v}}\n"))
    merged = ", ".join(each(n, lambda i: f"*a{i}"))
    return one([f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\nbases:\n{bases}data:\n  <<: [{merged}]\n"])


@family(4000)
def depth(n):
    return one(["apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: " + "[" * n + "]" * n + "\n"])


@family(1000)
def depth_in_blocks(n):
    lines = each(n, lambda i: " " * i + "a:\n")
    return one(["apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n" + "".join(lines)])


@family(500000)
def one_long_line(n):
    return one([deployment("d", container=", command: ['" + "x" * n + "']")])


@family(20000)
def one_long_line_of_findings(n):
    return one([deployment("d").replace("[{name: a, image: 'a:1'}]", "[" + "{image: a}," * (n // 10) + "]")])


@family(20000)
def one_long_line_of_fixes(n):
    ports = ",".join(['{"port":"80"}'] * n)
    start = '{"apiVersion":"v1","kind":"Service","metadata":{"name":"a"},"spec":{"ports":['
    return one([start + ports + "]}}\n"])


@family(4000)
def shell_scripts(n):
    script = "a; " * n
    hook = f", lifecycle: {{preStop: {{exec: {{command: [sh, -c, '{script}']}}}}}}"
    return one([deployment("d", container=hook)])


@family(2000)
def embedded_text(n):
    text = "".join(each(n, lambda i: f"      a{i}: b # c\n"))
    annotation = f"\"proxy.istio.io/config\": \"{'a: b # c' + chr(92) + 'n' }\""
    return one([deployment("d", annotations=annotation.replace("a: b", "proxyMetadata: {" + ", ".join(each(n, lambda i: f"A{i}: b")) + "}"))]) | {"b.yaml": text}


@family(2000)
def routes_with_retries(n):
    retry = "    - route: [{destination: {host: a}}]\n      retries: {attempts: 3, retryOn: '5xx, x'}\n"
    return one([routes("v", []) + retry * n])


# Configuration, baselines, kustomizations, fixes.


@family(300)
def overrides_and_objects(n):
    override = "  - workloads: ['*/x{0}-*']\n    pedantic: true\n"
    files = one(each(n, lambda i: deployment(f"d{i}")))
    files["lameduck.yaml"] = "overrides:\n" + "".join(each(n, override.format))
    return files


@family(2000)
def globs_of_one_override(n):
    files = one(each(n, lambda i: deployment(f"d{i}")))
    workloads = ", ".join(each(n, lambda i: f"'*/x{i}-*'"))
    files["lameduck.yaml"] = f"overrides:\n  - workloads: [{workloads}]\n    pedantic: true\n"
    return files


@family(1000)
def paths_of_one_override(n):
    files = one(each(n, lambda i: deployment(f"d{i}")))
    paths = ", ".join(each(n, lambda i: f"'x{i}/**'"))
    files["lameduck.yaml"] = f"overrides:\n  - paths: [{paths}]\n    pedantic: true\n"
    return files


@family(500)
def excluded_paths_of_a_rule(n):
    files = one(each(n, lambda i: deployment(f"d{i}")))
    paths = ", ".join(each(n, lambda i: f"'x{i}/**'"))
    files["lameduck.yaml"] = f"rules:\n  missing-resources: {{exclude: [{paths}]}}\n"
    return files


@family(1000)
def excluded_paths(n):
    files = {f"d{i}.yaml": deployment(f"d{i}") for i in range(n)}
    paths = ", ".join(each(n, lambda i: f"'x{i}/**'"))
    files["lameduck.yaml"] = f"exclude: [{paths}]\n"
    return files


@family(2000, "check", ".", "--baseline", "base.json")
def stale_baseline(n):
    entry = '{{"fingerprint": "{0:016x}", "rule": "missing-resources", "path": "a.yaml", "message": "m"}}'
    files = one(each(n, lambda i: deployment(f"d{i}")))
    files["base.json"] = '{"version": 1, "findings": [' + ", ".join(each(n, entry.format)) + "]}"
    return files


@family(100)
def kustomizations_of_one_another(n):
    names = each(n, lambda i: f"../k{i}")
    files = {}
    for i in range(n):
        files[f"k{i}/kustomization.yaml"] = "resources: [a.yaml, " + ", ".join(names) + "]\n"
        files[f"k{i}/a.yaml"] = deployment(f"d{i}")
    return files


@family(150)
def a_chain_of_kustomizations(n):
    files = {}
    for i in range(n):
        files[f"k{i}/kustomization.yaml"] = f"resources: [a.yaml, ../k{i + 1}]\nnamePrefix: p{i}-\n"
        files[f"k{i}/a.yaml"] = deployment(f"d{i}")
    return files


@family(500)
def kustomize_patches_and_objects(n):
    patch = "  - patch: '[{{op: replace, path: /spec/replicas, value: 2}}]'\n    target: {{kind: Deployment, name: d{0}}}\n"
    return {
        "kustomization.yaml": "resources: [a.yaml]\npatches:\n" + "".join(each(n, patch.format)),
        "a.yaml": "---\n".join(each(n, lambda i: deployment(f"d{i}"))),
    }


@family(500)
def kustomize_patches_of_everything(n):
    patch = "  - patch: '[{{op: replace, path: /spec/a{0}, value: 2}}]'\n    target: {{kind: Deployment}}\n"
    return {
        "kustomization.yaml": "resources: [a.yaml]\npatches:\n" + "".join(each(n, patch.format)),
        "a.yaml": "---\n".join(each(n, lambda i: deployment(f"d{i}"))),
    }


@family(500)
def kustomize_labels_and_objects(n):
    labels = ", ".join(each(n, lambda i: f"l{i}: a"))
    return {
        "kustomization.yaml": f"resources: [a.yaml]\ncommonLabels: {{{labels}}}\n",
        "a.yaml": "---\n".join(each(n, lambda i: deployment(f"d{i}")) + each(n, lambda i: service(f"s{i}"))),
    }


@family(1000)
def partial_objects_of_one_name(n):
    patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: d}}\nspec: {{a{0}: b}}\n"
    return {
        "a.yaml": "---\n".join(each(n, lambda i: deployment("d"))),
        "b.yaml": "---\n".join(each(n, patch.format)),
    }


@family(500)
def files_with_one_object(n):
    return {f"d{i}/a.yaml": deployment("d") for i in range(n)}


@family(250, "check", ".", "--render", "auto")
def rendered_patches(n):
    patch = "  - patch: '[{{op: add, path: /metadata/annotations, value: {{a{0}: b}}}}]'\n    target: {{kind: Deployment}}\n"
    return {
        "kustomization.yaml": "resources: [a.yaml]\npatches:\n" + "".join(each(n, patch.format)),
        "a.yaml": deployment("d"),
    }


@family(250, "check", ".", "--render", "auto")
def rendered_patches_and_objects(n):
    patch = "  - patch: '[{{op: add, path: /spec/replicas, value: 2}}]'\n    target: {{kind: Deployment, name: d{0}}}\n"
    return {
        "kustomization.yaml": "resources: [a.yaml]\npatches:\n" + "".join(each(n, patch.format)),
        "a.yaml": "---\n".join(each(n, lambda i: deployment(f"d{i}"))),
    }


@family(5000)
def steps_of_a_pointer(n):
    patch = f"[{{op: replace, path: {'/a' * n}, value: 1}}]"
    return {
        "kustomization.yaml": f"resources: [a.yaml]\npatches:\n  - {{target: {{kind: Deployment}}, patch: '{patch}'}}\n",
        "a.yaml": deployment("d"),
    }


@family(8, "check", ".", "--render", "auto")
def ways_to_one_kustomization(n):
    files = {"k0/kustomization.yaml": "resources: [a.yaml]\n", "k0/a.yaml": deployment("d")}
    for i in range(1, n):
        files[f"k{i}/kustomization.yaml"] = f"resources: [../l{i}, ../r{i}]\n"
        for side in "lr":
            files[f"{side}{i}/kustomization.yaml"] = f"namePrefix: {side}{i}-\nresources: [../k{i - 1}]\n"
    return files


@family(64, "check", ".", "--diff")
def unknown_keys_near_one_field(n):
    return one([deployment("d", pod="".join(each(n, lambda i: f"      terminationGracePeriodSecond{'s' * i}: 1\n")))])


@family(200, "check", ".", "--diff")
def harmful_fixes(n):
    return one(each(n, lambda i: deployment(f"d{i}", pod="      hostNetwrk: true\n      hostNetwor: true\n")))


@family(500, "check", ".", "--diff", "--unsafe-fixes")
def unsafe_fixes_in_one_file(n):
    return one(each(n, lambda i: deployment(f"d{i}", f"app: a{i}", "  replicas: 3\n")))


@family(500, "check", ".", "--diff")
def safe_fixes_in_one_file(n):
    return one(each(n, lambda i: deployment(f"d{i}", f"app: a{i}", pod="      hostNetwork: true\n" * 2)))


@family(2000, "check", ".", "--format", "sarif")
def findings_as_sarif(n):
    return one(each(n, lambda i: deployment(f"d{i}", f"app: a{i}")))


@family(1000, "check", ".", "--format", "full")
def findings_in_full(n):
    return one(each(n, lambda i: deployment(f"d{i}", f"app: a{i}")))


@family(1000, "check", ".", "--format", "full")
def findings_in_full_on_one_line(n):
    return one_long_line_of_findings(10 * n)
