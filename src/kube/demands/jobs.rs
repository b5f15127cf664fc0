//! Jobs and CronJobs.
//!
//! pkg/apis/batch/validation/validation.go, 1.37: validateJobSpec, validatePodFailurePolicy,
//! validateSuccessPolicy, validateCronJobSpec.

use super::containers::LISTS;
use super::cron;
use super::judge::{Judge, shown};
use crate::kube::check::names::is_dns_subdomain;
use crate::yaml::{Node, Scalar};

const MAX_RULES: usize = 20;
const MAX_INDEXED_PARALLELISM: i64 = 100_000;

/// `JobSpec`.
pub(super) fn job<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    restart_policy(judge, spec);
    for field in [
        "activeDeadlineSeconds",
        "backoffLimitPerIndex",
        "maxFailedIndexes",
    ] {
        if let Some(node) = judge.get(spec, field)
            && judge.int(spec, field).is_some_and(|number| number < 0)
        {
            judge.wrong(node, format!("`{field}` is negative"));
        }
    }
    if !judge.field(spec, "completionMode").is_unknown() {
        indexes(judge, spec);
    }
    if let Some(manager) = judge.get(spec, "managedBy")
        && let Some(text) = judge.text_of(manager)
        && !is_managed_by(text)
    {
        judge.wrong(
            manager,
            format!("{} is not a name such as example.com/job", shown(text)),
        );
    }
    if let Some(policy) = judge.get(spec, "podFailurePolicy") {
        failure_policy(judge, spec, policy);
    }
    if judge.is_true(spec, "manualSelector") && judge.kind() == "Job" {
        judge.require(spec, "selector");
    }
    // The API server itself makes the selector, unless told otherwise.
    if let Some(selector) = judge.get(spec, "selector")
        && selector.is_mapping()
        && selector.entries().next().is_some()
        && !judge.is_true(spec, "manualSelector")
        && !judge.field(spec, "manualSelector").is_unknown()
    {
        let key = spec.entry("selector").map_or(selector, |entry| entry.key);
        judge
            .wrong(key, "a Job's own `selector` without `manualSelector: true`")
            .absence(spec, "manualSelector");
    }
}

/// Pods of Jobs end: Always is refused, which is also the default.
fn restart_policy<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    let Some(pod) = judge.at(spec, &["template", "spec"]) else {
        return;
    };
    if judge.lacks(pod, "restartPolicy") {
        if !judge.lacks(pod, "containers") {
            let told = judge.missing(
                pod,
                "restartPolicy",
                "a Job's pods have no `restartPolicy`, and the default is Always",
            );
            if let Some(told) = told {
                told.help("set `restartPolicy` to Never or OnFailure");
            }
        }
    } else if let Some(policy) = judge.get(pod, "restartPolicy") {
        match judge.text_of(policy) {
            Some("Always") => {
                judge
                    .wrong(policy, "`restartPolicy` Always in a Job")
                    .help("set `restartPolicy` to Never or OnFailure");
            }
            Some("OnFailure") if judge.has(spec, "podFailurePolicy") => {
                judge.wrong(policy, "`podFailurePolicy` needs the `restartPolicy` Never");
            }
            _ => {}
        }
    }
}

/// What only indexed Jobs have, and what they need.
fn indexes<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    let is_indexed = judge.text(spec, "completionMode") == Some("Indexed");
    if !is_indexed {
        for field in ["backoffLimitPerIndex", "maxFailedIndexes", "successPolicy"] {
            if judge.get(spec, field).is_some() {
                let key = spec.entry(field).map_or(spec, |entry| entry.key);
                judge
                    .wrong(key, format!("`{field}` without `completionMode: Indexed`"))
                    .absence(spec, "completionMode");
            }
        }
    }
    if judge.get(spec, "maxFailedIndexes").is_some() && is_indexed {
        if !judge.has(spec, "backoffLimitPerIndex") {
            judge.missing(
                spec,
                "backoffLimitPerIndex",
                "`maxFailedIndexes` without `backoffLimitPerIndex`",
            );
        }
        let most = judge.int(spec, "completions");
        let failed = judge.int(spec, "maxFailedIndexes");
        if let (Some(most), Some(failed)) = (most, failed)
            && failed > most
        {
            let node = judge.get(spec, "maxFailedIndexes").unwrap_or(spec);
            judge.wrong(node, "`maxFailedIndexes` exceeds `completions`");
        }
    }
    if !is_indexed {
        return;
    }
    // Where a Job says neither, both are 1; the template of a CronJob gets no defaults.
    let is_given = judge.has(spec, "parallelism") || judge.kind() == "CronJob";
    if !judge.has(spec, "completions") && is_given {
        let mode = judge.get(spec, "completionMode").unwrap_or(spec);
        judge
            .wrong(mode, "an indexed Job without `completions`")
            .absence(spec, "completions");
    }
    if let Some(parallelism) = judge.get(spec, "parallelism")
        && judge
            .int(spec, "parallelism")
            .is_some_and(|number| number > MAX_INDEXED_PARALLELISM)
    {
        judge.wrong(
            parallelism,
            "`parallelism` of an indexed Job exceeds 100000",
        );
    }
    many_indexes(judge, spec);
    if let Some(policy) = judge.get(spec, "successPolicy") {
        success_policy(judge, spec, policy);
    }
}

/// A Job of many indexes with limits per index stops at few failures.
fn many_indexes<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    /// From here on, limits per index need one of all.
    const MANY: i64 = 100_000;
    const FEW: i64 = 10_000;
    let is_many = judge.int(spec, "completions").is_some_and(|it| it > MANY)
        && judge.has(spec, "backoffLimitPerIndex");
    let most = if is_many { FEW } else { MANY };
    let limited: &[(&str, i64)] = if is_many {
        &[("maxFailedIndexes", FEW), ("parallelism", FEW)]
    } else {
        &[("maxFailedIndexes", MANY)]
    };
    for (field, limit) in limited {
        if judge.int(spec, field).is_some_and(|it| it > *limit)
            && let Some(node) = judge.get(spec, field)
        {
            judge
                .wrong(node, format!("`{field}` of so many indexes exceeds {most}"))
                .rests_on(spec, "completions");
        }
    }
    if is_many && judge.field(spec, "maxFailedIndexes").is_absent() {
        judge.missing(
            spec,
            "maxFailedIndexes",
            "more than 100000 `completions` with `backoffLimitPerIndex`, and no `maxFailedIndexes`",
        );
    }
}

fn success_policy<'t>(judge: &mut Judge<'t>, spec: Node<'t>, policy: Node<'t>) {
    judge.require(policy, "rules");
    let completions = judge.int(spec, "completions");
    for rule in judge.items(policy, "rules") {
        const FIELDS: [&str; 2] = ["succeededCount", "succeededIndexes"];
        if judge.present(rule, &FIELDS).is_empty() {
            judge.missing_one_of(
                rule,
                &FIELDS,
                "a rule of `successPolicy` has neither `succeededCount` nor `succeededIndexes`",
            );
        }
        if let Some(node) = judge.get(rule, "succeededCount")
            && let Some(count) = judge.int(rule, "succeededCount")
            && (count < 0 || completions.is_some_and(|most| count > most))
        {
            judge.wrong(node, "`succeededCount` is not from 0 to `completions`");
        }
        succeeded_indexes(judge, rule, completions);
    }
}

/// `validateSuccessPolicyRule`: which of its indexes succeed, and how many of them.
fn succeeded_indexes<'t>(judge: &mut Judge<'t>, rule: Node<'t>, completions: Option<i64>) {
    let Some(node) = judge.get(rule, "succeededIndexes") else {
        return;
    };
    let (Some(text), Some(completions)) = (judge.text_of(node), completions) else {
        return;
    };
    match indexes_in(text, completions) {
        Err(fault) => {
            judge.wrong(node, format!("`succeededIndexes` {} {fault}", shown(text)));
        }
        Ok(total) => {
            if let Some(node) = judge.get(rule, "succeededCount")
                && judge
                    .int(rule, "succeededCount")
                    .is_some_and(|count| !text.is_empty() && count > total)
            {
                judge
                    .wrong(
                        node,
                        format!("`succeededCount` is above the {total} of `succeededIndexes`"),
                    )
                    .rests_on(rule, "succeededIndexes");
            }
        }
    }
}

/// `validateIndexesFormat`: how many indexes a text such as `1,3-5` names, ascending and below
/// `completions`.
fn indexes_in(text: &str, completions: i64) -> Result<i64, &'static str> {
    if text.is_empty() {
        return Ok(0);
    }
    let number = |text: &str| {
        let number = text.parse::<i64>().map_err(|_| "holds no number")?;
        if number < completions {
            Ok(number)
        } else {
            Err("names an index that is not below `completions`")
        }
    };
    let (mut total, mut last) = (0, None);
    for interval in text.split(',') {
        let (first, end) = match interval.split_once('-') {
            Some((first, end)) => (number(first)?, number(end)?),
            None => (number(interval)?, number(interval)?),
        };
        let is_ascending = last.is_none_or(|last| last < first)
            && (first < end || first == end && !interval.contains('-'));
        if !is_ascending {
            return Err("is not in ascending order");
        }
        total += end - first + 1;
        last = Some(end);
    }
    Ok(total)
}

/// apimachinery pkg/util/validation: IsDomainPrefixedPath, and at most 63 characters
fn is_managed_by(text: &str) -> bool {
    text.len() <= 63
        && text.split_once('/').is_some_and(|(domain, path)| {
            let fits =
                |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&byte);
            is_dns_subdomain(domain) && !path.is_empty() && path.bytes().all(fits)
        })
}

fn failure_policy<'t>(judge: &mut Judge<'t>, spec: Node<'t>, policy: Node<'t>) {
    if let Some(replacement) = judge.get(spec, "podReplacementPolicy")
        && judge.text_of(replacement) == Some("TerminatingOrFailed")
    {
        judge.wrong(
            replacement,
            "`podFailurePolicy` needs the `podReplacementPolicy` Failed",
        );
    }
    if judge.items(policy, "rules").count() > MAX_RULES {
        let key = policy.entry("rules").map_or(policy, |entry| entry.key);
        judge.wrong(key, "`podFailurePolicy` has more than 20 rules");
    }
    let per_index = judge.has(spec, "backoffLimitPerIndex");
    for rule in judge.items(policy, "rules") {
        judge.require(rule, "action");
        if let Some(action) = judge.get(rule, "action")
            && judge.text_of(action) == Some("FailIndex")
            && !per_index
        {
            judge
                .wrong(
                    action,
                    "the action FailIndex without `backoffLimitPerIndex`",
                )
                .absence(spec, "backoffLimitPerIndex");
        }
        let codes = judge.get(rule, "onExitCodes");
        let has_conditions = judge.has(rule, "onPodConditions");
        match (judge.has(rule, "onExitCodes"), has_conditions) {
            (false, false) => judge.missing_one_of(
                rule,
                &["onExitCodes", "onPodConditions"],
                "a rule of `podFailurePolicy` has neither exit codes nor conditions",
            ),
            (true, true) => {
                let key = rule
                    .entry("onPodConditions")
                    .map_or(rule, |entry| entry.key);
                judge.wrong(
                    key,
                    "a rule of `podFailurePolicy` has exit codes and conditions",
                );
            }
            _ => {}
        }
        if let Some(codes) = codes {
            exit_codes(judge, spec, codes);
        }
    }
}

fn exit_codes<'t>(judge: &mut Judge<'t>, spec: Node<'t>, codes: Node<'t>) {
    judge.require(codes, "operator");
    judge.require(codes, "values");
    let operator = judge.text(codes, "operator").unwrap_or_default();
    if let Some(node) = judge.get(codes, "operator")
        && !matches!(operator, "In" | "NotIn" | "")
    {
        judge.wrong(
            node,
            format!("the operator {} is not In or NotIn", shown(operator)),
        );
    }
    let mut before = None;
    for value in judge.items(codes, "values") {
        let Some(Scalar::Int(number)) = value.scalar() else {
            return;
        };
        if number == 0 && operator == "In" {
            judge.wrong(value, "exit code 0 with the operator In");
        } else if before.is_some_and(|before| before >= number) {
            judge.wrong(value, "exit codes are not in ascending order");
        }
        before = Some(number);
    }
    let Some(pod) = judge.at(spec, &["template", "spec"]) else {
        return;
    };
    if let Some(node) = judge.get(codes, "containerName")
        && let Some(name) = judge.text_of(node)
        && LISTS.iter().all(|list| judge.knows_all(pod, list))
        && !LISTS
            .iter()
            .flat_map(|list| judge.items(pod, list))
            .any(|container| container.get("name").and_then(Node::text) == Some(name))
    {
        judge
            .wrong(node, format!("the pod has no container {}", shown(name)))
            .absence(pod, "containers");
    }
}

/// `CronJobSpec`: its schedule and time zone.
pub(super) fn cron_job<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    if let Some(node) = judge.get(spec, "schedule")
        && let Some(text) = judge.text_of(node).filter(|text| !text.is_empty())
    {
        if text.contains("TZ") {
            judge
                .wrong(node, "a time zone in the `schedule`")
                .help("name the time zone in `timeZone`");
        } else if let Err(error) = cron::parse(text) {
            judge.wrong(node, format!("schedule {}: {error}", shown(text)));
        }
    }
    if let Some(manual) = judge.at(spec, &["jobTemplate", "spec", "manualSelector"])
        && matches!(manual.scalar(), Some(Scalar::Bool(true)))
    {
        judge.wrong(manual, "`manualSelector` in a CronJob");
    }
    if let Some(node) = judge.get(spec, "startingDeadlineSeconds")
        && judge
            .int(spec, "startingDeadlineSeconds")
            .is_some_and(|number| number < 0)
    {
        judge.wrong(node, "`startingDeadlineSeconds` is negative");
    }
    if let Some(node) = judge.get(spec, "timeZone")
        && let Some(text) = judge.text_of(node)
        && !cron::is_time_zone(text)
    {
        judge.wrong(
            node,
            format!("{} is not a time zone of the IANA database", shown(text)),
        );
    }
}

/// `CronJob` and `Job`: names that leave room for what is added to them.
pub(super) fn names<'t>(judge: &mut Judge<'t>, object: Node<'t>) {
    const LONGEST_OF_CRON_JOBS: usize = 52;
    const LONGEST_LABEL: usize = 63;
    let Some(name) = judge.at(object, &["metadata", "name"]) else {
        return;
    };
    let Some(text) = judge.text_of(name) else {
        return;
    };
    if judge.kind() == "CronJob" {
        if text.len() > LONGEST_OF_CRON_JOBS {
            judge.wrong(
                name,
                format!(
                    "the CronJob's name has {} characters, more than 52",
                    text.len()
                ),
            );
        }
        return;
    }
    // Its pods have it as a label.
    if text.len() > LONGEST_LABEL {
        judge.wrong(
            name,
            format!("the Job's name has {} characters, more than 63", text.len()),
        );
        return;
    }
    let Some(spec) = judge.get(object, "spec") else {
        return;
    };
    if judge.text(spec, "completionMode") == Some("Indexed")
        && let Some(completions) = judge.int(spec, "completions").filter(|it| *it > 0)
    {
        let pod = format!("{text}-{}", completions - 1);
        if !crate::kube::check::names::is_dns_label(&pod) {
            judge.wrong(
                name,
                format!("{} of an indexed Job is not a DNS label", shown(text)),
            );
        }
    }
}

/// `StatefulSet`: its pods are named after it.
pub(super) fn stateful_name<'t>(judge: &mut Judge<'t>, object: Node<'t>) {
    if let Some(name) = judge.at(object, &["metadata", "name"]) {
        super::forms::one(judge, name, super::forms::Form::DnsLabel);
    }
}
