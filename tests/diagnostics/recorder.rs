use eigennet::diagnostics::{Diagnosis, Samples, Section, SpectrumRecorder, SpectrumSettings};
use eigennet::optim::{Adam, StopReason, Trainer};
use eigennet::{Error, Seed};

use crate::{classifier, data};

#[test]
fn looks_are_what_a_diagnosis_at_that_step_finds_and_do_not_disturb_the_training() {
    let (program, _) = classifier::<f64>();
    let ([x, labels], start) = (data(30), program.initial(Seed(1)));
    let samples = Samples::new(30).unwrap().input("x", &x).unwrap().input("label", &labels).unwrap();
    let mut ws = program.workspace();
    ws.set("x", &x).unwrap().set("label", &labels).unwrap();
    let mut task = |_: u64, p: &[f64], gradient: &mut [f64]| program.gradient(p, &mut ws, gradient);
    let trainer = Trainer { steps: 30, ..Trainer::default() };
    let spectrum = SpectrumSettings { largest: 1, probes: 0, ..SpectrumSettings::default() };
    let look = Diagnosis { sections: vec![Section::Hessian, Section::Collapse], spectrum, ..Diagnosis::default() };
    let mut recorder = SpectrumRecorder::new(&program, &samples, look.clone(), 15).unwrap();
    recorder.look(0, &start).unwrap();
    let mut watched = start.clone();
    let _ = trainer.run(&mut task, &mut Adam::default(), &mut watched, &mut recorder).unwrap();
    let mut alone = start.clone();
    let _ = trainer.run(&mut task, &mut Adam::default(), &mut alone, &mut ()).unwrap();
    assert_eq!(watched, alone);
    let series = recorder.series("hessian.largest.1");
    assert_eq!(series.iter().map(|at| at.0).collect::<Vec<_>>(), [0, 15, 30]);
    assert!(recorder.series("nothing").is_empty() && recorder.series("collapse.nc1").len() == 3);
    let end = look.run(&program, &alone, &samples).unwrap();
    assert_eq!(recorder.finish().unwrap()[2].1, end.figures());
}

#[test]
fn a_look_that_fails_ends_the_training_and_says_why() {
    let (program, _) = classifier::<f64>();
    let ([x, labels], mut at) = (data(6), program.initial(Seed(1)));
    let samples = Samples::new(6).unwrap().input("x", &x).unwrap(); // no labels
    let mut ws = program.workspace();
    ws.set("x", &x).unwrap().set("label", &labels).unwrap();
    let mut task = |_: u64, p: &[f64], gradient: &mut [f64]| program.gradient(p, &mut ws, gradient);
    let mut recorder = SpectrumRecorder::new(&program, &samples, Diagnosis::default(), 2).unwrap();
    let trainer = Trainer { steps: 10, ..Trainer::default() };
    let outcome = trainer.run(&mut task, &mut Adam::default(), &mut at, &mut recorder).unwrap();
    assert_eq!((outcome.reason, outcome.iterations), (StopReason::StoppedByObserver, 2));
    assert!(recorder.finish().is_err());
    let never = SpectrumRecorder::new(&program, &samples, Diagnosis::default(), 0);
    assert!(matches!(never, Err(Error::InvalidArgument { .. })));
}
