use std::process::Command;
use std::sync::OnceLock;

use super::Isa;
use crate::kernels::reduce::axpy;

/// The set that the unit tests of a process are confined to.
const VARIABLE: &str = "EIGENNET_TEST_ISA";

/// What the variable says, if it is there.
///
/// # Panics
/// If it names no set of this machine: a run that was to prove something about a set must not pass without it.
pub fn forced() -> Option<Isa> {
    static FORCED: OnceLock<Option<Isa>> = OnceLock::new();
    *FORCED.get_or_init(|| {
        let name = std::env::var(VARIABLE).ok()?;
        let found = Isa::available().find(|isa| format!("{isa:?}") == name);
        Some(found.unwrap_or_else(|| {
            panic!("{VARIABLE}={name}: this machine has {:?}", Isa::available().collect::<Vec<_>>())
        }))
    })
}

#[test]
fn the_best_is_the_last_available() {
    assert_eq!(Isa::available().next(), Some(Isa::Baseline));
    assert_eq!(Some(Isa::best()), forced().or(Isa::available().last()));
}

/// Most kernels ask `Isa::best` themselves. Their tests run with that set in this process, and with every other one in
/// a process of its own.
#[test]
fn the_kernels_pass_their_tests_with_every_set() {
    let others: Vec<Isa> = Isa::available().filter(|&isa| isa != Isa::best()).collect();
    for isa in others {
        // Those of `gemm` and `vmath` go through all the sets themselves.
        let arguments =
            ["kernels::", "--skip", "with_every_set", "--skip", "kernels::gemm", "--skip", "kernels::vmath"];
        let binary = std::env::current_exe().expect("the path of the tests");
        let run = Command::new(binary).args(arguments).env(VARIABLE, format!("{isa:?}")).output().expect("a child");
        let report = String::from_utf8_lossy(&run.stdout);
        assert!(run.status.success(), "{isa:?}: {report}{}", String::from_utf8_lossy(&run.stderr));
        for kernel in ["isa::tests::a_forced_set_is_at_work", "rows::tests::agree_with_the_double_loop"] {
            assert!(report.contains(&format!("kernels::{kernel} ... ok")), "{isa:?} did not run {kernel}: {report}");
        }
    }
}

/// Which instructions were at work shows in the rounding of a product: the baseline of x86-64 has no fused multiply-add.
#[test]
fn a_forced_set_is_at_work() {
    if let Some(isa) = forced() {
        assert_eq!(Isa::best(), isa);
    }
    let fused = cfg!(any(target_feature = "fma", target_arch = "aarch64")) || Isa::best() != Isa::Baseline;
    // (1 + ε)² = 1 + 2ε + ε², of which the product alone keeps 1 + 2ε.
    let x = 1.0 + f64::EPSILON;
    let mut y = [-(1.0 + 2.0 * f64::EPSILON)];
    axpy(x, &[x], &mut y);
    assert_eq!(y[0], if fused { f64::EPSILON * f64::EPSILON } else { 0.0 });
}
