//! The HTML report in a real browser: filters are clicked, nothing is loaded, and axe-core finds no
//! serious barrier, in light and dark, wide and narrow.
//!
//! Needs Chromium, named by `LAMEDUCK_CHROMIUM`, and `LAMEDUCK_NODE_MODULES`, a folder of npm's
//! with puppeteer-core and axe-core. `.ci/run` installs them. `LAMEDUCK_SCREENSHOTS` names a folder
//! for pictures of the pages, for those who want to look.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use assert_cmd::cargo::cargo_bin;
use serde_json::Value;

struct Browser {
    chromium: OsString,
    modules: OsString,
}

impl Browser {
    fn find() -> Option<Self> {
        let named = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let found = named("LAMEDUCK_CHROMIUM").zip(named("LAMEDUCK_NODE_MODULES"));
        if found.is_none() {
            eprintln!(
                "skipped: LAMEDUCK_CHROMIUM and LAMEDUCK_NODE_MODULES do not name a browser and \
                 its driver"
            );
        }
        let (chromium, modules) = found?;
        Some(Self { chromium, modules })
    }

    /// Opens what `lameduck` writes in a folder, tries it, and gives the number of findings.
    fn open(&self, name: &str, folder: &Path, arguments: &[&str]) -> u64 {
        let run = Command::new(cargo_bin("lameduck"))
            .args(arguments)
            .args(["--no-config", "--today", "2026-11-26"])
            .current_dir(folder)
            .output()
            .expect("the binary runs");
        assert!(matches!(run.status.code(), Some(0 | 1)), "{run:?}");
        let pages = tempfile::tempdir().expect("a temporary folder");
        let page = pages.path().join("page.html");
        std::fs::write(&page, &run.stdout).expect("the page is written");
        let mut command = Command::new("node");
        command
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/report.mjs"))
            .arg(&self.modules)
            .arg(&self.chromium)
            .arg(&page);
        if let Some(folder) = std::env::var_os("LAMEDUCK_SCREENSHOTS") {
            let folder = Path::new(&folder).join(name);
            std::fs::create_dir_all(&folder).expect("the folder is made");
            command.arg(folder);
        }
        let tried = command.output().expect("node runs");
        assert!(
            tried.status.success(),
            "{}",
            String::from_utf8_lossy(&tried.stderr)
        );
        let seen: Value = serde_json::from_slice(&tried.stdout).expect("the driver writes JSON");
        eprintln!(
            "{name}: {} bytes, {}",
            run.stdout.len(),
            seen["milliseconds"]
        );
        assert_eq!(seen["problems"], Value::Array(Vec::new()), "{name}");
        seen["findings"].as_u64().expect("a number")
    }
}

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn the_pages_of_the_fixtures() {
    let Some(browser) = Browser::find() else {
        return;
    };
    let check = ["check", "fixtures", "--format", "html", "--mesh", "sidecar"];
    assert!(browser.open("fixtures", Path::new(ROOT), &check) > 10);
    let checklist = ["checklist", "fixtures", "--format", "html"];
    assert_eq!(browser.open("checklist", Path::new(ROOT), &checklist), 0);
    let nothing = ["check", "README.md", "--format", "html"];
    assert_eq!(browser.open("nothing", Path::new(ROOT), &nothing), 0);
}

/// A workload whose every text tries to be something else.
fn hostile() -> String {
    let text = "</script></style><script>alert(1)</script><img src=x onerror=alert(1)>\
                <svg onload=alert(1)>' & &lt;";
    let quoted = format!("\"{text} \\\" \\u001b[31m \\u202e \\u0007\"");
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {quoted}\n  namespace: {quoted}\n  \
         annotations:\n    lameduck.dev/attest.chaos-tests: {quoted}\n    \
         lameduck.dev/attest.idempotency: \"<b>x</b>, 2026-01-01, javascript:alert(1)\"\n\
         spec:\n  replicas: 2\n  selector: {{matchLabels: {{app: web}}}}\n  template:\n    \
         metadata: {{labels: {{app: web}}}}\n    spec:\n      containers:\n        - name: {quoted}\n          \
         image: {quoted}\n          # {text}\n          ports: [{{containerPort: 8080}}]\n          \
         livenessProbe: {{exec: {{command: [{quoted}]}}}}\n          \
         readinessProbe: {{exec: {{command: [{quoted}]}}}}\n          \
         args: [\"--startup-delay=45s\"]\n          {quoted}: 1\n"
    )
}

#[test]
fn a_hostile_manifest_is_shown_and_not_obeyed() {
    let Some(browser) = Browser::find() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let name = "<img src=x onerror=alert(1)>.yaml";
    std::fs::write(folder.path().join(name), hostile()).expect("the manifest is written");
    let arguments = ["check", "--format", "html", "--pedantic"];
    assert!(browser.open("hostile", folder.path(), &arguments) > 5);
}

#[test]
fn thousands_of_findings() {
    let Some(browser) = Browser::find() else {
        return;
    };
    let mut manifests = String::new();
    for number in 0..1000 {
        let _ = write!(
            manifests,
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web-{number}\n  \
             namespace: demo\nspec:\n  replicas: 2\n  selector:\n    matchLabels:\n      app: web-{number}\n  \
             template:\n    metadata:\n      labels:\n        app: web-{number}\n    spec:\n      \
             containers:\n        - name: app\n          image: registry.example.com/web\n          \
             ports:\n            - containerPort: 8080\n"
        );
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("web.yaml"), manifests).expect("the manifests are written");
    let found = browser.open("thousands", folder.path(), &["check", "--format", "html"]);
    assert!(found >= 5000, "only {found} findings");
}
