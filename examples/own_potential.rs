//! A potential of one's own with a boundary condition: a double well between walls, −u″ + 40 (x² − ½)² u = λ u with
//! u = 0 at ±1.2, its four lowest levels by neural Ritz on a quadrature that the solver chooses, and how far they may be off.

use eigennet::eigenfunctions::{Domain, NeuralRitz, Schrodinger};

fn main() -> eigennet::Result<()> {
    // The solver seeks the largest levels of −H.
    let wells = Schrodinger::new(1, |x| 40.0 * (x[0].square() - 0.5).square());
    let solver = NeuralRitz { states: 4, features: 24, ..NeuralRitz::default() };
    let solved = solver.solve_on::<f64>(&wells, &Domain::cube(1, -1.2..1.2), eigennet::Seed(0))?;
    assert!(solved.doubt().is_none() && solved.cut_level().is_none());
    let (states, checked) = (&solved.eigenfunctions, solved.checked.as_ref().expect("a second rule"));
    println!("level           on other points  residual");
    for ((level, other), residual) in states.values().iter().zip(&checked.levels).zip(&checked.residuals) {
        println!("{:.9}    {:.9}     {residual:.1e}", -level, -other);
    }
    let [wall, well] = [[1.2], [0.7]].map(|x| states.at(0, &x));
    println!("ground state at the wall {:.1e}, in a well {:.4}", wall?, well?);
    Ok(())
}
