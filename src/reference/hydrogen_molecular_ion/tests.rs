use super::*;

/// All levels of a basis, ascending.
fn of(basis: &Basis, states: usize) -> Vec<f64> {
    let classes = [(false, 0), (false, 1), (true, 0), (true, 1)];
    let mut levels: Vec<f64> = classes.iter().flat_map(|&(odd, parity)| basis.levels(odd, parity).unwrap()).collect();
    levels.sort_by(f64::total_cmp);
    levels.truncate(states);
    levels
}

#[test]
fn larger_and_smaller_bases_agree() {
    for separation in [0.1, 2.0, 20.0] {
        let levels = hydrogen_molecular_ion(separation, 9).unwrap();
        let focus = 0.5 * separation;
        let another = Basis { focus, semi_axis: separation + 110.0, radial: 36, angular: 15 };
        for (level, other) in levels.iter().zip(of(&another, 9)) {
            assert!((level / other - 1.0).abs() < 1e-10, "{separation}: {level} {other}");
        }
    }
}

/// A charge of 2 where the nuclei meet; an atom and a charge far away, and half of both where it may hop.
#[test]
fn limits_are_those_of_atoms() {
    for (level, exact) in
        hydrogen_molecular_ion(1e-3, 9).unwrap().iter().zip([-4.0, -4.0 / 9.0, -4.0 / 9.0, -4.0 / 9.0])
    {
        assert!((level / exact - 1.0).abs() < 1e-4, "{level} {exact}");
    }
    let far = hydrogen_molecular_ion(60.0, 2).unwrap();
    // The charge adds −1/R and what a quadrupole and a polarised atom do, of the order R⁻³.
    assert!(far.iter().all(|level| (level + 1.0 + 1.0 / 60.0).abs() < 1e-5), "{far:?}");
    assert!((far[0] - far[1]).abs() < 1e-10, "{far:?}");
}

#[test]
fn what_it_cannot_give_is_refused() {
    for (separation, states) in [(0.0, 1), (f64::NAN, 1), (1e9, 1), (2.0, 0), (2.0, usize::MAX)] {
        assert!(hydrogen_molecular_ion(separation, states).is_err(), "{separation} {states}");
    }
}
