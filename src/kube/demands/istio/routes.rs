//! One HTTP route: what it matches, and what it does (`validateHTTPRoute` and what it calls).

use super::super::judge::{Judge, shown};
use super::names::{is_claim, is_header};
use super::{entries, re2, service};
use crate::yaml::{Node, Scalar};

/// `validateHTTPRouteConflict`
pub(super) fn conflicts<'t>(judge: &mut Judge<'t>, route: Node<'t>) {
    const ACTIONS: &[&str] = &["route", "redirect", "directResponse", "delegate"];
    let is_delegate = service::is_delegate(judge);
    if let Some(entry) = route.entry("delegate")
        && !judge.field(route, "delegate").is_absent()
    {
        if is_delegate {
            judge.wrong(
                entry.key,
                "a route of a VirtualService without `hosts` has a `delegate`",
            );
        } else {
            for key in judge.present(route, &["route", "redirect"]) {
                let name = key.key_text();
                judge.wrong(key, format!("a route has both `delegate` and `{name}`"));
            }
            return;
        }
    }
    let has = |judge: &Judge<'t>, field| !judge.field(route, field).is_absent();
    let (stronger, excluded): (&str, &[&str]) = if has(judge, "redirect") {
        ("redirect", &["route", "fault", "rewrite", "directResponse"])
    } else if has(judge, "directResponse") {
        ("directResponse", &["route", "fault", "rewrite"])
    } else {
        if judge.lacks(route, "route") {
            judge.missing_one_of(
                route,
                ACTIONS,
                "a route has no `route`, `redirect` or `directResponse`",
            );
        }
        return;
    };
    for key in judge.present(route, excluded) {
        let name = key.key_text();
        // An empty list is none.
        if name != "route" || judge.has(route, name) {
            judge.wrong(key, format!("a route has both `{stronger}` and `{name}`"));
        }
    }
}

/// `validateHTTPRouteDestinations`, `validateRouteDestinations`
pub(super) fn weights<'t>(judge: &mut Judge<'t>, route: Node<'t>) {
    let targets: Vec<Node<'t>> = judge.items(route, "route").collect();
    let is_zero = |target: &Node<'t>| {
        judge.field(*target, "weight").is_absent() || judge.int(*target, "weight") == Some(0)
    };
    if targets.len() > 1
        && judge.knows_all(route, "route")
        && targets.iter().all(is_zero)
        && let Some(entry) = route.entry("route")
    {
        judge
            .wrong(
                entry.key,
                "no destination of a route has a `weight` above 0",
            )
            .rests_on(route, "route");
    }
}

/// `validateHTTPRouteMatchRequest`
pub(super) fn http_match<'t>(judge: &mut Judge<'t>, one: Node<'t>) {
    let at_gateway = service::is_at_gateway(judge);
    for field in ["headers", "withoutHeaders"] {
        for (name, entry) in entries(judge, one, field) {
            if name.is_empty() {
                judge.wrong(entry.key, "the name of a header is empty");
            } else if is_claim(name) {
                if at_gateway == Some(false) {
                    judge.wrong(
                        entry.key,
                        format!("{} is matched at gateways only", shown(name)),
                    );
                }
            } else if !is_pseudo_header(name) && !is_header(name) {
                judge.wrong(
                    entry.key,
                    format!("{} is not the name of a header", shown(name)),
                );
            }
        }
    }
}

fn is_pseudo_header(name: &str) -> bool {
    matches!(
        name,
        ":method" | ":scheme" | ":authority" | ":path" | ":status"
    )
}

/// `validateStringMatch`, `validateAllowOrigins`. Which field it is for decides: a path may start with
/// nothing, and a header that must not be there may be `*`.
pub(super) fn string_match<'t>(judge: &mut Judge<'t>, text: Node<'t>) {
    let holder = text.parent();
    let is_uri = holder.is_some_and(|holder| {
        holder
            .get("uri")
            .is_some_and(|uri| uri.resolved().id() == text.id())
    });
    let is_origin = holder.is_some_and(Node::is_sequence);
    if is_origin {
        let kinds = ["exact", "prefix", "regex"];
        let is_empty = kinds.iter().all(|kind| judge.lacks(text, kind));
        if is_empty {
            judge.missing_one_of(
                text,
                &["exact", "prefix", "regex"],
                "an item of `allowOrigins` names no origin",
            );
            return;
        }
    } else if !is_uri
        && judge.text(text, "prefix") == Some("")
        && let Some(node) = judge.get(text, "prefix")
    {
        judge.wrong(node, "`prefix` is empty");
    }
    let Some(node) = judge.get(text, "regex") else {
        return;
    };
    let is_absence = text.path().contains(".withoutHeaders");
    match judge.text_of(node) {
        Some("*") if is_absence => {}
        Some("") => {
            judge.wrong(node, "`regex` is empty");
        }
        Some(regex) => expression(judge, node, regex),
        None => {}
    }
}

/// `validateStringRegexp`
fn expression<'t>(judge: &mut Judge<'t>, node: Node<'t>, regex: &str) {
    const LONGEST: usize = 1024;
    if regex.len() > LONGEST {
        judge.wrong(
            node,
            format!("the expression is longer than {LONGEST} bytes"),
        );
    } else if let Err(fault) = re2::check(regex) {
        judge
            .wrong(
                node,
                format!("{} is not an expression of RE2", shown(regex)),
            )
            .help(format!(
                "{fault}: see https://github.com/google/re2/wiki/Syntax"
            ));
    }
}

/// `validateCORSPolicy`: whole seconds.
pub(super) fn cors<'t>(judge: &mut Judge<'t>, policy: Node<'t>) {
    if let Some(node) = judge.get(policy, "maxAge")
        && let Some(text) = judge.text_of(node)
        && let Ok(age) = crate::units::parse_go_duration(text)
        && age.subsec_nanos() > 0
    {
        judge.wrong(
            node,
            format!("{} is not a number of whole seconds", shown(text)),
        );
    }
}

/// `validateHTTPFaultInjection`
pub(super) fn fault<'t>(judge: &mut Judge<'t>, fault: Node<'t>) {
    const KINDS: &[&str] = &["abort", "delay"];
    if judge.present(fault, KINDS).is_empty() {
        judge.missing_one_of(fault, KINDS, "`fault` has neither `abort` nor `delay`");
    }
}

/// `validateHTTPFaultInjectionAbort`
pub(super) fn abort<'t>(judge: &mut Judge<'t>, abort: Node<'t>) {
    // pkg/util/grpc/status.go
    const STATUS: [&str; 17] = [
        "OK",
        "CANCELLED",
        "UNKNOWN",
        "INVALID_ARGUMENT",
        "DEADLINE_EXCEEDED",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION",
        "ABORTED",
        "OUT_OF_RANGE",
        "UNIMPLEMENTED",
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS",
        "UNAUTHENTICATED",
    ];
    percentage(judge, abort);
    if let Some(key) = judge.present(abort, &["http2Error"]).first() {
        judge
            .wrong(*key, "`http2Error` is not supported yet")
            .help("abort with `httpStatus` or `grpcStatus`");
    }
    if let Some(node) = judge.get(abort, "grpcStatus")
        && let Some(text) = judge.text_of(node)
        && !STATUS.contains(&text)
    {
        judge
            .wrong(
                node,
                format!("{} is not the name of a gRPC status", shown(text)),
            )
            .help(format!("write one of {}", STATUS.join(", ")));
    }
}

/// `validateHTTPFaultInjectionDelay`
pub(super) fn delay<'t>(judge: &mut Judge<'t>, delay: Node<'t>) {
    percentage(judge, delay);
    if let Some(key) = judge.present(delay, &["exponentialDelay"]).first() {
        judge
            .wrong(*key, "`exponentialDelay` is not supported yet")
            .help("delay by a `fixedDelay`");
    }
}

/// `validatePercentage`: below a millionth there is nothing.
fn percentage<'t>(judge: &mut Judge<'t>, holder: Node<'t>) {
    if let Some(node) = judge.at(holder, &["percentage", "value"])
        && let Some(Scalar::Float(value)) = node.scalar()
        && value > 0.0
        && value < 0.0001
    {
        judge.wrong(node, format!("{value} percent is below 0.0001"));
    }
}

/// `validateHTTPRedirect`
pub(super) fn redirect<'t>(judge: &mut Judge<'t>, redirect: Node<'t>) {
    const FIELDS: &[&str] = &[
        "uri",
        "prefixRewrite",
        "authority",
        "port",
        "derivePort",
        "scheme",
    ];
    let has = |judge: &Judge<'t>, field| judge.has(redirect, field);
    if FIELDS.iter().all(|field| judge.lacks(redirect, field)) {
        judge.missing_one_of(redirect, FIELDS, "`redirect` leads nowhere");
        return;
    }
    if has(judge, "prefixRewrite")
        && let Some(entry) = redirect.entry("prefixRewrite")
    {
        if has(judge, "uri") {
            judge.wrong(entry.key, "`redirect` has both `uri` and `prefixRewrite`");
        } else if let Some(route) = redirect.parent() {
            let matches: Vec<Node<'t>> = judge.items(route, "match").collect();
            let is_other = |one: &Node<'t>| {
                let uri = judge.get(*one, "uri");
                uri.is_some_and(|uri| judge.field(uri, "prefix").is_absent())
            };
            if matches.iter().any(is_other) {
                judge
                    .wrong(
                        entry.key,
                        "`prefixRewrite` needs matches of `uri` by `prefix`",
                    )
                    .rests_on(route, "match");
            }
        }
    }
    if let Some(node) = judge.get(redirect, "redirectCode")
        && let Some(Scalar::Int(code)) = node.scalar()
        && code != 0
        && !(300..=399).contains(&code)
    {
        judge.wrong(
            node,
            format!("{code} is not a status of a redirect, 300 to 399"),
        );
    }
}

/// `validateHTTPRewrite`, `validateURIRegexRewrite`
pub(super) fn rewrite<'t>(judge: &mut Judge<'t>, rewrite: Node<'t>) {
    const FIELDS: &[&str] = &["uri", "uriRegexRewrite", "authority"];
    if FIELDS.iter().all(|field| judge.lacks(rewrite, field)) {
        judge.missing_one_of(rewrite, FIELDS, "`rewrite` changes nothing");
        return;
    }
    let Some(entry) = rewrite.entry("uriRegexRewrite") else {
        return;
    };
    let Some(regex) = judge.get(rewrite, "uriRegexRewrite") else {
        return;
    };
    if judge.has(rewrite, "uri") {
        judge.wrong(entry.key, "`rewrite` has both `uri` and `uriRegexRewrite`");
    }
    if let Some(node) = judge.get(regex, "match")
        && let Some(text) = judge.text_of(node)
        && !text.is_empty()
        && judge.has(regex, "rewrite")
    {
        expression(judge, node, text);
    }
}

/// `validateHTTPRetry`
pub(super) fn retries<'t>(judge: &mut Judge<'t>, retries: Node<'t>) {
    let attempts = judge.field(retries, "attempts");
    let is_off = attempts.is_absent() || judge.int(retries, "attempts") == Some(0);
    let mut idle = judge.present(
        retries,
        &["perTryTimeout", "retryOn", "retryRemoteLocalities"],
    );
    idle.retain(|key| key.key_text() != "retryOn" || judge.has(retries, "retryOn"));
    if is_off && let Some(first) = idle.first() {
        let name = first.key_text();
        let (node, fault) = match retries.entry("attempts") {
            Some(entry) if !attempts.is_absent() => (
                entry.value,
                format!("`retries` has `{name}` and `attempts: 0`"),
            ),
            _ => (*first, format!("`retries` has `{name}` and no `attempts`")),
        };
        judge
            .wrong(node, fault)
            .help("retry, with `attempts: 2`, or switch retries off with nothing but `attempts: 0`")
            .rests_on(retries, "attempts");
    }
    retry_on(judge, retries);
}

/// The words of `retryOn`, which Istio splits at commas and does not trim.
fn retry_on<'t>(judge: &mut Judge<'t>, retries: Node<'t>) {
    // supportedRetryOnPolicies
    const WORDS: [&str; 16] = [
        "5xx",
        "gateway-error",
        "reset",
        "reset-before-request",
        "connect-failure",
        "retriable-4xx",
        "refused-stream",
        "retriable-status-codes",
        "retriable-headers",
        "envoy-ratelimited",
        "http3-post-connect-failure",
        "cancelled",
        "deadline-exceeded",
        "internal",
        "resource-exhausted",
        "unavailable",
    ];
    let Some(node) = judge.get(retries, "retryOn") else {
        return;
    };
    let Some(text) = judge.text_of(node).filter(|text| !text.is_empty()) else {
        return;
    };
    let is_known = |word: &&str| WORDS.contains(word) || is_status(word);
    let Some(wrong) = text.split(',').find(|word| !is_known(word)) else {
        return;
    };
    let trimmed: Vec<&str> = text
        .split([',', ' ', '\n', '\t'])
        .filter(|word| !word.is_empty())
        .collect();
    if trimmed.iter().all(is_known) {
        let trimmed = trimmed.join(",");
        judge
            .wrong(
                node,
                "`retryOn` has blanks or empty items, which Istio does not drop",
            )
            .help(format!("retryOn: {trimmed}"))
            .instead(trimmed);
        return;
    }
    let help = match crate::units::suggest(wrong.trim(), WORDS) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("write status codes or words of {}", WORDS.join(", ")),
    };
    judge
        .wrong(
            node,
            format!("{} in `retryOn` is not a condition", shown(wrong)),
        )
        .help(help);
}

/// A status that Go's net/http has a name for (`StatusText`).
fn is_status(word: &str) -> bool {
    matches!(
        word.parse::<u16>(),
        Ok(
            100..=103
            | 200..=208
            | 226
            | 300..=305
            | 307
            | 308
            | 400..=418
            | 421..=426
            | 428
            | 429
            | 431
            | 451
            | 500..=508
            | 510
            | 511,
        )
    )
}
