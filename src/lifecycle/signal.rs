//! Whether SIGTERM reaches the application: a container's first process gets the signal, and a
//! shell that waits for a child does not pass it on.

use std::fmt;

use k8s_openapi::api::core::v1::{Container, PodSpec};

use super::declared::{ArgumentField, argv};
use super::shell::{self, Command, Compound, Family, Script, Word};

/// What stays between the signal and the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// A shell that runs a list or a branch.
    List,
    /// A shell that runs a loop.
    Loop,
    /// A shell that waits for a pipeline.
    Pipeline,
    /// A shell that has sent something to the background.
    Background,
    /// A shell that forks though it runs one command only.
    SingleCommand,
    /// npm, pnpm, yarn or bun.
    PackageManager,
}

/// A process that keeps SIGTERM from the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unforwarded {
    /// Why.
    pub obstacle: Obstacle,
    /// What `/bin/sh` may be in this image: shells that stay and wait, ...
    pub staying: Vec<&'static str>,
    /// ... and shells that become the application, so that nothing is wrong.
    pub becoming: Vec<&'static str>,
    /// The process that gets the signal: a shell, or a package manager.
    pub process: String,
    /// The list in which the script (or the package manager) stands.
    pub field: ArgumentField,
    /// Its index there.
    pub index: usize,
    /// The file into which a `tee` at the end of the pipeline writes.
    pub tees_into: Option<String>,
    /// The program that the script runs last, where the shell waits for it.
    pub last: Option<String>,
    /// Whether the script has nothing but that program and its arguments.
    pub is_alone: bool,
}

/// `sh stays PID 1 and waits for a pipeline`
impl fmt::Display for Unforwarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let process = &self.process;
        match self.obstacle {
            Obstacle::List => write!(f, "{process} stays PID 1 and runs a list"),
            Obstacle::Loop => write!(f, "{process} stays PID 1 and runs a loop"),
            Obstacle::Pipeline => write!(f, "{process} stays PID 1 and waits for a pipeline"),
            Obstacle::Background => write!(f, "{process} stays PID 1 next to a background job"),
            Obstacle::SingleCommand => write!(f, "{process} stays PID 1 and waits for it"),
            Obstacle::PackageManager => write!(f, "{process} stays PID 1 and starts it"),
        }
    }
}

/// What keeps SIGTERM from the application of a container. `None` also where that cannot be told:
/// without `command` the image decides who is PID 1.
pub fn unforwarded(pod: &PodSpec, container: &Container) -> Option<Unforwarded> {
    if pod.share_process_namespace == Some(true)
        || container.command.iter().flatten().count() == 0
        || is_signalled_by_hook(container)
    {
        return None;
    }
    let argv = argv(container);
    let texts: Vec<&str> = argv.iter().map(|argument| argument.text).collect();
    let (skipped, rest) = shell::without_wrappers(&texts);
    if texts.iter().take(skipped).any(|word| shell::is_init(word)) {
        return None;
    }
    let Some(invocation) = shell::invocation(&texts) else {
        let manager = package_manager(rest)?;
        let argument = argv.get(skipped)?;
        return Some(Unforwarded {
            obstacle: Obstacle::PackageManager,
            staying: Vec::new(),
            becoming: Vec::new(),
            process: manager.to_owned(),
            field: argument.field,
            index: argument.index,
            tees_into: None,
            last: None,
            is_alone: true,
        });
    };
    let text = invocation.script;
    let script = Script::parse(text).ok()?;
    let families = Family::candidates(invocation.shell, container.image.as_deref());
    let judged: Vec<_> = families
        .iter()
        .map(|family| (*family, in_script(&script, text, *family)))
        .collect();
    let names = |stays: bool| {
        let alike = judged.iter().filter(|(_, found)| found.is_some() == stays);
        alike.map(|(family, _)| family.name()).collect()
    };
    // Where every family stays, what stands the least in the way is sure.
    let found = judged.iter().filter_map(|(_, found)| found.clone());
    let (obstacle, manager) = found.min_by_key(|(obstacle, _)| match obstacle {
        Obstacle::PackageManager => 0,
        Obstacle::SingleCommand => 1,
        _ => 2,
    })?;
    let argument = argv.get(invocation.script_index)?;
    Some(Unforwarded {
        obstacle,
        staying: names(true),
        becoming: names(false),
        process: manager.unwrap_or_else(|| invocation.shell.to_owned()),
        field: argument.field,
        index: argument.index,
        tees_into: tee_file(&script),
        last: last_program(&script),
        is_alone: is_alone(&script),
    })
}

/// The program that a script runs last, unless the shell itself is that or does not wait for it.
fn last_program(script: &Script) -> Option<String> {
    let last = script.items.last()?;
    let [Command::Simple { words, .. }] = last.pipeline.as_slice() else {
        return None;
    };
    let program = shell::program(words).0.first()?.constant_text()?;
    let is_waited_for = !last.background && !shell::is_builtin(program);
    is_waited_for.then(|| program.to_owned())
}

/// Whether a script is one program with its arguments: no other command, variable or redirection that the
/// program would miss without the shell.
fn is_alone(script: &Script) -> bool {
    let [only] = script.items.as_slice() else {
        return false;
    };
    let [Command::Simple { words, redirected }] = only.pipeline.as_slice() else {
        return false;
    };
    !redirected && shell::program(words).0.len() == words.len()
}

/// The file that the last command of a script's last pipeline writes as `tee`.
fn tee_file(script: &Script) -> Option<String> {
    let last = script.items.last()?.pipeline.last()?;
    let Command::Simple { words, .. } = last else {
        return None;
    };
    let (program, _) = shell::program(words);
    let mut texts = program.iter().filter_map(Word::constant_text);
    if shell::base_name(texts.next()?) != "tee" {
        return None;
    }
    texts.find(|text| !text.starts_with('-')).map(str::to_owned)
}

/// Whether a container only waits, so that there is nothing to shut down: the `pause` image, `sleep`,
/// `tail -f /dev/null`, or a script of nothing else.
pub fn only_waits(container: &Container) -> bool {
    let image = container.image.as_deref().unwrap_or_default();
    let name = shell::base_name(image);
    let name = name.split(['@', ':']).next().unwrap_or_default();
    if name == "pause" || name.starts_with("pause-") {
        return true;
    }
    let argv = argv(container);
    let texts: Vec<&str> = argv.iter().map(|argument| argument.text).collect();
    if container.command.iter().flatten().count() == 0 {
        return false;
    }
    if let Some(invocation) = shell::invocation(&texts) {
        let script = Script::parse(invocation.script);
        return script.is_ok_and(|script| !script.items.is_empty() && is_idle(&script));
    }
    match shell::without_wrappers(&texts).1 {
        [program, rest @ ..] => match shell::base_name(program) {
            "sleep" | "pause" => true,
            "tail" => rest.contains(&"/dev/null"),
            _ => false,
        },
        [] => false,
    }
}

/// Whether the preStop hook itself sends a signal: the usual way around a shell that is PID 1.
fn is_signalled_by_hook(container: &Container) -> bool {
    let lifecycle = container.lifecycle.as_ref();
    let hook = lifecycle.and_then(|lifecycle| lifecycle.pre_stop.as_ref());
    let exec = hook.and_then(|hook| hook.exec.as_ref());
    let command = exec.and_then(|exec| exec.command.as_deref());
    shell::commands(command.unwrap_or_default())
        .iter()
        .filter_map(|words| words.first())
        .any(|program| matches!(shell::base_name(program), "kill" | "pkill" | "killall"))
}

/// The obstacle, and the package manager where it is one.
fn in_script(script: &Script, text: &str, family: Family) -> Option<(Obstacle, Option<String>)> {
    if is_idle(script) || is_handed_over(script) {
        return None;
    }
    let is_definition = |command: &Command| {
        matches!(
            command,
            Command::Compound {
                kind: Compound::Function,
                ..
            }
        )
    };
    let items: Vec<_> = script
        .items
        .iter()
        .filter(|item| !item.pipeline.iter().all(is_definition))
        .collect();
    let last = items.last()?;
    if items.iter().any(|item| item.background) {
        return Some((Obstacle::Background, None));
    }
    let [command] = last.pipeline.as_slice() else {
        return Some((Obstacle::Pipeline, None));
    };
    if last.negated || family.waits_for(command, text) {
        let obstacle = match command {
            Command::Compound {
                kind: Compound::Loop,
                ..
            } => Obstacle::Loop,
            Command::Simple { .. } if items.len() == 1 => Obstacle::SingleCommand,
            _ => Obstacle::List,
        };
        return Some((obstacle, None));
    }
    let Command::Simple { words, .. } = command else {
        return None;
    };
    let (program, _) = shell::program(words);
    let texts: Vec<&str> = program.iter().map(|word| word.text.as_str()).collect();
    // The application is one of the commands before, and a child of the shell.
    if texts.first().is_none_or(|first| shell::is_builtin(first)) {
        return Some((Obstacle::List, None));
    }
    let manager = package_manager(&texts)?;
    Some((Obstacle::PackageManager, Some(manager.to_owned())))
}

/// Whether a script only waits or asks others, so that there is no application to stop: a container that is
/// there to be looked into, to write the time, or to send requests.
fn is_idle(script: &Script) -> bool {
    let waits = |words: &[Word]| {
        let (program, _) = shell::program(words);
        let mut texts = program.iter().map(|word| word.text.as_str());
        match texts.next().map(shell::base_name) {
            Some("tail") => texts.any(|text| text == "/dev/null"),
            Some(name) => matches!(
                name,
                "sleep"
                    | "echo"
                    | "printf"
                    | "date"
                    | "hostname"
                    | "true"
                    | ":"
                    | "["
                    | "test"
                    | "touch"
                    | "ping"
                    | "curl"
                    | "wget"
            ),
            None => true,
        }
    };
    script.simple_commands().iter().all(|words| waits(words))
}

/// Whether the script passes signals on somewhere. A subshell, which each part of a pipeline is,
/// replaces itself only.
fn is_handed_over(script: &Script) -> bool {
    let own_process = script
        .items
        .iter()
        .filter(|item| !item.background && item.pipeline.len() == 1);
    own_process
        .flat_map(|item| &item.pipeline)
        .any(|command| match command {
            Command::Simple { words, .. } => hands_over(words),
            Command::Compound {
                kind: Compound::Subshell,
                ..
            } => false,
            Command::Compound { body, .. } => is_handed_over(body),
        })
}

/// Whether a command passes signals on: `exec` of a program, a `trap`, an init process.
fn hands_over(words: &[Word]) -> bool {
    let (program, exec) = shell::program(words);
    program.first().is_some_and(|first| {
        exec || first.text == "trap" || (first.constant_text().is_some_and(shell::is_init))
    })
}

/// A package manager that starts a script of the package, behind its options.
fn package_manager<'a>(argv: &[&'a str]) -> Option<&'a str> {
    let (program, arguments) = argv.split_first()?;
    let manager = shell::base_name(program);
    let starts = |word: &&str| matches!(*word, "start" | "run" | "run-script");
    let started = arguments.iter().position(starts)?;
    // `bun run server.ts` is the JavaScript runtime itself.
    let is_file = |word: &&str| word.contains(['.', '/']);
    match manager {
        "npm" | "pnpm" | "yarn" => Some(manager),
        "bun" => {
            let mut script = arguments.iter().skip(started + 1);
            let script = script.find(|word| !word.starts_with('-'));
            (!script.is_some_and(is_file)).then_some(manager)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
