//! A recorded graph with numbers changed, as a file of unknown origin may hold it: loading refuses it or gives a graph
//! that writes itself back and runs, forward and in reverse, without a panic.
#![no_main]

use std::sync::LazyLock;

use arbitrary::Arbitrary;
use eigennet::autodiff::{Graph, Initializer, Recording, Rows, Var, record};
use eigennet::container::{Container, Kind};
use libfuzzer_sys::fuzz_target;

/// A number that is changed: in which section, where, and to what.
#[derive(Debug, Arbitrary)]
struct Edit {
    section: u8,
    place: u16,
    value: Value,
}

#[derive(Debug, Arbitrary)]
enum Value {
    Small(u8),
    Shifted(i8),
    Any(u64),
    /// Another number of the section.
    Copy(u16),
}

fn model(g: &Graph) -> Var<'_> {
    let [x, t] = g.coordinates("points", Rows::named("points"));
    let w = g.parameter_heads("w", [2, 2, 4], Initializer::GlorotUniform { gain: 1.0 });
    let u = Var::concat(&[x, t]).matmul(w).softplus().heads_to_columns();
    let mean = g.buffer("mean", [1, 8], 0.5);
    g.update(mean, 0.9 * mean + 0.1 * u.mean_rows());
    let table = g.parameter("table", [3, 8], Initializer::HeNormal);
    let v = u.d(t) - u.laplacian([x, t]) + table.gather(g.input("kind", Rows::named("points"), 1)).elu(1.0);
    let gram = v.columns(0..2).transpose_matmul(v.columns(0..2));
    g.output("v", v);
    gram.trace() + (v - mean).log_softmax().square().mean()
}

static SAVED: LazyLock<Container> =
    LazyLock::new(|| record(model).and_then(|recording| recording.save()).expect("recorded"));

fn edited(edits: &[Edit]) -> Container {
    let numbers: Vec<&str> = SAVED.names().filter(|n| SAVED.kind(n) == Ok(Kind::U64)).collect();
    let mut out = Container::new();
    for name in SAVED.names() {
        let shape = SAVED.shape(name).expect("known");
        match SAVED.kind(name).expect("known") {
            Kind::Utf8 => out.insert_text(name, SAVED.text(name).expect("text")),
            Kind::F64 => out.insert(name, shape, SAVED.get::<f64>(name).expect("numbers")),
            _ => {
                let mut data = SAVED.get::<u64>(name).expect("numbers").to_vec();
                for edit in edits.iter().filter(|e| numbers[e.section as usize % numbers.len()] == name) {
                    let (len, old) = (data.len().max(1), data.clone());
                    let Some(entry) = data.get_mut(edit.place as usize % len) else { continue };
                    *entry = match edit.value {
                        Value::Small(value) => value.into(),
                        Value::Shifted(by) => entry.wrapping_add_signed(by.into()),
                        Value::Any(value) => value,
                        Value::Copy(from) => old[from as usize % len],
                    };
                }
                out.insert(name, shape, &data)
            }
        }
        .expect("a section");
    }
    out
}

fuzz_target!(|edits: Vec<Edit>| {
    let Ok(recording) = Recording::load(&edited(&edits)) else { return };
    let again = Recording::load(&recording.save().expect("saved")).expect("what was accepted is accepted again");
    assert_eq!(again.save().expect("saved").to_bytes(), recording.save().expect("saved").to_bytes());
    // A shape may have become huge where nothing contradicts it; that is slow, not wrong.
    let sizes = again.save().expect("saved");
    let moderate = sizes.get::<u64>("graph").expect("a graph").iter().all(|v| !(1 << 12..1 << 40).contains(v));
    if !moderate || recording.parameters().len() > 10_000 {
        return;
    }
    let program = recording.compile::<f64>();
    let theta = program.initial(eigennet::Seed(0));
    let mut ws = program.workspace();
    let _ = ws.set("points", &[0.1, 0.2, -0.4, 0.8, 0.3, 0.9]).map(|ws| ws.set("kind", &[0.0, 2.0, 1.0]).map(|_| ()));
    ws.set_training(true);
    let mut gradient = vec![0.0; theta.len()];
    let _ = program.gradient(&theta, &mut ws, &mut gradient);
    let _ = program.forward(&theta, &mut ws).map(|mut pass| pass.pull_back(&[], &mut gradient));
    let _ = program.residual_jacobian(&theta, &mut ws);
});
