//! Operations on headers.

use super::super::judge::{Judge, shown};
use super::{entries, texts};
use crate::yaml::Node;

/// Names and values in `set`, `add` and `remove` (`validateHTTPRoute`,
/// `validateHTTPRouteDestinations`).
pub(super) fn operations<'t>(judge: &mut Judge<'t>, operations: Node<'t>) {
    let of_request = operations.parent().is_some_and(|headers| {
        headers
            .get("request")
            .is_some_and(|request| request.resolved().id() == operations.id())
    });
    for field in ["set", "add"] {
        for (name, entry) in entries(judge, operations, field) {
            let is_allowed = of_request && is_authority(name);
            if let Some(fault) = name_fault(name).filter(|_| !is_allowed) {
                judge.wrong(entry.key, fault);
            }
            if let Some(value) = judge.text_of(entry.value)
                && let Some(fault) = value_fault(value)
            {
                judge
                    .wrong(
                        entry.value,
                        format!("the value of header {} {fault}", shown(name)),
                    )
                    .help(
                        "`%` starts a variable of Envoy, such as %HOSTNAME%: write `%%` for itself",
                    );
            }
        }
    }
    for (node, name) in texts(judge, operations, "remove") {
        if let Some(fault) = name_fault(name) {
            judge.wrong(node, fault);
        }
    }
}

/// `isAuthorityHeader`
fn is_authority(name: &str) -> bool {
    name.eq_ignore_ascii_case(":authority") || name.eq_ignore_ascii_case("host")
}

/// `ValidateHTTPHeaderOperationName`
fn name_fault(name: &str) -> Option<String> {
    if name.is_empty() {
        Some("the name of a header is empty".to_owned())
    } else if name.eq_ignore_ascii_case("host") {
        Some("the header `host` cannot be changed here".to_owned())
    } else if name.starts_with(':') {
        Some(format!("the header {} cannot be changed here", shown(name)))
    } else {
        None
    }
}

/// `ValidateHTTPHeaderValue`, `validateHeaderValue`: what Envoy cannot read.
fn value_fault(value: &str) -> Option<&'static str> {
    if value
        .bytes()
        .any(|byte| byte.is_ascii_control() && byte != b'\t')
    {
        return Some("has control characters");
    }
    (!is_format(value)).then_some("has a `%` that ends no variable")
}

/// Where the reader of `%VARIABLE(arguments)%` is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Literal,
    Name,
    Arguments,
    Text,
    Quote,
    Separator,
    Close,
    End,
}

fn is_format(value: &str) -> bool {
    let mut state = State::Literal;
    let mut bytes = value.bytes().peekable();
    while let Some(byte) = bytes.next() {
        state = match (state, byte) {
            (State::Literal, b'%') => match bytes.peek() {
                None => return false,
                Some(b'%') => {
                    bytes.next();
                    State::Literal
                }
                Some(_) => State::Name,
            },
            (State::Literal, _) | (State::Name | State::End, b'%') => State::Literal,
            (State::Name, b'(') => State::Arguments,
            (State::Name, _) => State::Name,
            (State::Arguments, b'[') | (State::Separator, b',') => State::Quote,
            (
                State::Arguments | State::Separator | State::Quote | State::Close | State::End,
                b' ',
            ) => state,
            (State::Text, b'\\') => {
                if bytes.next().is_none() {
                    return false;
                }
                State::Text
            }
            (State::Text | State::Close, b')') => State::End,
            (State::Text, b'"') => State::Separator,
            (State::Arguments | State::Text, _) | (State::Quote, b'"') => State::Text,
            (State::Separator, b']') => State::Close,
            (State::Separator | State::Quote | State::Close | State::End, _) => return false,
        };
    }
    state == State::Literal
}

/// `validateAuthorityRewrite`: the authority is set in one place.
pub(super) fn authority<'t>(judge: &mut Judge<'t>, route: Node<'t>) {
    let rewrite = judge.get(route, "rewrite");
    let mut is_set =
        rewrite.is_some_and(|it| judge.text(it, "authority").is_some_and(|it| !it.is_empty()));
    let Some(request) = judge.at(route, &["headers", "request"]) else {
        return;
    };
    for field in ["set", "add"] {
        for (name, entry) in entries(judge, request, field) {
            if !is_authority(name) {
                continue;
            }
            if is_set {
                judge.wrong(
                    entry.key,
                    format!("the header {} is set a second time", shown(name)),
                );
                return;
            }
            is_set = judge.text_of(entry.value).is_some_and(|it| !it.is_empty());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_format;

    #[test]
    fn formats() {
        for good in [
            "",
            "a",
            "%HOSTNAME%",
            "100%%",
            "a %REQ(X-A)% b",
            r#"%UPSTREAM_METADATA(["a", "b"])%"#,
            "%START_TIME(%s)%",
        ] {
            assert!(is_format(good), "{good}");
        }
        for bad in [
            "%",
            "abc%123",
            "%START_TIME%%",
            "%A(%",
            r#"%A(["a"b])%"#,
            "%A(x) y%",
        ] {
            assert!(!is_format(bad), "{bad}");
        }
    }
}
