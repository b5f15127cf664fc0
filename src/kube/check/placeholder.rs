//! Values that are filled in before the manifest is applied.

use crate::yaml::Node;

/// Whether a text stands for a value that something else fills in: it holds `${…}` or `{{…}}`, is
/// encrypted (`ENC[…]`), or is as a whole `$(NAME)`, `$NAME`, `<name>`, `REPLACE_…`, `YOUR-…`, `CHANGE_ME`
/// or `…_IMAGE`. `$(NAME)` inside a longer text is Kubernetes' own reference to an environment variable.
pub fn is_placeholder(text: &str) -> bool {
    // What SOPS has encrypted.
    if text.starts_with("ENC[") {
        return true;
    }
    // Nearly every text is none.
    if !text.bytes().any(|byte| matches!(byte, b'$' | b'{' | b'<')) {
        return is_word(text);
    }
    let text = text.trim();
    if text.contains("${") || text.contains("{{") {
        return true;
    }
    let inside = |open: &str, close: char| {
        text.strip_prefix(open)
            .and_then(|rest| rest.strip_suffix(close))
            .is_some_and(|inner| !inner.is_empty() && !inner.contains([close, '\n']))
    };
    inside("$(", ')') || inside("<", '>') || is_shell_variable(text)
}

/// Whether a text that does not fit its field holds any kind of placeholder.
pub(in crate::kube) fn holds_placeholder(text: &str) -> bool {
    is_placeholder(text)
        || text.contains("$(")
        // What `helm template` calls a release that is given no name.
        || text.contains("RELEASE-NAME")
        || text.split(['/', ':', '.', '@']).any(is_word)
        || text
            .split_once('<')
            .is_some_and(|(_, rest)| rest.contains('>'))
}

/// Whether a node stands for a value that something else fills in: a text that does, or `{name}`
/// as Python's `format` replaces it, which is YAML for a mapping.
pub(in crate::kube) fn is_placeholder_node(node: Node<'_>) -> bool {
    if let Some(text) = node.text() {
        return is_placeholder(text);
    }
    if node.is_null() && node.span().is_empty() {
        return is_filled_by_comment(node);
    }
    let mut entries = node.entries();
    node.is_flow()
        && matches!((entries.next(), entries.next()), (Some(only), None) if only.value.is_null())
}

/// `image: #IMAGE`: nothing, and behind it a comment of one word in capitals for a script to replace.
fn is_filled_by_comment(node: Node<'_>) -> bool {
    /// What people leave to themselves.
    const NOTES: [&str; 4] = ["TODO", "FIXME", "XXX", "NOTE"];
    let end = node.span().range().end;
    let rest = node.tree().file_text().and_then(|text| text.get(end..));
    let line = rest
        .and_then(|rest| rest.lines().next())
        .unwrap_or_default();
    let comment = line.trim().trim_start_matches(':').trim_start();
    comment.strip_prefix('#').is_some_and(|word| {
        word.len() > 1
            && !NOTES.contains(&word)
            && word
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
    })
}

/// `REPLACE_ME`, `YOUR-PATH`, `SHOP_IMAGE`: words in capitals that somebody replaces.
fn is_word(text: &str) -> bool {
    const STARTS: [&str; 6] = [
        "CHANGE-ME",
        "CHANGEME",
        "CHANGE_ME",
        "REPLACE",
        "YOUR-",
        "YOUR_",
    ];
    // Nearly every text starts otherwise.
    text.starts_with(|char: char| char.is_ascii_uppercase())
        && (STARTS.iter().any(|start| text.starts_with(start)) || text.ends_with("_IMAGE"))
        && text.bytes().all(|byte| {
            byte.is_ascii_uppercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-')
        })
}

/// `$REPLICAS`, as envsubst replaces it.
fn is_shell_variable(text: &str) -> bool {
    text.strip_prefix('$').is_some_and(|name| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

#[cfg(test)]
mod tests {
    use super::{holds_placeholder, is_placeholder};

    #[test]
    fn placeholders() {
        for text in [
            "${REPLICAS}",
            "registry/${IMAGE}:1",
            "{{ .Values.replicas }}",
            "$(REPLICAS)",
            "<your-image>",
            "$REPLICAS",
            "ENC[AES256_GCM,data:Zm9v]",
            "REPLACE_ME",
            "SHOP_IMAGE",
            "YOUR-BUCKET",
            "CHANGE_ME",
        ] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in [
            "",
            "3",
            "web",
            "$",
            "$5",
            "<>",
            "a < b > c",
            "--port=$(PORT)",
            "<a><b>",
            "REPLACE me",
            "shop_IMAGE",
            "IMAGE",
            "sleep 5 > /dev/null",
        ] {
            assert!(!is_placeholder(text), "{text}");
        }
    }

    #[test]
    fn parts_of_a_value_that_does_not_fit() {
        assert!(holds_placeholder("web-$(ENV)"));
        assert!(holds_placeholder("web-<env>"));
        assert!(holds_placeholder("RELEASE-NAME-web"));
        assert!(holds_placeholder("YOUR-NFS-PATH/pv-1"));
        assert!(!holds_placeholder("YOUR/path"));
        assert!(!holds_placeholder("web"));
    }
}
