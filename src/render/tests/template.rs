use super::super::graph::trees;
use super::super::template::Template;
use crate::source::SourceId;

/// The line of the template for the value at each path of the rendered text.
fn lines(template: &str, rendered: &str) -> String {
    let tree = &trees(&rendered.into())[0];
    let places = Template::of(template).places(SourceId(0), tree.root());
    let mut lines = Vec::new();
    let mut todo = vec![tree.root()];
    while let Some(node) = todo.pop() {
        todo.extend(node.entries().map(|entry| entry.value));
        todo.extend(node.items());
        if node.scalar().is_some() {
            let of_node = places.iter().find(|(span, _)| *span == node.span());
            let start = of_node.unwrap().1.span.range();
            let line = template[..start.start].matches('\n').count() + 1;
            lines.push(format!("{}: {line} {}", node.path(), &template[start]));
        }
    }
    lines.sort();
    lines.join("\n")
}

#[test]
fn lines_are_found_by_their_keys() {
    let template = "\
{{- /* kind: Not
this: one */}}
{{- if .Values.enabled }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  labels:
    {{- include \"labels\" . | nindent 4 }}
spec:
  {{- if .Values.fixed }}
  replicas: 3
  {{- else }}
  replicas: {{ .Values.replicas }} # from the values
  {{- end }}
  containers:
  - name: app
    args: [a]
    # the image
    image: \"app:{{ .Values.tag }}\"
    {{- with .Values.resources }}
    resources: {{- toYaml . | nindent 6 }}
    {{- end }}
  - image: fixed
    name: sidecar
{{- end }}
";
    let rendered = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  containers:
  - {name: sidecar, image: fixed}
  - {name: app, image: 'app:1', args: [a], resources: {limits: {cpu: 1}}}
";
    insta::assert_snapshot!(lines(template, rendered), @r#"
    apiVersion: 4 apiVersion: apps/v1
    kind: 5 kind: Deployment
    metadata.labels.app: 8 labels:
    metadata.name: 7 name: {{ .Release.Name }}
    spec.containers[app].args[0]: 18 args: [a]
    spec.containers[app].image: 20 image: "app:{{ .Values.tag }}"
    spec.containers[app].name: 17 - name: app
    spec.containers[app].resources.limits.cpu: 22 resources: {{- toYaml . | nindent 6 }}
    spec.containers[sidecar].image: 24 - image: fixed
    spec.containers[sidecar].name: 25 name: sidecar
    spec.replicas: 14 replicas: {{ .Values.replicas }} # from the values
    "#);
}

#[test]
fn what_may_be_several_lines_is_that_above_them() {
    let template = "\
kind: Service
spec:
  {{- range .Values.ports }}
  - port: {{ . }}
  {{- end }}
  a: {{ .x }}
  a: {{ .y }}
";
    let rendered = "kind: Service\nspec:\n  a: 1\n";
    insta::assert_snapshot!(lines(template, rendered), @"
    kind: 1 kind: Service
    spec.a: 2 spec:
    ");
    let several = "kind: ConfigMap\na: {{ 1 }}\n---\nkind: ConfigMap\na: {{ 2 }}\n";
    insta::assert_snapshot!(lines(several, "kind: ConfigMap\na: 1\n"), @"
    a: 1 kind: ConfigMap
    kind: 1 kind: ConfigMap
    ");
}

#[test]
fn a_template_that_includes_all_has_its_first_line() {
    let template = "{{- $x := 1 }}\n{{ include \"common.deployment\" . }}\n";
    insta::assert_snapshot!(lines(template, "kind: Deployment\nspec: {a: 1}\n"), @"
    kind: 1 {{- $x := 1 }}
    spec.a: 1 {{- $x := 1 }}
    ");
    assert_eq!(lines("", "kind: Pod\n"), "kind: 1 ");
}

#[test]
fn documents_are_told_apart_by_their_kind() {
    let template =
        "kind: Service\nspec: {a: 1}\n---\n{{ if .a }}\nkind: {{ .kind }}\nb: 2\n{{ end }}\n";
    insta::assert_snapshot!(lines(template, "kind: Pod\nb: 2\n"), @"
    b: 6 b: 2
    kind: 5 kind: {{ .kind }}
    ");
}
