//! What each study trains, and what of it is shown.

use eigennet::graph::SpectralNet;
use eigennet::graph::spectral_net::{HiddenLayers, Loss, Sampling};
use eigennet::nn::Initializer;
use eigennet::optim::{Grid, ReduceOnPlateau, Schedule};

use super::measures::Measure;
use super::{Budget, Curve, Family, Horizontal, Setting, Study, StudyName};
use crate::spectralnet_circle::SpectralNetCircle;

/// Updates that the thesis calls an epoch.
const EPOCH: u64 = 100;
/// Learning rate of ours, and steps over which it rises.
const RATE: f64 = 2e-3;

/// The study of that name, on so many points.
pub(super) fn study(name: StudyName, options: &SpectralNetCircle, budget: &Budget, points: usize) -> Study {
    let base = |family, k| Setting {
        family,
        words: String::new(),
        place: 0.0,
        net: net(family, k, budget),
        fixed_start: false,
    };
    let k = options.k;
    // The variations of both families.
    let of_both = |vary: &dyn Fn(Setting) -> Vec<Setting>| {
        Family::ALL.into_iter().flat_map(|family| vary(base(family, k))).collect::<Vec<_>>()
    };
    let alone = |base: Setting| vec![Setting { words: format!("k = {k}"), ..base }];
    let study = |title, settings, horizontal, measures, drawn| Study {
        title,
        settings,
        repeats: budget.repeats,
        horizontal,
        measures,
        drawn,
        curves: &[],
    };
    match name {
        StudyName::WidthDepth => study(
            "Width and depth of the network",
            of_both(&|base| widths(&base)),
            Horizontal::Words,
            &[Measure::Grassmann, Measure::Rayleigh, Measure::Orthogonality, Measure::Loss],
            2,
        ),
        StudyName::Batch => study(
            "Points of a batch",
            // Nine of ten points are trained on.
            of_both(&|base| batches(&base, points - points / 10)),
            Horizontal::Number("points of a batch"),
            &[Measure::Orthogonality, Measure::Grassmann, Measure::Seconds, Measure::Condition],
            3,
        ),
        StudyName::K => {
            let ks = [3, 5, 7, 9, 11, 13, 15, 21];
            let of = |family| ks.map(|k| Setting { words: format!("k = {k}"), place: k as f64, ..base(family, k) });
            study(
                "Number of functions",
                Family::ALL.into_iter().flat_map(of).collect(),
                Horizontal::Number("functions"),
                &[Measure::Rayleigh, Measure::Grassmann, Measure::Breaks, Measure::Seconds, Measure::Condition],
                4,
            )
        }
        StudyName::Retrainings => Study {
            repeats: budget.retrainings,
            ..study(
                "The same training again and again",
                of_both(&starts),
                Horizontal::Trainings,
                &[Measure::Rayleigh, Measure::Heat, Measure::Grassmann],
                3,
            )
        },
        StudyName::Initializers => study(
            "First weights and batch normalisation",
            of_both(&|base| initializers(&base)),
            Horizontal::Trainings,
            &[Measure::Rayleigh, Measure::Heat, Measure::Grassmann],
            3,
        ),
        StudyName::Eigenvalues => Study {
            curves: &[Curve::Levels(Measure::Rayleigh), Curve::Levels(Measure::Median), Curve::Levels(Measure::Mean)],
            ..study(
                "Three estimates of the eigenvalues",
                of_both(&alone),
                Horizontal::Words,
                &[Measure::Rayleigh, Measure::Median, Measure::Mean],
                3,
            )
        },
        StudyName::Training => Study {
            repeats: 1,
            curves: &[Curve::Distance, Curve::Loss],
            ..study(
                "Loss and distance over the training",
                of_both(&alone),
                Horizontal::Words,
                &[Measure::Grassmann, Measure::Rayleigh, Measure::Loss],
                0,
            )
        },
        StudyName::Grid => Study {
            repeats: 1,
            ..study(
                "Grid search",
                of_both(&|base| grid(&base, budget)),
                Horizontal::Ranks,
                &[Measure::Grassmann, Measure::Rayleigh, Measure::Orthogonality, Measure::Loss],
                1,
            )
        },
    }
}

/// A family's configuration, as long as the budget has it.
fn net(family: Family, k: usize, budget: &Budget) -> SpectralNet {
    let [ours, thesis] = budget.steps;
    match family {
        Family::Ours => with_rate(SpectralNet::new(k), RATE, ours),
        Family::Thesis => with_steps(SpectralNet::paper(k), thesis),
    }
}

fn with_steps(mut net: SpectralNet, steps: u64) -> SpectralNet {
    net.trainer.steps = steps;
    net
}

/// Ours, its cosine as long as the training.
fn with_rate(mut net: SpectralNet, rate: f64, steps: u64) -> SpectralNet {
    net.trainer.schedule = Schedule::cosine(rate, steps).unwrap_or_default().warm_up(steps / 10);
    with_steps(net, steps)
}

/// Points that the outputs are made orthonormal on.
pub(super) fn batch(net: &SpectralNet) -> usize {
    match (net.loss, net.sampling) {
        (Loss::Orthonormalized { batch }, _) | (_, Sampling::Points { batch }) => batch,
        (_, Sampling::Edges { nodes, .. }) => nodes,
    }
}

fn widths(base: &Setting) -> Vec<Setting> {
    let architectures: [&[usize]; 6] =
        [&[64, 32], &[128, 64, 32], &[64, 64, 64], &[256, 128, 64], &[128, 128, 64, 64, 32], &[128, 128, 128]];
    let of = |widths: &[usize]| {
        let mut setting = base.clone();
        setting.net.features.widths = widths.to_vec();
        setting.words = widths.iter().map(usize::to_string).collect::<Vec<_>>().join("-");
        setting
    };
    architectures.into_iter().map(of).collect()
}

fn batches(base: &Setting, most: usize) -> Vec<Setting> {
    let of = |batch: usize| {
        let mut setting = Setting { words: format!("batch {batch}"), place: batch as f64, ..base.clone() };
        match base.family {
            Family::Ours => setting.net.sampling = Sampling::Edges { edges: batch, nodes: batch },
            Family::Thesis => {
                setting.net.sampling = Sampling::Points { batch };
                setting.net.loss = Loss::Orthonormalized { batch };
            }
        }
        setting
    };
    [64, 128, 256, 512, 1024, 2048].into_iter().filter(|&batch| batch <= most).map(of).collect()
}

fn starts(base: Setting) -> Vec<Setting> {
    let fixed = Setting { words: "fixed start".to_string(), fixed_start: true, ..base.clone() };
    vec![Setting { words: "free start".to_string(), ..base }, fixed]
}

fn initializers(base: &Setting) -> Vec<Setting> {
    let HiddenLayers { weights, .. } = base.net.features;
    // Of its own steepness.
    let gain = if let Initializer::GlorotUniform { gain } = weights { gain } else { 1.0 };
    let starts = [
        ("Glorot", weights, false),
        ("orthogonal", Initializer::Orthogonal { gain }, false),
        ("Glorot, batch norm", weights, true),
    ];
    let of = |(words, weights, batch_norm): (&str, Initializer, bool)| {
        let mut setting = Setting { words: words.to_string(), ..base.clone() };
        setting.net.features = HiddenLayers { weights, batch_norm, ..setting.net.features };
        setting
    };
    starts.into_iter().map(of).collect()
}

/// The thesis's four settings; of ours, which has neither patience nor drop, the other two.
fn grid(base: &Setting, budget: &Budget) -> Vec<Setting> {
    let [ours, thesis] = budget.steps;
    let named = |mut setting: Setting, words: &str| {
        let before = if setting.words.is_empty() { String::new() } else { setting.words + ", " };
        setting.words = before + words;
        setting
    };
    match base.family {
        Family::Ours => Grid::new(base.clone())
            .axis(&[5e-4, 2e-3, 8e-3], |setting, &rate| {
                setting.place = rate;
                *setting = named(setting.clone(), &format!("rate {rate:e}"));
            })
            .axis(&[ours / 2, ours], |setting, &steps| {
                setting.net = with_rate(setting.net.clone(), setting.place, steps);
                *setting = named(setting.clone(), &format!("{steps} steps"));
            })
            .into_candidates(),
        Family::Thesis => {
            let plateau = |setting: &mut Setting, change: &dyn Fn(&mut ReduceOnPlateau)| {
                setting.net.trainer.plateau.iter_mut().for_each(change);
            };
            Grid::new(base.clone())
                .axis(&[1e-4, 1e-3], |setting, &rate| {
                    setting.net.trainer.schedule = Schedule::constant(rate).unwrap_or_default();
                    *setting = named(setting.clone(), &format!("rate {rate:e}"));
                })
                .axis(&[3, 30], |setting, &patience| {
                    plateau(setting, &|plateau| plateau.patience = patience);
                    *setting = named(setting.clone(), &format!("patience {patience}"));
                })
                .axis(&[0.2, 0.5], |setting, &drop| {
                    plateau(setting, &|plateau| plateau.factor = drop);
                    *setting = named(setting.clone(), &format!("drop {drop}"));
                })
                .axis(&[thesis / 2, thesis], |setting, &steps| {
                    setting.net = with_steps(setting.net.clone(), steps);
                    *setting = named(setting.clone(), &format!("{} epochs", steps / EPOCH));
                })
                .into_candidates()
        }
    }
}
