//! What a program may do: nothing that rendering does not need.
//!
//! The files that are rendered are not trusted, so neither is the program that reads them. A view of
//! these files and an environment of its own keep it apart everywhere. Where the binary stands for
//! itself it is also started through the binary ([`trampoline`]), which gives up rights before it
//! becomes the program: safe Rust cannot do that between a fork and the program's start.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::OnceLock;
use std::time::Duration;

use super::view::Places;

/// The first argument of the binary that stands between it and a program.
const CONFINED: &str = "__confined";
/// What the trampoline ends with where the program cannot be started, as shells do.
const NOT_STARTED: u8 = 127;
/// How much memory a program may have for its data.
pub(super) const MEMORY: u64 = 2 << 30;
/// Nothing listens there: a program that goes by this proxy gets nowhere.
const DEAD_PROXY: &str = "http://127.0.0.1:1";

static BINARY: OnceLock<PathBuf> = OnceLock::new();

/// Starts programs confined by this binary, which must call [`trampoline`] before anything else.
pub fn confine_with(binary: PathBuf) {
    // The first one stays.
    let _ = BINARY.set(binary);
}

/// A command line of the binary that is not the user's but the one that [`confine_with`] asks for:
/// gives up rights and becomes the program. `None` for every other command line.
pub fn trampoline(arguments: &[OsString]) -> Option<ExitCode> {
    let [
        _,
        first,
        parent,
        home,
        view,
        work,
        seconds,
        program,
        rest @ ..,
    ] = arguments
    else {
        return None;
    };
    if first != CONFINED {
        return None;
    }
    let bounds = Bounds {
        parent: parent.to_str()?.parse().ok()?,
        home: Path::new(home),
        readable: [Path::new(view), Path::new(work)],
        cpu: Duration::from_secs(seconds.to_str()?.parse().ok()?),
        program: Path::new(program),
    };
    let error = bounds.become_program(rest);
    eprintln!("it cannot be started: {error}");
    Some(ExitCode::from(NOT_STARTED))
}

/// The command that runs a program in its places for at most about this time.
pub(super) fn command(program: &Path, places: &Places, timeout: Duration) -> Command {
    let mut command = match BINARY.get().filter(|_| cfg!(unix)) {
        None => Command::new(program),
        Some(binary) => {
            let threads = std::thread::available_parallelism().map_or(1, usize::from);
            let seconds = (timeout.as_secs() + 1).saturating_mul(threads as u64);
            let mut command = Command::new(binary);
            command
                .arg(CONFINED)
                .arg(std::process::id().to_string())
                .args([places.home(), places.view(), places.work()])
                .arg(seconds.to_string())
                .arg(program);
            command
        }
    };
    set_environment(&mut command, &places.home());
    command
}

/// The same files have to give the same text on every machine, and the user's variables hold secrets.
fn set_environment(command: &mut Command, home: &Path) {
    command.env_clear();
    // Without it no program finds the libraries of the system.
    if let Some(root) = std::env::var_os("SystemRoot").filter(|_| cfg!(windows)) {
        command.env("SystemRoot", root);
    }
    for name in ["http_proxy", "https_proxy", "all_proxy"] {
        command.env(name, DEAD_PROXY);
        command.env(name.to_ascii_uppercase(), DEAD_PROXY);
    }
    for name in ["HOME", "USERPROFILE", "TMPDIR", "TMP", "TEMP"] {
        command.env(name, home);
    }
    let folders = [
        ("XDG_CACHE_HOME", "cache"),
        ("XDG_CONFIG_HOME", "config"),
        ("XDG_DATA_HOME", "data"),
        ("XDG_STATE_HOME", "state"),
        ("XDG_RUNTIME_DIR", "run"),
        ("KUBECONFIG", "kubeconfig"),
        ("KUSTOMIZE_PLUGIN_HOME", "plugins"),
        ("HELM_PLUGINS", "plugins"),
        ("HELM_CACHE_HOME", "cache"),
        ("HELM_CONFIG_HOME", "config"),
        ("HELM_DATA_HOME", "data"),
    ];
    for (name, folder) in folders {
        command.env(name, home.join(folder));
    }
    command.env("PATH", "").env("LC_ALL", "C");
    // The first line of a crash is enough.
    command.env("GOTRACEBACK", "none");
    // Otherwise the C library reserves address space for every core.
    command.env("MALLOC_ARENA_MAX", "2");
}

/// What a program may do.
#[cfg_attr(
    not(target_os = "linux"),
    allow(dead_code, reason = "Landlock is Linux")
)]
struct Bounds<'a> {
    /// The process that waits for it, and without which it must not go on.
    parent: i32,
    /// All that may be written to.
    home: &'a Path,
    /// All that may be read besides, of the user's files.
    readable: [&'a Path; 2],
    /// Over all threads.
    cpu: Duration,
    program: &'a Path,
}

#[cfg(unix)]
impl Bounds<'_> {
    /// Comes back only where the program cannot be started.
    fn become_program(&self, arguments: &[OsString]) -> std::io::Error {
        use std::os::unix::process::CommandExt;
        self.set_limits();
        #[cfg(target_os = "linux")]
        if let Err(error) = linux::give_up_rights(self) {
            return error;
        }
        // The kernel forgets this with every change of rights, so it comes last.
        #[cfg(target_os = "linux")]
        if let Err(error) =
            rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))
        {
            return error.into();
        }
        // The parent may have ended before the kernel was asked to look at it.
        let parent = rustix::process::getppid().map(rustix::process::Pid::as_raw_nonzero);
        if parent.map(std::num::NonZero::get) != Some(self.parent) {
            return std::io::Error::other("the process that started it has ended");
        }
        Command::new(self.program).args(arguments).exec()
    }

    /// As far as the system has them.
    fn set_limits(&self) {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        const MAX_FILE: u64 = 64 << 20;
        const MAX_OPEN: u64 = 1024;
        let limits = [
            #[cfg(target_os = "linux")]
            (Resource::Data, MEMORY),
            // Programs in Go reserve more than they use, the more the more cores there are.
            #[cfg(target_os = "linux")]
            (Resource::As, 16 << 30),
            (Resource::Cpu, self.cpu.as_secs()),
            (Resource::Fsize, MAX_FILE),
            (Resource::Nofile, MAX_OPEN),
            (Resource::Core, 0),
        ];
        for (resource, most) in limits {
            let now = getrlimit(resource).maximum;
            let most = Some(now.map_or(most, |now| now.min(most)));
            let limit = Rlimit {
                current: most,
                maximum: most,
            };
            // Lowering is always allowed.
            let _ = setrlimit(resource, limit);
        }
    }
}

#[cfg(not(unix))]
impl Bounds<'_> {
    fn become_program(&self, _: &[OsString]) -> std::io::Error {
        std::io::Error::from(std::io::ErrorKind::Unsupported)
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::io;
    use std::path::{Path, PathBuf};

    use landlock::{
        ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, Ruleset, RulesetAttr,
        RulesetCreatedAttr, Scope, path_beneath_rules,
    };
    use nix::sched::{CloneFlags, unshare};

    use super::super::interpreter::{Needs, needs};
    use super::Bounds;

    /// What is newer than the kernel is left out.
    const NEWEST: ABI = ABI::V10;
    /// Shells write there, and programs in Go read random numbers and time zones.
    const DEVICES: [&str; 2] = ["/dev/null", "/dev/zero"];
    const SYSTEM: [&str; 4] = [
        "/dev/random",
        "/dev/urandom",
        "/usr/share/zoneinfo",
        "/usr/lib/zoneinfo",
    ];

    pub(super) fn give_up_rights(bounds: &Bounds<'_>) -> io::Result<()> {
        // Not every system allows it; Landlock knows of connections, too.
        if unshare(CloneFlags::CLONE_NEWNET).is_err() {
            let _ = unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNET);
        }
        let needs = needs(bounds.program);
        restrict(bounds, &needs).map_err(io::Error::other)
    }

    /// Where the kernel has no Landlock, nothing happens.
    fn restrict(bounds: &Bounds<'_>, needs: &Needs) -> Result<(), landlock::RulesetError> {
        let read: BitFlags<AccessFs> = AccessFs::ReadFile | AccessFs::ReadDir;
        let execute = AccessFs::ReadFile | AccessFs::Execute;
        let write = AccessFs::from_all(NEWEST) & !AccessFs::Execute;
        let system = SYSTEM.iter().map(Path::new);
        let libraries = needs.libraries.iter().map(PathBuf::as_path);
        let readable = bounds.readable.into_iter().chain(system).chain(libraries);
        let writable = AccessFs::ReadFile | AccessFs::WriteFile;
        Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(NEWEST))?
            .handle_access(AccessNet::from_all(NEWEST))?
            .scope(Scope::from_all(NEWEST))?
            .create()?
            .add_rules(path_beneath_rules(readable, read))?
            .add_rules(path_beneath_rules(&needs.programs, execute))?
            .add_rules(path_beneath_rules(DEVICES, writable))?
            .add_rules(path_beneath_rules([bounds.home], write))?
            .restrict_self()?;
        Ok(())
    }
}
