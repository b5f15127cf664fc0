//! `invalid-proxy-config`

use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{PROXY_CONFIG_ANNOTATION, ProxyAnnotation, Workload, is_placeholder};
use crate::rules::mesh::proxy_repair::{Repair, camel_case, is_variable};
use crate::rules::{Context, Findings, Report, Rule};
use crate::units::suggest;
use crate::yaml::{Issue, IssueKind, Node, SyntaxError, Tree};

static META: RuleMeta = RuleMeta {
    id: "invalid-proxy-config",
    category: Category::Mesh,
    severity: Severity::Error,
    pedantic: false,
    summary: "Istio cannot read or does not know a proxy setting",
    page: include_str!("../../../rules/mesh/invalid-proxy-config.md"),
    options: &[],
    fix: FixAvailability::Safe,
    since: "0.1.0",
    checklist: &["sidecar-lifecycle"],
};

/// See the rule's page.
pub(in crate::rules) struct InvalidProxyConfig;

impl Rule for InvalidProxyConfig {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, _: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        let template = workload.template();
        let Some(annotation) = template.annotation(PROXY_CONFIG_ANNOTATION) else {
            return;
        };
        // A template's text is not YAML yet.
        let is_rendered = !annotation.text().is_some_and(is_placeholder);
        match ProxyAnnotation::read(annotation) {
            Err(_) if !is_rendered => {}
            Err(error) => out.push(unreadable(workload, annotation, &error)),
            Ok(config) => {
                let Some(tree) = config.tree() else {
                    return;
                };
                if !tree.root().is_mapping() {
                    if is_rendered {
                        out.push(no_mapping(workload, tree.root()));
                    }
                    return;
                }
                for (id, expected) in config.refused() {
                    let node = tree.node(id);
                    let message = refused(&node.path());
                    let report = Report::template(workload, node, message);
                    out.push(report.detail(expected).help(
                        "write what is expected, or leave the setting out: then that of the mesh counts",
                    ));
                }
                let mut repair = Repair::of(workload, annotation, tree, config.issues());
                for issue in config.issues() {
                    out.push(repair.mend(issue, at_issue(workload, tree, issue)));
                }
            }
        }
    }
}

fn refused(what: &str) -> String {
    format!("`{what}` is not valid: Istio injects no sidecar, and no pod is created")
}

const SHAPE: &str = "write the proxy's settings as YAML:\nproxy.istio.io/config: |\n  \
                     holdApplicationUntilProxyStarts: true";

fn unreadable<'a>(workload: Workload<'a>, node: Node<'_>, error: &SyntaxError) -> Report<'a> {
    let detail = format!("not YAML: {}", error.message);
    Report::template(workload, node, refused(PROXY_CONFIG_ANNOTATION))
        .detail(detail)
        .help(SHAPE)
}

fn no_mapping<'a>(workload: Workload<'a>, node: Node<'_>) -> Report<'a> {
    Report::template(workload, node, refused(PROXY_CONFIG_ANNOTATION))
        .detail("not a mapping of settings")
        .help(SHAPE)
}

fn at_issue<'a>(workload: Workload<'a>, tree: &Tree, issue: &Issue) -> Report<'a> {
    let node = tree.node(issue.node);
    match &issue.kind {
        IssueKind::UnknownField { known, .. } => {
            let field = node.text().unwrap_or_default();
            let message =
                format!("Istio's ProxyConfig has no field `{field}`: it is ignored without a word");
            let help = match suggest(field, camel_case(known)) {
                Some(near) => format!("did you mean `{near}`?"),
                None if is_variable(field) => format!(
                    "environment variables of the proxy stand under `proxyMetadata`:\n\
                     proxyMetadata:\n  {field}: \"{}\"",
                    value_of(node).unwrap_or("…")
                ),
                None => "check its spelling against Istio's reference of ProxyConfig".to_owned(),
            };
            Report::template(workload, node, message).help(help)
        }
        IssueKind::Invalid { message, .. } => {
            let path = node.path();
            let help = match node.text().filter(|_| is_string_map(&path)) {
                Some(text) => format!("quote it: \"{text}\""),
                None => "give the value the type that Istio's ProxyConfig has".to_owned(),
            };
            Report::template(workload, node, refused(&path))
                .detail(message)
                .help(help)
        }
    }
}

fn value_of(key: Node<'_>) -> Option<&str> {
    let entry = key.parent()?.entry(key.text()?)?;
    entry.value.resolved().text()
}

fn is_string_map(path: &str) -> bool {
    [
        "proxyMetadata",
        "proxy_metadata",
        "runtimeValues",
        "runtime_values",
    ]
    .iter()
    .any(|map| path.starts_with(map))
}
