//! Where VirtualServices send requests.

use super::policy::items;
use crate::finding::Severity;
use crate::kube::istio::selector::Destination;
use crate::kube::istio::virtual_service::VirtualServiceSpec;
use crate::rules::Report;
use crate::yaml::Node;

/// Where a VirtualService sends requests, or copies of them.
#[derive(Clone, Copy)]
pub(super) struct Way<'a> {
    pub(super) destination: &'a Destination,
    pub(super) node: Node<'a>,
    is_mirror: bool,
}

impl<'a> Way<'a> {
    fn of(
        destination: Option<&'a Destination>,
        node: Option<Node<'a>>,
        is_mirror: bool,
    ) -> Option<Self> {
        Some(Self {
            destination: destination?,
            node: node?,
            is_mirror,
        })
    }

    /// What happens where there is nothing at its end.
    pub(super) fn consequence(self) -> &'static str {
        if self.is_mirror {
            "the copies of requests go nowhere"
        } else {
            "requests of this route fail with 503"
        }
    }

    /// A lost copy fails no request.
    pub(super) fn severity(self, report: Report<'_>) -> Report<'_> {
        if self.is_mirror {
            report.severity(Severity::Warning)
        } else {
            report
        }
    }
}

/// Every destination of a VirtualService that takes requests, mirrors included.
pub(super) fn ways<'a>(spec: &'a VirtualServiceSpec, node: Node<'a>) -> Vec<Way<'a>> {
    let mut all = Vec::new();
    for (route, node) in spec.http.iter().zip(items(node, "http")) {
        for (target, node) in route.route.iter().zip(items(node, "route")) {
            all.extend(Way::of(
                target.destination.as_ref(),
                node.get("destination"),
                false,
            ));
        }
        all.extend(Way::of(route.mirror.as_ref(), node.get("mirror"), true));
        for (mirror, node) in route.mirrors.iter().zip(items(node, "mirrors")) {
            all.extend(Way::of(
                mirror.destination.as_ref(),
                node.get("destination"),
                true,
            ));
        }
    }
    let tls = spec.tls.iter().map(|it| &it.route).zip(items(node, "tls"));
    let tcp = spec.tcp.iter().map(|it| &it.route).zip(items(node, "tcp"));
    for (routes, node) in tls.chain(tcp) {
        for (target, node) in routes.iter().zip(items(node, "route")) {
            all.extend(Way::of(
                target.destination.as_ref(),
                node.get("destination"),
                false,
            ));
        }
    }
    all
}
