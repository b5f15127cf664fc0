use k8s_openapi::api::core::v1::{ExecAction, Lifecycle, LifecycleHandler};

use super::*;

fn judged(image: &str, command: &[&str], args: &[&str]) -> Option<Unforwarded> {
    let list = |texts: &[&str]| Some(texts.iter().map(|&text| text.to_owned()).collect());
    let container = Container {
        image: Some(image.to_owned()),
        command: list(command),
        args: list(args),
        ..Container::default()
    };
    unforwarded(&PodSpec::default(), &container)
}

fn obstacle(shell: &str, image: &str, script: &str) -> Option<Obstacle> {
    judged(image, &[shell, "-c", script], &[]).map(|found| found.obstacle)
}

#[test]
fn dash_never_replaces_itself() {
    for (script, expected) in [
        ("node app.js", Obstacle::SingleCommand),
        ("node app.js 2>&1", Obstacle::SingleCommand),
        ("run 'a; b && c'", Obstacle::SingleCommand),
        ("cd /app && node app.js", Obstacle::List),
        ("migrate; serve", Obstacle::List),
        ("serve | tee log", Obstacle::Pipeline),
        ("serve & wait", Obstacle::Background),
        ("while true; do serve; done", Obstacle::Loop),
        ("f() { a; }\nserve", Obstacle::SingleCommand),
        ("exec serve | tee log", Obstacle::Pipeline),
        ("(exec serve)", Obstacle::List),
    ] {
        assert_eq!(
            obstacle("/bin/sh", "debian:12", script),
            Some(expected),
            "{script}"
        );
    }
}

#[test]
fn bash_and_busybox_replace_themselves_with_the_last_command() {
    for (script, bash, busybox) in [
        ("serve", None, None),
        ("migrate; serve", None, None),
        ("cd /app && serve", None, None),
        ("migrate | tee log; serve", None, None),
        (
            "serve | tee log",
            Some(Obstacle::Pipeline),
            Some(Obstacle::Pipeline),
        ),
        (
            "serve & wait",
            Some(Obstacle::Background),
            Some(Obstacle::Background),
        ),
        (
            "{ migrate; serve; } > log",
            Some(Obstacle::List),
            Some(Obstacle::List),
        ),
        ("{ migrate; serve; }", Some(Obstacle::List), None),
        ("if a; then serve; fi", Some(Obstacle::List), None),
        (
            "while true; do serve; done",
            Some(Obstacle::Loop),
            Some(Obstacle::Loop),
        ),
        (
            "npm start",
            Some(Obstacle::PackageManager),
            Some(Obstacle::PackageManager),
        ),
        (
            "serve; echo \"ended: $?\"",
            Some(Obstacle::List),
            Some(Obstacle::List),
        ),
        (
            "serve || exit 1",
            Some(Obstacle::List),
            Some(Obstacle::List),
        ),
    ] {
        assert_eq!(
            obstacle("bash", "debian:12", script),
            bash,
            "bash: {script}"
        );
        assert_eq!(
            obstacle("sh", "node:20-alpine", script),
            busybox,
            "ash: {script}"
        );
    }
}

#[test]
fn what_stands_behind_the_last_command_and_redirections_count() {
    for (script, bash, busybox) in [
        // What is written as a block scalar ends in a line break.
        ("migrate\nserve\n", None, Some(Obstacle::List)),
        ("serve\n", None, Some(Obstacle::SingleCommand)),
        (
            "serve\n# the end\n",
            Some(Obstacle::SingleCommand),
            Some(Obstacle::SingleCommand),
        ),
        ("migrate; serve >log 2>&1", Some(Obstacle::List), None),
        ("(serve) >log", Some(Obstacle::List), None),
        (
            "! serve",
            Some(Obstacle::SingleCommand),
            Some(Obstacle::SingleCommand),
        ),
    ] {
        let image = "almalinux:9";
        assert_eq!(obstacle("sh", image, script), bash, "bash: {script}");
        let image = "node:20-alpine";
        assert_eq!(obstacle("sh", image, script), busybox, "ash: {script}");
    }
}

#[test]
fn what_passes_the_signal_on() {
    for script in [
        "exec serve",
        "migrate && exec serve --port=80",
        "exec \"$@\"",
        "trap 'kill $pid' TERM; serve & pid=$!; wait",
        "tini -- serve",
        "",
        "# nothing",
        "serve 'unclosed",
    ] {
        assert_eq!(obstacle("sh", "debian:12", script), None, "{script}");
    }
    assert_eq!(
        obstacle("sh", "debian", "exec >log; serve"),
        Some(Obstacle::List)
    );
    assert_eq!(judged("x", &["tini", "--", "sh", "-c", "a; b"], &[]), None);
    assert_eq!(judged("x", &["/app", "-c", "a; b"], &[]), None);
    assert_eq!(judged("x", &["sh", "run.sh"], &[]), None);
}

#[test]
fn containers_that_only_wait() {
    let waits = |image: &str, command: &[&str]| {
        let words = command.iter().map(|&word| word.to_owned()).collect();
        only_waits(&Container {
            image: Some(image.to_owned()),
            command: Some(words),
            ..Container::default()
        })
    };
    assert!(waits("registry.k8s.io/pause:3.9", &[]));
    assert!(waits("x", &["/bin/sleep", "infinity"]));
    assert!(waits("x", &["tail", "-f", "/dev/null"]));
    assert!(waits("x", &["sh", "-c", "while true; do sleep 60; done"]));
    assert!(!waits("x", &["sh", "-c", "serve & sleep infinity"]));
    assert!(!waits("x", &["tail", "-f", "/var/log/app"]));
    assert!(!waits("x", &[]));
}

#[test]
fn the_image_decides_without_a_command() {
    assert_eq!(judged("x", &[], &["sh", "-c", "a; b"]), None);
}

#[test]
fn a_shared_process_namespace_has_another_first_process() {
    let pod = PodSpec {
        share_process_namespace: Some(true),
        ..PodSpec::default()
    };
    let container = Container {
        command: Some(["sh", "-c", "a; b"].map(str::to_owned).to_vec()),
        ..Container::default()
    };
    assert_eq!(unforwarded(&pod, &container), None);
    assert!(unforwarded(&PodSpec::default(), &container).is_some());
}

#[test]
fn a_hook_that_sends_the_signal() {
    let judged = |hook: &[&str]| {
        let texts = |texts: &[&str]| Some(texts.iter().map(|&it| it.to_owned()).collect());
        let container = Container {
            command: texts(&["sh", "-c", "prepare; serve"]),
            lifecycle: Some(Lifecycle {
                pre_stop: Some(LifecycleHandler {
                    exec: Some(ExecAction {
                        command: texts(hook),
                    }),
                    ..LifecycleHandler::default()
                }),
                ..Lifecycle::default()
            }),
            ..Container::default()
        };
        unforwarded(&PodSpec::default(), &container).is_some()
    };
    assert!(!judged(&[
        "sh",
        "-c",
        "sleep 5 && kill -TERM $(pidof serve)"
    ]));
    assert!(!judged(&["/usr/bin/pkill", "serve"]));
    assert!(judged(&["sleep", "5"]));
    assert!(judged(&["sh", "-c", "echo kill"]));
    assert!(judged(&[]));
}

#[test]
fn it_knows_where_the_script_stands() {
    let found = judged("x", &["sh", "-ec"], &["a; b"]).expect("a list");
    assert_eq!((found.field, found.index), (ArgumentField::Args, 0));
    assert_eq!(found.to_string(), "sh stays PID 1 and runs a list");
}

#[test]
fn an_unknown_image_may_hold_any_shell() {
    for (script, expected) in [
        ("serve", Some((Obstacle::SingleCommand, "dash"))),
        ("serve\n", Some((Obstacle::SingleCommand, "dash, busybox"))),
        ("serve 2>&1", Some((Obstacle::SingleCommand, "dash, bash"))),
        ("migrate; serve", Some((Obstacle::List, "dash"))),
        (
            "serve | tee log",
            Some((Obstacle::Pipeline, "dash, bash, busybox")),
        ),
        (
            "serve; echo ended",
            Some((Obstacle::List, "dash, bash, busybox")),
        ),
        (
            "cd /app && npm start",
            Some((Obstacle::PackageManager, "dash, bash, busybox")),
        ),
        ("migrate; exec serve", None),
    ] {
        let found = judged("example.com/app:1", &["/bin/sh", "-c", "--", script], &[]);
        let found = found.map(|found| (found.obstacle, found.staying.join(", ")));
        let expected = expected.map(|(obstacle, staying)| (obstacle, staying.to_owned()));
        assert_eq!(found, expected, "{script}");
    }
}

#[test]
fn package_managers() {
    for command in [
        &["npm", "start"][..],
        &["yarn", "start"],
        &["/usr/bin/npm", "run", "serve"],
        &["npm", "--prefix", "/app", "start"],
        &["pnpm", "start"],
        &["bun", "run", "start"],
    ] {
        let found = judged("node", command, &[]).map(|found| found.obstacle);
        assert_eq!(found, Some(Obstacle::PackageManager), "{command:?}");
    }
    assert_eq!(judged("node", &["npm", "ci"], &[]), None);
    assert_eq!(judged("bun", &["bun", "run", "src/server.ts"], &[]), None);
    assert_eq!(judged("node", &["node", "start"], &[]), None);
}

#[test]
fn a_script_that_only_waits_is_no_application() {
    for script in [
        "sleep infinity",
        "echo ready && sleep 86400",
        "while true; do date; sleep 5; done",
        "while true; do ping localhost; sleep 60;done",
        "while true; do echo calling; curl -s http://echo-service; sleep 5; done;",
        "sleep 10; touch /data/i; while true; do date >> /data/i; sleep 1; done",
        "tail -f /dev/null",
    ] {
        assert_eq!(obstacle("sh", "debian", script), None, "{script}");
    }
    assert_eq!(
        obstacle("sh", "debian", "tail -f /var/log/app"),
        Some(Obstacle::SingleCommand)
    );
}

#[test]
fn a_package_manager_that_takes_the_place_of_its_shell_is_named() {
    let found = judged("node:20-alpine", &["sh", "-c", "npm ci && npm start"], &[]);
    assert_eq!(
        found.map(|found| found.to_string()).as_deref(),
        Some("npm stays PID 1 and starts it")
    );
}
