//! Security contexts.
//!
//! pkg/apis/core/validation/validation.go, 1.37: ValidateSecurityContext,
//! validatePodSpecSecurityContext, validateSeccompProfileField, ValidateAppArmorProfileField,
//! validateWindows, validateLinux, validateWindowsHostProcessPod, validateHostUsers.

use super::containers::LISTS;
use super::judge::{Judge, describe, shown};
use crate::yaml::{Node, Scalar};

const USERS: [&str; 3] = ["runAsUser", "runAsGroup", "fsGroup"];

/// `SecurityContext`: contradictions of its fields.
pub(super) fn container<'t>(judge: &mut Judge<'t>, context: Node<'t>) {
    ids(judge, context);
    let Some(escalation) = judge.get(context, "allowPrivilegeEscalation") else {
        return;
    };
    if !matches!(escalation.scalar(), Some(Scalar::Bool(false))) {
        return;
    }
    if judge.is_true(context, "privileged") {
        judge
            .wrong(
                escalation,
                "a privileged container without `allowPrivilegeEscalation`",
            )
            .rests_on(context, "privileged");
    }
    let Some(capabilities) = judge.get(context, "capabilities") else {
        return;
    };
    for added in judge.items(capabilities, "add") {
        if judge.text_of(added) == Some("CAP_SYS_ADMIN") {
            judge.wrong(
                added,
                "the capability CAP_SYS_ADMIN without `allowPrivilegeEscalation`",
            );
        }
    }
}

/// `PodSecurityContext`: users, groups and kernel parameters.
pub(super) fn pod<'t>(judge: &mut Judge<'t>, context: Node<'t>) {
    ids(judge, context);
    for group in judge.items(context, "supplementalGroups") {
        id(judge, group, "supplementalGroups");
    }
    let sysctls = judge.items(context, "sysctls");
    let names: Vec<_> = sysctls
        .filter_map(|sysctl| judge.get(sysctl, "name"))
        .collect();
    judge.unique(names, |name| format!("the sysctl {name} is set twice"));
}

fn ids<'t>(judge: &mut Judge<'t>, context: Node<'t>) {
    for field in USERS {
        if let Some(user) = judge.get(context, field) {
            id(judge, user, field);
        }
    }
}

/// apimachinery pkg/util/validation: IsValidUserID, IsValidGroupID
fn id<'t>(judge: &mut Judge<'t>, node: Node<'t>, field: &str) {
    if let Some(Scalar::Int(number)) = node.scalar()
        && !(0..=i64::from(i32::MAX)).contains(&number)
    {
        judge.wrong(
            node,
            format!("`{field}` {number} is not from 0 to 2147483647"),
        );
    }
}

/// `SeccompProfile` and `AppArmorProfile`: a profile of the node has a name, the others have none.
pub(super) fn profile<'t>(judge: &mut Judge<'t>, profile: Node<'t>) {
    const FIELD: &str = "localhostProfile";
    let Some(kind) = judge.text(profile, "type").filter(|kind| !kind.is_empty()) else {
        return;
    };
    if kind == "Localhost" {
        judge.require(profile, FIELD);
    } else if let Some(node) = judge.get(profile, FIELD) {
        judge.wrong(
            node,
            format!("`{FIELD}` in a profile of type {}", shown(kind)),
        );
    }
}

/// `AppArmorProfile`: the name of its profile.
pub(super) fn app_armor<'t>(judge: &mut Judge<'t>, profile: Node<'t>) {
    /// In bytes: `PATH_MAX` without its end.
    const LONGEST: usize = 4_095;
    let Some(node) = judge.get(profile, "localhostProfile") else {
        return;
    };
    let Some(name) = judge.text_of(node) else {
        return;
    };
    if name.trim() != name {
        judge.wrong(node, "blanks around `localhostProfile`");
    }
    if name.len() > LONGEST {
        judge.wrong(node, "`localhostProfile` is longer than 4095 bytes");
    }
}

/// `PodSpec`: what the operating system of the pod does not have.
pub(super) fn system<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    const WINDOWS_LACKS: [&str; 19] = [
        "appArmorProfile",
        "seLinuxOptions",
        "seccompProfile",
        "fsGroup",
        "fsGroupChangePolicy",
        "sysctls",
        "runAsUser",
        "runAsGroup",
        "supplementalGroups",
        "supplementalGroupsPolicy",
        "seLinuxChangePolicy",
        "capabilities",
        "readOnlyRootFilesystem",
        "privileged",
        "allowPrivilegeEscalation",
        "procMount",
        "hostUsers",
        "shareProcessNamespace",
        "resources",
    ];
    let Some(system) = judge
        .at(spec, &["os", "name"])
        .and_then(|name| judge.text_of(name))
    else {
        return;
    };
    let (lacking, name): (&[&str], _) = match system {
        "windows" => (&WINDOWS_LACKS, "Windows"),
        "linux" => (&["windowsOptions"], "Linux"),
        _ => return,
    };
    let mut contexts: Vec<Node<'t>> = judge.get(spec, "securityContext").into_iter().collect();
    for list in LISTS {
        for container in judge.items(spec, list) {
            contexts.extend(judge.get(container, "securityContext"));
        }
    }
    // Fields of the spec itself and of contexts never share a name.
    contexts.push(spec);
    for context in contexts {
        for field in lacking {
            if let Some(value) = judge.get(context, field) {
                let key = context.entry(field).map_or(value, |entry| entry.key);
                judge.wrong(key, format!("`{field}` in a pod of {name}"));
            }
        }
    }
    if system == "windows" {
        for field in ["hostPID", "hostIPC"] {
            if judge.is_true(spec, field) {
                let node = judge.get(spec, field).unwrap_or(spec);
                judge.wrong(node, format!("`{field}` in a pod of {name}"));
            }
        }
    }
}

/// `PodSpec`: users of its own exclude name spaces of the node, and an unmasked /proc needs them.
pub(super) fn users<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    let own_users = match judge.field(spec, "hostUsers") {
        field if field.is_unknown() => return,
        _ => judge
            .get(spec, "hostUsers")
            .is_some_and(|node| matches!(node.scalar(), Some(Scalar::Bool(false)))),
    };
    if own_users {
        for field in ["hostNetwork", "hostPID", "hostIPC"] {
            if judge.is_true(spec, field) {
                let node = judge.get(spec, field).unwrap_or(spec);
                judge
                    .wrong(node, format!("`{field}` under `hostUsers: false`"))
                    .rests_on(spec, "hostUsers");
            }
        }
        return;
    }
    for list in LISTS {
        for container in judge.items(spec, list) {
            if let Some(node) = judge.at(container, &["securityContext", "procMount"])
                && judge.text_of(node) == Some("Unmasked")
            {
                judge
                    .wrong(node, "`procMount: Unmasked` without `hostUsers: false`")
                    .absence(spec, "hostUsers");
            }
        }
    }
}

/// `PodSpec`: host processes of Windows: all containers or none, in the network of the node.
pub(super) fn host_process<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    const PATH: [&str; 3] = ["securityContext", "windowsOptions", "hostProcess"];
    let of = |judge: &Judge<'t>, holder: Node<'t>| {
        let node = judge.at(holder, &PATH)?;
        match node.scalar()? {
            Scalar::Bool(value) => Some((node, value)),
            _ => None,
        }
    };
    let whole = of(judge, spec);
    let containers: Vec<Node<'t>> = LISTS
        .iter()
        .flat_map(|list| judge.items(spec, list))
        .collect();
    let mut hosts = 0;
    for container in &containers {
        let own = of(judge, *container);
        if let (Some((node, own)), Some((_, whole))) = (own, whole)
            && own != whole
        {
            judge.wrong(node, "`hostProcess` differs from the pod's");
        }
        hosts += usize::from(own.or(whole).is_some_and(|(_, value)| value));
    }
    if hosts == 0 {
        return;
    }
    let first = containers.iter().find_map(|it| of(judge, *it)).or(whole);
    let Some((node, _)) = first else {
        return;
    };
    if hosts != containers.len() {
        judge.wrong(node, "only some containers of the pod are host processes");
    }
    if !judge.is_true(spec, "hostNetwork") && !judge.field(spec, "hostNetwork").is_unknown() {
        judge
            .wrong(node, "host processes without `hostNetwork: true`")
            .absence(spec, "hostNetwork");
    }
}

/// `HTTPGetAction`: HTTP/2 is spoken in plain text.
pub(super) fn http<'t>(judge: &mut Judge<'t>, action: Node<'t>) {
    if judge.text(action, "protocol") == Some("HTTP2")
        && judge.text(action, "scheme") == Some("HTTPS")
    {
        let node = judge.get(action, "protocol").unwrap_or(action);
        let place = describe(action, judge.object());
        judge.wrong(node, format!("{place} speaks HTTP2 with the scheme HTTPS"));
    }
}
