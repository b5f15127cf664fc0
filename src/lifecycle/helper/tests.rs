//! Which container is which helper, and how long each stays.

use k8s_openapi::api::core::v1::{EnvFromSource, EnvVar};

use super::*;

fn container(image: &str, args: &[&str]) -> Container {
    Container {
        image: Some(image.to_owned()),
        args: Some(args.iter().map(|&text| text.to_owned()).collect()),
        ..Container::default()
    }
}

fn stay(container: &Container) -> Option<u64> {
    let helper = Helper::of_container(container).unwrap();
    helper.stay(container).map(|stay| stay.time.as_secs())
}

#[test]
fn helpers_are_known_by_image_or_program() {
    for (image, name) in [
        (
            "gcr.io/cloud-sql-connectors/cloud-sql-proxy:2.14.0-alpine",
            Some("cloud-sql-proxy"),
        ),
        (
            "gcr.io/cloudsql-docker/gce-proxy:1.33.1",
            Some("cloud_sql_proxy, version 1"),
        ),
        (
            "gcr.io/alloydb-connectors/alloydb-auth-proxy:1.11",
            Some("alloydb-auth-proxy"),
        ),
        ("envoyproxy/envoy:v1.31.0", Some("Envoy")),
        ("bitnami/pgbouncer@sha256:00", Some("PgBouncer")),
        ("spreaker/prometheus-pgbouncer-exporter:2.0", None),
        ("example.com/envoy-control:1", None),
    ] {
        let found = Helper::of_container(&container(image, &[]));
        assert_eq!(found.map(|it| it.name), name, "{image}");
    }
    let mut own = container("example.com/tools:1", &[]);
    own.command = Some(vec![
        "/cloud_sql_proxy".to_owned(),
        "-instances=a:b:c".to_owned(),
    ]);
    assert!(Helper::of_container(&own).is_some());
}

#[test]
fn options_and_variables_let_a_proxy_stay() {
    let proxy = |args: &[&str]| container("x/cloud-sql-proxy:2", args);
    assert_eq!(stay(&proxy(&["p:r:d"])), Some(0));
    assert_eq!(
        stay(&proxy(&["--max-sigterm-delay=40s", "p:r:d"])),
        Some(40)
    );
    assert_eq!(
        stay(&proxy(&[
            "--min-sigterm-delay",
            "10s",
            "--max-sigterm-delay=1m"
        ])),
        Some(70)
    );
    assert_eq!(stay(&proxy(&["--max-sigterm-delay=$(DELAY)"])), None);
    assert_eq!(
        stay(&container("x/gce-proxy:1.33", &["-term_timeout=30s"])),
        Some(30)
    );
    let mut variable = proxy(&[]);
    variable.env = Some(vec![EnvVar {
        name: "CSQL_PROXY_MAX_SIGTERM_DELAY".to_owned(),
        value: Some("35s".to_owned()),
        value_from: None,
    }]);
    assert_eq!(stay(&variable), Some(35));
    let mut elsewhere = proxy(&[]);
    elsewhere.env_from = Some(vec![EnvFromSource::default()]);
    assert_eq!(stay(&elsewhere), None);
    let mut shell = proxy(&[]);
    shell.command = Some(vec!["sh".to_owned(), "-c".to_owned(), "x".to_owned()]);
    assert_eq!(stay(&shell), None);
}

#[test]
fn annotations_let_an_injected_helper_wait() {
    let find = |name: &str| HELPERS.iter().find(|it| it.name.contains(name)).unwrap();
    let wait = |name: &str, given: &[(&str, &'static str)], is_native| {
        let read = |key: &str| given.iter().find(|it| it.0 == key).map(|it| it.1);
        find(name).wait(read, is_native)
    };
    let time = |name: &str, given: &[(&str, &'static str)]| {
        wait(name, given, false).map(|wait| (wait.time.as_secs(), wait.exit().as_secs()))
    };
    let linkerd = "config.alpha.linkerd.io/proxy-wait-before-exit-seconds";
    assert_eq!(time("Linkerd", &[(linkerd, "40")]), Some((40, 40)));
    assert_eq!(time("Linkerd", &[(linkerd, "soon")]), None);
    assert_eq!(time("Linkerd", &[]), Some((0, 0)));
    let native = wait("Linkerd", &[(linkerd, "40")], true).unwrap();
    assert!(
        native.time.is_zero() && !native.is_stated,
        "left out of native ones"
    );
    let block = "dapr.io/block-shutdown-duration";
    let dapr = wait("Dapr", &[(block, "45s")], true).unwrap();
    assert_eq!((dapr.time.as_secs(), dapr.exit().as_secs()), (45, 50));
    assert!(dapr.is_stated && !dapr.may_end_early);
    assert_eq!(time("Dapr", &[]), Some((0, 5)));
    let limit = "dapr.io/graceful-shutdown-seconds";
    assert_eq!(time("Dapr", &[(limit, "-1")]), Some((0, 5)));
    assert_eq!(time("Dapr", &[(limit, "0")]), None, "it has no limit");
    let consul = "consul.hashicorp.com/sidecar-proxy-lifecycle-shutdown-grace-period-seconds";
    let switch = "consul.hashicorp.com/enable-sidecar-proxy-lifecycle";
    assert_eq!(time("Consul", &[(consul, "60")]), Some((60, 60)));
    assert_eq!(
        time("Consul", &[]),
        Some((30, 30)),
        "by the chart's default"
    );
    assert_eq!(
        time("Consul", &[(consul, "60"), (switch, "false")]),
        Some((0, 0))
    );
    assert_eq!(time("Vault", &[]), None, "nothing is sent through it");
}

#[test]
fn what_is_asked_for_is_what_is_read() {
    for helper in &HELPERS {
        let Some(text) = helper.ask_to_wait(40) else {
            continue;
        };
        let given: Vec<(&str, &str)> = text
            .lines()
            .map(|line| {
                let (key, value) = line.split_once(": ").unwrap();
                (key, value.trim_matches('"'))
            })
            .collect();
        let read = |key: &str| given.iter().find(|it| it.0 == key).map(|it| it.1);
        let wait = helper.wait(read, false).unwrap();
        assert_eq!((wait.time.as_secs(), wait.is_stated), (40, true), "{text}");
    }
}

#[test]
fn annotations_say_whether_a_sidecar_is_native() {
    let injection = |name: &str| {
        let found = HELPERS.iter().find(|it| it.name.contains(name)).unwrap();
        match &found.origin {
            Origin::Injected(injection) => injection,
            Origin::Written(_) => panic!("{name} is injected"),
        }
    };
    for (name, given, native) in [
        (
            "Linkerd",
            &[("config.linkerd.io/proxy-enable-native-sidecar", "true")][..],
            Some(true),
        ),
        (
            "Linkerd",
            &[(
                "config.alpha.linkerd.io/proxy-enable-native-sidecar",
                "false",
            )],
            Some(false),
        ),
        // The newest name counts.
        (
            "Linkerd",
            &[
                (
                    "config.alpha.linkerd.io/proxy-enable-native-sidecar",
                    "true",
                ),
                ("config.linkerd.io/proxy-enable-native-sidecar", "false"),
            ],
            Some(false),
        ),
        ("Linkerd", &[], None),
        (
            "Dapr",
            &[("dapr.io/enable-native-sidecar", "1")],
            Some(true),
        ),
        (
            "Consul",
            &[(
                "consul.hashicorp.com/enable-consul-dataplane-as-sidecar",
                "true",
            )],
            Some(true),
        ),
    ] {
        let read = |key: &str| given.iter().find(|it| it.0 == key).map(|it| it.1);
        assert_eq!(injection(name).is_native(read), native, "{name} {given:?}");
    }
}

#[test]
fn what_is_advised_is_what_is_read() {
    for helper in &HELPERS {
        let Origin::Injected(injection) = &helper.origin else {
            continue;
        };
        if let Some((key, _)) = injection.native.advised {
            let read = |name: &str| (name == key).then_some("true");
            assert_eq!(injection.is_native(read), Some(true), "{key}");
        }
    }
}

#[test]
fn a_job_is_told_how_its_proxy_ends() {
    let proxy = container("x/cloud-sql-proxy:2", &["--quitquitquit", "p:r:d"]);
    let helper = Helper::of_container(&proxy).unwrap();
    assert!(helper.ends_by_option(&proxy));
    assert!(!helper.ends_by_option(&container("x/cloud-sql-proxy:2", &["p:r:d"])));
}
