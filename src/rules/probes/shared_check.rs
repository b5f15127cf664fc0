//! What a check that two probes share tells of the container.

use k8s_openapi::api::core::v1::Probe;

use crate::kube::ContainerRef;

/// Whether a probe's command only looks at the processes and files of the container, which does not answer
/// it.
pub(super) fn looks_only(probe: &Probe) -> bool {
    const LOOKING: [&str; 9] = [
        "cat", "grep", "ls", "lsmod", "pgrep", "pidof", "ps", "stat", "test",
    ];
    const AROUND: [&str; 8] = [
        "bash", "env", "exec", "nsenter", "sh", "sudo", "timeout", "[",
    ];
    let Some(command) = probe.exec.as_ref().and_then(|exec| exec.command.as_ref()) else {
        return false;
    };
    let script = command.join(" ");
    let mut looks = false;
    for part in script.split(['|', '&', ';', '"', '\'', '\n']) {
        let words = part
            .split_whitespace()
            .filter(|word| !word.starts_with('-') && *word != "\\");
        let mut programs = words.map(|word| word.rsplit('/').next().unwrap_or(word));
        let Some(program) = programs.find(|word| !AROUND.contains(word)) else {
            continue;
        };
        if !LOOKING.contains(&program) {
            return false;
        }
        looks = true;
    }
    looks
}

/// Whether the shared check is whether a port takes connections.
pub(super) fn connects_only(container: ContainerRef<'_>) -> bool {
    let probe = container.data.liveness_probe.as_ref();
    probe.is_some_and(|probe| probe.tcp_socket.is_some())
}

/// Whether the container is `kubectl proxy` and the shared check one of the paths that it passes on.
pub(super) fn asks_api_server(container: ContainerRef<'_>) -> bool {
    let probe = container.data.liveness_probe.as_ref();
    if probe.is_none_or(|probe| probe.http_get.is_none()) {
        return false;
    }
    let words = container.data.command.iter().flatten();
    let mut words = words.chain(container.data.args.iter().flatten());
    let program = |word: &str| word.rsplit('/').next() == Some("kubectl");
    let image = container.data.image.as_deref().unwrap_or_default();
    let image = image.split(['@', ':']).next().unwrap_or_default();
    match words.next().map(String::as_str) {
        Some("proxy") => program(image),
        Some(first) => program(first) && words.next().is_some_and(|word| word == "proxy"),
        None => false,
    }
}
