use k8s_openapi::api::core::v1::{HTTPGetAction, SleepAction, TCPSocketAction};
use proptest::prelude::*;

use super::*;

fn exec(words: &[&str]) -> LifecycleHandler {
    LifecycleHandler {
        exec: Some(ExecAction {
            command: Some(words.iter().map(|&word| word.to_owned()).collect()),
        }),
        ..LifecycleHandler::default()
    }
}

fn delay(words: &[&str]) -> Prestop {
    Prestop::of(Some(&exec(words)))
}

fn script(text: &str) -> Prestop {
    delay(&["/bin/sh", "-c", text])
}

fn known(millis: u64) -> Prestop {
    Prestop::Known(Duration::from_millis(millis), Hook::ExecSleep)
}

fn at_least(millis: u64) -> Prestop {
    Prestop::AtLeast(Duration::from_millis(millis), Hook::ExecSleep)
}

const UNKNOWN: Prestop = Prestop::Unknown(Hook::Exec);

#[test]
fn native_hooks() {
    let sleep = |seconds| {
        Prestop::of(Some(&LifecycleHandler {
            sleep: Some(SleepAction { seconds }),
            ..LifecycleHandler::default()
        }))
    };
    assert_eq!(
        sleep(15),
        Prestop::Known(Duration::from_secs(15), Hook::NativeSleep)
    );
    assert_eq!(sleep(-1), Prestop::Unknown(Hook::NativeSleep));
    let http = LifecycleHandler {
        http_get: Some(HTTPGetAction::default()),
        ..LifecycleHandler::default()
    };
    assert_eq!(Prestop::of(Some(&http)), Prestop::Unknown(Hook::HttpGet));
    let tcp = LifecycleHandler {
        tcp_socket: Some(TCPSocketAction::default()),
        ..LifecycleHandler::default()
    };
    assert_eq!(Prestop::of(Some(&tcp)), Prestop::Unknown(Hook::TcpSocket));
    let none = LifecycleHandler::default();
    assert_eq!(Prestop::of(Some(&none)), Prestop::Unknown(Hook::Invalid));
    assert_eq!(Prestop::of(None), Prestop::Absent);
}

#[test]
fn argument_vectors() {
    assert_eq!(delay(&["sleep", "15"]), known(15_000));
    assert_eq!(delay(&["/bin/sleep", "15s"]), known(15_000));
    assert_eq!(delay(&["/usr/bin/env", "sleep", "1", "2"]), known(3_000));
    assert_eq!(delay(&["busybox", "sleep", "5"]), known(5_000));
    assert_eq!(delay(&["sleep"]), UNKNOWN);
    assert_eq!(delay(&["sleep 15"]), UNKNOWN);
    assert_eq!(delay(&["sleep", "$(DELAY)"]), UNKNOWN);
    assert_eq!(delay(&["sh", "-c", "sleep", "15"]), UNKNOWN);
    assert_eq!(delay(&["/drain.sh"]), UNKNOWN);
    assert_eq!(
        delay(&["python", "-c", "import time; time.sleep(5)"]),
        UNKNOWN
    );
    assert_eq!(delay(&[]), UNKNOWN);
}

#[test]
fn only_sleeps_are_exact() {
    for (text, millis) in [
        ("sleep 15", 15_000),
        ("  sleep 15 ;", 15_000),
        ("/bin/sleep 0.5m", 30_000),
        ("sleep 1.5", 1_500),
        ("sleep .25s", 250),
        ("sleep 1m 30s", 90_000),
        ("sleep 1h", 3_600_000),
        ("sleep 1d", 86_400_000),
        ("sleep '15'", 15_000),
        ("sleep \"15\"", 15_000),
        ("sleep 5; sleep 10", 15_000),
        ("sleep 5 && sleep 10", 15_000),
        ("sleep 5\nsleep 10\n", 15_000),
        ("sleep 5 || sleep 10", 5_000),
        ("exec sleep 15", 15_000),
        ("sleep 15; exit 0; sleep 20", 15_000),
        ("sleep 15 >/dev/null 2>&1", 15_000),
        ("echo draining; sleep 15 # then stop", 15_000),
        ("set -e\nexport A=1\nsleep 15", 15_000),
        ("( sleep 5; sleep 10 )", 15_000),
        ("{ sleep 5; }; sleep 10", 15_000),
        ("bash -c 'sleep 5; sleep 10'", 15_000),
        ("sleep 5 \\\n 10", 15_000),
        ("A=1 sleep 15", 15_000),
    ] {
        assert_eq!(script(text), known(millis), "{text}");
    }
}

#[test]
fn sleeps_next_to_other_commands_are_a_lower_bound() {
    for (text, millis) in [
        ("sleep 15; nginx -s quit", 15_000),
        ("sleep 15 && /usr/sbin/nginx -s quit", 15_000),
        ("touch /tmp/drain && sleep 15", 15_000),
        ("wget -q localhost/drain || true; sleep 10", 10_000),
        ("sleep 5; if [ -f /a ]; then kill 1; fi", 5_000),
        ("sleep 5; while pgrep nginx; do :; done", 5_000),
        ("kill -TERM 1 & sleep 5", 5_000),
        ("sleep 5 | cat", 5_000),
        ("echo $HOSTNAME > /a; $CMD; sleep 5", 5_000),
        ("bash -c 'sleep 5; drain'", 5_000),
        ("nginx -s quit; exec sleep 5; sleep 9", 5_000),
    ] {
        assert_eq!(script(text), at_least(millis), "{text}");
    }
}

#[test]
fn images_without_a_shell() {
    let missing = |words: &[&str], image| {
        let hook = exec(words).exec.unwrap_or_default();
        program_not_in_image(&hook, image).map(str::to_owned)
    };
    for image in [
        "gcr.io/distroless/static-debian12",
        "gcr.io/distroless/base:nonroot",
        "cgr.dev/chainguard/nginx:latest",
        "scratch",
        "registry:5000/team/app:1.2-static",
        "team/app-static@sha256:abc",
    ] {
        let found = missing(&["/bin/sh", "-c", "sleep 5"], image);
        assert_eq!(found.as_deref(), Some("/bin/sh"), "{image}");
        assert_eq!(missing(&["sleep", "5"], image).as_deref(), Some("sleep"));
        assert_eq!(missing(&["/app/drain"], image), None, "{image}");
        assert_eq!(missing(&["drain"], image), None, "{image}");
        assert_eq!(missing(&[], image), None, "{image}");
    }
    for image in [
        "gcr.io/distroless/base:debug",
        "gcr.io/distroless/base:debug-nonroot",
        "cgr.dev/chainguard/nginx:latest-dev",
        "nginx:1.27",
        "team/static-site:1.0",
        "team/scratchpad",
    ] {
        assert_eq!(missing(&["sleep", "5"], image), None, "{image}");
    }
}

#[test]
fn what_the_text_does_not_decide_is_unknown() {
    for text in [
        "sleep $DELAY",
        "sleep ${DELAY:-15}",
        "sleep $(cat /delay)",
        "sleep `cat /delay`",
        "sleep {{ .Values.delay }}",
        "sleep <seconds>",
        "sleep infinity",
        "sleep inf",
        "sleep -5",
        "sleep 5x",
        "sleep",
        "sleep 15 &",
        "sleep 5; sleep 15 & wait",
        "while true; do sleep 1; done",
        "sleep 5; for i in 1 2; do sleep 1; done",
        "until ! pgrep nginx; do sleep 1; done",
        "if [ -f /a ]; then sleep 5; fi",
        "[ -f /a ] && sleep 5",
        "[ -f /a ] && drain && sleep 5",
        "drain || sleep 5",
        "[ -f /a ] || exit 0; sleep 5",
        "f() { sleep 5; }; f",
        "sleep 1 | sleep 2",
        "sh -c \"sleep $DELAY\"",
        "cat <<EOF\nsleep 5\nEOF",
        "sleep 'unclosed",
        "nginx -s quit",
        "/drain.sh sleep 5",
        "",
        "sleep 99999999999999999999",
    ] {
        assert_eq!(script(text), UNKNOWN, "{text}");
    }
}

/// A generated shell command and what is known of it.
#[derive(Clone, Debug, Default)]
struct Piece {
    text: String,
    /// What it sleeps in milliseconds, where it sleeps at all.
    millis: Option<u64>,
    /// It does something else that takes time.
    other: bool,
}

fn operand() -> impl Strategy<Value = (String, u64)> {
    (0_u64..500, 0_u64..1000, 0_usize..5, any::<bool>()).prop_map(
        |(whole, thousandths, unit, fraction)| {
            let (suffix, factor) =
                [("", 1), ("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400)][unit];
            if fraction {
                let text = format!("{whole}.{thousandths:03}{suffix}");
                (text, (whole * 1000 + thousandths) * factor)
            } else {
                (format!("{whole}{suffix}"), whole * 1000 * factor)
            }
        },
    )
}

fn sleep() -> impl Strategy<Value = Piece> {
    (
        prop_oneof![
            Just("sleep"),
            Just("/bin/sleep"),
            Just("exec_later=1 sleep"),
            Just("command sleep")
        ],
        prop::collection::vec((operand(), 0_usize..3), 1..4),
        prop_oneof![Just(""), Just(" >/dev/null"), Just(" 2>&1")],
    )
        .prop_map(|(program, operands, redirect)| {
            let mut text = program.to_owned();
            let mut millis = 0;
            for ((operand, value), quote) in operands {
                let quote = ["", "'", "\""][quote];
                text.extend([" ", quote, &operand, quote]);
                millis += value;
            }
            Piece {
                text: text + redirect,
                millis: Some(millis),
                other: false,
            }
        })
}

fn piece() -> impl Strategy<Value = Piece> {
    let silent = |text: &'static str, other| {
        Just(Piece {
            text: text.to_owned(),
            millis: None,
            other,
        })
    };
    prop_oneof![
        5 => sleep(),
        1 => silent("echo 'sleep 100; sleep'", false),
        1 => silent("true", false),
        1 => silent("nginx -s quit", true),
        1 => silent("curl -X POST \"localhost:8080/drain?sleep=9\"", true),
        1 => silent("kill -TERM \"$(cat /run/app.pid)\"", true),
    ]
}

fn joined() -> impl Strategy<Value = Piece> {
    let flat = prop::collection::vec((piece(), 0_usize..5), 1..6).prop_map(join);
    let wrapped = (flat, 0_usize..3).prop_map(|(inner, form)| Piece {
        text: match form {
            0 => inner.text,
            1 => format!("( {} )", inner.text),
            _ => format!("{{ {}\n}}", inner.text),
        },
        ..inner
    });
    prop::collection::vec((wrapped, 0_usize..5), 1..3).prop_map(join)
}

fn join(pieces: Vec<(Piece, usize)>) -> Piece {
    let mut whole = Piece::default();
    for (index, (piece, joint)) in pieces.into_iter().enumerate() {
        if index > 0 {
            whole.text += ["; ", " && ", "\n", " # sleep 7\n", " \\\n; "][joint];
        }
        whole.text += &piece.text;
        if let Some(millis) = piece.millis {
            *whole.millis.get_or_insert(0) += millis;
        }
        whole.other |= piece.other;
    }
    whole
}

proptest! {
    #[test]
    fn generated_scripts_sum_up(whole in joined()) {
        let expected = match (whole.millis, whole.other) {
            (None, _) => UNKNOWN,
            (Some(millis), true) => at_least(millis),
            (Some(millis), false) => known(millis),
        };
        prop_assert_eq!(script(&whole.text), expected);
    }

    #[test]
    fn any_script_is_read_without_panic(text in "(sleep|exit|[0-9]|s|;|&|&&|\\|\\||\n| |'|\"|\\$|\\(|\\)|\\{|\\}|if|fi|exec){0,30}") {
        let _ = script(&text);
    }
}
