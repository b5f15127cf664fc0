//! `signal-not-forwarded`

use super::signal_help::{ends_in_script, help};
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
    let is_sleeping = script.split_whitespace().any(|word| word == "sleep");
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
        help(workload, found, is_sleeping),
        consequence(workload, found)
    ));
    let script = node.and_then(Node::text).and_then(with_exec);
    match (found.obstacle, node, script) {
        (Obstacle::SingleCommand, Some(node), Some(script)) if !ends_in_script(found) => {
            let title = format!("let {} become the application with `exec`", found.process);
            report.fix(Applicability::Unsafe, title, container.object(), |editor| {
                editor.set(node, &Value::text(script))
            })
        }
        _ => report,
    }
}

/// What a shell runs itself, or reads as a part of its grammar: `exec` finds no such program, or one that
/// does something else.
const OF_THE_SHELL: &str = "
    . alias bg bind break builtin caller case cd command compgen complete continue coproc declare dirs
    disown do done echo elif else enable esac eval exec exit export false fc fg fi for function getopts
    hash help history if in jobs kill let local logout mapfile popd printf pushd pwd read readarray
    readonly return select set shift shopt source suspend test then time times trap true type typeset
    ulimit umask unalias unset until wait while";

/// A script of one command, with `exec` before its program.
fn with_exec(script: &str) -> Option<String> {
    let command = script.trim_start();
    let program = command.split_whitespace().next()?;
    // A variable's value comes before `exec`, and what is quoted or grouped is not taken apart.
    let is_plain = program
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte));
    let is_one_line = !command.trim_end().contains('\n');
    let is_of_the_shell = OF_THE_SHELL.split_whitespace().any(|word| word == program);
    (is_plain && is_one_line && !is_of_the_shell).then(|| {
        let blanks = script.len() - command.len();
        format!("{}exec {command}", script.get(..blanks).unwrap_or_default())
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_programs_are_executed() {
        assert_eq!(
            with_exec(" /srv/run -v").as_deref(),
            Some(" exec /srv/run -v")
        );
        for script in [
            ". /srv/env.sh",
            "source /srv/env.sh",
            "time /srv/run",
            "eval \"$RUN\"",
            "A=1 /srv/run",
            "(/srv/run)",
            "{ /srv/run; }",
            "! /srv/run",
            "[ -f x ]",
            "a\nb",
        ] {
            assert_eq!(with_exec(script), None, "{script}");
        }
    }
}
