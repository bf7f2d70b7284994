//! smoke
use eigennet::Seed;
use eigennet::autodiff::*;
fn mlp<'g>(g: &'g Graph, x: Var<'g>, heads: usize) -> Var<'g> {
    let w = x.width();
    let w1 = g.parameter_heads("w1", [heads, w, 5], Initializer::GlorotUniform { gain: 1.0 });
    let b1 = g.parameter_heads("b1", [heads, 1, 5], Initializer::Uniform { low: -1.0, high: 1.0 });
    let w2 = g.parameter_heads("w2", [heads, 5, 4], Initializer::GlorotUniform { gain: 1.0 });
    let b2 = g.parameter_heads("b2", [heads, 1, 4], Initializer::Uniform { low: -1.0, high: 1.0 });
    let w3 = g.parameter_heads("w3", [heads, 4, 1], Initializer::GlorotUniform { gain: 1.0 });
    let h = x.affine(w1, b1).softplus();
    let h = h.affine(w2, b2).tanh();
    h.matmul(w3).heads_to_columns()
}
#[test]
fn pde() {
    let rec = record(|g| {
        let [x, t] = g.coordinates::<2>("p", Rows::named("n"));
        let n = mlp(g, Var::concat(&[x, t]), 3).row_sum();
        let u = (1.0 - t) * (3.0 * x).sin() + x * (1.0 - x) * t * n;
        g.output("u", u);
        g.output("ux", u.d(x));
        g.output("ut", u.d(t));
        g.output("uxx", u.d(x).d(x));
        g.output("uxt", u.d(x).d(t));
        g.output("lap", u.laplacian([x, t]));
        g.output("utt", u.d(t).d(t));
        let a = g.scalar_parameter("a", 0.7).exp();
        let r = u.d(t) - a * u.laplacian([x, t]) * u;
        g.output("r", r);
        r.square().mean()
    })
    .unwrap();
    let p = rec.compile::<f64>();
    let mut theta = p.initial(Seed(3));
    let mut ws = p.workspace();
    let pts: Vec<f64> = (0..2 * 150).map(|i| ((i * 37 % 101) as f64) / 101.0).collect();
    ws.set("p", &pts).unwrap();
    p.evaluate(&theta, &mut ws).unwrap();
    let get = |ws: &Workspace<f64>, n: &str| ws.output(n).unwrap().to_vec();
    let (ux, ut, uxx, utt, uxt, lap) =
        (get(&ws, "ux"), get(&ws, "ut"), get(&ws, "uxx"), get(&ws, "utt"), get(&ws, "uxt"), get(&ws, "lap"));
    for i in 0..150 {
        assert!((uxx[i] + utt[i] - lap[i]).abs() < 1e-12);
    }
    let h = 1e-5;
    for (c, d, dd) in [(0usize, &ux, [&uxx, &uxt]), (1, &ut, [&uxt, &utt])] {
        let mut q = pts.clone();
        q.iter_mut().skip(c).step_by(2).for_each(|v| *v += h);
        ws.set("p", &q).unwrap();
        p.evaluate(&theta, &mut ws).unwrap();
        let (up, uxp, utp) = (get(&ws, "u"), get(&ws, "ux"), get(&ws, "ut"));
        q.iter_mut().skip(c).step_by(2).for_each(|v| *v -= 2.0 * h);
        ws.set("p", &q).unwrap();
        p.evaluate(&theta, &mut ws).unwrap();
        let (um, uxm, utm) = (get(&ws, "u"), get(&ws, "ux"), get(&ws, "ut"));
        for i in 0..150 {
            assert!(((up[i] - um[i]) / (2.0 * h) - d[i]).abs() < 1e-7, "{i} {c}");
            assert!(((uxp[i] - uxm[i]) / (2.0 * h) - dd[0][i]).abs() < 1e-7);
            assert!(((utp[i] - utm[i]) / (2.0 * h) - dd[1][i]).abs() < 1e-7);
        }
    }
    ws.set("p", &pts).unwrap();
    let (_, g) = p.value_and_grad(&theta, &mut ws).unwrap();
    let v: Vec<f64> = (0..theta.len()).map(|i| (i as f64 * 0.77).sin()).collect();
    let hv = p.hessian_vector(&theta, &v, &mut ws).unwrap();
    for i in 0..theta.len() {
        let old = theta[i];
        theta[i] = old + h;
        let a = p.value(&theta, &mut ws).unwrap();
        theta[i] = old - h;
        let b = p.value(&theta, &mut ws).unwrap();
        theta[i] = old;
        assert!(((a - b) / (2.0 * h) - g[i]).abs() < 1e-6 * (1.0 + g[i].abs()), "{i} {} {}", (a - b) / (2.0 * h), g[i]);
    }
    let tp: Vec<f64> = theta.iter().zip(&v).map(|(t, v)| t + h * v).collect();
    let tm: Vec<f64> = theta.iter().zip(&v).map(|(t, v)| t - h * v).collect();
    let gp = p.value_and_grad(&tp, &mut ws).unwrap().1;
    let gm = p.value_and_grad(&tm, &mut ws).unwrap().1;
    for i in 0..g.len() {
        assert!(
            ((gp[i] - gm[i]) / (2.0 * h) - hv[i]).abs() < 1e-5 * (1.0 + hv[i].abs()),
            "{i} {} {}",
            (gp[i] - gm[i]) / (2.0 * h),
            hv[i]
        );
    }
}
#[test]
fn jacobian() {
    let rec = record(|g| {
        let [x, t] = g.coordinates::<2>("p", Rows::named("n"));
        let n = mlp(g, Var::concat(&[x, t]), 2);
        let a = g.scalar_parameter("a", 0.7).exp();
        let u = (n * a).row_sum();
        Var::concat(&[u.d(t) - u.d(x).d(x), u * u])
    })
    .unwrap();
    let p = rec.compile::<f64>();
    let theta = p.initial(Seed(3));
    let mut ws = p.workspace();
    let pts: Vec<f64> = (0..2 * 20).map(|i| ((i * 37 % 101) as f64) / 101.0).collect();
    ws.set("p", &pts).unwrap();
    let (r, j) = p.residual_jacobian(&theta, &mut ws).unwrap();
    assert_eq!((j.rows(), j.cols()), (40, theta.len()));
    let v: Vec<f64> = (0..theta.len()).map(|i| (i as f64 * 0.77).sin()).collect();
    let jv = p.jacobian_vector(&theta, &v, &mut ws).unwrap();
    for i in 0..40 {
        let s: f64 = j.row(i).iter().zip(&v).map(|(a, b)| a * b).sum();
        assert!((s - jv[i]).abs() < 1e-12, "{s} {}", jv[i]);
    }
    p.forward(&theta, &mut ws).unwrap();
    let ct: Vec<f64> = r.iter().map(|r| r * 2.0 + 1.0).collect();
    let mut g = vec![0.0; theta.len()];
    p.backward_from(&theta, &[("result", &ct)], &mut ws, &mut g).unwrap();
    for k in 0..theta.len() {
        let s: f64 = (0..40).map(|i| j[(i, k)] * ct[i]).sum();
        assert!((s - g[k]).abs() < 1e-11);
    }
    let h = 1e-6;
    let tp: Vec<f64> = theta.iter().zip(&v).map(|(t, v)| t + h * v).collect();
    p.evaluate(&tp, &mut ws).unwrap();
    let rp = ws.output("result").unwrap();
    for i in 0..40 {
        assert!(((rp[i] - r[i]) / h - jv[i]).abs() < 1e-4);
    }
}
#[test]
fn cholesky_loss() {
    let rec = record(|g| {
        let x = g.input("x", Rows::named("n"), 3);
        let w = g.parameter("w", [3, 3], Initializer::Orthogonal { gain: 1.3 });
        let y = x.matmul(w).tanh();
        let c = y.transpose_matmul(y);
        let l = c.cholesky();
        let z = l.solve_lower(w);
        c.log_determinant()
            + z.square().sum()
            + l.solve_lower_transpose(w).sin().sum()
            + y.log_softmax().square().mean()
            + y.row_max().sum()
    })
    .unwrap();
    let p = rec.compile::<f64>();
    let mut theta = p.initial(Seed(3));
    let mut ws = p.workspace();
    let pts: Vec<f64> = (0..3 * 20).map(|i| ((i * 37 % 101) as f64) / 50.0 - 1.0).collect();
    ws.set("x", &pts).unwrap();
    let (_, g) = p.value_and_grad(&theta, &mut ws).unwrap();
    let h = 1e-5;
    for i in 0..theta.len() {
        let old = theta[i];
        theta[i] = old + h;
        let a = p.value(&theta, &mut ws).unwrap();
        theta[i] = old - h;
        let b = p.value(&theta, &mut ws).unwrap();
        theta[i] = old;
        assert!(((a - b) / (2.0 * h) - g[i]).abs() < 1e-6 * (1.0 + g[i].abs()), "{i} {} {}", (a - b) / (2.0 * h), g[i]);
    }
    let v: Vec<f64> = (0..theta.len()).map(|i| (i as f64 * 0.77).sin()).collect();
    let hv = p.hessian_vector(&theta, &v, &mut ws).unwrap();
    let tp: Vec<f64> = theta.iter().zip(&v).map(|(t, v)| t + h * v).collect();
    let tm: Vec<f64> = theta.iter().zip(&v).map(|(t, v)| t - h * v).collect();
    let gp = p.value_and_grad(&tp, &mut ws).unwrap().1;
    let gm = p.value_and_grad(&tm, &mut ws).unwrap().1;
    for i in 0..g.len() {
        assert!(
            ((gp[i] - gm[i]) / (2.0 * h) - hv[i]).abs() < 1e-5 * (1.0 + hv[i].abs()),
            "{i} {} {}",
            (gp[i] - gm[i]) / (2.0 * h),
            hv[i]
        );
    }
}
