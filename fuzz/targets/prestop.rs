//! Any script as a preStop hook.
#![no_main]

use k8s_openapi::api::core::v1::{ExecAction, LifecycleHandler};
use lameduck::lifecycle::prestop::{Prestop, program_not_in_image};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|script: &str| {
    for shell in [&["sh", "-c"] as &[&str], &["bash", "-ec"], &[]] {
        let command = shell.iter().copied().chain([script]);
        let exec = ExecAction {
            command: Some(command.map(str::to_owned).collect()),
        };
        let _ = program_not_in_image(&exec, "gcr.io/distroless/static");
        let hook = LifecycleHandler {
            exec: Some(exec),
            ..LifecycleHandler::default()
        };
        let prestop = Prestop::of(Some(&hook));
        if let Some(exact) = prestop.exact() {
            assert_eq!(exact, prestop.lower_bound());
        }
    }
});
