use std::path::Path;
use std::time::Duration;

use super::*;
use crate::finding::{Category, FixAvailability, OptionMeta, RuleMeta, Severity};
use crate::settings::{
    FailOn, HelmRelease, Level, MeshMode, OptionValue, RenderMode, RenderSettings, Settings,
};
use crate::units::Version;

const PDB: RuleMeta = RuleMeta {
    id: "missing-pdb",
    category: Category::Availability,
    severity: Severity::Warning,
    pedantic: false,
    summary: "",
    page: "",
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &[],
};

const SPREAD: RuleMeta = RuleMeta {
    id: "missing-pod-spread",
    options: &[
        OptionMeta {
            name: "zones",
            default: OptionValue::Bool(true),
            summary: "",
        },
        OptionMeta {
            name: "drain-time",
            default: OptionValue::Seconds(30),
            summary: "",
        },
    ],
    ..PDB
};

const RULES: [RuleMeta; 2] = [PDB, SPREAD];

fn parse(text: &str) -> Result<Settings, Vec<ConfigError>> {
    parse_in(Path::new("/repo"), text)
}

/// A file of this folder.
fn parse_in(folder: &Path, text: &str) -> Result<Settings, Vec<ConfigError>> {
    let text = chain::Text {
        path: folder.join("lameduck.yaml"),
        shown: "lameduck.yaml".to_owned(),
        content: text.into(),
    };
    let mut settings = file::load_text(text, &[], &RULES)?;
    settings.files.clear();
    Ok(settings)
}

fn errors(text: &str) -> String {
    let errors = parse(text).unwrap_err();
    let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

#[test]
fn every_key() {
    let settings = parse(
        r#"
kubernetes-version: 1.30
mesh:
  mode: sidecar
  istio-version: "1.27"
  native-sidecars: true
  hold-application-until-proxy-starts: no
  root-namespace: istio-config
lifecycle:
  shutdown-timeout: 1m30s
  startup-time: 45
  buffer: 0s
  min-prestop: 2.5s
rules:
  missing-pdb: off
  missing-pod-spread:
    severity: error
    zones: false
    drain-time: 1m
select: [availability, missing-pdb]
ignore: probes
pedantic: true
fail-on: never
exclude:
  - vendor/
"#,
    )
    .unwrap();
    let common = &settings.common;
    assert_eq!(common.kubernetes_version, Some(Version::new(1, 30)));
    assert_eq!(common.mesh.mode, MeshMode::Sidecar);
    assert_eq!(common.mesh.istio_version, Some(Version::new(1, 27)));
    assert_eq!(common.mesh.native_sidecars, Some(true));
    let hold = common.mesh.hold_application_until_proxy_starts;
    assert_eq!(hold, Some(false));
    assert_eq!(common.mesh.root_namespace, "istio-config");
    let lifecycle = &common.lifecycle;
    assert_eq!(lifecycle.shutdown_timeout, Some(Duration::from_secs(90)));
    assert_eq!(lifecycle.startup_time, Some(Duration::from_secs(45)));
    assert_eq!(lifecycle.buffer, Duration::ZERO);
    assert_eq!(lifecycle.min_prestop, Duration::from_millis(2500));
    assert_eq!(common.rules["missing-pdb"].level, Some(Level::Off));
    let spread = &common.rules["missing-pod-spread"];
    assert_eq!(spread.level, Some(Level::Error));
    assert_eq!(spread.options["zones"], OptionValue::Bool(false));
    assert_eq!(spread.options["drain-time"], OptionValue::Seconds(60));
    assert!(common.select.contains("availability"));
    assert!(common.ignore.contains("probes"));
    assert!(common.pedantic);
    assert_eq!(settings.fail_on, FailOn::Never);
    assert_eq!(settings.exclude[0].glob, "vendor/");
    assert_eq!(settings.exclude[0].base, Path::new("/repo"));
}

#[test]
fn what_the_proxies_are_told() {
    let settings = parse(
        "mesh:\n  termination-drain-duration: 45s\n  exit-on-zero-active-connections: true\n  \
         minimum-drain-duration: 10s\n",
    )
    .unwrap();
    let mesh = &settings.common.mesh;
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    assert_eq!(mesh.termination_drain_duration, seconds(45));
    assert_eq!(mesh.exit_on_zero_active_connections, Some(true));
    assert_eq!(mesh.minimum_drain_duration, seconds(10));
}

#[test]
fn rendering_is_a_word_or_a_mapping() {
    assert_eq!(parse("").unwrap().render.mode, RenderMode::Never);
    assert_eq!(
        parse("render: auto\n").unwrap().render.wanted,
        RenderMode::Auto
    );
    let folder = tempfile::tempdir().unwrap();
    for file in ["charts/web/Chart.yaml", "prod.yaml"] {
        let file = folder.path().join(file);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, "").unwrap();
    }
    let parse = |text: &str| parse_in(folder.path(), text);
    let text = "render:\n  mode: auto\n  timeout: 90s\n  helm:\n    - chart: charts/web\n      \
                values: [prod.yaml]\n      release: shop\n      namespace: prod\n";
    let release = HelmRelease {
        chart: folder.path().join("charts/web"),
        values: vec![folder.path().join("prod.yaml")],
        release: Some("shop".to_owned()),
        namespace: Some("prod".to_owned()),
    };
    assert_eq!(
        parse(text).unwrap().render,
        RenderSettings {
            mode: RenderMode::Never,
            wanted: RenderMode::Auto,
            timeout: Duration::from_secs(90),
            helm: vec![release],
        }
    );
}

#[test]
fn errors_of_rendering() {
    insta::assert_snapshot!(errors(
        r"
render:
  mode: always
  timeout: 0s
  helm:
    - values: [prod.yaml]
      release: My_App
    - chart: charts/web
      vales: []
"
    ), @"
    lameduck.yaml:3:9: expected never or auto, found `always`
    lameduck.yaml:4:12: expected some time, found none
    lameduck.yaml:6:7: expected the key `chart`
    lameduck.yaml:6:16: `prod.yaml`: no such file
    lameduck.yaml:7:16: expected the name of a release such as web, found `My_App`
    lameduck.yaml:8:14: `charts/web` is not a chart: it holds no Chart.yaml
    lameduck.yaml:9:7: unknown key `vales`, did you mean `values`?
    ");
    insta::assert_snapshot!(
        errors("render: {timeout: 301s}\n"),
        @"lameduck.yaml:1:19: expected at most 5m; `--render-timeout` takes more"
    );
    insta::assert_snapshot!(
        errors("render: [auto]\n"),
        @"lameduck.yaml:1:9: expected never or auto, found a list"
    );
}

#[test]
fn helm_values_that_cannot_be_read_are_told_at_their_name() {
    let errors = errors("mesh:\n  helm-values:\n    - no-such-file.yaml\n");
    let start = "lameduck.yaml:3:7: Helm values `no-such-file.yaml`: ";
    assert!(errors.starts_with(start), "{errors}");
}

#[test]
fn nothing_and_commented_out_sections_are_the_defaults() {
    for text in ["", "# later\n", "mesh:\nrules:\nselect:\n", "{}", "---\n"] {
        assert_eq!(parse(text).unwrap(), Settings::default(), "{text:?}");
    }
}

#[test]
fn all_errors_of_a_file_are_told() {
    insta::assert_snapshot!(errors(
        r#"
kuberntes-version: 1.30
mesh: {mode: sidecars, native-sidecars: "true", root: x}
rules:
  mising-pdb: off
  missing-pdb: warn
  missing-pod-spread: {severity: [error], zone: true, zones: 1, drain-time: 1.5s}
lifecycle:
  buffer: 5 s
  min-prestop:
select: [availabilty, nonsense, {}]
pedantic: sometimes
fail-on: errors
exclude: ["ok", "[z-a]"]
something-else: 1
"#
    ), @r"
    lameduck.yaml:2:1: unknown key `kuberntes-version`, did you mean `kubernetes-version`?
    lameduck.yaml:3:14: expected auto, sidecar, ambient or none, found `sidecars`, did you mean `sidecar`?
    lameduck.yaml:3:41: expected true or false, found the text `true`
    lameduck.yaml:3:49: unknown key `root`, did you mean `root-namespace`?
    lameduck.yaml:5:3: unknown rule `mising-pdb`, did you mean `missing-pdb`?
    lameduck.yaml:6:16: expected off, note, warning or error, found `warn`, did you mean `warning`?
    lameduck.yaml:7:34: expected off, note, warning or error, found a list
    lameduck.yaml:7:43: unknown option of missing-pod-spread `zone`, did you mean `zones`?
    lameduck.yaml:7:62: expected true or false, found `1`
    lameduck.yaml:7:77: expected whole seconds, found `1.5s`
    lameduck.yaml:9:11: expected a duration such as 30s or 1m30s, found `5 s`
    lameduck.yaml:10:15: expected a duration such as 30s or 1m30s, found nothing
    lameduck.yaml:11:10: unknown rule or category `availabilty`, did you mean `availability`?
    lameduck.yaml:11:23: unknown rule or category `nonsense`: `lameduck rules` lists them
    lameduck.yaml:11:33: expected a text, found a mapping
    lameduck.yaml:12:11: expected true or false, found the text `sometimes`
    lameduck.yaml:13:10: expected error, warning, note or never, found `errors`, did you mean `error`?
    lameduck.yaml:14:17: `[z-a]` is not a valid pattern: invalid range; 'z' > 'a'
    lameduck.yaml:15:1: unknown key `something-else`, expected extends, preset, kubernetes-version, mesh, lifecycle, rules, select, ignore, pedantic, fail-on, exclude, context, max-file-size, baseline, render or overrides
    ");
}

#[test]
fn forms_of_the_whole_file() {
    insta::assert_snapshot!(errors("- a\n"), @"lameduck.yaml:1:1: expected a mapping, found a list");
    insta::assert_snapshot!(errors("mesh: none\n"), @"lameduck.yaml:1:7: expected a mapping, found the text `none`");
    insta::assert_snapshot!(errors("pedantic: true\npedantic: false\n"), @"lameduck.yaml:2:1: `pedantic` is given twice, first on line 1");
    insta::assert_snapshot!(errors("pedantic: true\n---\npedantic: true\n"), @"lameduck.yaml:3:1: expected a single document");
    insta::assert_snapshot!(errors("select: {a: b}\n"), @"lameduck.yaml:1:9: expected a list, found a mapping");
    assert!(errors("mesh: [\n").starts_with("lameduck.yaml:"));
}

#[test]
fn versions_that_do_not_exist_are_refused() {
    let message = |text| parse_kubernetes_version(text).unwrap_err();
    insta::assert_snapshot!(message("33"), @"expected a version such as 1.33, found `33`");
    insta::assert_snapshot!(message("2.0"), @"there is no Kubernetes 2.0, expected a version such as 1.33");
    insta::assert_snapshot!(message("1.3"), @"Kubernetes 1.3 is older than any release that rules know, write 1.30 if that is meant");
    insta::assert_snapshot!(message("latest"), @"expected a version such as 1.33, found `latest`");
    insta::assert_snapshot!(parse_istio_version("127").unwrap_err(), @"expected a version such as 1.27, found `127`");
    assert_eq!(parse_kubernetes_version("v1.33.2"), Ok(Version::new(1, 33)));
}

#[test]
fn flags_win_over_the_file() {
    let mut settings = parse(
        "kubernetes-version: 1.30\nignore: [missing-pdb]\nfail-on: note\nmesh: {mode: none}\n",
    )
    .unwrap();
    let flags = Flags {
        mesh: Some(MeshMode::Sidecar),
        select: vec!["availability".to_owned()],
        ignore: vec!["missing-pod-spread".to_owned()],
        exclude: vec!["*.tmp.yaml".to_owned()],
        ..Flags::default()
    };
    apply_flags(&mut settings, flags, Path::new("/cwd"), &RULES).unwrap();
    assert_eq!(
        settings.common.kubernetes_version,
        Some(Version::new(1, 30))
    );
    assert_eq!(settings.fail_on, FailOn::Note);
    assert_eq!(settings.common.mesh.mode, MeshMode::Sidecar);
    assert_eq!(Vec::from_iter(settings.common.select), ["availability"]);
    assert_eq!(
        Vec::from_iter(settings.common.ignore),
        ["missing-pod-spread"]
    );
    assert_eq!(settings.exclude[0].base, Path::new("/cwd"));
}

#[test]
fn flags_that_name_no_rule_are_errors() {
    let flags = Flags {
        select: vec!["missing-pbd".to_owned()],
        ignore: vec!["zzz".to_owned()],
        ..Flags::default()
    };
    let errors = apply_flags(&mut Settings::default(), flags, Path::new("/"), &RULES).unwrap_err();
    let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    --select: unknown rule or category `missing-pbd`, did you mean `missing-pdb`?
    --ignore: unknown rule or category `zzz`: `lameduck rules` lists them
    ");
}

#[test]
fn the_file_is_found_upward_to_the_top_of_the_repository() {
    let folder = tempfile::tempdir().unwrap();
    let top = folder.path();
    let deep = top.join("repo/a/b");
    std::fs::create_dir_all(&deep).unwrap();
    std::fs::create_dir_all(top.join("repo/.git")).unwrap();
    std::fs::write(top.join("lameduck.yaml"), "").unwrap();
    assert_eq!(find(&deep).unwrap(), None);

    let file = top.join("repo/.lameduck.yaml");
    std::fs::write(&file, "").unwrap();
    assert_eq!(find(&deep).unwrap(), Some(file));

    std::fs::write(top.join("repo/lameduck.yaml"), "").unwrap();
    assert!(matches!(find(&deep), Err(ConfigError::Ambiguous { .. })));
}

#[test]
fn an_unreadable_file_is_an_error() {
    let errors = load(Path::new("/no/such.yaml"), "such.yaml", &RULES).unwrap_err();
    assert!(errors[0].to_string().starts_with("such.yaml: "));
}
