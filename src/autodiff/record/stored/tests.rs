use super::*;
use crate::autodiff::{Graph, Initializer, Rows, Var, record};
use crate::container::Kind;

/// A recording with most of what there is.
fn everything(g: &Graph) -> Var<'_> {
    let [x, t] = g.coordinates("points", Rows::named("points"));
    let glorot = Initializer::GlorotUniform { gain: 1.0 };
    let w = g.parameter_heads("w", [3, 2, 8], glorot);
    let v = g.parameter_heads("v", [3, 8, 1], Initializer::Orthogonal { gain: 2.0 });
    let u = Var::concat(&[x, t]).matmul(w).softplus().dropout(0.1).elu(1.0).matmul(v).heads_to_columns();
    let mean = g.buffer("mean", [1, 3], 0.5);
    g.update(mean, 0.9 * mean + 0.1 * u.mean_rows());
    let gram = u.transpose_matmul(u) + g.fixed_input("ridge", [3, 3]);
    let table = g.parameter("table", [4, 2], Initializer::HeNormal);
    g.output("row", table.gather(g.input("index", Rows::named("index"), 1)).log_softmax());
    g.output("u", u.d(t) - u.laplacian([x, t]));
    let rotated = u.matmul(g.matrix([3, 3], &[0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0]));
    gram.log_determinant() + (rotated - mean).square().mean()
}

#[test]
fn what_was_read_is_what_was_written() {
    let recording = record(everything).unwrap();
    let saved = recording.save().unwrap();
    let read = Recording::load(&Container::from_bytes(&saved.to_bytes()).unwrap()).unwrap();
    assert_eq!(read.save().unwrap().to_bytes(), saved.to_bytes());
    let [ours, theirs] = [recording, read].map(|r| {
        let program = r.compile::<f64>();
        let theta = program.initial(crate::Seed(3));
        let mut ws = program.workspace();
        ws.set("points", &[0.1, 0.2, -0.4, 0.8, 0.3, 0.9]).unwrap().set_training(true);
        ws.set("ridge", &[9.0, 0.0, 0.0, 0.0, 9.0, 0.0, 0.0, 0.0, 9.0]).unwrap();
        (program.value_and_grad(&theta, &mut ws).unwrap(), ws.input("mean").unwrap().to_vec())
    });
    assert_eq!(ours, theirs);
}

/// `saved` with another graph.
fn with_graph(saved: &Container, graph: &[u64]) -> Container {
    let mut out = Container::new();
    for name in saved.names() {
        let shape = saved.shape(name).unwrap();
        match saved.kind(name).unwrap() {
            _ if name == "graph" => out.insert(name, &[graph.len()], graph).unwrap(),
            Kind::Utf8 => out.insert_text(name, saved.text(name).unwrap()).unwrap(),
            Kind::F64 => out.insert(name, shape, saved.get::<f64>(name).unwrap()).unwrap(),
            _ => out.insert(name, shape, saved.get::<u64>(name).unwrap()).unwrap(),
        }
    }
    out
}

#[test]
fn a_damaged_graph_is_refused_or_runs() {
    let saved = record(everything).unwrap().save().unwrap();
    let graph = saved.get::<u64>("graph").unwrap().to_vec();
    let mut refused = 0;
    for at in 0..graph.len() {
        for value in [0, 1, 2, 7, u64::MAX, graph[at].wrapping_add(1), graph[at] ^ (1 << 20)] {
            if value == graph[at] {
                continue;
            }
            let mut data = graph.clone();
            data[at] = value;
            let damaged = with_graph(&saved, &data);
            match Recording::load(&damaged) {
                Err(_) => refused += 1,
                Ok(recording) => {
                    assert_eq!(recording.save().unwrap().get::<u64>("graph").unwrap(), data, "{value} at {at}");
                    let program = recording.compile::<f64>();
                    let theta = program.initial(crate::Seed(0));
                    let mut ws = program.workspace();
                    ws.set("points", &[0.1, 0.2, -0.4, 0.8]).unwrap();
                    ws.set("index", &[0.0, 3.0]).unwrap();
                    ws.set("ridge", &[9.0, 0.0, 0.0, 0.0, 9.0, 0.0, 0.0, 0.0, 9.0]).unwrap();
                    let _ = program.evaluate(&theta, &mut ws);
                    let _ = program.value_and_grad(&theta, &mut ws);
                }
            }
        }
    }
    assert!(refused > 2 * graph.len(), "{refused} of {}", graph.len());
}
