//! A preStop hook that stops the server instead of waiting.

use k8s_openapi::api::core::v1::ExecAction;

use super::shell::{self, Command, Script, Word};

/// The command by which a hook stops the server, with nothing before it that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quit {
    /// `nginx -s quit`
    pub command: String,
    /// The element of the hook's command that is a script; `None` where there is no shell.
    pub script: Option<usize>,
}

/// What an exec hook stops first. `None` also where something comes before that may wait: an own
/// script, a request, a sleep.
pub fn quit(exec: &ExecAction) -> Option<Quit> {
    let argv: Vec<&str> = exec.command.iter().flatten().map(String::as_str).collect();
    if let Some(invocation) = shell::invocation(&argv) {
        let script = Script::parse(invocation.script).ok()?;
        return Some(Quit {
            command: in_script(&script)?,
            script: Some(invocation.script_index),
        });
    }
    let (_, words) = shell::without_wrappers(&argv);
    stops(words).then(|| Quit {
        command: words.join(" "),
        script: None,
    })
}

fn in_script(script: &Script) -> Option<String> {
    for item in &script.items {
        let [Command::Simple { words, .. }] = item.pipeline.as_slice() else {
            return None;
        };
        if item.background {
            return None;
        }
        let (program, _) = shell::program(words);
        let texts: Vec<&str> = program.iter().map(|word| word.text.as_str()).collect();
        if stops(&texts) {
            return Some(texts.join(" "));
        }
        if !is_instant(program) {
            return None;
        }
    }
    None
}

/// Whether a command neither waits nor stops anything.
fn is_instant(program: &[Word]) -> bool {
    let first = program.first().and_then(Word::constant_text);
    match first.map(shell::base_name) {
        None => program.is_empty(),
        Some(name) => matches!(
            name,
            ":" | "true" | "echo" | "printf" | "set" | "export" | "cd" | "date" | "touch" | "rm"
        ),
    }
}

/// Whether a command makes a server close its listener: the servers' own commands, and signals by
/// which they end.
fn stops(words: &[&str]) -> bool {
    let Some((program, arguments)) = words.split_first() else {
        return false;
    };
    let has = |wanted: &[&str]| arguments.iter().any(|word| wanted.contains(word));
    match shell::base_name(program) {
        "nginx" | "openresty" | "tengine" => {
            let told = arguments.iter().position(|word| *word == "-s");
            let signal = told.and_then(|at| arguments.get(at + 1));
            matches!(signal, Some(&("quit" | "stop"))) || has(&["-squit", "-sstop"])
        }
        "kong" => matches!(arguments.first(), Some(&("quit" | "stop"))),
        "apachectl" | "apache2ctl" | "httpd" | "apache2" => has(&["graceful-stop", "stop"]),
        // Another process than the first may be no server.
        "kill" => is_ending(arguments) && arguments.last() == Some(&"1"),
        "pkill" | "killall" => is_ending(arguments) && !arguments.is_empty(),
        _ => false,
    }
}

/// Whether the signal that is sent ends a server, at once or in good order; TERM where none is named.
/// nginx and Apache httpd end in good order at WINCH.
fn is_ending(arguments: &[&str]) -> bool {
    let mut named = arguments.iter().enumerate().filter_map(|(at, word)| {
        let rest = word.strip_prefix('-')?;
        match rest {
            "s" | "-signal" => arguments.get(at + 1).copied(),
            _ => rest
                .strip_prefix("-signal=")
                .or_else(|| rest.strip_prefix("signal="))
                .or(Some(rest)),
        }
    });
    let Some(signal) = named.find(|signal| is_signal(signal)) else {
        // An option of another kind may be a signal of another spelling.
        return !arguments
            .iter()
            .any(|word| word.len() > 2 && word.starts_with('-') && !word.starts_with("--"));
    };
    let signal = signal.strip_prefix("SIG").unwrap_or(signal);
    matches!(
        signal,
        "TERM" | "QUIT" | "INT" | "WINCH" | "15" | "3" | "2" | "28"
    )
}

fn is_signal(text: &str) -> bool {
    let name = text.strip_prefix("SIG").unwrap_or(text);
    let is_number = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
    is_number
        || matches!(
            name,
            "TERM" | "QUIT" | "INT" | "WINCH" | "HUP" | "KILL" | "STOP" | "USR1" | "USR2" | "CONT"
        )
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::ExecAction;

    use super::quit;

    fn judged(command: &[&str]) -> Option<String> {
        let exec = ExecAction {
            command: Some(command.iter().map(|&text| text.to_owned()).collect()),
        };
        quit(&exec).map(|found| found.command)
    }

    #[test]
    fn servers_that_are_told_to_quit() {
        for command in [
            &["nginx", "-s", "quit"][..],
            &["/usr/sbin/nginx", "-c", "/a.conf", "-s", "stop"],
            &["openresty", "-s", "quit"],
            &["kong", "quit", "--timeout=20"],
            &["apachectl", "-k", "graceful-stop"],
            &["kill", "-QUIT", "1"],
            &["kill", "-s", "TERM", "1"],
            &["kill", "-SIGTERM", "1"],
            &["kill", "1"],
            &["pkill", "-QUIT", "php-fpm"],
            &["killall", "gunicorn"],
        ] {
            assert_eq!(judged(command), Some(command.join(" ")), "{command:?}");
        }
    }

    #[test]
    fn other_signals_and_commands_stop_nothing() {
        for command in [
            &["nginx", "-s", "reload"][..],
            &["kill", "-HUP", "1"],
            &["kill", "-9", "1"],
            &["kill", "-USR1", "1"],
            &["kill", "-TERM", "$CHILD"],
            &["kong", "health"],
            &["pkill", "-HUP", "nginx"],
            &["/drain.sh"],
            &["sleep", "15"],
        ] {
            assert_eq!(judged(command), None, "{command:?}");
        }
    }

    #[test]
    fn in_a_script_nothing_that_may_wait_comes_before() {
        for (script, stops) in [
            ("nginx -s quit", true),
            ("nginx -s quit; while pgrep nginx; do sleep 1; done", true),
            ("touch /tmp/draining && nginx -s quit", true),
            ("exec nginx -s quit", true),
            ("kill -QUIT $(cat /run/nginx.pid)", false),
            ("sleep 15; nginx -s quit", false),
            ("sleep 15 && nginx -s quit", false),
            ("/drain.sh; nginx -s quit", false),
            ("curl localhost/drain && nginx -s quit", false),
            ("if test -f /a; then nginx -s quit; fi", false),
            ("nginx -s quit &", false),
        ] {
            assert_eq!(
                judged(&["/bin/sh", "-c", script]).is_some(),
                stops,
                "{script}"
            );
        }
    }
}
