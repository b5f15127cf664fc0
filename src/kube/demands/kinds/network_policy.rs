//! NetworkPolicies (`pkg/apis/networking/validation/validation.go`, 1.37).

use super::super::Judge;
use super::super::judge::shown;
use super::{address, range, texts};
use crate::kube::check::forms;
use crate::yaml::{Node, Scalar};

/// `ValidateNetworkPolicySpec`
pub(super) fn spec<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    if let Some(third) = texts(judge, spec, "policyTypes").get(2) {
        judge.wrong(third.0, "`policyTypes` takes at most 2 types");
    }
}

/// `ValidateNetworkPolicyPort`
pub(super) fn port<'t>(judge: &mut Judge<'t>, port: Node<'t>) {
    let end = judge.get(port, "endPort");
    let Some(node) = judge.get(port, "port") else {
        if let Some(end) = end
            && judge.field(port, "port").is_absent()
        {
            judge.wrong(end, "`endPort` needs `port`");
        }
        return;
    };
    match node.scalar() {
        Some(Scalar::Int(number)) => {
            range(judge, port, "port", 1, 65_535);
            range(judge, port, "endPort", 1, 65_535);
            if let (Some(end), Some(last)) = (end, judge.int(port, "endPort"))
                && last < number
            {
                judge.wrong(end, format!("`endPort` {last} is below `port` {number}"));
            }
        }
        Some(Scalar::Text(text)) => {
            let Some(text) = judge.text_of(node).filter(|it| *it == text) else {
                return;
            };
            if !forms::is_port_name(text) {
                judge.wrong(node, format!("{} is not the name of a port", shown(text)));
            }
            if let Some(end) = end {
                judge.wrong(end, "`endPort` needs a number as `port`");
            }
        }
        _ => {}
    }
}

/// `ValidateNetworkPolicyPeer`
pub(super) fn peer<'t>(judge: &mut Judge<'t>, peer: Node<'t>) {
    let selects = ["podSelector", "namespaceSelector"]
        .iter()
        .any(|field| !judge.field(peer, field).is_absent());
    let blocks = !judge.field(peer, "ipBlock").is_absent();
    if !selects && !blocks {
        judge
            .missing(
                peer,
                "podSelector",
                "the peer names neither pods nor addresses",
            )
            .map(|told| {
                told.rests_on(peer, "namespaceSelector")
                    .rests_on(peer, "ipBlock")
                    .help("write `podSelector`, `namespaceSelector` or `ipBlock`")
            });
    } else if selects
        && blocks
        && let Some(entry) = peer.entry("ipBlock")
    {
        judge.wrong(entry.key, "`ipBlock` does not go with a selector");
    }
}

/// `ValidateIPBlock`
pub(super) fn block<'t>(judge: &mut Judge<'t>, block: Node<'t>) {
    let Some(node) = judge.get(block, "cidr") else {
        return;
    };
    let Some(text) = judge.text_of(node).filter(|text| !text.is_empty()) else {
        return;
    };
    address(judge, node, text, forms::is_cidr, "an address range");
    let Some(whole) = forms::parse_cidr(text) else {
        return;
    };
    for (node, text) in texts(judge, block, "except") {
        address(judge, node, text, forms::is_cidr, "an address range");
        if let Some(part) = forms::parse_cidr(text)
            && !whole.strictly_holds(&part)
        {
            judge.wrong(node, format!("{} is not a part of `cidr`", shown(text)));
        }
    }
}
