//! The backend of an Ingress in the form of `networking.k8s.io/v1`.

use crate::edit::{Editor, Edits, Refusal, Value};
use crate::yaml::{Entry, Node};

/// Writes a backend of the old form, `serviceName` and `servicePort`, in the new one, under this key.
pub(super) fn rewrite(editor: &Editor<'_>, entry: Entry<'_>, key: &str) -> Edits {
    let service = service(entry.value).ok_or(Refusal::Moot)?;
    editor.replace(entry, key, &Value::map([("service", service)]))
}

/// The Service that a backend of the old form names; `None` where it holds anything else.
pub(super) fn service(backend: Node<'_>) -> Option<Value> {
    let is_old = |key: &str| matches!(key, "serviceName" | "servicePort");
    let mut keys = backend.entries().map(|entry| entry.key.key_text());
    let name = backend.get("serviceName")?.text()?;
    let port = backend.get("servicePort")?.text()?;
    if !keys.all(is_old) {
        return None;
    }
    let port = match port.parse::<u16>() {
        Ok(number) => ("number", Value::int(number)),
        Err(_) => ("name", Value::text(port)),
    };
    Some(Value::map([
        ("name", Value::text(name)),
        ("port", Value::map([port])),
    ]))
}
