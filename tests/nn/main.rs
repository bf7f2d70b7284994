//! Networks: what shares parameters, what does not, and what is refused.

mod modules;

use eigennet::autodiff::{Graph, Recording, Rows, Var, formula, record};
use eigennet::nn::{Activation, Initializer, Linear, Mlp, Name};
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
    let refuse = |net: Mlp, width: usize| record(|g| net.call(g.input("x", rows(), width))).expect_err("refused");
    for widths in [vec![], vec![2]] {
        let error = refuse(Mlp::new("net", widths), 2);
        let text = error.to_string();
        assert!(matches!(error, Error::InvalidArgument { .. }), "{error:?}");
        assert!(text.contains("at least two widths") && text.contains("nn/main.rs"), "{text}");
    }
    let error = refuse(Mlp::new("net", [2, 5, 1]), 3);
    assert!(matches!(error, Error::Shape { location: Some(_), .. }), "{error:?}");
    for error in [
        refuse(Mlp::new("net", [2, 0, 1]), 2),
        refuse(Mlp::new("net", [2, 5, 1]).members(0), 2),
        refuse(Mlp::new("net", [2, usize::MAX, 1]), 2),
    ] {
        assert!(matches!(error, Error::InvalidArgument { .. }), "{error:?}");
        assert!(error.to_string().contains("nn/main.rs") && error.to_string().contains("net.0.weight"), "{error}");
    }
}

#[track_caller]
fn refused(error: Result<Recording, Error>, words: &[&str]) {
    let text = error.expect_err("a mistake that went unnoticed").to_string();
    for word in words {
        assert!(text.contains(word), "{word:?} is missing in: {text}");
    }
}

/// Sharing is asked for by calling one value twice, or a clone of it; a second module of one name is a mistake, of
/// whatever kind and shape it is, and wherever their names meet.
#[test]
fn two_modules_of_one_name_are_refused() {
    let net = || Mlp::new("net", [2, 5, 1]);
    let shared = record(|g| {
        let (net, x) = (net(), g.input("x", rows(), 2));
        net.call(x) + net.clone().activation(Activation::Sin).call(x)
    });
    assert_eq!(shared.expect("recorded").parameters().blocks().len(), 4);
    type Second = for<'g> fn(Var<'g>) -> Var<'g>;
    let seconds: [Second; 4] = [
        |x| Mlp::new("net", [2, 5, 1]).call(x),
        |x| Mlp::new("net", [2, 6, 1]).call(x),
        |x| Linear::new("net.0", [2, 3]).call(x).row_sum(),
        |x| Mlp::new(Name::from("net"), [2, 1]).call(x),
    ];
    for second in seconds {
        let twice = record(|g| {
            let x = g.input("x", rows(), 2);
            net().call(x) + second(x)
        });
        refused(twice, &["net.0.weight", "another name", "same module value twice", "nn/main.rs"]);
    }
    // In recordings of their own they are what a checkpoint is loaded into.
    let [one, other] = [0, 1].map(|_| record(|g| net().call(g.input("x", rows(), 2))).expect("recorded"));
    assert_eq!(one.parameters(), other.parameters());
    // A part of a module is made anew by each call, and stays the module's.
    let name = Name::from("block");
    let part = formula(|x| Linear::new(name.child("part"), [2, 2]).call(x));
    assert!(record(|g| part(part(g.input("x", rows(), 2)))).is_ok());
}

#[test]
fn one_name_is_one_parameter() {
    let glorot = Initializer::GlorotUniform { gain: 1.0 };
    // A parameter of a module can be read by its name, such as for a penalty.
    let penalty = record(|g| {
        let out = Mlp::new("net", [2, 1]).call(g.input("x", rows(), 2)).square().mean();
        out + g.parameter("net.0.weight", [2, 1], glorot).square().sum()
    });
    assert_eq!(penalty.expect("recorded").parameters().len(), 3);
    type Second = for<'g> fn(&'g Graph) -> Var<'g>;
    let seconds: [(Second, &str); 4] = [
        (|g| g.parameter("w", [2, 1], Initializer::HeNormal), "another initialiser"),
        (|g| g.parameter("w", [2, 2], Initializer::Constant(0.5)).row_sum(), "recorded twice"),
        (|g| g.buffer("x", [1, 1], 0.5), "another start"),
        (|g| g.fixed_input("x", [1, 1]), "another kind of value"),
    ];
    for (second, reason) in seconds {
        let twice = record(|g| {
            let (w, x) = (g.parameter("w", [2, 1], Initializer::Constant(0.5)), g.buffer("x", [1, 1], 0.0));
            w + x + second(g)
        });
        refused(twice, &[reason, "nn/main.rs"]);
    }
    assert!(record(|g| g.scalar_parameter("a", 1.0) + g.scalar_parameter("a", 1.0)).is_ok());
    refused(record(|g| g.scalar_parameter("a", 1.0) + g.scalar_parameter("a", 2.0)), &["another initialiser"]);
}

#[test]
fn any_function_stands_between_layers() {
    let slope = 0.25;
    let own = Mlp::new("net", [2, 5, 1]).activation_fn(move |x| (slope * x).tanh() / slope);
    let trained = own.clone().activation_fn(|x| x.graph().scalar_parameter("rate", 1.0) * x.sin());
    assert!(format!("{own:?}").contains("net"));
    let program = record(|g| {
        let x = g.input("x", rows(), 2);
        g.output("trained", trained.call(x));
        let glorot = Initializer::GlorotUniform { gain: 1.0 };
        let weight = |name, shape| g.parameter(name, shape, glorot);
        let bias = |name, width| g.parameter(name, [1, width], Initializer::Constant(0.0));
        let hidden = (slope * x.affine(weight("net.0.weight", [2, 5]), bias("net.0.bias", 5))).tanh() / slope;
        own.call(x) - hidden.affine(weight("net.1.weight", [5, 1]), bias("net.1.bias", 1))
    })
    .expect("recorded")
    .compile::<f64>();
    let mut ws = program.workspace();
    ws.set("x", &[0.3, -0.7, 1.5, 2.0]).expect("set");
    program.evaluate(&program.initial(Seed(1)), &mut ws).expect("evaluated");
    assert!(ws.output("result").expect("a result").iter().all(|r| r.abs() < 1e-15));
    assert_eq!(program.parameters().blocks().len(), 5);
}
