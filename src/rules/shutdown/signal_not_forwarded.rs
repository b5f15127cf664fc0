//! `signal-not-forwarded`

use super::hook::is_read;
use super::with_exec::{is_script, with_exec};
use crate::edit::Value;
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::is_load_generator;
use crate::kube::{ContainerRef, Workload};
use crate::lifecycle::Origin;
use crate::lifecycle::shutdown;
use crate::lifecycle::signal::{Obstacle, Unforwarded, unforwarded};
use crate::rules::text::or;
use crate::rules::{Context, Findings, Report, Rule};
use crate::units::show_seconds;
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "signal-not-forwarded",
    category: Category::Shutdown,
    severity: Severity::Warning,
    pedantic: false,
    summary: "The first process keeps SIGTERM from the application",
    page: include_str!("../../../rules/shutdown/signal-not-forwarded.md"),
    options: &[],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &["graceful-shutdown"],
};

/// See the rule's page.
pub(in crate::rules) struct SignalNotForwarded;

impl Rule for SignalNotForwarded {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        let template = workload.template();
        let Some(spec) = template.spec() else {
            return;
        };
        if !workload.is_long_running() || cx.inventory.replicas(workload).is_parked() {
            return;
        }
        for container in template.main_containers() {
            let is_set_elsewhere = ["command", "args"].iter().any(|field| {
                cx.inventory
                    .is_always_set_elsewhere(container.object(), container.node, field)
            });
            if is_set_elsewhere {
                continue;
            }
            if let Some(found) = unforwarded(spec, container.data) {
                out.push(report(workload, container, &found));
            }
        }
    }
}

fn report<'a>(
    workload: Workload<'a>,
    container: ContainerRef<'a>,
    found: &Unforwarded,
) -> Report<'a> {
    let message = message(container, found);
    let list = container.node.get(found.field.as_str());
    let node = list.and_then(|list| list.items().nth(found.index));
    let script = node.and_then(Node::text).unwrap_or_default();
    let severity = match found.obstacle {
        _ if !found.becoming.is_empty() || is_load_generator(workload, container) => Severity::Note,
        Obstacle::SingleCommand | Obstacle::PackageManager => Severity::Note,
        Obstacle::List | Obstacle::Loop | Obstacle::Pipeline | Obstacle::Background => {
            Severity::Warning
        }
    };
    let report = Report::container(
        workload,
        container,
        node.or(list).unwrap_or_else(|| container.name_node()),
        message,
    )
    .severity(severity)
    .help(format!(
        "{}\n{}",
        help(workload, found, script),
        consequence(workload, found)
    ));
    let script = node.and_then(Node::text).and_then(with_exec);
    match (found.obstacle, node, script) {
        (Obstacle::SingleCommand, Some(node), Some(script)) => {
            let title = format!("let {} become the application with `exec`", found.process);
            report.fix(Applicability::Unsafe, title, container.object(), |editor| {
                editor.set(node, &Value::text(script))
            })
        }
        _ => report,
    }
}

fn message(container: ContainerRef<'_>, found: &Unforwarded) -> String {
    let name = container.name();
    match found.obstacle {
        _ if !found.becoming.is_empty() => format!(
            "application in `{name}` never gets SIGTERM where its /bin/sh is {}",
            or(&found.staying)
        ),
        Obstacle::PackageManager => {
            format!("application in `{name}` may never get SIGTERM: {found}")
        }
        Obstacle::Loop => format!("container `{name}` ignores SIGTERM: {found}"),
        _ => format!("application in `{name}` never gets SIGTERM: {found}"),
    }
}

/// When the application ends after all, and what the finding rests on.
fn consequence(workload: Workload<'_>, found: &Unforwarded) -> String {
    let template = workload.template();
    let seconds = template
        .spec()
        .and_then(|spec| spec.termination_grace_period_seconds);
    let grace = if template
        .spec_field(&["terminationGracePeriodSeconds"])
        .is_unknown()
    {
        "grace period".to_owned()
    } else {
        let grace = shutdown::grace_period(seconds);
        let default = match grace.origin {
            Origin::Default => " (default)",
            _ => "",
        };
        format!("grace period of {}{default}", show_seconds(grace.value))
    };
    let killed = format!("kills the application at the end of its {grace}");
    match found.obstacle {
        _ if !found.becoming.is_empty() => format!(
            "{} stays and waits, and Kubernetes {killed}; {} becomes its last command",
            or(&found.staying),
            or(&found.becoming)
        ),
        Obstacle::PackageManager => {
            format!(
                "it depends on the version of {}; without SIGTERM Kubernetes {killed}",
                found.process
            )
        }
        _ => format!("without SIGTERM Kubernetes {killed}"),
    }
}

fn help(workload: Workload<'_>, found: &Unforwarded, script: &str) -> String {
    let is_sleeping = script.split_whitespace().any(|word| word == "sleep");
    let has_more = script.trim().contains(['\n', ';', '&']);
    let process = &found.process;
    let read = found.tees_into.as_deref();
    let read = read.filter(|file| is_read(workload, file));
    match found.obstacle {
        Obstacle::SingleCommand => {
            let mut words = script.split_whitespace();
            let of_script = if words.any(is_script) {
                "; the script that it starts has to end in `exec <application>`"
            } else {
                ""
            };
            format!("put `exec` before the command, or leave the shell out{of_script}")
        }
        Obstacle::List => {
            "put `exec` before the application, as the last command of the script".to_owned()
        }
        Obstacle::Loop if !is_sleeping => "trap the signal, as in: trap 'exit 0' TERM; and let the loop run its \
                                          program with `&` and then `wait $!`, which a signal interrupts"
            .to_owned(),
        Obstacle::Loop => "trap the signal, as in: trap 'exit 0' TERM; and let the loop wait with \
                           `sleep 5 & wait $!`, which a signal interrupts"
            .to_owned(),
        Obstacle::Pipeline if let Some(file) = read => {
            let how = if process == "bash" {
                format!("exec <application> > >(tee {file}) 2>&1")
            } else {
                format!("exec <application> > {file} 2>&1")
            };
            format!(
                "start the application with `exec` and keep {file}, which a probe or hook reads: {how}"
            )
        }
        Obstacle::Pipeline => {
            "start the application with `exec` and without the pipe: what it writes \
                               to stdout is collected anyway"
                .to_owned()
        }
        Obstacle::Background => {
            "give each process a container of its own; or pass the signal on, as in: app & pid=$!; \
             trap 'kill -TERM $pid' TERM; wait $pid; wait $pid"
                .to_owned()
        }
        // What stands before it still has to run.
        Obstacle::PackageManager if has_more => format!(
            "in the script, put `exec` and what the package script runs in place of the {process} command"
        ),
        Obstacle::PackageManager => format!(
            "start what the package script runs without {process} in between, as in: command: \
             [<runtime>, <script>]"
        ),
    }
}
