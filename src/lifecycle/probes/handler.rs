//! What a probe or hook asks, in a form that compares.

use std::fmt;
use std::time::Duration;

use k8s_openapi::api::core::v1::{ContainerPort, HTTPGetAction, Probe};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::client::{self, ExecClient};
use crate::lifecycle::shell;

/// A port after resolution by the container's own ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Port {
    /// 1 to 65535.
    Number(u16),
    /// A name that the container does not declare.
    Undeclared(String),
    /// A name that it declares with a number that cannot be read.
    Unknown(String),
}

/// The API server rejects the port.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// A number that is no port.
    #[error("port {0} is not between 1 and 65535")]
    OutOfRange(i32),
    /// A number in quotes, which is taken for a name.
    #[error("port \"{0}\" is a quoted number: a port name needs a letter, a port number no quotes")]
    QuotedNumber(String),
    /// Not an IANA service name.
    #[error(
        "port name {0:?} is not 1 to 15 lower-case letters, digits and single inner hyphens with at least one letter"
    )]
    InvalidName(String),
}

impl Port {
    /// Resolves a port by the ports of the container that owns the probe or hook; other
    /// containers' names do not count.
    ///
    /// # Errors
    /// The API server's reasons to reject it.
    pub fn resolve(port: &IntOrString, declared: &[ContainerPort]) -> Result<Self, PortError> {
        let name = match port {
            IntOrString::Int(number) => return number_in_range(*number).map(Self::Number),
            IntOrString::String(name) => name,
        };
        if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(PortError::QuotedNumber(name.clone()));
        }
        if !is_port_name(name) {
            return Err(PortError::InvalidName(name.clone()));
        }
        declared
            .iter()
            .find(|port| port.name.as_deref() == Some(name))
            .map_or_else(
                || Ok(Self::Undeclared(name.clone())),
                |port| match port.container_port {
                    // What cannot be read, a placeholder too, reads as the default.
                    0 => Ok(Self::Unknown(name.clone())),
                    number => number_in_range(number).map(Self::Number),
                },
            )
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Undeclared(name) | Self::Unknown(name) => name.fmt(f),
        }
    }
}

fn number_in_range(number: i32) -> Result<u16, PortError> {
    u16::try_from(number)
        .ok()
        .filter(|&number| number > 0)
        .ok_or(PortError::OutOfRange(number))
}

/// `IsValidPortName`: an IANA service name.
fn is_port_name(name: &str) -> bool {
    (1..=15).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && name.bytes().any(|byte| byte.is_ascii_lowercase())
        && !name.contains("--")
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// A probe's question, with defaults filled in: equal values ask the same thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Handler {
    /// A command inside the container.
    Exec {
        /// Never empty.
        command: Vec<String>,
    },
    /// An HTTP GET.
    HttpGet {
        /// Upper case.
        scheme: String,
        /// `None`: the pod's own address.
        host: Option<String>,
        /// Where.
        port: Port,
        /// Not empty, with its query.
        path: String,
        /// Names in lower case; sorted.
        headers: Vec<(String, String)>,
    },
    /// A connection.
    TcpSocket {
        /// `None`: the pod's own address.
        host: Option<String>,
        /// Where.
        port: Port,
    },
    /// The gRPC health protocol.
    Grpc {
        /// Where.
        port: u16,
        /// Empty: the server as a whole.
        service: String,
    },
}

/// How a handler says of itself that it asks for readiness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// By the name of a path, which may mean anything.
    Path,
    /// By the service that it asks the gRPC health protocol for.
    Service,
}

impl Handler {
    /// The handler of a probe in a container with these ports. `None` when there is none, more
    /// than one, or one that the API server rejects.
    pub fn of(probe: &Probe, ports: &[ContainerPort]) -> Option<Self> {
        match (&probe.exec, &probe.http_get, &probe.tcp_socket, &probe.grpc) {
            (Some(exec), None, None, None) => {
                let command = exec.command.clone().unwrap_or_default();
                (!command.is_empty()).then_some(Self::Exec { command })
            }
            (None, Some(get), None, None) => http_get(get, ports),
            (None, None, Some(tcp), None) => Some(Self::TcpSocket {
                host: non_empty(tcp.host.as_deref()),
                port: Port::resolve(&tcp.port, ports).ok()?,
            }),
            (None, None, None, Some(grpc)) => Some(Self::Grpc {
                port: number_in_range(grpc.port).ok()?,
                service: grpc.service.clone().unwrap_or_default(),
            }),
            _ => None,
        }
    }

    /// Whether the handler says of itself that it asks for readiness: a path segment (also in a
    /// URL that an exec probe fetches), a gRPC service or the `-service` of `grpc_health_probe`
    /// is `ready`, `readyz` or `readiness`.
    pub fn names_readiness(&self) -> Option<Readiness> {
        match self {
            Self::HttpGet { path, .. } => path_names_readiness(path).then_some(Readiness::Path),
            Self::Grpc { service, .. } => is_readiness(service).then_some(Readiness::Service),
            Self::TcpSocket { .. } => None,
            Self::Exec { command } => shell::commands(command)
                .iter()
                .find_map(|words| command_names_readiness(words)),
        }
    }

    /// Whether it asks a port by a name that the container does not declare.
    pub fn is_unresolved(&self) -> bool {
        matches!(
            self,
            Self::HttpGet {
                port: Port::Undeclared(_),
                ..
            } | Self::TcpSocket {
                port: Port::Undeclared(_),
                ..
            }
        )
    }

    /// Whether the handler asks nothing: `exec` of `true`, `echo` or `cat /proc/1/status`, which cannot fail
    /// while the container runs.
    pub fn always_passes(&self) -> bool {
        self.passes_with(|_| false)
    }

    /// As [`always_passes`](Self::always_passes), where files of these paths are there as long as the
    /// container is.
    pub fn passes_with(&self, is_there: impl Fn(&str) -> bool) -> bool {
        match self {
            Self::Exec { command } => {
                // What is filled in, or written to somewhere, may fail.
                let is_open = command.iter().any(|word| {
                    word.contains(['$', '`'])
                        || word.contains(['>', '<']) && !word.contains("/dev/null")
                });
                let commands = shell::commands(command);
                let mut passes = commands.iter().map(|words| cannot_fail(words, &is_there));
                !is_open && !commands.is_empty() && passes.all(|it| it)
            }
            Self::HttpGet { .. } | Self::TcpSocket { .. } | Self::Grpc { .. } => false,
        }
    }

    /// Whether the path of an HTTP handler says that it asks for liveness, by a segment `live`, `livez`,
    /// `liveness` or `alive`.
    pub fn names_liveness(&self) -> bool {
        match self {
            Self::HttpGet { path, .. } => path_segments(path).any(|word| {
                ["live", "livez", "liveness", "alive"]
                    .iter()
                    .any(|name| word.eq_ignore_ascii_case(name))
            }),
            Self::Exec { .. } | Self::TcpSocket { .. } | Self::Grpc { .. } => false,
        }
    }

    /// The well-known client that an exec handler runs, in a script too.
    pub fn exec_client(&self) -> Option<ExecClient> {
        match self {
            Self::Exec { command } => ExecClient::of(command),
            Self::HttpGet { .. } | Self::TcpSocket { .. } | Self::Grpc { .. } => None,
        }
    }

    /// When the programs of an exec handler end by themselves at the latest.
    pub fn own_limit(&self) -> Option<Duration> {
        match self {
            Self::Exec { command } => client::own_limit(command),
            Self::HttpGet { .. } | Self::TcpSocket { .. } | Self::Grpc { .. } => None,
        }
    }
}

/// `httpGet :8080/healthz`, `exec ["/bin/check"]`
impl fmt::Display for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exec { command } => write!(f, "exec {command:?}"),
            Self::HttpGet {
                scheme,
                host,
                port,
                path,
                ..
            } => {
                f.write_str("httpGet ")?;
                if scheme != "HTTP" {
                    write!(f, "{scheme} ")?;
                }
                write!(f, "{}:{port}{path}", host.as_deref().unwrap_or_default())
            }
            Self::TcpSocket { host, port } => {
                write!(
                    f,
                    "tcpSocket {}:{port}",
                    host.as_deref().unwrap_or_default()
                )
            }
            Self::Grpc { port, service } if service.is_empty() => write!(f, "grpc :{port}"),
            Self::Grpc { port, service } => write!(f, "grpc :{port} service {service:?}"),
        }
    }
}

fn http_get(get: &HTTPGetAction, ports: &[ContainerPort]) -> Option<Handler> {
    let mut headers: Vec<(String, String)> = get
        .http_headers
        .iter()
        .flatten()
        .map(|header| (header.name.to_ascii_lowercase(), header.value.clone()))
        .collect();
    headers.sort();
    let scheme = non_empty(get.scheme.as_deref()).unwrap_or_else(|| "HTTP".to_owned());
    Some(Handler::HttpGet {
        scheme: scheme.to_ascii_uppercase(),
        host: non_empty(get.host.as_deref()),
        port: Port::resolve(&get.port, ports).ok()?,
        path: non_empty(get.path.as_deref()).unwrap_or_else(|| "/".to_owned()),
        headers,
    })
}

fn non_empty(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}

fn is_readiness(word: &str) -> bool {
    ["ready", "readyz", "readiness"]
        .iter()
        .any(|name| word.eq_ignore_ascii_case(name))
}

fn path_names_readiness(path: &str) -> bool {
    path_segments(path).any(is_readiness)
}

fn path_segments(path: &str) -> impl Iterator<Item = &str> {
    let path = path.split(['?', '#']).next().unwrap_or(path);
    path.split('/')
}

/// Whether a command ends with 0 in every container that runs, however its process fares.
fn cannot_fail(words: &[String], is_there: impl Fn(&str) -> bool) -> bool {
    /// A process of its own, and the one that it is asked for.
    const PROCESSES: [&str; 3] = ["/proc/1/", "/proc/self/", "/proc/"];
    let Some((program, arguments)) = words.split_first() else {
        return false;
    };
    if words.iter().any(|word| word.contains(['<', '>'])) {
        return false;
    }
    let is_kept = |path: &str| {
        let of_kernel = PROCESSES.iter().find_map(|above| path.strip_prefix(above));
        let is_proc = of_kernel.is_some_and(|rest| {
            !rest.contains('/')
                && !rest.is_empty()
                && rest.bytes().all(|it| it.is_ascii_lowercase())
        });
        is_proc || is_there(path)
    };
    let paths = || arguments.iter().filter(|word| !word.starts_with('-'));
    match shell::base_name(program) {
        "true" | ":" | "echo" => true,
        "exit" => matches!(arguments, [code] if code == "0"),
        "cat" | "ls" | "stat" => paths().next().is_some() && paths().all(|path| is_kept(path)),
        "test" | "[" => {
            let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let words = words.strip_suffix(&["]"]).unwrap_or(&words);
            matches!(words, ["-e" | "-f" | "-r" | "-s" | "-d", path] if is_kept(path))
        }
        _ => false,
    }
}

fn command_names_readiness(words: &[String]) -> Option<Readiness> {
    let mut words = words.iter().skip(1).peekable();
    while let Some(word) = words.next() {
        let option = word.trim_start_matches('-');
        let is_service = match option.split_once('=') {
            Some(("service", value)) => is_readiness(value),
            _ if option == "service" && option != word => {
                words.peek().is_some_and(|value| is_readiness(value))
            }
            _ => false,
        };
        let is_path = word
            .split_once("://")
            .and_then(|(_, rest)| rest.split_once('/'))
            .is_some_and(|(_, path)| path_names_readiness(path));
        if is_service {
            return Some(Readiness::Service);
        } else if is_path {
            return Some(Readiness::Path);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::{ExecAction, GRPCAction, HTTPHeader, TCPSocketAction};
    use proptest::prelude::*;

    use super::*;

    fn ports() -> Vec<ContainerPort> {
        vec![ContainerPort {
            name: Some("http".to_owned()),
            container_port: 8080,
            ..ContainerPort::default()
        }]
    }

    #[test]
    fn a_declared_port_without_a_number_is_neither_wrong_nor_missing() {
        let declared = [ContainerPort {
            name: Some("http".to_owned()),
            ..ContainerPort::default()
        }];
        let resolve = |name: &str| Port::resolve(&IntOrString::String(name.to_owned()), &declared);
        assert_eq!(resolve("http"), Ok(Port::Unknown("http".to_owned())));
        assert_eq!(resolve("web"), Ok(Port::Undeclared("web".to_owned())));
    }

    fn get(port: IntOrString, path: Option<&str>, scheme: Option<&str>) -> HTTPGetAction {
        HTTPGetAction {
            port,
            path: path.map(str::to_owned),
            scheme: scheme.map(str::to_owned),
            ..HTTPGetAction::default()
        }
    }

    fn http(action: HTTPGetAction) -> Probe {
        Probe {
            http_get: Some(action),
            ..Probe::default()
        }
    }

    fn exec(words: &[&str]) -> Probe {
        Probe {
            exec: Some(ExecAction {
                command: Some(words.iter().map(|&word| word.to_owned()).collect()),
            }),
            ..Probe::default()
        }
    }

    fn name(text: &str) -> IntOrString {
        IntOrString::String(text.to_owned())
    }

    fn handler(probe: &Probe) -> Handler {
        Handler::of(probe, &ports()).expect("a valid handler")
    }

    #[test]
    fn defaults_and_names_are_filled_in() {
        let short = handler(&http(get(name("http"), None, None)));
        let long = handler(&http(get(IntOrString::Int(8080), Some("/"), Some("http"))));
        assert_eq!(short, long);
        assert_eq!(short.to_string(), "httpGet :8080/");
        let other = handler(&http(get(IntOrString::Int(8080), Some("/?a"), None)));
        assert_ne!(short, other);
        let secure = handler(&http(get(name("http"), None, Some("HTTPS"))));
        assert_ne!(short, secure);
        assert_eq!(secure.to_string(), "httpGet HTTPS :8080/");
    }

    #[test]
    fn headers_compare_without_order_and_names_without_case() {
        let with = |headers: &[(&str, &str)]| {
            let mut action = get(name("http"), None, None);
            let header = |&(name, value): &(&str, &str)| HTTPHeader {
                name: name.to_owned(),
                value: value.to_owned(),
            };
            action.http_headers = Some(headers.iter().map(header).collect());
            handler(&http(action))
        };
        assert_eq!(
            with(&[("A", "1"), ("b", "2")]),
            with(&[("B", "2"), ("a", "1")])
        );
        assert_ne!(with(&[("A", "x")]), with(&[("A", "X")]));
    }

    #[test]
    fn grpc_and_exec() {
        let grpc = |service: Option<&str>| {
            handler(&Probe {
                grpc: Some(GRPCAction {
                    port: 9000,
                    service: service.map(str::to_owned),
                    ..GRPCAction::default()
                }),
                ..Probe::default()
            })
        };
        assert_eq!(grpc(None), grpc(Some("")));
        assert_ne!(grpc(None), grpc(Some("x")));
        assert_ne!(handler(&exec(&["a", "b"])), handler(&exec(&["a b"])));
    }

    #[test]
    fn an_invalid_handler_is_none() {
        let both = Probe {
            tcp_socket: Some(TCPSocketAction::default()),
            ..exec(&["a"])
        };
        for probe in [
            Probe::default(),
            both,
            exec(&[]),
            http(get(name("8080"), None, None)),
            http(get(IntOrString::Int(0), None, None)),
            http(get(IntOrString::Int(70_000), None, None)),
        ] {
            assert_eq!(Handler::of(&probe, &ports()), None, "{probe:?}");
        }
    }

    #[test]
    fn an_undeclared_name_stays_a_name() {
        let undeclared = Handler::of(&http(get(name("web"), None, None)), &ports());
        assert_eq!(
            undeclared.map(|handler| handler.to_string()),
            Some("httpGet :web/".to_owned())
        );
    }

    #[test]
    fn port_names_are_iana_service_names() {
        for text in ["", "HTTP", "a--b", "-a", "a-", "a_b", "abcdefghijklmnop"] {
            assert_eq!(
                Port::resolve(&name(text), &[]),
                Err(PortError::InvalidName(text.to_owned()))
            );
        }
        assert!(Port::resolve(&name("8080"), &[]).is_err());
        assert!(Port::resolve(&name("8080-http"), &[]).is_ok());
    }

    #[test]
    fn readiness_by_its_own_name() {
        for path in [
            "/ready",
            "/readyz",
            "/actuator/health/readiness",
            "/-/ready?x=1",
            "/Ready",
        ] {
            assert_eq!(
                handler(&http(get(name("http"), Some(path), None))).names_readiness(),
                Some(Readiness::Path),
                "{path}"
            );
        }
        for path in ["/healthz", "/livez", "/already", "/health?ready", "/"] {
            assert!(
                handler(&http(get(name("http"), Some(path), None)))
                    .names_readiness()
                    .is_none(),
                "{path}"
            );
        }
        for words in [
            &[
                "/bin/grpc_health_probe",
                "-addr=:8080",
                "-service=readiness",
            ][..],
            &["grpc_health_probe", "--service", "ready"],
            &["sh", "-c", "grpc_health_probe -addr=:8080 -service=readyz"],
            &["curl", "-f", "http://localhost:8080/ready"],
        ] {
            assert!(
                handler(&exec(words)).names_readiness().is_some(),
                "{words:?}"
            );
        }
        for words in [
            &["grpc_health_probe", "-service=liveness"][..],
            &["cat", "/tmp/ready"],
            &["curl", "http://ready:8080/healthz"],
            &["app", "service", "ready"],
        ] {
            assert!(
                handler(&exec(words)).names_readiness().is_none(),
                "{words:?}"
            );
        }
    }

    #[test]
    fn known_clients() {
        for (words, client) in [
            (
                &["/bin/grpc_health_probe", "-addr=:1"][..],
                Some("grpc_health_probe"),
            ),
            (&["sh", "-c", "curl -f localhost || exit 1"], Some("curl")),
            (
                &["/bin/sh", "-c", "exec wget -q -O- localhost"],
                Some("wget"),
            ),
            (&["cat", "curl"], None),
        ] {
            let found = handler(&exec(words)).exec_client().map(|it| it.name);
            assert_eq!(found.as_deref(), client, "{words:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_judged_without_panic(words in prop::collection::vec(".{0,12}", 1..4)) {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let handler = handler(&exec(&words));
            let _ = (handler.names_readiness(), handler.exec_client(), handler.to_string());
        }
    }
}
