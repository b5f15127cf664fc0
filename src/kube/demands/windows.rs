//! Users of Windows, by name.
//!
//! pkg/apis/core/validation/validation.go, 1.37: validateWindowsSecurityContextOptions.

use super::judge::{Judge, shown};
use super::sources::set_but_empty;
use crate::yaml::Node;

/// `WindowsSecurityContextOptions`: credentials, and the user that runs the container.
pub(super) fn options<'t>(judge: &mut Judge<'t>, options: Node<'t>) {
    /// In bytes.
    const LONGEST_CREDENTIALS: usize = 64 * 1024;
    for field in [
        "gmsaCredentialSpecName",
        "gmsaCredentialSpec",
        "runAsUserName",
    ] {
        set_but_empty(judge, options, field);
    }
    if let Some(node) = judge.get(options, "gmsaCredentialSpec")
        && judge
            .text_of(node)
            .is_some_and(|text| text.len() > LONGEST_CREDENTIALS)
    {
        judge.wrong(node, "`gmsaCredentialSpec` is longer than 64 KiB");
    }
    if let Some(node) = judge.get(options, "runAsUserName")
        && let Some(text) = judge.text_of(node).filter(|text| !text.is_empty())
        && let Some(fault) = user_complaint(text)
    {
        judge.wrong(node, format!("`runAsUserName` {} {fault}", shown(text)));
    }
}

/// What is wrong with `USER` or `DOMAIN\\USER`.
fn user_complaint(text: &str) -> Option<&'static str> {
    const LONGEST_USER: usize = 104;
    const LONGEST_DOMAIN: usize = 255;
    if text.bytes().any(|byte| byte.is_ascii_control()) {
        return Some("holds control characters");
    }
    let (domain, user) = match text.split_once('\\') {
        Some((_, user)) if user.contains('\\') => return Some("has two backslashes"),
        Some((domain, user)) => (Some(domain), user),
        None => (None, text),
    };
    if domain.is_some_and(|it| it.len() > LONGEST_DOMAIN || !is_net_bios(it) && !is_dns(it)) {
        Some("has a domain of neither NetBIOS nor DNS")
    } else if user.is_empty() {
        Some("names no user")
    } else if user.len() > LONGEST_USER {
        Some("names a user of more than 104 characters")
    } else if user.bytes().all(|byte| matches!(byte, b'.' | b' ')) {
        Some("names a user of periods and blanks only")
    } else if user.contains([
        '"', '/', '\\', ':', ';', '|', '=', ',', '+', '*', '?', '<', '>', '@', '[', ']',
    ]) {
        Some("names a user with a character that Windows does not allow")
    } else {
        None
    }
}

/// `validNetBiosRegex`
fn is_net_bios(domain: &str) -> bool {
    const LONGEST: usize = 15;
    (1..=LONGEST).contains(&domain.chars().count())
        && !domain.starts_with('.')
        && !domain.contains(['\\', '/', ':', '*', '?', '"', '<', '>', '|'])
}

/// `validWindowsUserDomainDNSRegex`
fn is_dns(domain: &str) -> bool {
    domain
        .split('.')
        .all(|label| crate::kube::check::names::is_dns_label(&label.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::user_complaint;

    #[test]
    fn users_of_windows() {
        for good in [
            "ContainerUser",
            r"NT AUTHORITY\System",
            r"example.com\web",
            "a.b",
        ] {
            assert_eq!(user_complaint(good), None, "{good}");
        }
        let long = "x".repeat(105);
        for bad in [
            r"a\b\c", "foo:bar", "...", r"\x", r"x\", "a\u{1}b", &long, r"a/b\c",
        ] {
            assert!(user_complaint(bad).is_some(), "{bad}");
        }
    }
}
