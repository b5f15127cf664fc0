//! Any text as the rest of an object of a known kind: what its types refuse, and what rules say of it,
//! has a place in the text.
#![no_main]

mod run;

use lameduck::kube;
use libfuzzer_sys::fuzz_target;

const HEADERS: &[&str] = &[
    "apiVersion: apps/v1\nkind: Deployment\n",
    "apiVersion: apps/v1\nkind: StatefulSet\n",
    "apiVersion: apps/v1\nkind: DaemonSet\n",
    "apiVersion: batch/v1\nkind: CronJob\n",
    "apiVersion: batch/v1\nkind: Job\n",
    "apiVersion: v1\nkind: Pod\n",
    "apiVersion: v1\nkind: Service\n",
    "apiVersion: v1\nkind: ConfigMap\n",
    "apiVersion: v1\nkind: LimitRange\n",
    "apiVersion: v1\nkind: List\n",
    "apiVersion: policy/v1\nkind: PodDisruptionBudget\n",
    "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n",
    "apiVersion: networking.k8s.io/v1\nkind: Ingress\n",
    "apiVersion: networking.istio.io/v1\nkind: DestinationRule\n",
    "apiVersion: networking.istio.io/v1\nkind: VirtualService\n",
    "apiVersion: networking.istio.io/v1beta1\nkind: ProxyConfig\n",
    "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\n",
    "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\n",
    "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\n",
    "apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\n",
    "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n",
];

fuzz_target!(|given: (u8, &str)| {
    let (kind, rest) = given;
    let header = HEADERS[usize::from(kind) % HEADERS.len()];
    let sources = run::sources(&format!("{header}{rest}"));
    for source in &sources {
        let manifests = kube::read_source(source);
        for broken in manifests.broken.iter().chain(&manifests.unreadable) {
            assert!(source.text().get(broken.span.range()).is_some());
        }
        for object in &manifests.objects {
            let place = object.location(object.node());
            assert!(source.text().get(place.span.range()).is_some());
        }
    }
    let outcome = run::outcome(&sources);
    run::assert_in_place(&outcome, &sources);
});
