//! How SIGTERM comes to the application.

use super::hook::is_read;
use crate::kube::Workload;
use crate::lifecycle::signal::{Obstacle, Unforwarded};

/// What to do about a process that keeps SIGTERM from the application.
pub(super) fn help(workload: Workload<'_>, found: &Unforwarded, is_sleeping: bool) -> String {
    let process = &found.process;
    let read = found.tees_into.as_deref();
    let read = read.filter(|file| is_read(workload, file));
    match found.obstacle {
        Obstacle::SingleCommand if found.last.is_some() && !found.is_alone => of_last(found),
        Obstacle::SingleCommand => format!(
            "put `exec` before the command, or leave the shell out{}",
            of_script(found)
        ),
        Obstacle::List => of_last(found),
        Obstacle::Loop if !is_sleeping => "trap the signal, as in: trap 'exit 0' TERM; and let the loop run its \
                                          program with `&` and then `wait $!`, which a signal interrupts"
            .to_owned(),
        Obstacle::Loop => "trap the signal, as in: trap 'exit 0' TERM; and let the loop wait with \
                           `sleep 5 & wait $!`, which a signal interrupts"
            .to_owned(),
        Obstacle::Pipeline if let Some(file) = read => {
            let how = if process == "bash" {
                format!("exec <application> > >(tee {file}) 2>&1")
            } else {
                format!("exec <application> > {file} 2>&1")
            };
            format!(
                "start the application with `exec` and keep {file}, which a probe or hook reads: {how}"
            )
        }
        Obstacle::Pipeline => {
            "start the application with `exec` and without the pipe: what it writes \
                               to stdout is collected anyway"
                .to_owned()
        }
        Obstacle::Background => {
            "give each process a container of its own; or pass the signal on, as in: app & pid=$!; \
             trap 'kill -TERM $pid' TERM; wait $pid; wait $pid"
                .to_owned()
        }
        Obstacle::PackageManager if !found.is_alone => format!(
            "in the script, write `exec` and what the package script runs in place of the last command, `{process} …`"
        ),
        Obstacle::PackageManager => format!(
            "start what the package script runs without {process} in between, as in: command: \
             [<runtime>, <script>]"
        ),
    }
}

/// How the last command takes the place of the shell.
fn of_last(found: &Unforwarded) -> String {
    let Some(last) = &found.last else {
        return "make the application the last command of the script, with `exec` before it"
            .to_owned();
    };
    let name = last.rsplit('/').next().unwrap_or(last);
    // util-linux's login-utils/su-common.c: the parent waits, and between the two signals are two seconds.
    if matches!(name, "su" | "runuser") {
        return format!(
            "write `exec` and `setpriv` or `gosu` in place of `{name}`, so that the application takes the place of the \
             shell: {name} of util-linux stays, and sends SIGKILL 2s after SIGTERM"
        );
    }
    format!(
        "put `exec` before `{last}`, the last command, which has to be the application{}",
        of_script(found)
    )
}

/// What is left to do where a script of the image is started.
fn of_script(found: &Unforwarded) -> &'static str {
    if ends_in_script(found) {
        "; that script has to start the application with `exec` as well"
    } else {
        ""
    }
}

/// Whether the last command is a script of the image, by its name: its shell is in the way as well.
pub(super) fn ends_in_script(found: &Unforwarded) -> bool {
    let is_script = |name: &String| {
        let extension = name.rsplit_once('.').map(|(_, extension)| extension);
        matches!(extension, Some("sh" | "bash"))
    };
    found.last.as_ref().is_some_and(is_script)
}
