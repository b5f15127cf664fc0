//! `prestop-too-short`

use super::{grace, wait};
use crate::clocks::{GRACE_PERIOD, PodBudget, Removal};
use crate::edit::{Editor, Edits, Refusal, Value};
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{ContainerRef, Workload, WorkloadKind};
use crate::rules::{Context, Findings, Report, Rule};
use crate::units::show_seconds;
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "prestop-too-short",
    category: Category::Shutdown,
    severity: Severity::Note,
    pedantic: false,
    summary: "The preStop hook ends before requests stop coming",
    page: include_str!("../../../rules/shutdown/prestop-too-short.md"),
    options: &[],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &["prestop-hook"],
};

/// See the rule's page.
pub(in crate::rules) struct PrestopTooShort;

impl Rule for PrestopTooShort {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        // Knative rejects hooks.
        if workload.kind() == WorkloadKind::KnativeService
            || cx.inventory.replicas(workload).is_parked()
        {
            return;
        }
        let serving = cx.inventory.serving(workload);
        if !serving.may_serve() || !cx.inventory.is_taken_over(workload) {
            return;
        }
        let needed = cx.clocks().removal(workload);
        for pod in cx.clocks().budgets(workload) {
            let container = pod.container;
            let is_known = !cx.inventory.is_always_set_elsewhere(
                container.object(),
                container.node,
                "lifecycle.preStop",
            ) && !container
                .field(&["lifecycle", "preStop", "sleep", "seconds"])
                .is_unknown();
            // Without a grace period no hook runs.
            if serving.is_served_by(container)
                && is_known
                && !pod.budget.grace.value.is_zero()
                && pod.budget.prestop.hook().is_some()
                && pod
                    .budget
                    .prestop
                    .exact()
                    .is_some_and(|delay| delay < needed.delay)
            {
                let report = report(workload, &pod, &needed).serving(&serving);
                out.push(wait::explain_scale_down(workload, &needed, report));
            }
        }
    }
}

fn report<'a>(workload: Workload<'a>, pod: &PodBudget<'a>, needed: &Removal<'_>) -> Report<'a> {
    let container = pod.container;
    let budget = &pod.budget;
    let delay = show_seconds(needed.delay);
    let who = match &needed.by {
        Some((load_balancer, _)) => {
            let least = if needed.wait > needed.delay {
                "at least "
            } else {
                ""
            };
            format!("{} needs {least}{delay}", load_balancer.with_article())
        }
        None => format!("removing an endpoint may take {delay}"),
    };
    let message = format!(
        "the preStop hook of `{}` waits {} of {delay}: requests still come after SIGTERM",
        container.name(),
        budget.prestop.exact().map(show_seconds).unwrap_or_default(),
    );
    let shutdown = &budget.shutdown;
    let wait = show_seconds(needed.wait);
    let total = needed
        .wait
        .saturating_add(shutdown.value)
        .saturating_add(budget.buffer);
    let help = format!(
        "let preStop wait {wait}, in a grace period of at least {} ({wait} preStop + {} shutdown \
         ({}) + {} buffer)",
        show_seconds(total),
        show_seconds(shutdown.value),
        shutdown.origin,
        show_seconds(budget.buffer),
    );
    let node = pod.prestop_node().unwrap_or_else(|| container.name_node());
    let seconds = needed.wait.as_secs();
    let title = format!("let the preStop hook wait {seconds}s");
    let report = Report::container(workload, container, node, message)
        .detail(who)
        .help(help)
        .fix(Applicability::Unsafe, title, container.object(), |editor| {
            let mut edits = lengthen(container, seconds, editor)?;
            // In one step, or the longer hook would use up the grace period.
            if let (Some(spec), true) =
                (workload.template().spec_node(), total > budget.grace.value)
            {
                let seconds = Value::int(grace::round(total.as_secs()));
                edits.extend(editor.put(spec, &[], GRACE_PERIOD, seconds)?);
            }
            Ok(edits)
        });
    match &needed.by {
        Some((_, evidence)) => {
            report.related(evidence.object, evidence.node, evidence.message.clone())
        }
        None => report,
    }
}

/// Sets the number of seconds where one is written: of the native sleep, or of the only `sleep` of a
/// command.
fn lengthen(container: ContainerRef<'_>, seconds: u64, editor: &Editor<'_>) -> Edits {
    let hook = container.node.at(&["lifecycle", "preStop"]);
    let hook = hook.ok_or(Refusal::Moot)?;
    if hook.get("sleep").is_some() {
        return editor.put(hook, &["sleep"], "seconds", Value::int(seconds));
    }
    let command = hook.at(&["exec", "command"]).ok_or(Refusal::Moot)?;
    let words: Vec<Node<'_>> = command.items().collect();
    let text = |node: &Node<'_>| node.text().unwrap_or_default().to_owned();
    if let [program, argument] = words.as_slice() {
        let is_sleep = text(program).rsplit('/').next() == Some("sleep");
        return if is_sleep {
            editor.set(*argument, &Value::text(seconds.to_string()))
        } else {
            Err(Refusal::Moot)
        };
    }
    let script = words.last().ok_or(Refusal::Moot)?;
    let longer = with_sleep(&text(script), seconds).ok_or(Refusal::Moot)?;
    editor.set(*script, &Value::text(longer))
}

/// The script with another number behind its only `sleep`.
fn with_sleep(script: &str, seconds: u64) -> Option<String> {
    const CALL: &str = "sleep ";
    let (before, after) = script.split_once(CALL)?;
    let is_own_word =
        !before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
    let end = after
        .find(|c: char| c.is_whitespace() || matches!(c, ';' | '&' | '|' | ')'))
        .unwrap_or(after.len());
    let (number, rest) = after.split_at_checked(end)?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_own_word && is_number && !rest.contains("sleep"))
        .then(|| format!("{before}{CALL}{seconds}{rest}"))
}

#[cfg(test)]
mod tests {
    use super::with_sleep;

    #[test]
    fn only_a_single_sleep_is_lengthened() {
        for (script, longer) in [
            ("sleep 3", Some("sleep 15")),
            (
                "/bin/sleep 3; nginx -s quit",
                Some("/bin/sleep 15; nginx -s quit"),
            ),
            ("a && sleep 3&& b\n", Some("a && sleep 15&& b\n")),
            ("sleep 1; sleep 2", None),
            ("sleep 0.5m", None),
            ("sleep $N", None),
            ("usleep 3", None),
            ("sleep", None),
        ] {
            assert_eq!(with_sleep(script, 15).as_deref(), longer, "{script}");
        }
    }
}
