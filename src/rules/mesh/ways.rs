//! Where VirtualServices send requests.

use super::policy::items;
use super::shadow;
use crate::finding::Severity;
use crate::kube::Object;
use crate::kube::istio::selector::Destination;
use crate::kube::istio::virtual_service::VirtualServiceSpec;
use crate::rules::{Context, Report};
use crate::yaml::Node;

/// Where a VirtualService sends requests, or copies of them.
#[derive(Clone, Copy)]
pub(super) struct Way<'a> {
    pub(super) destination: &'a Destination,
    pub(super) node: Node<'a>,
    /// The list in which its route stands, and where there.
    route: (&'static str, usize),
    is_mirror: bool,
    /// Whether an earlier route takes all that its route matches.
    is_unreachable: bool,
}

impl<'a> Way<'a> {
    fn of(
        destination: Option<&'a Destination>,
        node: Option<Node<'a>>,
        route: (&'static str, usize),
        is_mirror: bool,
    ) -> Option<Self> {
        Some(Self {
            destination: destination?,
            node: node?,
            route,
            is_mirror,
            is_unreachable: false,
        })
    }

    /// What happens where there is nothing at its end.
    pub(super) fn consequence(self) -> &'static str {
        match self.route.0 {
            _ if self.is_mirror => "the copies of requests go nowhere",
            _ if self.is_unreachable => "once reached, this route fails",
            "http" => "requests of this route fail with 503",
            // Envoy closes a connection whose cluster it does not know.
            _ => "connections of this route are closed",
        }
    }

    /// A lost copy fails no request, and neither does a route that takes none.
    pub(super) fn severity(self, report: Report<'_>) -> Report<'_> {
        if self.is_unreachable {
            report.severity(Severity::Note)
        } else if self.is_mirror {
            report.severity(Severity::Warning)
        } else {
            report
        }
    }
}

/// Every destination of a VirtualService that takes requests, mirrors included.
pub(super) fn ways<'a>(
    cx: &Context<'_>,
    object: &Object,
    spec: &'a VirtualServiceSpec,
    node: Node<'a>,
) -> Vec<Way<'a>> {
    let mut all = Vec::new();
    for (index, (route, node)) in spec.http.iter().zip(items(node, "http")).enumerate() {
        let own = ("http", index);
        for (target, node) in route.route.iter().zip(items(node, "route")) {
            let destination = target.destination.as_ref();
            all.extend(Way::of(destination, node.get("destination"), own, false));
        }
        let mirror = route.mirror.as_ref();
        all.extend(Way::of(mirror, node.get("mirror"), own, true));
        for (mirror, node) in route.mirrors.iter().zip(items(node, "mirrors")) {
            let destination = mirror.destination.as_ref();
            all.extend(Way::of(destination, node.get("destination"), own, true));
        }
    }
    let tls = spec.tls.iter().map(|it| &it.route).zip(items(node, "tls"));
    let tcp = spec.tcp.iter().map(|it| &it.route).zip(items(node, "tcp"));
    let tls = tls.enumerate().map(|(index, it)| (("tls", index), it));
    let tcp = tcp.enumerate().map(|(index, it)| (("tcp", index), it));
    for (own, (routes, node)) in tls.chain(tcp) {
        for (target, node) in routes.iter().zip(items(node, "route")) {
            let destination = target.destination.as_ref();
            all.extend(Way::of(destination, node.get("destination"), own, false));
        }
    }
    let unreachable = shadow::unreachable(cx, object);
    for way in &mut all {
        way.is_unreachable = unreachable.contains(&way.route);
    }
    all
}
