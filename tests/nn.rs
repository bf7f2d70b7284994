//! Networks: what shares parameters, what does not, and what is refused.

use eigennet::autodiff::{Rows, record};
use eigennet::nn::{Activation, Initializer, Mlp};
use eigennet::{Error, Seed};

fn rows() -> Rows {
    Rows::named("batch")
}

#[test]
fn a_network_called_twice_shares_its_parameters() {
    let net = Mlp::new("net", [2, 5, 1]);
    let once = record(|g| net.call(g.input("x", rows(), 2))).expect("recorded");
    let twice = record(|g| {
        let [x, y] = ["x", "y"].map(|name| g.input(name, rows(), 2));
        net.call(x) - net.call(y)
    })
    .expect("recorded");
    assert_eq!(once.parameters().len(), 2 * 5 + 5 + 5 + 1);
    assert_eq!(once.parameters().len(), twice.parameters().len());
    let program = twice.compile::<f64>();
    let mut ws = program.workspace();
    for name in ["x", "y"] {
        ws.set(name, &[0.3, -0.7, 1.5, 2.0]).expect("set");
    }
    program.evaluate(&program.initial(Seed(1)), &mut ws).expect("evaluated");
    assert_eq!(ws.output("result").expect("a result"), [0.0, 0.0]);
    // Another name is another network.
    let other = Mlp::new("other", [2, 5, 1]);
    let both = record(|g| {
        let x = g.input("x", rows(), 2);
        net.call(x) + other.call(x)
    });
    assert_eq!(both.expect("recorded").parameters().len(), 2 * once.parameters().len());
}

#[test]
fn members_are_disjoint_and_equal_networks_of_their_own() {
    let members = 3;
    let ensemble = Mlp::new("net", [2, 4, 2])
        .members(members)
        .activation(Activation::Softplus)
        .biases(Initializer::Uniform { low: -1.0, high: 1.0 });
    let recording = record(|g| ensemble.call(g.input("x", rows(), 2))).expect("recorded");
    let layout = recording.parameters().clone();
    let program = recording.compile::<f64>();
    let theta = program.initial(Seed(2));
    let mut ws = program.workspace();
    let x = [0.3, -0.7, 1.5, 2.0, -0.2, 0.1];
    ws.set("x", &x).expect("set");
    program.evaluate(&theta, &mut ws).expect("evaluated");
    let all = ws.output("result").expect("a result").to_vec();
    assert_eq!(all.len(), 3 * members * 2);

    let single = record(|g| Mlp::new("net", [2, 4, 2]).activation(Activation::Softplus).call(g.input("x", rows(), 2)));
    let single = single.expect("recorded").compile::<f64>();
    let mut one = single.workspace();
    one.set("x", &x).expect("set");
    for member in 0..members {
        // The member's slice of each block, in the same order.
        let mut own = Vec::new();
        let mut offset = 0;
        for block in layout.blocks() {
            let size = block.shape[1] * block.shape[2];
            own.extend_from_slice(&theta[offset + member * size..offset + (member + 1) * size]);
            offset += members * size;
        }
        single.evaluate(&own, &mut one).expect("evaluated");
        let alone = one.output("result").expect("a result");
        for row in 0..3 {
            for col in 0..2 {
                let together = all[row * members * 2 + member * 2 + col];
                assert!((together - alone[row * 2 + col]).abs() < 1e-14, "member {member}");
            }
        }
    }
    // Moving one member's parameters moves its columns alone.
    let mut moved = theta.clone();
    moved[0] += 0.1;
    program.evaluate(&moved, &mut ws).expect("evaluated");
    for (index, (new, old)) in ws.output("result").expect("a result").iter().zip(&all).enumerate() {
        assert_eq!(new != old, index % (members * 2) < 2, "entry {index}");
    }
}

#[test]
fn every_activation_is_its_formula() {
    for (activation, at_half, at_minus_one) in [
        (Activation::Tanh, 0.5_f64.tanh(), (-1.0_f64).tanh()),
        (Activation::Sigmoid, 1.0 / (1.0 + (-0.5_f64).exp()), 1.0 / (1.0 + 1.0_f64.exp())),
        (Activation::Softplus, 0.5_f64.exp().ln_1p(), (-1.0_f64).exp().ln_1p()),
        (Activation::Sin, 0.5_f64.sin(), (-1.0_f64).sin()),
        (Activation::Swish, 0.5 / (1.0 + (-0.5_f64).exp()), -1.0 / (1.0 + 1.0_f64.exp())),
        (Activation::Gelu, 0.345_731_230_637_006_55, -0.158_655_253_931_457_05),
        (Activation::Elu, 0.5, (-1.0_f64).exp_m1()),
        (Activation::Relu, 0.5, 0.0),
        (Activation::Identity, 0.5, -1.0),
    ] {
        let program = record(|g| activation.apply(g.input("x", rows(), 1))).expect("recorded").compile::<f64>();
        let mut ws = program.workspace();
        ws.set("x", &[0.5, -1.0]).expect("set");
        program.evaluate(&[], &mut ws).expect("evaluated");
        let found = ws.output("result").expect("a result");
        for (found, expected) in found.iter().zip([at_half, at_minus_one]) {
            assert!((found - expected).abs() < 1e-15, "{activation:?}: {found} for {expected}");
        }
    }
}

#[test]
fn networks_that_do_not_fit_are_refused_with_the_place() {
    let refused = |net: Mlp, width: usize| record(|g| net.call(g.input("x", rows(), width))).expect_err("refused");
    for widths in [vec![], vec![2]] {
        let error = refused(Mlp::new("net", widths), 2);
        let text = error.to_string();
        assert!(matches!(error, Error::InvalidArgument { .. }), "{error:?}");
        assert!(text.contains("at least two widths") && text.contains("nn.rs"), "{text}");
    }
    for error in [
        refused(Mlp::new("net", [2, 5, 1]), 3),
        refused(Mlp::new("net", [2, 0, 1]), 2),
        refused(Mlp::new("net", [2, 5, 1]).members(0), 2),
        refused(Mlp::new("net", [2, usize::MAX, 1]), 2),
    ] {
        assert!(matches!(error, Error::Shape { location: Some(_), .. }), "{error:?}");
        assert!(error.to_string().contains("nn.rs"), "{error}");
    }
    // One name, two shapes.
    let error = record(|g| {
        let x = g.input("x", rows(), 2);
        Mlp::new("net", [2, 5, 1]).call(x) + Mlp::new("net", [2, 6, 1]).call(x)
    });
    assert!(matches!(error.expect_err("refused"), Error::Shape { location: Some(_), .. }));
}
