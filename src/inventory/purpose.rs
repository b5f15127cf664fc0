//! What workloads are there for, where it is not to be relied on: development, teaching, load for others.
//! There, advice is shown and not offered as a fix.

use k8s_openapi::api::core::v1::Container;

use super::Inventory;
use super::programs::{is_for_trial, only_generates_load};
use crate::kube::{Object, Workload, mentions, says_bad_on_purpose};
use crate::yaml::Node;

/// Folders whose name as a whole says that what they hold is for development or for lessons.
const FOLDERS: [&str; 22] = [
    "demo",
    "demos",
    "dev",
    "dev-cluster",
    "dev-env",
    "devel",
    "develop",
    "development",
    "devenv",
    "hack",
    "kind",
    "labs",
    "lessons",
    "local",
    "localdev",
    "minikube",
    "playground",
    "quickstart",
    "sandbox",
    "troubleshooting",
    "tutorial",
    "tutorials",
];

/// Words of folders' names that say so in any company: `mtls-workshop`, `_course_files`.
const WORDS: [&str; 12] = [
    "configsamples",
    "course",
    "courses",
    "devloop",
    "exercise",
    "exercises",
    "loadtest",
    "loadtests",
    "scratch",
    "walkthrough",
    "workshop",
    "workshops",
];

/// Whether a folder on the way to a file, below the root of its repository, is for development or lessons.
pub(super) fn is_trial(root_path: &str) -> bool {
    let folders = root_path.rsplit_once('/').map_or("", |(above, _)| above);
    folders.split('/').any(|folder| {
        let folder = folder.to_lowercase();
        let mut words = folder.split(|char: char| !char.is_ascii_alphanumeric());
        FOLDERS.contains(&folder.as_str())
            || is_numbered_lesson(&folder)
            || words.any(|word| WORDS.contains(&word))
    })
}

/// Words for requests that are to fail or to wait.
fn is_fault(word: &str) -> bool {
    matches!(
        word,
        "abort"
            | "aborts"
            | "aborted"
            | "chaos"
            | "delay"
            | "delays"
            | "delayed"
            | "fault"
            | "faults"
            | "faulty"
            | "503"
    )
}

/// Whether one of the words of a name is such a word: `ratings-delay-vs`, `5-Fault-Injection`.
fn has_fault(name: &str) -> bool {
    let name = name.to_lowercase();
    let mut words = name.split(|char: char| !char.is_ascii_alphanumeric());
    words.any(is_fault)
}

/// Whether a file's name, or that of its folder, says that requests are to fail.
pub(super) fn names_fault(root_path: &str) -> bool {
    root_path.rsplit('/').take(2).any(has_fault)
}

/// `section-4`, `chapter03`
fn is_numbered_lesson(folder: &str) -> bool {
    const PARTS: [&str; 6] = [
        "chapter", "exercise", "lab", "lesson", "section", "tutorial",
    ];
    PARTS.iter().any(|part| {
        let rest = folder.strip_prefix(part);
        let rest = rest.map(|rest| rest.trim_start_matches(['-', '_', ' ']));
        rest.is_some_and(|rest| rest.starts_with(|char: char| char.is_ascii_digit()))
    })
}

/// Whether a variable tells an application to fail or to dawdle now and then: `ERROR_FRACTION`,
/// `DELAY_BUCKETS`.
fn injects_faults(name: &str) -> bool {
    const FAULTS: [&str; 6] = ["CHAOS", "DELAY", "ERROR", "FAILURE", "FAULT", "LATENCY"];
    const SHARES: [&str; 5] = ["FRACTION", "PERCENT", "PERCENTAGE", "PROBABILITY", "RATE"];
    const WATCHED: [&str; 7] = [
        "ALERT",
        "LIMIT",
        "LOG",
        "MAX",
        "SAMPLE",
        "SENTRY",
        "THRESHOLD",
    ];
    let has = |known: &[&str]| name.split('_').any(|word| known.contains(&word));
    name == "DELAY_BUCKETS" || has(&FAULTS) && has(&SHARES) && !has(&WATCHED)
}

/// Whether a container is told to fail now and then.
fn fails_on_purpose(container: &Container) -> bool {
    let mut variables = container.env.iter().flatten();
    variables.any(|variable| injects_faults(&variable.name))
}

fn containers_of(workload: Workload<'_>) -> impl Iterator<Item = &Container> {
    workload.template().main_containers().map(|it| it.data)
}

impl Inventory {
    /// Why a workload is not one to rely on, where its folder, its image or a comment says so.
    pub fn trial(&self, workload: Workload<'_>) -> Option<&'static str> {
        let place = self.trial_place(workload.object());
        let spec = workload.template().spec();
        let volumes = spec.and_then(|spec| spec.volumes.as_deref());
        let volumes = volumes.unwrap_or_default();
        let mut containers = containers_of(workload).peekable();
        let has_any = containers.peek().is_some();
        place.or_else(|| {
            if only_generates_load(workload) {
                Some("it only sends requests so that others have some")
            } else if has_any && containers.all(|it| is_for_trial(it, volumes)) {
                Some("by its image it is there for development or demonstration")
            } else if containers_of(workload).any(fails_on_purpose) {
                Some("its environment lets it fail now and then, on purpose")
            } else {
                None
            }
        })
    }

    /// Whether an object's name, a label of it, its file, its folder or a comment says that it makes requests
    /// fail or wait.
    pub fn is_fault_on_purpose(&self, object: &Object) -> bool {
        let labels = object.node().at(&["metadata", "labels"]);
        let mut labels = labels.into_iter().flat_map(Node::entries);
        self.provenance.is_for_faults(object.source())
            || has_fault(object.name())
            || labels.any(|label| label.value.text().is_some_and(has_fault))
            || mentions(object.node(), is_fault)
    }

    /// Why an object is not one to rely on, where its folder or a comment says so.
    pub fn trial_place(&self, object: &Object) -> Option<&'static str> {
        if self.provenance.is_for_trial(object.source()) {
            Some("its folder is for development or teaching")
        } else if says_bad_on_purpose(object.node()) {
            Some("a comment says that it is bad on purpose")
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{injects_faults, is_trial};

    #[test]
    fn faults_are_a_share_of_errors() {
        for name in [
            "DELAY_BUCKETS",
            "ERROR_FRACTION",
            "FAULT_PERCENT",
            "CHAOS_FAILURE_RATE",
        ] {
            assert!(injects_faults(name), "{name}");
        }
        for name in [
            "SENTRY_ERROR_SAMPLE_RATE",
            "MAX_ERROR_RATE",
            "ERROR_LOG",
            "RATE_LIMIT",
        ] {
            assert!(!injects_faults(name), "{name}");
        }
    }

    #[test]
    fn folders_for_development_and_lessons() {
        for path in [
            "hack/istio/gateway.yaml",
            "deploy/dev/web.yaml",
            "deploy/manifests-loadtest/web.yaml",
            "_course_files/7-mTLS/web.yaml",
            "mtls-workshop/web.yaml",
            "scripts/devloop-helpers/yaml/web.yaml",
            "Section-4/kubernetes/web.yaml",
            "chapter03/web.yaml",
        ] {
            assert!(is_trial(path), "{path}");
        }
        for path in [
            "web.yaml",
            "dev.yaml",
            "apps/dev-portal/web.yaml",
            "apps/local-path-provisioner/web.yaml",
            "training-operator/web.yaml",
            "apps/demonstrations.yaml",
            "concourse/web.yaml",
            "sections/web.yaml",
            "lab-cluster/web.yaml",
        ] {
            assert!(!is_trial(path), "{path}");
        }
    }
}
